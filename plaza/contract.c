#include "plaza/contract.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "plaza/fault.h"
#include "plaza/outbox.h"
#include "plaza/reads.h"
#include "plaza/remote.h"
#include "plaza/reports.h"
#include "plaza/sandbox.h"

enum { WAIT_MAX_S = 60, TOKEN_MIN = 20 };

/* ---- tokens ---- */

static bool take_token(struct plaza *plaza, const char *line, int count)
{
    size_t length = strcspn(line, " \t\r\n");
    if (length < TOKEN_MIN || count == TOKENS_MAX)
        return false;
    hash_text(line, length, plaza->token_hashes[count]);
    return true;
}

bool contract_read_tokens(struct plaza *plaza, char *error, size_t size)
{
    const char *name = plaza->options.token_file;
    FILE *file = fopen(name, "re");
    if (!file) {
        snprintf(error, size,
                 "the token file %s cannot be read: %s. Make it: printf 'dbg_%%s\\n' \"$(openssl rand -hex "
                 "24)\" > %s",
                 name, strerror(errno), name);
        return false;
    }
    char line[512];
    int count = 0;
    bool good = true;
    while (good && fgets(line, sizeof line, file))
        if (line[strspn(line, " \t\r\n")] && (good = take_token(plaza, line, count)))
            count++;
    OPENSSL_cleanse(line, sizeof line);
    fclose(file);
    if (good && count)
        return true;
    snprintf(error, size,
             "the token file %s must hold one or two lines, each a token of at least %d characters. "
             "Make it: printf 'dbg_%%s\\n' \"$(openssl rand -hex 24)\" > %s",
             name, TOKEN_MIN, name);
    return false;
}

bool contract_authorized(const struct plaza *plaza, const char *authorization)
{
    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    if (fault_is(FAULT_TOKEN_IGNORED))
        return true;
    char hash[HASH_TEXT_SIZE];
    hash_text(authorization + 7, strlen(authorization + 7), hash);
    bool found = false;
    for (int i = 0; i < TOKENS_MAX; i++)
        found |= equal_secret(hash, plaza->token_hashes[i]);
    return found;
}

/* ---- discovery and ping ---- */

static void get_discovery(struct plaza *plaza, struct request *request)
{
    char api[300];
    char stream[300];
    bool secure = strncmp(plaza->url, "https://", 8) == 0;
    const char *authority = strstr(plaza->url, "://") + 3;
    snprintf(api, sizeof api, "%s/v1", plaza->url);
    snprintf(stream, sizeof stream, "%s://%s/v1/stream", secure ? "wss" : "ws", authority);
    json_t *limits = json_make(
        "{s:{s:i, s:s, s:i}, s:[], s:{s:i, s:i, s:i, s:[s,s,s,s], s:i}, s:i, s:i, s:i}", "text", "max",
        POST_GRAPHEMES_MAX, "unit", "graphemes", "max_bytes", POST_BYTES_MAX, "html", "media", "per_post",
        MEDIA_MAX, "image_bytes", 10 << 20, "video_bytes", 0, "types", "image/jpeg", "image/png",
        "image/webp", "image/gif", "alt_max", ALT_BYTES_MAX, "page_max", PAGE_MAX, "requests_per_minute",
        plaza->options.requests_per_minute, "event_window_s", EVENT_WINDOW_S);
    json_t *features = json_make("[s, s, s, s, s, s, s, s, s]", "events.ws", "events.poll", "remote_posts",
                                 "remote_relations", "polls", "reactions", "mentions", "timeline", "reports");
    if (plaza->options.webhook)
        json_array_append_new(features, json_string("events.webhook"));
    if (plaza->options.test_api)
        json_array_append_new(features, json_string("sandbox"));
    answer_json(request, 200,
                json_make("{s:[s], s:{s:s, s:s, s:s, s:s}, s:s, s:s, s:i, s:o, s:s, s:n, s:n, s:o}",
                          "contract", "1", "platform", "id", "plaza", "name", "Plaza", "domain", authority,
                          "software", "plaza/" DRAWBRIDGE_VERSION, "api", api, "stream", stream, "level", 2,
                          "features", features, "actor_domain", plaza->options.fediverse_host, "contact",
                          "terms", "limits", limits));
}

/* Plaza calls nobody, so the way back that a ping proves is the event stream. */
static void post_ping(struct plaza *plaza, struct request *request)
{
    json_t *body = request_json(request);
    if (!body)
        return;
    struct fields fields = {.object = body};
    const char *nonce = field_text(&fields, "nonce", 255);
    if (fields_good(&fields, request)) {
        outbox_append(&plaza->database, "ping", NULL, NULL, 1, json_make("{s:s}", "nonce", nonce));
        answer_json(request, 200, json_make("{s:b, s:s}", "ok", 1, "nonce", nonce));
    }
    json_decref(body);
}

/* ---- long-poll ---- */

static void answer_events(struct plaza *plaza, struct request *request)
{
    json_t *events = json_array();
    int64_t cursor = request->cursor;
    int64_t seq;
    char account[ACCOUNT_ID_SIZE];
    json_t *event = outbox_next(plaza, cursor, &seq, account);
    size_t bytes = 0;
    while (event && (int64_t)json_array_size(events) < request->limit && bytes < BODY_MAX / 2) {
        bytes += json_dumpb(event, NULL, 0, JSON_COMPACT);
        json_array_append_new(events, event);
        cursor = seq;
        event = outbox_next(plaza, cursor, &seq, account);
    }
    bool more = event != NULL && !fault_is(FAULT_MORE_FORGOTTEN);
    json_decref(event);
    if (json_array_size(events)) {
        if (fault_is(FAULT_ORDER_SWAPPED) && json_array_size(events) > 1) {
            json_t *first = json_incref(json_array_get(events, 0));
            json_array_set(events, 0, json_array_get(events, 1));
            json_array_set_new(events, 1, first);
        }
        request->waiting = false;
        answer_json(request, 200,
                    json_make("{s:s, s:o, s:I, s:b}", "epoch", plaza->epoch, "events", events, "cursor",
                              (json_int_t)cursor, "more", more));
        return;
    }
    json_decref(events);
    request->waiting = time_monotonic_ms() < request->deadline_ms && !fault_is(FAULT_POLL_IMPATIENT);
    answer_empty(request, 204);
}

