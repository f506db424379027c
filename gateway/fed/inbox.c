#include "gateway/fed/inbox.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/client/fetch.h"
#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/domains.h"
#include "gateway/fed/handle.h"
#include "gateway/fed/hearsay.h"
#include "gateway/fed/json_guard.h"
#include "gateway/fed/object_turn.h"
#include "gateway/fed/verify.h"
#include "gateway/health.h"
#include "gateway/limits.h"
#include "gateway/log.h"
#include "gateway/refusals.h"

enum { QUEUES = INBOX_QUEUES, QUEUE_PARALLEL = 32, PARSED_BODY_MAX = 16384, PROCESS_BUDGET = 8 << 20 };

struct inbox {
    struct work *queues[QUEUES];
    struct object_turns *turns;
};

/* What was kept of hearsay begins with it; a JSON object never does. */
#define HEARSAY "~"

/* ---- receiving
 * ------------------------------------------------------------------------------------------------------ */

static bool is_activity_body(const char *type)
{
    static const char *const types[] = {"application/activity+json", "application/ld+json"};
    for (size_t i = 0; type && i < sizeof types / sizeof types[0]; i++) {
        size_t length = strlen(types[i]);
        if (strncasecmp(type, types[i], length) == 0 && strchr("; ,", type[length]))
            return true; /* strchr finds the NUL at the end too */
    }
    return false;
}

static void accepted(struct serving *serving)
{
    health_add(serving->gateway, HEALTH_RECEIVED, 1);
    http_answer(serving->request, &(struct http_answer){.status = 202});
}

/* True when the addressed account can be reached; else the request is answered. */
static bool inbox_exists(struct serving *serving, const char *aid)
{
    struct account_record record;
    enum view view;
    return !aid || serve_account(serving, aid, PART_INBOX, &record, &view);
}

static bool is_own_delete(const struct inbound_activity *activity)
{
    return strcmp(activity->type, "Delete") == 0 && activity->object_id &&
           strcmp(activity->object_id, activity->actor) == 0;
}

/* Most of what any inbox gets: accounts deleted elsewhere that nobody here ever met. Answered before any
 * network access. */
static bool is_strangers_farewell(struct serving *serving, const struct inbound_activity *activity)
{
    return is_own_delete(activity) &&
           remote_actor_known(serving->gateway, serving->arena, activity->actor) == LOOKUP_ABSENT;
}

static void refuse(struct serving *serving, const struct inbound_activity *activity,
                   enum verification verification, const char *why)
{
    health_add(serving->gateway, HEALTH_TURNED, 1);
    bool blocked = verification == VERIFICATION_BLOCKED;
    log_write(LOG_INFO, "an activity was refused", "actor", activity->actor, "type", activity->type, "reason",
              why, "peer", http_request_peer(serving->request), (char *)NULL);
    refusals_add(serving->gateway, blocked ? REFUSED_ACTIVITY : REFUSED_SIGNATURE, why);
    if (verification == VERIFICATION_UNAVAILABLE)
        serve_unavailable(serving);
    else if (blocked)
        http_answer_text(serving->request, 403, "This server is blocked here.\n");
    else
        http_answer_text(serving->request, 401,
                         arena_format(serving->arena, "The signature is not accepted: %s.\n", why));
}

/* What is no activity at all. */
static void refuse_body(struct serving *serving, int status, const char *what, const char *why)
{
    log_write(LOG_INFO, "a body was refused", "reason", why, "peer", http_request_peer(serving->request),
              (char *)NULL);
    refusals_add(serving->gateway, REFUSED_ACTIVITY, why);
    http_answer_text(serving->request, status, arena_format(serving->arena, "%s: %s.\n", what, why));
}

/* The host is known by its signature: nobody else can use up what it may send. */
static void ask_to_wait(struct serving *serving, unsigned seconds)
{
    health_add(serving->gateway, HEALTH_TURNED, 1);
    static const char sentence[] = "Your server sends too many activities; go on a little later.\n";
    refusals_add(serving->gateway, REFUSED_ACTIVITY, "its server sends too many");
    http_answer(serving->request,
                &(struct http_answer){
                    .status = 429,
                    .content_type = "text/plain; charset=utf-8",
                    .body = sentence,
                    .length = sizeof sentence - 1,
                    .headers = {{"Retry-After", arena_format(serving->arena, "%u", seconds)}},
                });
}

static unsigned queue_of(const char *actor)
{
    char hash[23];
    id_hash(actor, hash);
    return (unsigned char)hash[0] % QUEUES;
}

