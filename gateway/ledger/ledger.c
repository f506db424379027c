#include "gateway/ledger/ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/local.h"
#include "gateway/ledger/exposure.h"
#include "gateway/ledger/ledger_private.h"
#include "gateway/ledger/servers.h"
#include "gateway/ledger/wording.h"
#include "gateway/store/posts.h"

enum { HOSTS_A_CALL = 500, HOST_FIELDS = 10, SENTENCE_MAX = 4096 };

static const char *const unknown_account =
    "no account of that name or id was ever switched on here; write name@host or the actor's id";
static const char *const unknown_post = "there is no such post; its id is https://HOST/u/AID/p/OID";

struct ledger {
    struct gateway *gateway;
    struct arena *arena;
    const char *account, *post; /* numbers; post "0": the account itself */
    json_t *servers;
    size_t counts[EVIDENCE_STATES];
};

/* ---- one host
 * ------------------------------------------------------------------------------------------------ */

/* The fields of ledger_hosts.lua, in its order. */
struct host_row {
    const char *origin, *state, *down_since, *open_until, *reason, *software, *version, *contact, *why,
        *evidence;
};

static void put_reasons(json_t *entry, const char *letters)
{
    static const struct {
        char letter;
        const char *name;
    } names[] = {{'m', "mentioned"}, {'r', "replied"}, {'b', "boosted"},
                 {'l', "liked"},     {'q', "quoted"},  {'f', "fetched"}};
    json_t *why = json_array();
    if (!letters[0])
        (void)json_array_append_new(why, json_string("delivered"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strchr(letters, names[i].letter))
            (void)json_array_append_new(why, json_string(names[i].name));
    (void)json_object_set_new(entry, "why", why);
}

static void put_evidence(json_t *entry, const struct evidence *evidence)
{
    enum evidence_state asked = evidence->state == EVIDENCE_UNREACHABLE ? EVIDENCE_QUEUED : evidence->state;
    ledger_put_text(entry, "state", evidence_name(evidence->state));
    if (asked != EVIDENCE_EXPOSED)
        ledger_put_text(entry, "delete", evidence_name(asked));
    ledger_put_number(entry, "code", evidence->code);
    ledger_put_number(entry, "time", evidence->time);
    ledger_put_number(entry, "queued", evidence->queued);
    ledger_put_number(entry, "accepted", evidence->accepted);
    ledger_put_number(entry, "refused", evidence->refused);
    ledger_put_number(entry, "observed", evidence->observed);
    ledger_put_number(entry, "failures", evidence->failures);
    ledger_put_number(entry, "last_failure", evidence->last_failure);
    ledger_put_number(entry, "failure_code", evidence->failure_code);
    ledger_put_text(entry, "failure", evidence->failure_reason);
    ledger_put_text(entry, "copy", copy_look_name(evidence->copy));
    ledger_put_number(entry, "copy_time", evidence->copy_time);
    ledger_put_number(entry, "copy_looks", evidence->copy_looks);
}

/* Given up for now, or it did not answer at all; one that said 503 once is only busy. */
static bool is_unreachable(const struct host_row *row)
{
    return row->down_since[0] && (strcmp(row->state, "open") == 0 || strcmp(row->state, "dead") == 0 ||
                                  strcmp(row->reason, "http") != 0);
}

static json_t *host_entry(struct ledger *ledger, const struct host_row *row)
{
    struct evidence evidence;
    int64_t down_since = strtoll(row->down_since, NULL, 10);
    if (!evidence_read(row->evidence[0] ? row->evidence : NULL, is_unreachable(row), &evidence))
        evidence = (struct evidence){.state = EVIDENCE_EXPOSED};
    ledger->counts[evidence.state]++;
    json_t *entry = json_object();
    ledger_put_text(entry, "host", ledger_short_name(row->origin));
    ledger_put_text(entry, "software", row->software);
    ledger_put_text(entry, "version", row->version);
    if (strcmp(ledger->post, "0") != 0)
        put_reasons(entry, row->why);
    put_evidence(entry, &evidence);
    if (evidence.state == EVIDENCE_UNREACHABLE)
        ledger_put_number(entry, "unreachable_since", down_since);
    ledger_put_text(entry, "contact", row->contact);
    struct buffer says;
    buffer_init(&says, SENTENCE_MAX);
    wording_of_host(ledger_short_name(row->origin), &evidence, down_since,
                    servers_find(ledger->servers, row->software), &says);
    ledger_put_text(entry, "says", buffer_text(&says));
    buffer_clear(&says);
    return entry;
}

/* ---- all hosts of a post or an account
 * ------------------------------------------------------------------------ */

static bool add_entries(struct ledger *ledger, const uint32_t *numbers, size_t count, json_t *list)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, ledger->account);
    arguments_text(arguments, ledger->post);
    arguments_number(arguments, clock_now_ms());
    for (size_t i = 0; i < count; i++)
        arguments_number(arguments, numbers[i]);
    struct reply *reply = store_script(ledger->gateway->store, "ledger_hosts", arguments);
    bool good = !reply_failed(reply) && reply_count(reply) == count * HOST_FIELDS;
    for (size_t i = 0; good && i < count; i++) {
        const char *text[HOST_FIELDS];
        for (size_t k = 0; k < HOST_FIELDS; k++)
            text[k] = reply_text(reply_at(reply, i * HOST_FIELDS + k));
        struct host_row row = {text[0], text[1], text[2], text[3], text[4],
                               text[5], text[6], text[7], text[8], text[9]};
        (void)json_array_append_new(list, host_entry(ledger, &row));
    }
    reply_free(reply);
    return good;
}

