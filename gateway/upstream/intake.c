/* One event of a platform after the other, in the order of its account: what it means for accounts and posts
 * here. */
#include <stdio.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/links.h"
#include "gateway/fed/publish.h"
#include "gateway/log.h"
#include "gateway/upstream/keep_home.h"
#include "gateway/upstream/platform.h"
#include "mapping/marker.h"
#include "mapping/source.h"

enum { INTAKE_BUDGET = 8 << 20, ACCOUNT_BUDGET = 1 << 20 };

struct intake {
    struct platform *platform;
    struct gateway *gateway;
    struct arena *arena;
    const struct event *event;
    const char *trace, *entry; /* entry: the event's place in the queue */
};

/* ---- accounts
 * ------------------------------------------------------------------------------------------------------- */

static enum work_result handle_account(struct intake *intake)
{
    struct platform *platform = intake->platform;
    const char *native = intake->event->account ? intake->event->account : intake->event->subject;
    if (intake->event->account_data)
        return consent_apply(platform, intake->event->account_data, intake->trace) ? WORK_DONE : WORK_LATER;
    if (!native)
        return WORK_DONE;
    struct operation *operation =
        platform_operation(platform, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = native});
    const struct operation_result *result = platform_result(platform, operation);
    bool good = false;
    if (result->answer == ANSWER_OK && result->account_count == 1)
        good = consent_apply(platform, &result->accounts[0], intake->trace);
    else if (result->answer == ANSWER_GONE || result->answer == ANSWER_UNKNOWN)
        good = consent_lost(platform, native, intake->trace);
    else
        good = result->answer == ANSWER_INVALID || result->answer == ANSWER_REFUSED;
    platform->class->operation_free(operation);
    return good ? WORK_DONE : WORK_LATER;
}

/* ---- posts
 * ----------------------------------------------------------------------------------------------------------
 */

/* DESIGN §6: only public and unlisted posts of an account that is on leave, and none that is older than the
 * consent. */
static bool may_leave(const struct account_record *record, const struct post *post)
{
    if (!post->federate || (post->visibility != VISIBILITY_PUBLIC && post->visibility != VISIBILITY_UNLISTED))
        return false;
    if (record->account.backfill || !record->account.federated_since)
        return true;
    return post->created >= record->account.federated_since;
}

static enum work_result take_down(struct intake *intake, const char *aid, const char *native)
{
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    enum lookup found = post_oid(intake->gateway->store, aid, native, oid);
    if (found == LOOKUP_FOUND) {
        if (post_remove(intake->gateway->store, aid, oid, clock_now_ms(), &outcome) != LOOKUP_FOUND)
            return WORK_LATER;
        if (outcome == POST_UNSEEN)
            return WORK_DONE;
        return publish_post_delete(intake->gateway, aid, oid, intake->trace) ? WORK_DONE : WORK_LATER;
    }
    if (found == LOOKUP_DOWN)
        return WORK_LATER;
    /* Perhaps this process died between the tombstone and its Delete: `oid` is the next generation's, look
     * one back. */
    return publish_owed_delete(intake->gateway, aid, native, intake->trace) ? WORK_DONE : WORK_LATER;
}

/* Gone from its platform, or no business of others any more. */
static enum work_result remove_post(struct intake *intake, const struct account_record *record,
                                    const char *native)
{
    return home_forget(intake->gateway, record, native) ? take_down(intake, record->aid, native) : WORK_LATER;
}

/* The owner's marker keeps it home: noted first, so that no setting lets it out later. */
static enum work_result keep_home(struct intake *intake, const char *aid, const struct post *post)
{
    return home_keep(intake->gateway, intake->arena, aid, post) ? take_down(intake, aid, post->id)
                                                                : WORK_LATER;
}

/* Votes of other servers are taken where they can be carried back. */
static bool settle_poll(struct intake *intake, struct post *post)
{
    unsigned capabilities;
    if (!post->poll)
        return true;
    if (!platform_capabilities(intake->platform, &capabilities))
        return false;
    struct poll *poll = arena_alloc(intake->arena, sizeof *poll);
    *poll = *post->poll;
    poll->votable = (capabilities & ADAPTER_PUSH_VOTE) != 0;
    post->poll = poll;
    return true;
}