/* What an activity is known by when it comes again. Without an id of its own server's: by what it says. */
static const char *name_of(struct arena *arena, const struct inbound_activity *activity)
{
    if (activity->id)
        return arena_format(arena, "%s %s", activity->actor, activity->id);
    return arena_format(arena, "%s %s %s", activity->actor, activity->type,
                        activity->object_id ? activity->object_id : "");
}

/* An activity on its way into the store. */
struct keeping {
    const struct inbound_activity *activity;
    const char *name, *owner; /* what it is known by; whose queue it is in */
    const char *chain, *body;
    size_t length;
    const char *trace;
    json_t *document; /* of `body`, as it was read; NULL: it is read again when its turn has come */
};

static void release_document(void *parsed)
{
    json_decref(parsed);
}

/* True when another worker need not be told of it. `accepted`: the script's answer. */
static bool hand_over(struct work *queue, const struct keeping *keeping, int64_t now,
                      const struct reply *accepted)
{
    bool with_document = keeping->document && keeping->length <= PARSED_BODY_MAX;
    return work_hand(queue, &(struct work_handover){
                                .entry = {.id = reply_text(reply_at(accepted, 0)),
                                          .chain = keeping->chain,
                                          .data = with_document ? "" : keeping->body,
                                          .data_length = with_document ? 0 : keeping->length,
                                          .trace = keeping->trace,
                                          .time = now,
                                          .parsed = with_document ? json_incref(keeping->document) : NULL},
                                .previous = reply_text(reply_at(accepted, 1)),
                                .size = keeping->length,
                                .release = release_document,
                            });
}

static bool keep(struct gateway *gateway, struct arena *arena, const struct keeping *keeping)
{
    char once[23];
    id_hash(keeping->name, once);
    unsigned number = queue_of(keeping->owner);
    const char *queue = arena_format(arena, "inbox:%u", number);
    int64_t now = clock_now_ms();
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, once);
    arguments_text(arguments, queue);
    arguments_text(arguments, keeping->chain);
    arguments_bytes(arguments, keeping->body, keeping->length);
    arguments_number(arguments, now);
    arguments_text(arguments, keeping->trace);
    struct reply *reply = store_script(gateway->store, "inbox_accept", arguments);
    bool good = !reply_failed(reply);
    bool fresh = reply_kind(reply) == REPLY_LIST;
    bool here = fresh && hand_over(gateway->inbox->queues[number], keeping, now, reply);
    reply_free(reply);
    if (!fresh)
        return good;
    log_write(LOG_INFO, "an activity was accepted", "trace", keeping->trace, "type", keeping->activity->type,
              "actor", keeping->activity->actor, "id", keeping->activity->id, (char *)NULL);
    if (!here)
        work_announce(gateway, queue);
    return good;
}

static bool keep_own(struct serving *serving, const struct inbound_activity *activity, json_t *document)
{
    size_t length;
    const char *body = http_request_body(serving->request, &length);
    char trace[TRACE_LENGTH + 1];
    trace_new(trace);
    return keep(serving->gateway, serving->arena,
                &(struct keeping){.activity = activity,
                                  .name = name_of(serving->arena, activity),
                                  .owner = activity->actor,
                                  .chain = activity->actor,
                                  .body = body,
                                  .length = length,
                                  .trace = trace,
                                  .document = document});
}

bool inbox_keep_hearsay(struct gateway *gateway, struct arena *arena, const struct inbound_activity *activity,
                        const struct hearsay *hearsay)
{
    /* In the queue of whom the object belongs to, so that one worker has all that is said of it; in a chain
     * of its own, so that nobody waits for what strangers say about him. */
    struct remote_object known;
    enum lookup found = remote_object_find(gateway, arena, activity->object_id, &known);
    if (found == LOOKUP_DOWN)
        return false;
    char *body = arena_alloc(arena, hearsay->length + sizeof HEARSAY);
    memcpy(body, HEARSAY, sizeof HEARSAY - 1);
    memcpy(body + sizeof HEARSAY - 1, hearsay->body, hearsay->length);
    /* Known by who told it, too: a lie must not keep the truth out. */
    return keep(gateway, arena,
                &(struct keeping){.activity = activity,
                                  .name = arena_format(arena, "%s %s %s %s", HEARSAY, hearsay->teller,
                                                       activity->object_id, name_of(arena, activity)),
                                  .owner = found == LOOKUP_FOUND ? known.actor : activity->actor,
                                  .chain = arena_format(arena, "%s %s", HEARSAY, activity->object_id),
                                  .body = body,
                                  .length = hearsay->length + sizeof HEARSAY - 1,
                                  .trace = hearsay->trace});
}