static json_t *host_entries(struct ledger *ledger)
{
    struct host_list hosts;
    bool good = strcmp(ledger->post, "0") == 0
                    ? exposure_of_account(ledger->gateway, ledger->account, &hosts)
                    : exposure_of_post(ledger->gateway, ledger->account, ledger->post, &hosts);
    if (!good)
        return NULL;
    json_t *list = json_array();
    for (size_t at = 0; good && at < hosts.count; at += HOSTS_A_CALL) {
        size_t left = hosts.count - at;
        good = add_entries(ledger, hosts.numbers + at, left < HOSTS_A_CALL ? left : HOSTS_A_CALL, list);
    }
    host_list_clear(&hosts);
    if (good)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *counts_of(const struct ledger *ledger)
{
    json_t *counts = json_object();
    for (size_t i = 0; i < EVIDENCE_STATES; i++)
        ledger_put_number(counts, evidence_name((enum evidence_state)i), (int64_t)ledger->counts[i]);
    return counts;
}

/* How the Deletes of all posts of the account stand. */
static json_t *deletes_of(struct ledger *ledger)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGETALL");
    arguments_format(arguments, "delete_counts:%s", ledger->account);
    struct reply *reply = store_run(ledger->gateway->store, arguments);
    json_t *deletes = json_object();
    for (size_t i = 0; !reply_failed(reply) && i + 1 < reply_count(reply); i += 2) {
        struct evidence evidence;
        const char *state = arena_format(ledger->arena, "%.1s 0 0", reply_text(reply_at(reply, i)));
        if (evidence_read(state, false, &evidence))
            ledger_put_number(deletes, evidence_name(evidence.state),
                              strtoll(reply_text(reply_at(reply, i + 1)), NULL, 10));
    }
    reply_free(reply);
    return deletes;
}

/* Until when hosts are asked, or that it is over and what was known of them dropped. */
static void put_end(struct ledger *ledger, json_t *document, int64_t deleted)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "ZSCORE");
    arguments_text(arguments, "expiries");
    arguments_format(arguments, "%s:%s", ledger->account, ledger->post);
    struct reply *reply = store_run(ledger->gateway->store, arguments);
    bool failed = reply_failed(reply);
    int64_t until = (int64_t)strtod(reply_text(reply), NULL);
    reply_free(reply);
    ledger_put_number(document, "asked_until", until);
    if (!failed && !until && deleted && deleted + LEDGER_KEPT_MS <= clock_now_ms())
        (void)json_object_set_new(document, "forgotten", json_true());
}

static const char *id_of(struct ledger *ledger, const char *base, const char *aid,
                         const struct post_record *post)
{
    return post->boost[0] ? url_boost(ledger->arena, base, aid, post->oid)
                          : url_object(ledger->arena, base, aid, post->oid);
}

static bool is_over(const struct account_record *record)
{
    return record->consent == CONSENT_LEAVING || record->consent == CONSENT_GONE;
}

