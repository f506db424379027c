/* Private to what pushes to a platform (push.c, push_relation.c): one entry of the queue in hand. */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_PUSH_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_PUSH_H

#include "gateway/fed/remote.h"
#include "gateway/upstream/platform.h"

struct push {
    struct platform *platform;
    struct gateway *gateway;
    struct arena *arena;
    const char *trace;
    unsigned capabilities, attempt;
    const char *refused; /* why the platform did not take it, for its owner; NULL: it did */
};

static inline bool push_can(const struct push *push, unsigned capability)
{
    return (push->capabilities & capability) != 0;
}

/* Runs one push; *native (may be NULL) is set when the platform gave an id. */
enum work_result push_run(struct push *push, const struct operation_input *input, const char **native);

/* What another server reported about one of the platform's accounts. */
enum work_result push_report(struct push *push, const char *id);
/* Removes one thing that somebody wrote (its tombstone stands). */
enum work_result push_remove(struct push *push, const char *hash, const struct remote_object *object);

/* speaker.c: who writes what a remote person said, on platforms where accounts of the operator's do. What is
 * decided is noted before anything is written, so that an edit and a delete go the same way. */
struct speaker {
    const struct adapter_puppet *puppet; /* NULL: the platform's own account, or its own way */
    bool nobody;                         /* there is nobody any more: nothing is to be written */
};
/* For a new text or its edit. */
enum work_result speaker_choose(struct push *push, const char *hash, const struct remote_object *object,
                                const struct remote_author *author, struct speaker *out);
/* For its removal. */
enum work_result speaker_find(struct push *push, const struct remote_object *object, struct speaker *out);
/* What it answers, as the platform knows it, where that is a remote text too. *waits: it is not there yet. */
enum work_result speaker_parent(struct push *push, const struct remote_object *object, const char **native,
                                bool *waits);

/* A like, boost, reaction or vote: KIND AID OID ACTOR DETAIL, as store/reactions.h names them ("-" for no
 * detail). */
enum work_result push_relation(struct push *push, char *const words[5]);

/* An account of the platform follows somebody elsewhere, asked to, or does no more. */
enum work_result push_followed(struct push *push, const char *aid, const char *actor_id);

#endif