/* A repost without words of its own announces what it points at; once, for good: its id says which it is. */
static bool settle_boost(struct intake *intake, struct post_change *change)
{
    const struct post *post = change->post;
    if ((!post->repost_of.native && !post->repost_of.remote) || post->body.length)
        return true;
    struct links *links = links_new(intake->gateway, intake->arena, intake->platform->config->name);
    const struct outbound_link *link = links_add_reference(links, &post->repost_of);
    if (link && link->id) {
        change->boost = link->id;
        change->boost_author = link->author;
    }
    return !links->down;
}

static bool same_reference(const struct reference *one, const struct reference *other)
{
    const char *first = one->native ? one->native : one->remote;
    const char *second = other->native ? other->native : other->remote;
    return first && second ? strcmp(first, second) == 0 : first == second;
}

/* What is new about a post that is stored already. */
static bool compare_stored(struct intake *intake, struct post_change *change)
{
    struct post_record stored;
    enum lookup found = post_load(intake->gateway->store, intake->arena, change->aid, change->oid, &stored);
    if (found == LOOKUP_FOUND && stored.state == POST_LIVE) {
        change->only_counts = post_differs_in_counts(&stored.post, change->post);
        change->requoted = !same_reference(&stored.post.quote_of, &change->post->quote_of);
    }
    return found != LOOKUP_DOWN;
}

/* By all that is known without asking; and nothing holds it back. */
static bool seems_new(const struct intake *intake, const struct account_record *record,
                      const struct post *post)
{
    bool boost = (post->repost_of.native || post->repost_of.remote) && !post->body.length;
    return intake->event->kind == EVENT_POST_CREATED && !record->hold_ms && !record->keeps_home && !boost &&
           !(post->created > 0 && pauses_cover(record->pauses, post->created));
}

/* Stored and told when it is new. */
static bool put_new(struct intake *intake, const struct account_record *record,
                    const struct post_change *change, enum post_outcome *outcome)
{
    char oid[OID_LENGTH + 1];
    struct post_change fresh = *change;
    oid_make(change->aid, change->post->id, 0, oid);
    fresh.oid = oid;
    fresh.only_new = true;
    return publish_new_post(intake->gateway, record, &fresh, outcome);
}

static enum work_result put_any(struct intake *intake, const struct account_record *record,
                                struct post_change *change)
{
    const struct post *post = change->post;
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    change->oid = oid;
    enum lookup found = post_oid(intake->gateway->store, change->aid, post->id, oid);
    enum lookup home =
        found == LOOKUP_ABSENT ? home_find(intake->gateway, intake->arena, record, post) : LOOKUP_ABSENT;
    if (home == LOOKUP_FOUND)
        return WORK_DONE;
    if (found == LOOKUP_DOWN || home == LOOKUP_DOWN)
        return WORK_LATER;
    if (!(found == LOOKUP_FOUND ? compare_stored(intake, change) : settle_boost(intake, change)) ||
        post_put(intake->gateway->store, change, &outcome) != LOOKUP_FOUND)
        return WORK_LATER;
    if (found == LOOKUP_ABSENT && !home_forget(intake->gateway, record, post->id))
        return WORK_LATER;
    if (outcome == POST_WAITS || outcome == POST_COUNTED)
        return WORK_DONE;
    return publish_post(intake->gateway, change->aid, oid, intake->trace) ? WORK_DONE : WORK_LATER;
}

static struct post_change change_of(const struct intake *intake, const struct account_record *record,
                                    const struct post *post)
{
    int64_t now = clock_now_ms();
    return (struct post_change){
        .aid = record->aid,
        .post = post,
        .published = post->created > 0 && post->created < now ? post->created : now,
        .now = now,
        .hold_ms = record->hold_ms,
        .trace = intake->trace,
        .queue = arena_format(intake->arena, "work:intake:%s", intake->platform->config->name),
        .entry = intake->entry};
}

static enum work_result put_post(struct intake *intake, const struct account_record *record,
                                 const struct post *given)
{
    const char *aid = record->aid;
    struct post post = *given;
    if (strcmp(post.author, record->native) != 0)
        return WORK_DONE;
    if (!may_leave(record, &post))
        return remove_post(intake, record, post.id); /* made private, or never ours to show */
    if (post_has_marker(&post, record->home_marker))
        return keep_home(intake, aid, &post);
    if (record->consent == CONSENT_PAUSED)
        return WORK_DONE; /* a comparison finds it when the account goes on */
    if (!settle_poll(intake, &post))
        return WORK_LATER;
    enum post_outcome outcome = POST_KNOWN;
    struct post_change change = change_of(intake, record, &post);
    if (seems_new(intake, record, &post) && !put_new(intake, record, &change, &outcome))
        return WORK_LATER;
    return outcome == POST_KNOWN ? put_any(intake, record, &change) : WORK_DONE;
}

