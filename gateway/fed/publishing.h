/* Private to what publishes (publish.c and its siblings): one activity in the making. */
#ifndef DRAWBRIDGE_GATEWAY_FED_PUBLISHING_H
#define DRAWBRIDGE_GATEWAY_FED_PUBLISHING_H

#include "gateway/delivery/delivery.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/render.h"
#include "mapping/outbound.h"

struct publishing {
    struct gateway *gateway;
    struct arena *arena;
    const char *aid, *trace;
    struct account_record record;
    struct post_record post;
};

void publishing_init(struct publishing *publishing, struct gateway *gateway, const char *aid,
                     const char *trace);
void publishing_end(struct publishing *publishing);
enum lookup publishing_load_account(struct publishing *publishing);
enum lookup publishing_load_post(struct publishing *publishing, const char *oid);

/* Ids of the account that is loaded; in the arena. */
const char *publishing_actor(const struct publishing *publishing);
const char *publishing_part(const struct publishing *publishing, const char *part);
const char *publishing_object(const struct publishing *publishing, const char *oid);

/* The document (its reference is taken) as the body of what is queued. Fills in aid, id, trace and body. */
bool publishing_queue(struct publishing *publishing, json_t *document, struct delivery_activity *activity);

/* The loaded post's note, NULL when it cannot be written: asks for what it quotes, keeps what is noted beside
 * the post, and queues its Create or Update unless that waits for an answer. */
bool publishing_tell(struct publishing *publishing, const json_t *note,
                     const struct note_surroundings *around, const struct loss *loss);
/* Only the last of that. `queued` as delivery_queue fills it in, or NULL. */
bool publishing_queue_note(struct publishing *publishing, const json_t *note,
                           const struct note_people *people, bool *queued);

/* Inboxes of the people; returns how many of DELIVERY_TARGETS_MAX. */
size_t publishing_targets(struct publishing *publishing, const struct note_people *people,
                          struct delivery_target *targets);
/* The person's own inbox as the only target; false when it is not known. */
bool publishing_target(struct publishing *publishing, const char *actor_id, struct delivery_target *target);

/* publish_boost.c: the Announce of the loaded post, and what takes it back. */
bool publishing_announce(struct publishing *publishing);
/* `late`: once more, to a host that is met after it was sent; else NULL. */
bool publishing_undo(struct publishing *publishing, const struct delivery_target *late);

/* publish_quote.c: the permission for the quote of `note`. `wait`: it was asked for just now, and the Create
 * waits for the answer. */
bool publishing_ask(struct publishing *publishing, const json_t *note, const struct note_quote *quote,
                    bool *wait);
/* Takes back every permission to quote the loaded post. */
bool publishing_revoke(struct publishing *publishing);

#endif
