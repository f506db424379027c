#include "plaza/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/fault.h"
#include "plaza/hook.h"
#include "plaza/outbox.h"

enum {
    EVENTS_MAX = 100,
    BYTES_MAX = BODY_MAX / 2,
    ID_SIZE = 160,
    RETRY_AFTER_MAX_S = 3600,
    STATUS_STOP = 410,
};

/* Pauses between attempts, the last one again and again. */
static const int64_t pauses_ms[] = {1000, 5000, 30000, 300000};

struct webhook {
    struct server *server;
    struct hook hook;
    struct lws *wsi; /* of the attempt that runs */
    char id[ID_SIZE];
    struct text body; /* the batch; empty: none */
    int64_t last;     /* number of its last event */
    int status;       /* of the answer; 0: none came */
    int64_t retry_after_ms, next_ms;
    size_t attempts;
    bool stopped; /* 410 came */
};

struct webhook *webhook_new(struct server *server, char *error, size_t size)
{
    const struct options *options = &server->plaza->options;
    if (!options->webhook)
        return NULL;
    struct webhook *webhook = calloc(1, sizeof *webhook);
    if (!webhook)
        abort();
    webhook->server = server;
    text_init(&webhook->body, BODY_MAX);
    if (hook_read(&webhook->hook, "--webhook", options->webhook, options->webhook_secret_file, error, size))
        return webhook;
    webhook_free(webhook);
    return NULL;
}

void webhook_free(struct webhook *webhook)
{
    if (!webhook)
        return;
    text_clear(&webhook->body);
    hook_clear(&webhook->hook);
    free(webhook);
}

/* ---- batches: what is under one id stays the same, also over a restart ---- */

static int64_t number_of(struct database *database, const char *key)
{
    char text[32];
    database_meta(database, key, text, sizeof text);
    return strtoll(text, NULL, 10);
}

