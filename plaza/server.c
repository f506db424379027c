#include "plaza/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plaza/contract.h"
#include "plaza/handover.h"
#include "plaza/pages.h"
#include "plaza/stream.h"
#include "plaza/test_api.h"
#include "plaza/webhook.h"

enum {
    TICK_US = 250000,
    HEADERS_MAX = 16384,
    DISCARD_MAX = 16 << 20,
    STOP_MS = 3000,
    ANSWER_HEADERS_MAX = 4096
};

/* One request on a connection. libwebsockets frees and gives anew the memory that it keeps for a session, so
 * this one is ours and the session has only the pointer. */
struct connection {
    struct lws *wsi;
    struct server *server;
    struct request *request;
    struct connection *next; /* among the waiting */
    bool answered;
    bool close_after; /* a POST without a length: libwebsockets would wait for a body that never comes */
};

struct connection_slot {
    struct connection *connection;
};

static void stop_waiting(struct connection *connection)
{
    for (struct connection **place = &connection->server->waiting; *place; place = &(*place)->next)
        if (*place == connection) {
            *place = connection->next;
            return;
        }
}

static void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    stop_waiting(connection);
    request_free(connection->request);
    free(connection);
}

/* ---- the answer ---- */

static void add_header(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                       unsigned char *end)
{
    if (lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
                                    (int)strlen(value), at, end))
        abort(); /* every value has a size that fits */
}

static bool write_headers(struct lws *wsi, struct request *request, const char *etag)
{
    unsigned char buffer[LWS_PRE + ANSWER_HEADERS_MAX];
    unsigned char *start = buffer + LWS_PRE;
    unsigned char *at = start;
    unsigned char *end = buffer + sizeof buffer - 1;
    if (lws_add_http_header_status(wsi, (unsigned)request->status, &at, end))
        return false;
    if (request->type)
        add_header(wsi, "content-type:", request->type, &at, end);
    if (request->location[0])
        add_header(wsi, "location:", request->location, &at, end);
    if (request->set_cookie[0])
        add_header(wsi, "set-cookie:", request->set_cookie, &at, end);
    if (etag)
        add_header(wsi, "etag:", etag, &at, end);
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%d", request->retry_after_s);
    if (request->retry_after_s)
        add_header(wsi, "retry-after:", seconds, &at, end);
    if (request->status == 401)
        add_header(wsi, "www-authenticate:", "Bearer", &at, end);
    add_header(wsi, "cache-control:", etag ? "private, no-cache" : "no-store", &at, end);
    add_header(wsi, "x-content-type-options:", "nosniff", &at, end);
    add_header(wsi, "referrer-policy:", "same-origin", &at, end);
    add_header(
        wsi, "content-security-policy:",
        "default-src 'none'; style-src 'self'; img-src http: https:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
        &at, end);
    if (request->status != 204 && request->status != 304 &&
        lws_add_http_header_content_length(wsi, request->answer.length, &at, end))
        return false;
    return lws_finalize_write_http_header(wsi, start, &at, end) == 0;
}

static bool write_body(struct lws *wsi, const struct request *request)
{
    size_t length = request->answer.length;
    unsigned char *buffer = malloc(LWS_PRE + length);
    if (!buffer)
        abort();
    memcpy(buffer + LWS_PRE, request->answer.bytes, length);
    int written = lws_write(wsi, buffer + LWS_PRE, length, LWS_WRITE_HTTP_FINAL);
    free(buffer);
    return written >= (int)length;
}

/* An ETag of what is cacheable; the answer becomes 304 when the client has it already. */
static const char *make_etag(struct request *request, char etag[24])
{
    if (!request->cacheable || request->status != 200)
        return NULL;
    char hash[HASH_TEXT_SIZE];
    hash_text(text_string(&request->answer), request->answer.length, hash);
    snprintf(etag, 24, "\"%.16s\"", hash);
    if (strcmp(request->if_none_match, etag) == 0)
        answer_empty(request, 304);
    return etag;
}

static bool write_answer(struct lws *wsi, struct request *request)
{
    char etag[24];
    if (request->answer.overflow)
        answer_problem(request, 503, "too_large", NULL, "The answer would be too large.");
    return write_headers(wsi, request, make_etag(request, etag)) &&
           (!request->answer.length || request->head_only || write_body(wsi, request));
}