static enum work_result fetch_and_put(struct intake *intake, const struct account_record *record)
{
    struct platform *platform = intake->platform;
    struct operation *operation = platform_operation(
        platform, &(struct operation_input){.kind = OPERATION_POST, .post = intake->event->subject});
    const struct operation_result *result = platform_result(platform, operation);
    enum work_result done = WORK_LATER;
    if (result->answer == ANSWER_OK && result->post_count == 1)
        done = put_post(intake, record, &result->posts[0]);
    else if (result->answer == ANSWER_GONE || result->answer == ANSWER_UNKNOWN)
        done = remove_post(intake, record, intake->event->subject);
    else if (result->answer == ANSWER_INVALID || result->answer == ANSWER_REFUSED)
        done = WORK_DONE;
    platform->class->operation_free(operation);
    return done;
}

static enum work_result handle_post_of(struct intake *intake, const struct account_record *record)
{
    const struct event *event = intake->event;
    if (event->kind == EVENT_POST_DELETED || event->kind == EVENT_REPOST_DELETED)
        return remove_post(intake, record, event->subject);
    if (!consent_is_bridged(record->consent))
        return WORK_DONE;
    return event->post ? put_post(intake, record, event->post) : fetch_and_put(intake, record);
}

static enum work_result handle_post(struct intake *intake)
{
    const struct event *event = intake->event;
    struct account_record record;
    if (!event->account || !event->subject)
        return WORK_DONE;
    struct arena *arena = arena_new(ACCOUNT_BUDGET);
    enum lookup found = account_load_native(intake->gateway->store, arena, intake->platform->config->name,
                                            event->account, &record);
    enum work_result result = found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (found == LOOKUP_FOUND)
        result = handle_post_of(intake, &record);
    if (found == LOOKUP_FOUND && event->kind == EVENT_POST_CREATED && record.consent == CONSENT_ON &&
        !record.hold_ms)
        lately_keep(intake->platform, arena, &record);
    else
        arena_free(arena);
    return result;
}

/* The first line of a trace: the deliveries that follow from this event carry it on. */
static void log_event(const struct intake *intake)
{
    static const char *const names[] = {
        [EVENT_POST_CREATED] = "post made",
        [EVENT_POST_UPDATED] = "post edited",
        [EVENT_POST_DELETED] = "post deleted",
        [EVENT_REPOST_CREATED] = "repost made",
        [EVENT_REPOST_DELETED] = "repost deleted",
        [EVENT_ACCOUNT_UPDATED] = "account edited",
        [EVENT_ACCOUNT_STATUS] = "account status",
        [EVENT_ACCOUNT_FEDERATION] = "account consent",
        [EVENT_BLOCK_CREATED] = "somebody blocked",
        [EVENT_BLOCK_DELETED] = "somebody unblocked",
        [EVENT_REMOTE_POST_REMOVED] = "reply removed",
        [EVENT_LIKE_CREATED] = "liked",
        [EVENT_LIKE_DELETED] = "like taken back",
        [EVENT_REPORT] = "somebody reported",
        [EVENT_GAP] = "events missing",
        [EVENT_FOLLOW_DECIDED] = "follower decided",
        [EVENT_FOLLOW_CREATED] = "somebody followed",
        [EVENT_FOLLOW_DELETED] = "somebody unfollowed",
    };
    const struct event *event = intake->event;
    size_t kind = (size_t)event->kind;
    const char *name = kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
    log_write(name ? LOG_INFO : LOG_DEBUG, "an event of the platform", "trace", intake->trace, "platform",
              intake->platform->config->name, "event", name ? name : "other", "account", event->account,
              "subject", event->subject, (char *)NULL);
}

/* Something of one account was lost, or of all. */
static enum work_result handle_gap(struct intake *intake)
{
    char aid[AID_LENGTH + 1];
    const char *native = intake->event->account;
    if (!native)
        return reconcile_platform(intake->platform) ? WORK_DONE : WORK_LATER;
    enum lookup found =
        account_of_native(intake->gateway->store, intake->platform->config->name, native, aid);
    if (found == LOOKUP_ABSENT)
        return WORK_DONE;
    return found == LOOKUP_FOUND && reconcile_native(intake->platform, native, aid) ? WORK_DONE : WORK_LATER;
}

