/* Private to upstream/: one configured platform in this worker. */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_PLATFORM_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_PLATFORM_H

#include "gateway/log.h"
#include "gateway/store/accounts.h"
#include "gateway/upstream/upstream.h"
#include "gateway/work.h"

enum { PLATFORM_NAME_MAX = 64 };

struct session_tokens;
struct lately;

struct platform {
    struct gateway *gateway;
    const struct config_platform *config;
    const struct adapter_class *class;
    struct adapter *adapter;
    bool discovered;
    struct work *intake, *push;
    struct platform_stream *stream;
    struct session_tokens *tokens; /* session.c */
    struct puppet_hold *puppets;   /* puppets.c: those in hand */
    struct lately *lately;         /* lately.c */
    char told[TRACE_LENGTH + 1];   /* trace of the last event that was told while it was queued */
};

/* The configured platform of that name, or NULL. */
struct platform *upstream_find(struct gateway *gateway, const char *name);

/* What the platform can do, which it says itself: discovers when that was not done yet. Waits. False: it
 * cannot be asked just now, and nothing must be concluded. */
bool platform_capabilities(struct platform *platform, unsigned *out);

/* Runs an operation to its end. Waits. The operation (never NULL) is the caller's: class->operation_free; its
 * result holds the answer. Discovers first when that was not done yet. */
struct operation *platform_operation(struct platform *platform, const struct operation_input *input);
/* The answer of an operation. */
const struct operation_result *platform_result(const struct platform *platform,
                                               const struct operation *operation);

/* stream.c */
void stream_start(struct platform *platform);
void stream_free(struct platform *platform);

/* intake.c: events, one by one, durable. */
enum work_result intake_handle(void *platform, const struct work_entry *entry);
/* Queues events that no stream told (a sweep found them). `key` makes each unique. Waits. False: the store is
 * away. */
bool intake_queue(struct platform *platform, const struct event *events, size_t count);

/* The same for an event that is on its way into the queue and alone there: a plain new post of an account
 * that is as it was lately is told right behind it. It is worked off from the queue as any other, and then
 * there is nothing left to do. `source`: its text as it is queued. Waits. */
void intake_at_once(struct platform *platform, const char *source, const char *trace);
/* Whether that is worth a try. */
bool intake_may_tell(const struct platform *platform, const struct event *event);

/* lately.c: accounts whose new posts were told lately, as they were then. */
/* The arena that the record is in changes hands. */
void lately_keep(struct platform *platform, struct arena *arena, const struct account_record *record);
bool lately_has(const struct platform *platform, const char *native);
/* Takes it out; the arena, which the record is in, is the caller's. NULL: there is none. */
struct arena *lately_take(struct platform *platform, const char *native, struct account_record *record);
void lately_free(struct platform *platform);

/* reconcile.c: compares all that the platform has with all that we have. Waits. False: try again later. */
bool reconcile_platform(struct platform *platform);
bool reconcile_account(struct platform *platform, const char *aid);
/* First what the platform says of the account itself, then its posts. */
bool reconcile_native(struct platform *platform, const char *native, const char *aid);

/* consent.c: what the owner's wish and the platform's word about an account mean here. Waits. False: try
 * again later. */
bool consent_apply(struct platform *platform, const struct account *account, const char *trace);
/* The account is no more on the platform. */
bool consent_lost(struct platform *platform, const char *native, const char *trace);
/* The owner's control of the account is proven, or (vouched) the platform's word stands for it. Waits. */
bool consent_switch_on(struct platform *platform, const struct account *account, bool vouched,
                       const char *trace);
/* The day that a deleted account has to come back is over. Waits. */
bool consent_depart(struct platform *platform, const char *aid, const char *trace);

/* push.c: remote replies, deletes and reactions to the platform. */
enum work_result push_handle(void *platform, const struct work_entry *entry);

/* people.c: a member blocked or unblocked a person or a server elsewhere; a moderator removed what somebody
 * wrote there. */
enum work_result people_block(struct platform *platform, struct arena *arena, const struct event *event,
                              const char *trace);
/* people_follow.c: a member follows somebody elsewhere, or no more; a member decided about a follower. */
enum work_result people_follow(struct platform *platform, struct arena *arena, const struct event *event,
                               const char *trace);
enum work_result people_decided(struct platform *platform, struct arena *arena, const struct event *event,
                                const char *trace);
enum work_result people_removed(struct platform *platform, struct arena *arena, const struct event *event);
/* A member reports a person or a post of another server. */
enum work_result people_report(struct platform *platform, struct arena *arena, const struct event *event,
                               const char *trace);

/* likes.c: a member likes what somebody elsewhere wrote, or takes that back. */
enum work_result like_handle(struct platform *platform, struct arena *arena, const struct event *event,
                             const char *trace);

#endif