static bool keep_hearsay(struct serving *serving, const struct inbound_activity *activity, const char *teller)
{
    size_t length;
    const char *body = http_request_body(serving->request, &length);
    char trace[TRACE_LENGTH + 1];
    trace_new(trace);
    return inbox_keep_hearsay(
        serving->gateway, serving->arena, activity,
        &(struct hearsay){.teller = teller, .body = body, .length = length, .trace = trace});
}

/* Whether the actor's own server says that the actor is gone (PROTOCOL §1.6): a keyId alone is anybody's to
 * write, so a missing key document on the same server is no proof. */
static bool is_gone(struct serving *serving, const char *gone, const char *actor)
{
    if (strcmp(gone, actor) == 0)
        return true;
    json_t *document = NULL;
    const char *why = NULL;
    if (!url_same_origin(gone, actor))
        return false;
    enum remote_outcome outcome = remote_fetch(serving->gateway, serving->arena, actor, &document, &why);
    json_decref(document);
    return outcome == REMOTE_GONE || outcome == REMOTE_MISSING;
}

/* Who vouches for an activity. */
struct voucher {
    const char *sender; /* who signed the request; NULL: nobody known */
    bool own;           /* its actor stands for it */
    enum verification verification;
    const char *why; /* when nobody does */
};

static void find_sender(struct serving *serving, const struct inbound_activity *activity,
                        struct voucher *voucher)
{
    const char *signer = NULL;
    voucher->verification =
        verify_request(serving->gateway, serving->arena, serving->request, &signer, &voucher->why);
    if (voucher->verification == VERIFICATION_KEY_GONE && is_own_delete(activity) &&
        is_gone(serving, signer, activity->actor)) {
        signer = activity->actor;
        voucher->verification = VERIFIED;
    }
    voucher->sender = voucher->verification == VERIFIED ? signer : NULL;
    voucher->own = voucher->sender && strcmp(voucher->sender, activity->actor) == 0;
}

/* An activity that carries its actor's own proof (FEP-8b32) may come from anybody. */
static void find_proof(struct serving *serving, const struct inbound_activity *activity,
                       const json_t *document, struct voucher *voucher)
{
    const char *why = NULL;
    enum verification proven =
        verify_proof(serving->gateway, serving->arena, document, activity->actor, &why);
    voucher->own = proven == VERIFIED;
    if (voucher->sender ||
        (proven != VERIFICATION_UNAVAILABLE && voucher->verification != VERIFICATION_UNSIGNED))
        return;
    voucher->verification = proven;
    voucher->why = why;
}

static void refuse_foreign(struct serving *serving, const struct inbound_activity *activity,
                           const char *sender)
{
    health_add(serving->gateway, HEALTH_TURNED, 1);
    static const char why[] = "another actor signed it";
    log_write(LOG_INFO, "an activity was refused", "actor", activity->actor, "signer", sender, "reason", why,
              (char *)NULL);
    refusals_add(serving->gateway, REFUSED_ACTIVITY, why);
    http_answer_text(serving->request, 403, "The activity's actor is not the one who signed the request.\n");
}

static void take(struct serving *serving, const struct inbound_activity *activity,
                 const struct voucher *voucher, json_t *document)
{
    unsigned seconds = 0;
    if (voucher->sender) {
        delivery_host_seen(serving->gateway, voucher->sender);
        seconds = limits_take_host(serving->gateway, voucher->sender);
    }
    if (seconds)
        ask_to_wait(serving, seconds);
    else if (voucher->own ? keep_own(serving, activity, document)
                          : keep_hearsay(serving, activity, voucher->sender))
        accepted(serving);
    else
        serve_unavailable(serving);
}

static void receive(struct serving *serving, json_t *document)
{
    struct inbound_activity activity;
    struct voucher voucher;
    const char *wrong = inbound_activity_read(document, serving->arena, &activity);
    if (wrong) {
        refuse_body(serving, 400, "No activity", wrong);
        return;
    }
    if (local_is_ours(serving->gateway->config, activity.actor)) {
        refuse_foreign(serving, &activity, NULL);
        return;
    }
    if (domains_judge(serving->gateway, activity.actor) == DOMAIN_BLOCKED) {
        refuse(serving, &activity, VERIFICATION_BLOCKED, "its domain is blocked here");
        return;
    }
    if (is_strangers_farewell(serving, &activity)) {
        accepted(serving);
        return;
    }
    find_sender(serving, &activity, &voucher);
    if (!voucher.own && voucher.verification != VERIFICATION_BLOCKED && json_object_get(document, "proof"))
        find_proof(serving, &activity, document, &voucher);
    if (!voucher.own && !voucher.sender)
        refuse(serving, &activity, voucher.verification, voucher.why);
    else if (!voucher.own && !hearsay_takes(&activity))
        refuse_foreign(serving, &activity, voucher.sender);
    else
        take(serving, &activity, &voucher, document);
}