static json_t *document_of(struct ledger *ledger, const struct account_record *record,
                           const struct post_record *post, json_t *hosts)
{
    static const char *const post_states[] = {"held", "live", "deleted"};
    const struct config_host *host = config_host_find(ledger->gateway->config, record->host);
    const char *base = host ? host->base : "";
    const char *actor = url_actor(ledger->arena, base, record->aid);
    json_t *document = json_object();
    ledger_put_text(document, "kind", post ? "post" : "account");
    ledger_put_text(document, "id", post ? id_of(ledger, base, record->aid, post) : actor);
    ledger_put_text(document, "account", record->aid);
    ledger_put_text(document, "actor", actor);
    ledger_put_text(document, "handle", arena_format(ledger->arena, "@%s@%s", record->name, record->host));
    ledger_put_text(document, "post", post ? post->oid : NULL);
    ledger_put_text(document, "state", post ? post_states[post->state] : consent_name(record->consent));
    if (post) {
        ledger_put_number(document, "published", post->published);
        ledger_put_number(document, "deleted", post->deleted);
    } else {
        ledger_put_number(document, "state_since", record->consent_since);
        (void)json_object_set_new(document, "posts", json_integer(record->post_count));
        (void)json_object_set_new(document, "followers", json_integer(record->follower_count));
        (void)json_object_set_new(document, "deletes", deletes_of(ledger));
    }
    put_end(ledger, document, post ? post->deleted : is_over(record) ? record->consent_since : 0);
    ledger_put_number(document, "as_of", clock_now_ms());
    (void)json_object_set_new(document, "counts", counts_of(ledger));
    (void)json_object_set_new(document, "hosts", hosts);
    return document;
}

static json_t *account_or_post(struct ledger *ledger, const char *aid, const char *oid, const char **why)
{
    struct account_record record;
    struct post_record post = {0};
    enum lookup found = account_load(ledger->gateway->store, ledger->arena, aid, &record);
    if (found == LOOKUP_FOUND && oid)
        found = post_load(ledger->gateway->store, ledger->arena, aid, oid, &post);
    *why = found == LOOKUP_DOWN ? LEDGER_AWAY : oid ? unknown_post : unknown_account;
    if (found != LOOKUP_FOUND)
        return NULL;
    ledger->account = arena_format(ledger->arena, "%" PRId64, record.number);
    ledger->post = arena_format(ledger->arena, "%" PRId64, oid ? post.number : 0);
    json_t *hosts = host_entries(ledger);
    *why = LEDGER_AWAY;
    return hosts ? document_of(ledger, &record, oid ? &post : NULL, hosts) : NULL;
}

/* ---- what was asked for
 * --------------------------------------------------------------------------------------- */

/* AID of "name@host" or "@name@host". */
static enum lookup find_handle(struct gateway *gateway, const char *what, char aid[AID_LENGTH + 1])
{
    what += what[0] == '@';
    const char *at = strchr(what, '@');
    if (!at)
        return LOOKUP_ABSENT;
    struct arena *arena = arena_new(LEDGER_BUDGET);
    enum lookup found =
        account_of_name(gateway->store, at + 1, arena_copy(arena, what, (size_t)(at - what)), aid);
    arena_free(arena);
    return found;
}

bool ledger_account(struct gateway *gateway, const char *what, char aid[AID_LENGTH + 1], const char **why)
{
    struct local_id id = local_parse(gateway->config, what);
    enum lookup found;
    if (id.kind == LOCAL_ACTOR) {
        struct arena *arena = arena_new(LEDGER_BUDGET);
        struct account_record record;
        found = account_load(gateway->store, arena, id.aid, &record);
        memcpy(aid, id.aid, AID_LENGTH + 1);
        arena_free(arena);
    } else {
        found = find_handle(gateway, what, aid);
    }
    *why = found == LOOKUP_DOWN ? LEDGER_AWAY : unknown_account;
    return found == LOOKUP_FOUND;
}

json_t *ledger_query(struct gateway *gateway, const char *what, const char **why)
{
    struct ledger ledger = {.gateway = gateway, .arena = arena_new(LEDGER_BUDGET), .servers = servers_load()};
    struct local_id id = local_parse(gateway->config, what);
    char aid[AID_LENGTH + 1];
    json_t *document;
    if (id.kind == LOCAL_POST || id.kind == LOCAL_BOOST)
        document = account_or_post(&ledger, id.aid, id.oid, why);
    else if (id.kind == LOCAL_ACTOR)
        document = account_or_post(&ledger, id.aid, NULL, why);
    else if (find_handle(gateway, what, aid) == LOOKUP_FOUND)
        document = account_or_post(&ledger, aid, NULL, why);
    else
        document = ledger_host(gateway, what, why);
    json_decref(ledger.servers);
    arena_free(ledger.arena);
    return document;
}
