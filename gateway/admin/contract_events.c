/* Level 1, whatever the carrier: nothing is skipped, resuming loses nothing, what happens is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/contract.h"

enum { WRITERS = 16, PINGS = 160, EVENT_MS = 6000, END_MS = 3000, LATE_MS = 4000, CUTS_MAX = 4000 };

/* ---- concurrent writers ---- */

struct race {
    struct contract *contract;
    enum contract_carrier carrier;
    bool over;
    bool answered[PINGS];
    unsigned seen[PINGS];
    size_t answered_count, seen_count;
    int64_t from;
    bool reading;
};

static int index_of(const struct race *race, const json_t *event)
{
    char prefix[32];
    const char *nonce = contract_text(json_object_get(event, "data"), "nonce");
    (void)snprintf(prefix, sizeof prefix, "%s-race-", race->contract->run);
    size_t length = strlen(prefix);
    if (strncmp(nonce, prefix, length) != 0)
        return -1;
    long index = strtol(nonce + length, NULL, 10);
    return index >= 0 && index < PINGS ? (int)index : -1;
}

static void read_task(void *context)
{
    struct race *race = context;
    struct contract_reader reader;
    int64_t deadline = INT64_MAX;
    contract_reader_open(&reader, race->contract, race->carrier, race->from);
    while (loop_monotonic_ms() < deadline && contract_good(race->contract)) {
        json_t *event = contract_reader_next(&reader, 1000);
        int index = event ? index_of(race, event) : -1;
        if (index >= 0 && !race->seen[index]++)
            race->seen_count++;
        json_decref(event);
        if (race->over && race->seen_count >= race->answered_count)
            break;
        if (race->over && deadline == INT64_MAX)
            deadline = loop_monotonic_ms() + LATE_MS;
    }
    contract_reader_close(&reader);
    race->reading = false;
}

static void write_one(void *context, size_t index)
{
    struct race *race = context;
    char nonce[64];
    (void)snprintf(nonce, sizeof nonce, "%s-race-%zu", race->contract->run, index);
    race->answered[index] = contract_ping(race->contract, nonce);
    race->answered_count += race->answered[index];
}

static void race(struct contract *contract, enum contract_carrier carrier)
{
    static const char *const names[] = {[CONTRACT_BY_POLL] = "long-poll",
                                        [CONTRACT_BY_WEBSOCKET] = "websocket",
                                        [CONTRACT_BY_WEBHOOK] = "webhook"};
    struct race race = {.contract = contract, .carrier = carrier, .reading = true};
    race.from = carrier == CONTRACT_BY_WEBHOOK ? contract_hooks_latest(contract) : contract_latest(contract);
    if (race.from < 0 || !task_spawn(contract->tasks, read_task, &race))
        return;
    contract_parallel(contract, PINGS, WRITERS, write_one, &race);
    race.over = true;
    while (race.reading)
        task_sleep(20);
    size_t lost = 0;
    for (size_t i = 0; i < PINGS; i++)
        lost += race.answered[i] && !race.seen[i];
    if (lost && contract_good(contract))
        contract_wrong(
            contract,
            "%d writers at once: %zu of %zu events never came to a reader that followed (%s). Their "
            "numbers became visible after higher ones: the outbox trap",
            WRITERS, lost, race.answered_count, names[carrier]);
}

static void check_race(struct contract *contract)
{
    if (contract->features & FEATURE_POLL)
        race(contract, CONTRACT_BY_POLL);
    if ((contract->features & FEATURE_WEBSOCKET) && contract_good(contract))
        race(contract, CONTRACT_BY_WEBSOCKET);
    if ((contract->features & FEATURE_WEBHOOK) && contract->hooks && contract_good(contract))
        race(contract, CONTRACT_BY_WEBHOOK);
}

/* ---- resuming after a cut at every byte ---- */

struct cutting {
    struct contract *contract;
    struct contract_relay *relay;
    int64_t *expected; /* the numbers behind `from`, in their order */
    size_t expected_count;
    size_t behind; /* so many of them were read */
    int64_t from;
};

static int64_t cursor_of(const struct cutting *cutting)
{
    return cutting->behind ? cutting->expected[cutting->behind - 1] : cutting->from;
}

/* One connection, cut after so many bytes (0: never). True once everything was read. */
static bool connect_once(struct cutting *cutting, size_t bytes)
{
    struct contract *contract = cutting->contract;
    contract_relay_cut_after(cutting->relay, bytes);
    struct contract_stream *stream = contract_stream_open(
        contract, &(struct contract_stream_options){.cursor = cursor_of(cutting),
                                                    .via_port = contract_relay_port(cutting->relay)});
    int64_t deadline = loop_monotonic_ms() + EVENT_MS;
    while (stream && cutting->behind < cutting->expected_count && contract_good(contract)) {
        json_t *message = contract_stream_next(stream, deadline - loop_monotonic_ms());
        const json_t *event = json_object_get(message, "event");
        int64_t seq = contract_number(event, "seq");
        if (event && seq != cutting->expected[cutting->behind])
            contract_wrong(contract, "resumed at cursor %lld after a cut: event %lld came, must be %lld",
                           (long long)cursor_of(cutting), (long long)seq,
                           (long long)cutting->expected[cutting->behind]);
        else if (event)
            cutting->behind++;
        bool nothing = !message;
        json_decref(message);
        if (nothing)
            break;
    }
    bool silent = stream && (!bytes || !contract_stream_is_closed(stream));
    if (silent && cutting->behind < cutting->expected_count && contract_good(contract))
        contract_wrong(contract, "resumed at cursor %lld after a cut: the events behind it did not come",
                       (long long)cursor_of(cutting));
    contract_stream_free(stream);
    return cutting->behind == cutting->expected_count;
}