static enum work_result handle(struct intake *intake)
{
    switch (intake->event->kind) {
    case EVENT_POST_CREATED:
    case EVENT_POST_UPDATED:
    case EVENT_POST_DELETED:
    case EVENT_REPOST_CREATED:
    case EVENT_REPOST_DELETED:
        return handle_post(intake);
    case EVENT_ACCOUNT_UPDATED:
    case EVENT_ACCOUNT_STATUS:
    case EVENT_ACCOUNT_FEDERATION:
        return handle_account(intake);
    case EVENT_GAP:
        return handle_gap(intake);
    case EVENT_BLOCK_CREATED:
    case EVENT_BLOCK_DELETED:
        return people_block(intake->platform, intake->arena, intake->event, intake->trace);
    case EVENT_REMOTE_POST_REMOVED:
        return people_removed(intake->platform, intake->arena, intake->event);
    case EVENT_FOLLOW_CREATED:
    case EVENT_FOLLOW_DELETED:
        return people_follow(intake->platform, intake->arena, intake->event, intake->trace);
    case EVENT_REPORT:
        return people_report(intake->platform, intake->arena, intake->event, intake->trace);
    case EVENT_FOLLOW_DECIDED:
        return people_decided(intake->platform, intake->arena, intake->event, intake->trace);
    case EVENT_LIKE_CREATED:
    case EVENT_LIKE_DELETED:
        return like_handle(intake->platform, intake->arena, intake->event, intake->trace);
    case EVENT_OTHER:
        break;
    }
    return WORK_DONE;
}

/* ---- at once
 * -------------------------------------------------------------------------------------------------------- */

/* Text that points at nothing. */
static bool is_simple(const struct post *post)
{
    const struct reference *const references[] = {&post->reply_to, &post->quote_of, &post->repost_of};
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++)
        if (references[i]->native || references[i]->remote)
            return false;
    return !post->body.span_count && !post->tag_count && !post->poll;
}

bool intake_may_tell(const struct platform *platform, const struct event *event)
{
    return event->kind == EVENT_POST_CREATED && event->account && event->post && is_simple(event->post) &&
           lately_has(platform, event->account);
}

static bool tell_at_once(struct intake *intake, const struct account_record *record)
{
    const struct post *post = intake->event->post;
    enum post_outcome outcome = POST_KNOWN;
    if (strcmp(post->author, record->native) != 0 || !may_leave(record, post) ||
        post_has_marker(post, record->home_marker) || !seems_new(intake, record, post))
        return false;
    struct post_change change = change_of(intake, record, post);
    change.account_stamp = record->stamp;
    return put_new(intake, record, &change, &outcome) && outcome == POST_CREATED;
}

void intake_at_once(struct platform *platform, const char *text, const char *trace)
{
    struct arena *arena = arena_new(INTAKE_BUDGET);
    json_t *source = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    struct event event;
    if (source && source_to_event(source, arena, &event) && intake_may_tell(platform, &event)) {
        struct intake intake = {.platform = platform,
                                .gateway = platform->gateway,
                                .arena = arena,
                                .event = &event,
                                .trace = trace,
                                .entry = ""};
        struct account_record record;
        struct arena *kept = lately_take(platform, event.account, &record);
        if (tell_at_once(&intake, &record)) {
            (void)snprintf(platform->told, sizeof platform->told, "%s", trace);
            lately_keep(platform, kept, &record);
        } else {
            arena_free(kept); /* perhaps it is not as it was */
        }
    }
    json_decref(source);
    arena_free(arena);
}

enum work_result intake_handle(void *context, const struct work_entry *entry)
{
    struct platform *platform = context;
    struct arena *arena = arena_new(INTAKE_BUDGET);
    json_t *source = json_loadb(entry->data, entry->data_length, JSON_REJECT_DUPLICATES, NULL);
    struct event event;
    enum work_result result = WORK_DONE;
    if (source && source_to_event(source, arena, &event)) {
        struct intake intake = {.platform = platform,
                                .gateway = platform->gateway,
                                .arena = arena,
                                .event = &event,
                                .trace = entry->trace,
                                .entry = entry->id};
        log_event(&intake);
        if (strcmp(platform->told, entry->trace) != 0)
            result = handle(&intake);
    } else {
        log_write(LOG_ERROR, "a queued event cannot be read and is dropped", "trace", entry->trace, "id",
                  entry->id, (char *)NULL);
    }
    json_decref(source);
    arena_free(arena);
    return result;
}