void inbox_receive(struct serving *serving, const char *aid)
{
    if (!inbox_exists(serving, aid))
        return;
    if (!is_activity_body(http_request_header(serving->request, "content-type"))) {
        refuse_body(serving, 415, "Send activities as Content-Type: application/activity+json",
                    "this is another type");
        return;
    }
    size_t length;
    const char *body = http_request_body(serving->request, &length);
    const char *why = NULL;
    json_t *document = json_load_guarded(body, length, &why);
    if (!document) {
        refuse_body(serving, 400, "The body is refused", why);
        return;
    }
    receive(serving, document);
    json_decref(document);
}

/* ---- processing
 * ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *type;
    enum work_result (*handle)(struct incoming *incoming);
} handlers[] = {
    {"Follow", handle_follow},
    {"Undo", handle_undo},
    {"Create", handle_create},
    {"Update", handle_update},
    {"Delete", handle_delete},
    {"Like", handle_like},
    {"EmojiReact", handle_like},
    {"Announce", handle_announce},
    {"Accept", handle_answer},
    {"Reject", handle_answer},
    {"QuoteRequest", handle_quote_request},
    {"Block", handle_block},
    {"Move", handle_move},
    {"Flag", handle_flag},
};

static enum work_result dispatch(struct incoming *incoming)
{
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (strcmp(incoming->activity.type, handlers[i].type) == 0)
            return handlers[i].handle(incoming);
    return WORK_DONE;
}

/* What changes or removes an object has it alone meanwhile. */
static const char *object_of(const struct inbound_activity *activity)
{
    static const char *const types[] = {"Create", "Update", "Delete"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(activity->type, types[i]) == 0)
            return activity->object_id;
    return NULL;
}

static enum work_result process(struct incoming *incoming, bool hearsay)
{
    /* It may have been blocked since this came. */
    enum domain_verdict verdict = domains_judge(incoming->gateway, incoming->activity.actor);
    if (verdict != DOMAIN_OPEN)
        return verdict == DOMAIN_BLOCKED ? WORK_DONE : WORK_LATER;
    struct object_turns *turns = incoming->gateway->inbox->turns;
    const char *object = object_of(&incoming->activity);
    if (object)
        object_turn_take(turns, object);
    enum work_result result = hearsay ? handle_hearsay(incoming) : dispatch(incoming);
    if (object)
        object_turn_give(turns, object);
    return result;
}

static enum work_result process_entry(void *context, const struct work_entry *entry)
{
    struct gateway *gateway = context;
    struct incoming incoming = {.gateway = gateway,
                                .arena = arena_new(PROCESS_BUDGET),
                                .trace = entry->trace,
                                .attempt = entry->attempt};
    enum work_result result = WORK_DONE;
    bool hearsay = entry->data[0] == HEARSAY[0];
    const char *why = NULL;
    json_t *document = entry->parsed
                           ? json_incref(entry->parsed)
                           : json_load_guarded(entry->data + hearsay, entry->data_length - hearsay, &why);
    incoming.document = document;
    fetch_allow(FETCH_JOB_REQUESTS);
    if (document && !inbound_activity_read(document, incoming.arena, &incoming.activity))
        result = process(&incoming, hearsay);
    else
        log_write(LOG_ERROR, "a kept activity cannot be read and is dropped", "trace", entry->trace,
                  (char *)NULL);
    json_decref(document);
    arena_free(incoming.arena);
    return result;
}

void inbox_start(struct gateway *gateway)
{
    gateway->inbox = calloc(1, sizeof *gateway->inbox);
    if (!gateway->inbox)
        abort();
    gateway->inbox->turns = object_turns_new();
    for (unsigned i = 0; i < QUEUES; i++) {
        char name[] = "inbox:0";
        name[6] = (char)('0' + i);
        gateway->inbox->queues[i] = work_start(gateway, name, QUEUE_PARALLEL, process_entry, gateway);
    }
}

void inbox_stop(struct gateway *gateway)
{
    if (!gateway->inbox)
        return;
    for (unsigned i = 0; i < QUEUES; i++)
        work_free(gateway->inbox->queues[i]);
    object_turns_free(gateway->inbox->turns);
    free(gateway->inbox);
    gateway->inbox = NULL;
}