static bool learn_expected(struct cutting *cutting)
{
    struct contract_reader reader;
    contract_reader_open(&reader, cutting->contract, CONTRACT_BY_WEBSOCKET, cutting->from);
    while (cutting->expected_count < 2) {
        json_t *event = contract_reader_next(&reader, EVENT_MS);
        if (!event)
            break;
        cutting->expected[cutting->expected_count++] = contract_number(event, "seq");
        json_decref(event);
    }
    contract_reader_close(&reader);
    if (cutting->expected_count == 2)
        return true;
    contract_wrong(cutting->contract, "two pings were answered and their events did not come");
    return false;
}

static void cut_everywhere(struct cutting *cutting)
{
    struct contract *contract = cutting->contract;
    size_t whole = 0;
    /* Once without a cut tells how many bytes there are. */
    if (!connect_once(cutting, 0))
        return;
    whole = contract_relay_passed(cutting->relay);
    cutting->behind = 0;
    for (size_t bytes = 1; bytes <= whole && bytes <= CUTS_MAX && contract_good(contract); bytes++)
        if (connect_once(cutting, bytes))
            cutting->behind = 0;
    if (contract_good(contract) && cutting->behind)
        (void)connect_once(cutting, 0);
}

static void check_resume(struct contract *contract)
{
    int64_t expected[2];
    struct cutting cutting = {.contract = contract, .expected = expected};
    cutting.from = contract_latest(contract);
    if (cutting.from < 0 || !contract_ping(contract, "cut-one") || !contract_ping(contract, "cut-two") ||
        !learn_expected(&cutting))
        return;
    cutting.relay = contract_relay_open(contract, contract->stream);
    if (cutting.relay)
        cut_everywhere(&cutting);
    contract_relay_free(cutting.relay);
}

/* ---- what happens is told ---- */

/* Reads until the wanted event came. New reference, or NULL and a finding. */
static json_t *await_event(struct contract_reader *reader, const char *type, const char *subject)
{
    int64_t deadline = loop_monotonic_ms() + EVENT_MS;
    while (loop_monotonic_ms() < deadline && contract_good(reader->contract)) {
        json_t *event = contract_reader_next(reader, 1000);
        const json_t *about = json_object_get(event, "subject");
        const char *id =
            json_is_object(about) ? contract_text(about, "local") : contract_text(event, "subject");
        bool account = strncmp(type, "account.", 8) == 0;
        if (event && strcmp(contract_text(event, "type"), type) == 0 &&
            strcmp(account ? contract_text(event, "account") : id, subject) == 0)
            return event;
        json_decref(event);
    }
    contract_wrong(reader->contract, "no event %s came for %s", type, subject);
    return NULL;
}

static void compare_post(struct contract *contract, const json_t *event, const char *id)
{
    const json_t *told = json_object_get(json_object_get(event, "data"), "post");
    json_t *post = contract_get(contract, "/posts/%s", id);
    if (post && contract_number(event, "rev") != contract_number(post, "rev"))
        contract_wrong(contract, "%s: the event's rev is %lld, the post's is %lld",
                       contract_text(event, "type"), (long long)contract_number(event, "rev"),
                       (long long)contract_number(post, "rev"));
    if (post && told && strcmp(contract_text(told, "text"), contract_text(post, "text")) != 0)
        contract_wrong(contract, "%s: data.post differs from GET /posts/%s", contract_text(event, "type"),
                       id);
    if (told)
        (void)contract_shape_post(contract, told, "data.post of an event");
    json_decref(post);
}

static void follow_a_post(struct contract *contract, struct contract_reader *reader)
{
    char id[CONTRACT_ID_MAX + 1];
    json_t *made = contract_sandbox(contract, "post", "{s:s, s:s}", "account", contract->account, "text",
                                    "Ein Käuzchen 🦉 for #events");
    (void)snprintf(id, sizeof id, "%s", contract_text(made, "id"));
    json_decref(made);
    json_t *created = id[0] ? await_event(reader, "post.created", id) : NULL;
    if (!created)
        return;
    if (strcmp(contract_text(created, "account"), contract->account) != 0)
        contract_wrong(contract, "post.created: 'account' must be the author, whose order it keeps");
    compare_post(contract, created, id);
    json_decref(
        contract_sandbox(contract, "edit", "{s:s, s:s}", "post", id, "text", "Zwei Käuzchen for #events"));
    json_t *updated = await_event(reader, "post.updated", id);
    if (updated && contract_number(updated, "rev") <= contract_number(created, "rev"))
        contract_wrong(contract, "post.updated: its rev is not above that of post.created");
    if (updated)
        compare_post(contract, updated, id);
    json_decref(contract_sandbox(contract, "delete", "{s:s}", "post", id));
    json_t *deleted = updated ? await_event(reader, "post.deleted", id) : NULL;
    if (deleted && json_object_get(json_object_get(deleted, "data"), "post"))
        contract_wrong(contract, "post.deleted still carries the post");
    json_decref(deleted);
    json_decref(updated);
    json_decref(created);
}