void contract_poll_again(struct plaza *plaza, struct request *request)
{
    if (database_begin(&plaza->database, false))
        answer_events(plaza, request);
    (void)database_end(&plaza->database, true);
}

static void get_events(struct plaza *plaza, struct request *request)
{
    struct outbox_range range = outbox_range(&plaza->database);
    int64_t wait = request_query_number(request, "wait", 0, WAIT_MAX_S);
    request->cursor =
        request_query_number(request, "cursor", fault_is(FAULT_LIVE_REPLAYS) ? 0 : range.latest, INT64_MAX);
    request->limit = request_query_number(request, "limit", PAGE_MAX, 200);
    if (wait < 0 || request->cursor < 0 || request->limit < 1) {
        answer_problem(request, 400, "bad_parameter",
                       wait < 0              ? "wait"
                       : request->cursor < 0 ? "cursor"
                                             : "limit",
                       "A parameter cannot be read.");
        return;
    }
    if (!outbox_cursor_valid(&range, request->cursor)) {
        answer_problem(request, 410, "cursor_expired", "cursor",
                       "Events from here on are not kept, or this number was never given.");
        json_t *problem = json_loads(text_string(&request->answer), 0, NULL);
        json_object_set_new(problem, "earliest", json_integer(range.earliest));
        json_object_set_new(problem, "epoch", json_string(plaza->epoch));
        answer_json(request, 410, problem);
        request->type = "application/problem+json";
        return;
    }
    if (fault_is(FAULT_CURSOR_INCLUSIVE) && request->cursor > 0)
        request->cursor--;
    /* Who has no cursor yet asks where the events are now. */
    if (!request_query(request, "cursor") && !fault_is(FAULT_LIVE_REPLAYS)) {
        answer_json(request, 200,
                    json_make("{s:s, s:[], s:I, s:b}", "epoch", plaza->epoch, "events", "cursor",
                              (json_int_t)range.latest, "more", 0));
        return;
    }
    request->deadline_ms = time_monotonic_ms() + wait * 1000;
    answer_events(plaza, request);
}

/* ---- routes ---- */

static const struct route open_routes[] = {{METHOD_GET, false, "/.well-known/drawbridge", get_discovery}};

static const struct route routes[] = {
    {METHOD_POST, true, "/v1/ping", post_ping},
    {METHOD_POST, true, "/v1/sandbox", sandbox_post},
    {METHOD_GET, false, "/v1/accounts", read_accounts},
    {METHOD_GET, false, "/v1/accounts/*", read_account},
    {METHOD_GET, false, "/v1/accounts/*/posts", read_posts},
    {METHOD_GET, false, "/v1/accounts/*/post-ids", read_post_ids},
    {METHOD_GET, false, "/v1/posts/*", read_post},
    {METHOD_GET, false, "/v1/posts/*/replies", read_replies},
    {METHOD_GET, false, "/v1/events", get_events},
    {METHOD_PUT, true, "/v1/remote-actors/*", remote_actor_put},
    {METHOD_DELETE, true, "/v1/remote-actors/*", remote_actor_delete},
    {METHOD_PUT, true, "/v1/remote-posts/*", remote_post_put},
    {METHOD_DELETE, true, "/v1/remote-posts/*", remote_post_delete},
    {METHOD_PUT, true, "/v1/remote-relations/*", remote_relation_put},
    {METHOD_DELETE, true, "/v1/remote-relations/*", remote_relation_delete},
    {METHOD_PUT, true, "/v1/reports/*", report_put},
};

bool contract_owns(const char *path)
{
    return strncmp(path, "/v1/", 4) == 0 || strcmp(path, open_routes[0].pattern) == 0;
}

/* A bucket of one minute's requests that refills evenly. */
static bool within_rate(struct plaza *plaza)
{
    int64_t now = time_monotonic_ms();
    int64_t full = plaza->options.requests_per_minute;
    int64_t refill = (now - plaza->rate_at_ms) * full / 60000;
    if (!plaza->rate_at_ms || refill > 0) {
        plaza->rate_left =
            !plaza->rate_at_ms || plaza->rate_left + refill > full ? full : plaza->rate_left + refill;
        plaza->rate_at_ms = now;
    }
    return plaza->rate_left > 0 && plaza->rate_left--;
}

bool contract_handle(struct plaza *plaza, struct request *request)
{
    if (strcmp(request->path, open_routes[0].pattern) == 0)
        return routes_run(plaza, request, open_routes, 1);
    if (!contract_authorized(plaza, request->authorization)) {
        answer_problem(request, 401, "unauthorized", NULL, "The bearer token is missing or unknown.");
        return false;
    }
    if (!within_rate(plaza)) {
        request->retry_after_s = 1;
        answer_problem(request, 429, "slow_down", NULL, "More requests than limits.requests_per_minute.");
        return false;
    }
    return routes_run(plaza, request, routes, sizeof routes / sizeof *routes);
}
