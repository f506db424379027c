/* Drives adapters: operations over fetch, streams over websockets, durable intake of events, pushes back to
 * the platform. */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_UPSTREAM_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_UPSTREAM_H

#include "adapters/adapter.h"
#include "gateway/fed/serve.h"
#include "gateway/gateway.h"
#include "mapping/ids.h"

/* Opens every configured platform and starts nothing: for commands that only ask. Then upstream_free. */
bool upstream_open(struct gateway *gateway, char *error, size_t error_size);
/* Opens every configured platform and starts its stream, intake and push queues. False with a sentence when a
 * platform cannot be opened. */
bool upstream_start(struct gateway *gateway, char *error, size_t error_size);
/* After gateway->stopping and the end of all tasks. */
void upstream_free(struct gateway *gateway);

/* Answers a POST to /hooks/contract/NAME: 202 only once the store holds its events. Waits. */
void upstream_webhook(struct serving *serving, const char *platform);

/* Whether the request is signed by the platform of that name with the secret of its webhooks. Answers itself
 * when not. */
bool upstream_is_from(struct serving *serving, const char *platform);

/* Something was queued for the platform of that name. */
void upstream_push_kick(struct gateway *gateway, const char *platform);

/* Queues, for every platform, that a person of the fediverse and all that is theirs is removed. Waits. False:
 * the store is away. */
bool upstream_forget_person(struct gateway *gateway, const char *actor_id, const char *trace);

/* Queues that a person's profile changed, for every platform where the person has a puppet. Waits. False: the
 * store is away. */
bool upstream_refresh_person(struct gateway *gateway, const char *actor_id, const char *trace);
/* The person or post of the fediverse behind a native id of ours that speaks for it, in the arena: the actor
 * id, or the key "rp_…". LOOKUP_ABSENT: it is no such account or post. Wait. */
enum lookup upstream_puppet_person(struct gateway *gateway, const char *platform, struct arena *arena,
                                   const char *native, const char **actor_id);
enum lookup upstream_remote_post(struct gateway *gateway, const char *platform, struct arena *arena,
                                 const char *native, const char **key);
/* How many puppets live there; of people of one server, or (NULL) of all; and how many may. Waits. */
int64_t upstream_puppet_count(struct gateway *gateway, const char *platform, const char *server);
unsigned upstream_puppet_limit(struct gateway *gateway, const char *platform);
/* The native id of the living puppet that has this name, which a platform's puppet_domain covers (false: none
 * does), or NULL. Waits. */
bool upstream_puppet_named(struct gateway *gateway, struct arena *arena, const char *name,
                           const char **native, bool *down);
/* The account of a platform's own, or a puppet, writes what remote people say there. Waits. False: the
 * platform cannot be asked. */
bool upstream_speaks(struct gateway *gateway, const char *platform, bool *out);
/* Compares an account with what the platform has of it. Waits. False: try again later. */
bool upstream_sweep(struct gateway *gateway, const char *platform, const char *native, const char *aid);
/* An account that the platform deleted a day ago leaves, unless it is back. Waits. False: try again later. */
bool upstream_depart(struct gateway *gateway, const char *platform, const char *native, const char *aid,
                     const char *trace);

/* The platform's limits for text that goes back; false when there is no such platform. */
bool upstream_limits(struct gateway *gateway, const char *platform, struct adapter_limits *out);

/* Proof of control (DESIGN §6): a code that only the owner can put into the profile or a post, or a password.
 */
enum enrolment_state {
    ENROLMENT_FAILED, /* `why` says it */
    ENROLMENT_ASKED,  /* the code is not there yet */
    ENROLMENT_PROVEN, /* the account is on */
    ENROLMENT_BEFORE, /* it was on already */
};
struct enrolment {
    enum enrolment_state state;
    const char *why;
    const char *native, *handle; /* of the account, once it was found */
    const char *code;
    char aid[AID_LENGTH + 1];
};
struct enrolment_wish {
    const char *platform, *who; /* who: a native id or a handle */
    unsigned backfill;          /* so many of the posts from before are bridged too */
    const char *password;       /* signs in with it, once, and keeps nothing of it; NULL: by a code */
};
/* Signs in, or looks for the account's code where only its owner can have put it; then switches the account
 * on. Waits. Strings live in the arena. */
void upstream_enrol(struct gateway *gateway, const struct enrolment_wish *wish, struct arena *arena,
                    struct enrolment *out);

/* What the platform says of a post or an account just now. Wait. Copied into the arena. False: *why is a
 * sentence. */
bool upstream_post(struct gateway *gateway, const char *platform, const char *native, struct arena *arena,
                   struct post *out, const char **why);
bool upstream_account(struct gateway *gateway, const char *platform, const char *native, struct arena *arena,
                      struct account *out, const char **why);
/* A post as the platform writes it; false when it is none, or the adapter reads none by itself. */
bool upstream_read_post(struct gateway *gateway, const char *platform, const json_t *document,
                        struct arena *arena, struct post *out);
/* Whether the platform shows posts to those who follow their author. Waits. False: the platform cannot be
 * asked. */
bool upstream_shows_timeline(struct gateway *gateway, const char *platform, bool *out);
/* A poll whose votes can be carried back is votable. Waits. False: the platform cannot be asked. */
bool upstream_takes_votes(struct gateway *gateway, const char *platform, bool *out);

#endif