static void check_told(struct contract *contract)
{
    struct contract_reader reader;
    int64_t from = contract_latest(contract);
    if (from < 0)
        return;
    contract_reader_open(&reader, contract, contract_carrier(contract), from);
    follow_a_post(contract, &reader);
    for (int on = 0; on <= 1 && contract_good(contract); on++) {
        json_decref(
            contract_sandbox(contract, "federation", "{s:s, s:b}", "account", contract->account, "on", on));
        json_t *event = await_event(&reader, "account.federation", contract->account);
        const json_t *account = json_object_get(json_object_get(event, "data"), "account");
        if (account &&
            strcmp(contract_text(json_object_get(account, "federation"), "state"), on ? "on" : "off") != 0)
            contract_wrong(contract, "account.federation: data.account still has the old state");
        json_decref(event);
    }
    contract_reader_close(&reader);
    /* Switched off and on again, the old posts are the platform's alone. */
    json_t *made = contract_sandbox(contract, "post", "{s:s, s:s}", "account", contract->account, "text",
                                    "A post to answer, for #drawbridge");
    if (made)
        (void)snprintf(contract->post, sizeof contract->post, "%s", contract_text(made, "id"));
    json_decref(made);
}

/* ---- expiry and epochs ---- */

static void check_expiry(struct contract *contract)
{
    if (!(contract->features & (FEATURE_POLL | FEATURE_WEBSOCKET))) {
        contract_skip(contract, "by webhook there is no cursor that could expire");
        return;
    }
    int64_t old = contract_latest(contract);
    if (old < 0 || !contract_ping(contract, "expires"))
        return;
    json_t *expired = contract_sandbox(contract, "expire", "{}");
    if (!expired || !contract_ping(contract, "after"))
        return;
    json_decref(expired);
    if (contract->features & FEATURE_POLL) {
        json_t *problem = contract_must(contract, "GET", 410, "cursor_expired", NULL, "/events?cursor=%lld",
                                        (long long)old);
        if (problem && contract_number(problem, "earliest") < 0)
            contract_wrong(contract, "410 cursor_expired must say the 'earliest' number that is kept");
        json_decref(problem);
    }
    if (contract->features & FEATURE_WEBSOCKET) {
        struct contract_stream *stream =
            contract_stream_open(contract, &(struct contract_stream_options){.cursor = old});
        bool ended = stream && contract_stream_await_end(stream, END_MS);
        int code = stream ? contract_stream_close_code(stream) : 0;
        if (stream && (!ended || (code != 4410 && code != 410)))
            contract_wrong(contract,
                           "a stream from an expired cursor must end with close code 4410, it %s %d",
                           ended ? "ended with" : "stayed open:", code);
        contract_stream_free(stream);
    }
}

static bool read_epoch(struct contract *contract, char epoch[256])
{
    struct contract_reader reader;
    int64_t latest = contract_latest(contract);
    if (latest < 0 || !contract_ping(contract, "epoch"))
        return false;
    contract_reader_open(&reader, contract, contract_carrier(contract), latest);
    json_t *event = contract_reader_next(&reader, EVENT_MS);
    (void)snprintf(epoch, 256, "%s", reader.epoch);
    bool good = event != NULL;
    json_decref(event);
    contract_reader_close(&reader);
    return good;
}

static void check_epoch(struct contract *contract)
{
    char before[256] = "";
    char after[256] = "";
    if (!read_epoch(contract, before))
        return;
    json_t *done = contract_sandbox(contract, "epoch", "{}");
    if (!done)
        return;
    json_decref(done);
    if (read_epoch(contract, after) && strcmp(before, after) == 0)
        contract_wrong(contract,
                       "a new epoch began and its name is still '%s': the gateway cannot see that numbers "
                       "start again, and skips them",
                       before);
}

const struct contract_check contract_checks_events[] = {
    {"told", 1, "§4.1", "posts, edits, deletes and consent are told as they happen", check_told,
     FEATURE_SANDBOX},
    {"race", 1, "§4.2", "no event is skipped when many are written at once", check_race, 0},
    {"resume", 1, "§4.4", "a stream cut at any byte goes on where it was", check_resume, FEATURE_WEBSOCKET},
    {"expiry", 1, "§4.2", "a cursor behind what is kept is told so", check_expiry, FEATURE_SANDBOX},
    {"epoch", 1, "§4.2", "numbers that start again do so under another epoch", check_epoch, FEATURE_SANDBOX},
    {0}};