static int on_writable(struct connection_slot *slot)
{
    struct connection *connection = slot->connection;
    if (!connection || !connection->answered)
        return 0;
    struct lws *wsi = connection->wsi;
    slot->connection = NULL;
    bool keep = write_answer(wsi, connection->request) && !connection->close_after;
    connection_free(connection);
    return !keep || lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* ---- the request ---- */

static void handle(struct connection *connection)
{
    struct server *server = connection->server;
    struct request *request = connection->request;
    bool new_events;
    if (request->body.overflow) {
        answer_problem(request, 413, "too_large", NULL, "The body is larger than one MiB.");
        new_events = false;
    } else if (!request->query) {
        answer_problem(request, 400, "bad_parameter", NULL, "The query cannot be read.");
        new_events = false;
    } else if (contract_owns(request->path))
        new_events = contract_handle(server->plaza, request);
    else if (test_api_owns(server->plaza, request->path))
        new_events = test_api_handle(server->plaza, request);
    else
        new_events = pages_handle(server->plaza, request);
    if (request->waiting && !server->stopping) {
        connection->next = server->waiting;
        server->waiting = connection;
        lws_set_timeout(connection->wsi, NO_PENDING_TIMEOUT, 0);
        return;
    }
    if (request->cut_streams)
        (void)streams_cut(server);
    if (request->restart_streams)
        streams_close(server, LWS_CLOSE_STATUS_GOINGAWAY, "{\"code\":\"restart\"}");
    connection->answered = true;
    lws_callback_on_writable(connection->wsi);
    if (new_events)
        server_notify(server);
}

static enum method method_of(int method)
{
    switch (method) {
    case LWSHUMETH_GET:
    case LWSHUMETH_HEAD:
        return METHOD_GET;
    case LWSHUMETH_POST:
        return METHOD_POST;
    case LWSHUMETH_PUT:
        return METHOD_PUT;
    case LWSHUMETH_DELETE:
        return METHOD_DELETE;
    default:
        return METHOD_OTHER;
    }
}

static json_t *read_query(struct lws *wsi)
{
    json_t *query = json_object();
    char parameter[1024];
    for (int i = 0; i < 32; i++) {
        int length = lws_hdr_copy_fragment(wsi, parameter, sizeof parameter, WSI_TOKEN_HTTP_URI_ARGS, i);
        char *value = length >= 0 ? strchr(parameter, '=') : NULL;
        if (length < 0)
            return query;
        if (value)
            *value++ = '\0';
        if (!text_is_clean(parameter) || !text_is_clean(value ? value : ""))
            break;
        json_object_set_new(query, parameter, json_string(value ? value : ""));
    }
    json_decref(query);
    return NULL;
}

static void read_headers(struct lws *wsi, struct request *request)
{
    lws_hdr_copy(wsi, request->authorization, sizeof request->authorization, WSI_TOKEN_HTTP_AUTHORIZATION);
    lws_hdr_copy(wsi, request->cookie, sizeof request->cookie, WSI_TOKEN_HTTP_COOKIE);
    lws_hdr_copy(wsi, request->if_none_match, sizeof request->if_none_match, WSI_TOKEN_HTTP_IF_NONE_MATCH);
    lws_hdr_copy(wsi, request->content_type, sizeof request->content_type, WSI_TOKEN_HTTP_CONTENT_TYPE);
    lws_hdr_custom_copy(wsi, request->fetch_site, sizeof request->fetch_site, "sec-fetch-site:", 15);
}

/* The length that the client announced: 0 without a body; -1 for one that cannot be read safely, namely in
 * chunks (the library does not decode them), with a malformed length or an absurd one. */
static int64_t announced_length(struct lws *wsi)
{
    char text[24] = "";
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING))
        return -1;
    if (!lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH))
        return 0;
    if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0 || strlen(text) > 12 ||
        strspn(text, "0123456789") != strlen(text))
        return -1;
    int64_t length = strtoll(text, NULL, 10);
    return length <= DISCARD_MAX ? length : -1;
}

static int on_request(struct server *server, struct lws *wsi, struct connection_slot *slot)
{
    char *path = NULL;
    int path_length = 0;
    connection_free(slot->connection);
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        abort();
    slot->connection = connection;
    *connection = (struct connection){.wsi = wsi, .server = server, .request = request_new()};
    struct request *request = connection->request;
    int method = lws_http_get_uri_and_method(wsi, &path, &path_length);
    request->method = method_of(method);
    request->head_only = method == LWSHUMETH_HEAD;
    if (method < 0 || path_length <= 0 || path_length >= PATH_SIZE)
        return -1;
    memcpy(request->path, path, (size_t)path_length);
    if (!text_is_clean(request->path))
        return -1;
    request->query = read_query(wsi);
    read_headers(wsi, request);
    int64_t length = announced_length(wsi);
    if (length < 0) {
        answer_problem(request, 411, "length_required", NULL, "The body needs a plain Content-Length.");
        (void)write_answer(wsi, request);
        return -1;
    }
    connection->close_after =
        request->method == METHOD_POST && !lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (length == 0)
        handle(connection);
    return 0;
}