static void remember(struct database *database, const char *key, const char *value)
{
    database_run(database, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", "tt", key, value);
}

static json_t *gather(struct webhook *webhook, int64_t *first)
{
    struct plaza *plaza = webhook->server->plaza;
    json_t *events = json_array();
    char account[ACCOUNT_ID_SIZE];
    int64_t seq;
    size_t bytes = 0;
    webhook->last = number_of(&plaza->database, "webhook_through");
    while (json_array_size(events) < EVENTS_MAX && bytes < BYTES_MAX) {
        json_t *event = outbox_next(plaza, webhook->last, &seq, account);
        if (!event)
            break;
        bytes += json_dumpb(event, NULL, 0, JSON_COMPACT);
        json_array_append_new(events, event);
        if (json_array_size(events) == 1)
            *first = seq;
        webhook->last = seq;
    }
    return events;
}

static void set_body(struct webhook *webhook, const char *text)
{
    text_clear(&webhook->body);
    text_put(&webhook->body, text);
}

/* A new one, remembered before its first byte leaves. False: there is nothing to send. */
static bool make_batch(struct webhook *webhook)
{
    struct plaza *plaza = webhook->server->plaza;
    struct database *database = &plaza->database;
    char last[24];
    int64_t first = 0;
    json_t *events = gather(webhook, &first);
    bool some = json_array_size(events) > 0;
    json_t *batch = json_make("{s:s, s:o}", "epoch", plaza->epoch, "events", events);
    char *text = some ? json_dumps(batch, JSON_COMPACT) : NULL;
    json_decref(batch);
    if (!some || !text || !database_begin(database, true)) {
        free(text);
        return false;
    }
    snprintf(webhook->id, sizeof webhook->id, "%s-%" PRId64 "-%" PRId64, plaza->epoch, first, webhook->last);
    snprintf(last, sizeof last, "%" PRId64, webhook->last);
    set_body(webhook, text);
    remember(database, "webhook_id", webhook->id);
    remember(database, "webhook_last", last);
    remember(database, "webhook_body", text);
    free(text);
    return database_end(database, true);
}

static bool grow_batch(struct webhook *webhook)
{
    char id[ID_SIZE];
    memcpy(id, webhook->id, sizeof id);
    bool good = make_batch(webhook);
    memcpy(webhook->id, id, sizeof id);
    return good;
}

/* The one that was under way, or a new one. */
static bool load_batch(struct webhook *webhook)
{
    struct database *database = &webhook->server->plaza->database;
    database_meta(database, "webhook_id", webhook->id, sizeof webhook->id);
    if (!webhook->id[0])
        return make_batch(webhook);
    webhook->last = number_of(database, "webhook_last");
    sqlite3_stmt *row = database_query(database, "SELECT value FROM meta WHERE key = 'webhook_body'", "");
    bool good = database_row(database, &row);
    if (good)
        set_body(webhook, column_text(row, 0));
    database_finish(&row);
    return good;
}

/* Numbers that have begun again since make what is under way worthless. */
static bool is_current(const struct webhook *webhook)
{
    const char *epoch = webhook->server->plaza->epoch;
    size_t length = strlen(epoch);
    return strncmp(webhook->id, epoch, length) == 0 && webhook->id[length] == '-';
}

static void batch_is_taken(struct webhook *webhook)
{
    struct database *database = &webhook->server->plaza->database;
    char through[24];
    snprintf(through, sizeof through, "%" PRId64, webhook->last);
    if (!is_current(webhook) || !database_begin(database, true))
        return;
    remember(database, "webhook_through", through);
    database_run(database, "DELETE FROM meta WHERE key IN ('webhook_id', 'webhook_last', 'webhook_body')",
                 "");
    (void)database_end(database, true);
}

/* ---- one attempt ---- */

static void put_rewritten(struct text *out, const char *body)
{
    json_t *json = json_loads(body, 0, NULL);
    char *text = json_dumps(json, JSON_INDENT(1));
    text_put(out, text);
    free(text);
    json_decref(json);
}

static int write_head(struct webhook *webhook, struct lws *wsi, unsigned char **at, unsigned char *end)
{
    struct text rewritten;
    text_init(&rewritten, BODY_MAX);
    if (fault_is(FAULT_HOOK_REWRITTEN))
        put_rewritten(&rewritten, text_string(&webhook->body));
    else
        text_put(&rewritten, text_string(&webhook->body));
    int result = hook_write_head(&webhook->hook, wsi, webhook->id, text_string(&rewritten),
                                 webhook->body.length, at, end);
    text_clear(&rewritten);
    return result;
}

static void read_answer(struct webhook *webhook, struct lws *wsi)
{
    char seconds[16] = "";
    webhook->status = (int)lws_http_client_http_response(wsi);
    if (lws_hdr_copy(wsi, seconds, sizeof seconds, WSI_TOKEN_HTTP_RETRY_AFTER) > 0) {
        int64_t wait = strtoll(seconds, NULL, 10);
        webhook->retry_after_ms = (wait < 0 || wait > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : wait) * 1000;
    }
}

static int discard(struct lws *wsi)
{
    char buffer[LWS_PRE + 1024];
    char *at = buffer + LWS_PRE;
    int length = sizeof buffer - LWS_PRE;
    return lws_http_client_read(wsi, &at, &length) < 0 ? -1 : 0;
}

static void attempt_ended(struct webhook *webhook)
{
    size_t last = sizeof pauses_ms / sizeof pauses_ms[0] - 1;
    int64_t pause = pauses_ms[webhook->attempts < last ? webhook->attempts : last];
    webhook->wsi = NULL;
    if ((webhook->status >= 200 && webhook->status < 300) ||
        (webhook->status && fault_is(FAULT_HOOK_SKIPS))) {
        batch_is_taken(webhook);
        text_clear(&webhook->body);
        webhook->attempts = 0;
        webhook->next_ms = 0;
        webhook_go(webhook);
        return;
    }
    webhook->attempts++;
    webhook->stopped = webhook->status == STATUS_STOP;
    if (webhook->retry_after_ms > pause)
        pause = webhook->retry_after_ms;
    webhook->next_ms = time_monotonic_ms() + pause;
    fprintf(stderr, "plaza: the webhook %s was answered %d; %s\n", webhook->id, webhook->status,
            webhook->stopped ? "the gateway wants no more" : "it is sent again");
}

int webhook_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    struct webhook *webhook = lws_get_opaque_user_data(wsi);
    (void)user;
    if (!webhook || (webhook->wsi && webhook->wsi != wsi))
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return write_head(webhook, wsi, in, *(unsigned char **)in + length);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        return hook_write_body(wsi, webhook->body.bytes, webhook->body.length);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        read_answer(webhook, wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        return discard(wsi);
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        return -1; /* each attempt has a connection of its own */
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
        lws_set_opaque_user_data(wsi, NULL);
        attempt_ended(webhook);
        return 0;
    default:
        return 0;
    }
}

static void send_batch(struct webhook *webhook)
{
    webhook->status = 0;
    webhook->retry_after_ms = 0;
    webhook->next_ms = INT64_MAX; /* until this attempt ends */
    /* A failure at once has called back already, or not at all. */
    if (!hook_connect(&webhook->hook, webhook->server, WEBHOOK_PROTOCOL, &webhook->wsi, webhook) &&
        webhook->next_ms == INT64_MAX)
        attempt_ended(webhook);
}

void webhook_go(struct webhook *webhook)
{
    if (!webhook || webhook->wsi || webhook->stopped || webhook->server->stopping ||
        time_monotonic_ms() < webhook->next_ms)
        return;
    if (!is_current(webhook))
        text_clear(&webhook->body);
    if (webhook->attempts && fault_is(FAULT_HOOK_GROWS))
        (void)grow_batch(webhook);
    if (webhook->body.length || load_batch(webhook))
        send_batch(webhook);
}
