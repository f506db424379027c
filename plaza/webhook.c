#include "plaza/webhook.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/fault.h"
#include "plaza/outbox.h"

enum {
    EVENTS_MAX = 100,
    BYTES_MAX = BODY_MAX / 2,
    SECRET_MIN = 24,
    SECRET_MAX = 64,
    ID_SIZE = 160,
    HEADER_SIZE = 128,
    RETRY_AFTER_MAX_S = 3600,
    STATUS_STOP = 410,
};

/* Pauses between attempts, the last one again and again. */
static const int64_t pauses_ms[] = {1000, 5000, 30000, 300000};

struct webhook {
    struct server *server;
    char scheme[8], host[256], path[512];
    int port;
    unsigned char secret[SECRET_MAX];
    size_t secret_length;
    struct lws *wsi; /* of the attempt that runs */
    char id[ID_SIZE];
    struct text body; /* the batch; empty: none */
    int64_t last;     /* number of its last event */
    int status;       /* of the answer; 0: none came */
    int64_t retry_after_ms, next_ms;
    size_t attempts;
    bool stopped; /* 410 came */
};

/* ---- options ---- */

static bool read_secret(struct webhook *webhook, const char *name, char *error, size_t size)
{
    char line[256] = "";
    unsigned char bytes[sizeof line];
    FILE *file = fopen(name, "re");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    int reason = errno;
    if (file)
        fclose(file);
    line[strcspn(line, " \t\r\n")] = '\0';
    const char *text = line + 6;
    size_t length = strncmp(line, "whsec_", 6) == 0 ? strlen(text) : 0;
    int decoded = length ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) : -1;
    for (size_t i = length; decoded > 0 && i > 0 && text[i - 1] == '='; i--)
        decoded--;
    bool good = decoded >= SECRET_MIN && decoded <= SECRET_MAX;
    if (good) {
        memcpy(webhook->secret, bytes, (size_t)decoded);
        webhook->secret_length = (size_t)decoded;
    } else
        snprintf(error, size,
                 "the secret of the webhooks in %s cannot be used: %s. Make it: printf 'whsec_%%s\\n' "
                 "\"$(openssl rand -base64 32)\" > %s",
                 name, file ? "it is not whsec_ and base64 of 24 to 64 bytes" : strerror(reason), name);
    OPENSSL_cleanse(line, sizeof line);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return good;
}

static bool read_address(struct webhook *webhook, const char *url)
{
    const char *authority = strstr(url, "://");
    size_t scheme = authority ? (size_t)(authority - url) : 0;
    if (scheme < 4 || scheme > 5 || strncmp(url, "https", scheme) != 0)
        return false;
    snprintf(webhook->scheme, sizeof webhook->scheme, "%.*s", (int)scheme, url);
    authority += 3;
    size_t length = strcspn(authority, "/");
    const char *colon = memchr(authority, ':', length);
    size_t host = colon ? (size_t)(colon - authority) : length;
    webhook->port = colon ? (int)strtol(colon + 1, NULL, 10) : scheme == 5 ? 443 : 80;
    snprintf(webhook->host, sizeof webhook->host, "%.*s", (int)host, authority);
    snprintf(webhook->path, sizeof webhook->path, "%s", authority[length] ? authority + length : "/");
    return host && host < sizeof webhook->host && webhook->port > 0 && webhook->port <= 65535;
}

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
    if (!read_address(webhook, options->webhook))
        snprintf(error, size, "--webhook %s is no address. Give it as https://GATEWAY/hooks/contract/NAME.",
                 options->webhook);
    else if (read_secret(webhook, options->webhook_secret_file, error, size))
        return webhook;
    webhook_free(webhook);
    return NULL;
}

void webhook_free(struct webhook *webhook)
{
    if (!webhook)
        return;
    text_clear(&webhook->body);
    OPENSSL_cleanse(webhook->secret, sizeof webhook->secret);
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

static void sign(const struct webhook *webhook, const char *timestamp, char out[HEADER_SIZE])
{
    struct text signed_text;
    unsigned char code[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    text_init(&signed_text, BODY_MAX + ID_SIZE + HEADER_SIZE);
    text_format(&signed_text, "%s.%s.", webhook->id, timestamp);
    if (fault_is(FAULT_HOOK_REWRITTEN))
        put_rewritten(&signed_text, text_string(&webhook->body));
    else
        text_put(&signed_text, text_string(&webhook->body));
    if (!HMAC(EVP_sha256(), webhook->secret, (int)webhook->secret_length,
              (const unsigned char *)text_string(&signed_text), signed_text.length, code, &length))
        abort();
    text_clear(&signed_text);
    memcpy(out, "v1,", 4);
    EVP_EncodeBlock((unsigned char *)out + 3, code, (int)length);
}

static int write_head(struct webhook *webhook, struct lws *wsi, unsigned char **at, unsigned char *end)
{
    char length[24];
    char timestamp[24];
    char signature[HEADER_SIZE];
    snprintf(length, sizeof length, "%zu", webhook->body.length);
    snprintf(timestamp, sizeof timestamp, "%" PRId64, time_now_ms() / 1000);
    sign(webhook, timestamp, signature);
    const struct {
        const char *name, *value;
    } headers[] = {{"content-type:", "application/json"},
                   {"content-length:", length},
                   {"webhook-id:", webhook->id},
                   {"webhook-timestamp:", timestamp},
                   {"webhook-signature:", signature}};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (lws_add_http_header_by_name(wsi, (const unsigned char *)headers[i].name,
                                        (const unsigned char *)headers[i].value,
                                        (int)strlen(headers[i].value), at, end))
            return -1;
    lws_client_http_body_pending(wsi, 1);
    lws_callback_on_writable(wsi);
    return 0;
}

static int write_body(struct webhook *webhook, struct lws *wsi)
{
    size_t length = webhook->body.length;
    unsigned char *buffer = malloc(LWS_PRE + length);
    if (!buffer)
        abort();
    memcpy(buffer + LWS_PRE, webhook->body.bytes, length);
    lws_client_http_body_pending(wsi, 0);
    int written = lws_write(wsi, buffer + LWS_PRE, length, LWS_WRITE_HTTP_FINAL);
    free(buffer);
    return written >= (int)length ? 0 : -1;
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
        return write_body(webhook, wsi);
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
    char authority[300];
    bool secure = strcmp(webhook->scheme, "https") == 0;
    snprintf(authority, sizeof authority, "%s:%d", webhook->host, webhook->port);
    if (webhook->port == (secure ? 443 : 80))
        authority[strlen(webhook->host)] = '\0';
    struct lws_client_connect_info info = {
        .context = webhook->server->context,
        .vhost = webhook->server->vhost,
        .address = webhook->host,
        .port = webhook->port,
        .ssl_connection = secure ? LCCSCF_USE_SSL : 0,
        .path = webhook->path,
        .host = authority,
        .origin = authority,
        .method = "POST",
        .protocol = WEBHOOK_PROTOCOL,
        .pwsi = &webhook->wsi,
        .opaque_user_data = webhook,
    };
    webhook->status = 0;
    webhook->retry_after_ms = 0;
    webhook->next_ms = INT64_MAX; /* until this attempt ends */
    /* A failure at once has called back already, or not at all. */
    if (!lws_client_connect_via_info(&info) && webhook->next_ms == INT64_MAX)
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