static int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t length)
{
    struct connection_slot *slot = user;
    struct connection *connection = slot ? slot->connection : NULL;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return !slot ? -1 : on_request(lws_context_user(lws_get_context(wsi)), wsi, slot);
    case LWS_CALLBACK_HTTP_BODY:
        if (connection && !connection->answered)
            text_add(&connection->request->body, in, length);
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (connection && !connection->answered && !connection->request->waiting)
            handle(connection);
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return slot ? on_writable(slot) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        connection_free(connection);
        if (slot)
            slot->connection = NULL;
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* a websocket without the contract's subprotocol */
    default:
        return 0;
    }
}

/* ---- the whole ---- */

static void answer_waiting(struct server *server)
{
    struct connection *next;
    for (struct connection *connection = server->waiting; connection; connection = next) {
        next = connection->next;
        if (connection->request->ticket)
            handover_poll(server->plaza->handover, connection->request);
        else
            contract_poll_again(server->plaza, connection->request);
        if (connection->request->waiting && !server->stopping)
            continue;
        stop_waiting(connection);
        connection->answered = true;
        lws_callback_on_writable(connection->wsi);
    }
}

void server_notify(struct server *server)
{
    streams_notify(server);
    answer_waiting(server);
    webhook_go(server->webhook);
}

static void on_tick(lws_sorted_usec_list_t *tick)
{
    struct server *server = lws_container_of(tick, struct server, tick);
    streams_tick(server);
    answer_waiting(server);
    webhook_go(server->webhook);
    lws_sul_schedule(server->context, 0, tick, on_tick, TICK_US);
}

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = http_callback, .per_session_data_size = sizeof(struct connection_slot)},
    {.name = "drawbridge.v1.json",
     .callback = stream_callback,
     .per_session_data_size = sizeof(struct stream_slot),
     .rx_buffer_size = 4096},
    {.name = HANDOVER_PROTOCOL, .callback = handover_callback, .rx_buffer_size = 4096},
    {.name = WEBHOOK_PROTOCOL, .callback = webhook_callback, .rx_buffer_size = 4096},
    {0}};

/* Says beforehand what libwebsockets would only log. */
static bool can_listen(const struct options *options, char *error, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
    int yes = 1;
    inet_pton(AF_INET, options->address, &address.sin_addr);
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = probe >= 0 && setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                bind(probe, (struct sockaddr *)&address, sizeof address) == 0 && listen(probe, 1) == 0;
    if (!good)
        snprintf(error, size,
                 "cannot listen on %s:%d: %s. Choose another address with --listen ADDRESS:PORT.",
                 options->address, options->port, strerror(errno));
    if (probe >= 0)
        close(probe);
    return good;
}

bool server_start(struct server *server, struct plaza *plaza, char *error, size_t size)
{
    /* A peer that says nothing for long is asked, then dropped (PLATFORMS §7.6). */
    static const lws_retry_bo_t validity = {.secs_since_valid_ping = 30, .secs_since_valid_hangup = 75};
    *server = (struct server){.plaza = plaza};
    error[0] = '\0';
    server->webhook = webhook_new(server, error, size);
    if (!error[0])
        plaza->handover = handover_new(server, error, size);
    if (error[0] || !can_listen(&plaza->options, error, size))
        return false;
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context_creation_info info = {
        .port = plaza->options.port,
        .iface = plaza->options.address,
        .protocols = protocols,
        .user = server,
        .max_http_header_data = HEADERS_MAX,
        .retry_and_idle_policy = &validity,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6 |
                   (plaza->options.webhook_secret_file ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    server->context = lws_create_context(&info);
    server->vhost = server->context ? lws_create_vhost(server->context, &info) : NULL;
    if (!server->vhost) {
        snprintf(error, size, "cannot serve on %s:%d. Choose another address with --listen ADDRESS:PORT.",
                 plaza->options.address, plaza->options.port);
        return false;
    }
    if (plaza->options.public_url)
        snprintf(plaza->url, sizeof plaza->url, "%s", plaza->options.public_url);
    else
        snprintf(plaza->url, sizeof plaza->url, "http://%s:%d", plaza->options.address,
                 lws_get_vhost_listen_port(server->vhost));
    lws_sul_schedule(server->context, 0, &server->tick, on_tick, TICK_US);
    return true;
}

void server_run(struct server *server, const volatile sig_atomic_t *stop)
{
    while (!*stop && lws_service(server->context, 0) >= 0) {
    }
    server->stopping = true;
    streams_close(server, LWS_CLOSE_STATUS_GOINGAWAY, "{\"code\":\"restart\"}");
    answer_waiting(server);
    int64_t deadline = time_monotonic_ms() + STOP_MS;
    while ((server->streams || server->waiting) && time_monotonic_ms() < deadline &&
           lws_service(server->context, 0) >= 0) {
    }
}

void server_free(struct server *server)
{
    if (server->context)
        lws_context_destroy(server->context);
    webhook_free(server->webhook);
    if (server->plaza)
        handover_free(server->plaza->handover);
}
