#include "gateway/client/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <uthash.h>

#include "gateway/client/address_guard.h"
#include "gateway/client/resolver.h"
#include "gateway/clock.h"
#include "mapping/buffer.h"

enum {
    HEADERS_MAX = 20,
    HEADER_LINE_MAX = 8192,
    RESPONSE_HEADERS_MAX = 16384,
    UNWANTED_BODY_MAX = 65536,
    CONNECT_TIMEOUT_MS = 5000,
    SLOW_BYTES = 1000, /* a second; … */
    SLOW_S = 10,       /* … who is slower for so long is given up */
    RETRY_AFTER_MAX_S = 30 * 86400,
    HANDLES_KEPT = 256,
    SHARDS = 32,
    CONNECTIONS_KEPT = 2048, /* of a shard */
    UPLOAD_BUFFER = 16384,
    RESOLVER_THREADS = 8,
    ADDRESSES_OF_A_FAMILY = 2,
    PATIENCE_MS = 250,
    WAITING_MAX = 4, /* for each connection in use */
};

/* curl finds connections and names by tables of fewer than a hundred places, so that what it takes would grow
 * with the number of hosts: each host belongs to one of several. In each, curl asks the system once a second
 * whether the idle connections are still good, when there is a transfer to begin. */
struct shard {
    struct fetch_client *client;
    CURLM *multi;
    struct loop_timer *timer;
};

/* Deliveries to one https server. A handshake costs as much as several requests, so that a few
 * rather wait until a connection is free; none longer than the client's patience. */
struct line {
    char *name;
    size_t active, waiting;
    struct transfer *first, **last;
    UT_hash_handle hh;
};

struct fetch_client {
    struct loop *loop;
    struct line *lines;
    struct shard shards[SHARDS];
    CURL *idle[HANDLES_KEPT];
    size_t idle_count;
    struct address_guard *guard;
    struct resolver *resolver;
    struct transfer *transfers; /* all that are under way */
    char *user_agent, *ca_file;
    fetch_refusal refusal;
    void *refusal_context;
    size_t pending, total_max;
    int64_t patience_ms;
    bool ended;
};

struct transfer {
    struct fetch_client *client;
    struct shard *shard;
    struct transfer *next, **link;
    fetch_done done;
    void *context;
    struct fetch_result result;
    struct guarded_url place;
    char *method, *url;
    const void *body;
    size_t body_length, response_max, header_bytes;
    unsigned neighbourhood;
    int64_t reset_ms; /* when the server counts our requests anew; 0: it does not say */
    int64_t deadline;
    bool good; /* curl came to a good end with it */
    bool trusted, forbidden, too_large, enough, headers_ended, withheld;
    bool (*may_send)(void *context);
    CURL *easy;
    struct curl_slist *headers; /* one block */
    struct curl_slist *resolved;
    struct buffer received;
    struct resolver_wait *waiting;
    struct loop_timer *timer; /* for the time before curl has it */
    struct line *line;
    struct transfer *behind; /* in the line */
    bool in_line;            /* it waits there */
};

static char *duplicate(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

/* ---- the end of a transfer
 * -------------------------------------------------------------------------------------- */

/* Only one that did what it should is used again: what a failure leaves behind is curl's to know. */
static void give_handle_back(struct fetch_client *client, CURL *easy, bool good)
{
    if (client->idle_count == HANDLES_KEPT || !good) {
        curl_easy_cleanup(easy);
        return;
    }
    client->idle[client->idle_count++] = easy;
}

static void leave_line(struct transfer *transfer);

static void transfer_free(struct transfer *transfer)
{
    struct fetch_client *client = transfer->client;
    if (transfer->waiting)
        resolver_give_up(transfer->waiting);
    if (transfer->easy) {
        (void)curl_multi_remove_handle(transfer->shard->multi, transfer->easy);
        give_handle_back(client, transfer->easy, transfer->good);
    }
    leave_line(transfer);
    free(transfer->headers);
    curl_slist_free_all(transfer->resolved);
    loop_timer_free(transfer->timer);
    buffer_clear(&transfer->received);
    free(transfer->method);
    free(transfer->url);
    *transfer->link = transfer->next;
    if (transfer->next)
        transfer->next->link = transfer->link;
    client->pending--;
    free(transfer);
}

static void finish(struct transfer *transfer)
{
    fetch_done done = transfer->done;
    void *context = transfer->context;
    struct fetch_result result = transfer->result;
    if (result.error == FETCH_OK && transfer->response_max && transfer->received.bytes) {
        result.body = transfer->received.bytes;
        result.length = transfer->received.length;
        transfer->received = (struct buffer){0};
    }
    transfer_free(transfer);
    done(context, &result);
    fetch_result_clear(&result);
}

static void fail(struct transfer *transfer, enum fetch_error error, const char *reason)
{
    transfer->result.error = error;
    (void)snprintf(transfer->result.reason, sizeof transfer->result.reason, "%s", reason);
    finish(transfer);
}

static enum fetch_error error_of(const struct transfer *transfer, CURLcode code)
{
    if (transfer->forbidden)
        return FETCH_FORBIDDEN;
    if (transfer->too_large)
        return FETCH_TOO_LARGE;
    if (transfer->withheld)
        return FETCH_BUSY;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return FETCH_DNS;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return FETCH_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return FETCH_TIMEOUT;
    case CURLE_FILESIZE_EXCEEDED:
        return FETCH_TOO_LARGE;
    default:
        return FETCH_BROKEN;
    }
}

static void completed(struct transfer *transfer, CURLcode code)
{
    long status = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    transfer->result.status = (int)status;
    int64_t left = transfer->reset_ms - clock_now_ms();
    if (status == 429 && transfer->result.retry_after_ms < 0 && transfer->reset_ms)
        transfer->result.retry_after_ms = left < 0 ? 0
                                          : left > (int64_t)RETRY_AFTER_MAX_S * 1000
                                              ? (int64_t)RETRY_AFTER_MAX_S * 1000
                                              : left;
    transfer->good = code == CURLE_OK;
    if (code == CURLE_OK && !transfer->headers_ended)
        code = CURLE_GOT_NOTHING; /* the connection closed inside the headers, which curl lets pass */
    if (code == CURLE_OK || (transfer->enough && status > 0)) {
        finish(transfer);
        return;
    }
    const char *reason = transfer->forbidden   ? "the address is private or reserved"
                         : transfer->too_large ? "the answer is too large"
                         : transfer->withheld  ? "it may not be sent any more"
                                               : curl_easy_strerror(code);
    fail(transfer, error_of(transfer, code), reason);
}

static void collect(struct shard *shard)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(shard->multi, &left))) {
        struct transfer *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        completed(transfer, code);
    }
}

/* ---- curl on the loop
 * --------------------------------------------------------------------------------------------- */

struct watched {
    struct shard *shard;
    struct loop_io *io;
    curl_socket_t socket;
};

static void socket_ready(void *context, bool readable, bool writable)
{
    const struct watched *watched = context;
    struct shard *shard = watched->shard;
    int running;
    int events = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
    (void)curl_multi_socket_action(shard->multi, watched->socket, events, &running);
    collect(shard);
}

static void time_passed(void *context)
{
    struct shard *shard = context;
    int running;
    (void)curl_multi_socket_action(shard->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(shard);
}

static int watch_timer(CURLM *multi, long milliseconds, void *context)
{
    const struct shard *shard = context;
    (void)multi;
    if (shard->client->ended)
        return 0;
    if (milliseconds < 0)
        loop_timer_cancel(shard->timer);
    else
        loop_timer_set(shard->timer, milliseconds);
    return 0;
}

static int watch_socket(CURL *easy, curl_socket_t socket, int action, void *context, void *known)
{
    struct shard *shard = context;
    struct watched *watched = known;
    (void)easy;
    if (action == CURL_POLL_REMOVE) {
        if (watched) {
            (void)curl_multi_assign(shard->multi, socket, NULL);
            loop_io_free(watched->io);
            free(watched);
        }
        return 0;
    }
    if (!watched) {
        watched = calloc(1, sizeof *watched);
        if (!watched)
            abort();
        watched->shard = shard;
        watched->socket = socket;
        watched->io = loop_io_new(shard->client->loop, socket, socket_ready, watched);
        (void)curl_multi_assign(shard->multi, socket, watched);
    }
    loop_io_set(watched->io, (action & CURL_POLL_IN) != 0, (action & CURL_POLL_OUT) != 0);
    return 0;
}

/* ---- what curl calls while it transfers
 * ------------------------------------------------------------------------------ */

/* The last check: whatever was resolved and pinned, this is the address that is about to be connected. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    (void)purpose;
    if (!transfer->trusted && !address_guard_address(transfer->client->guard, &address->addr)) {
        transfer->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A connection is there, new or kept; the request follows. The type is curl's. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
static int about_to_send(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *transfer = context;
    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    transfer->withheld = transfer->may_send && !transfer->may_send(transfer->context);
    return transfer->withheld ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * count;
    if (!transfer->response_max) {
        transfer->header_bytes += length;
        transfer->enough = transfer->header_bytes > UNWANTED_BODY_MAX;
        return transfer->enough ? 0 : length;
    }
    buffer_add(&transfer->received, bytes, length);
    transfer->too_large = transfer->received.failed;
    return transfer->too_large ? 0 : length;
}

static void copy_header(const char *line, size_t length, const char *name, char *out, size_t size)
{
    size_t name_length = strlen(name);
    if (length <= name_length || strncasecmp(line, name, name_length) != 0 || line[name_length] != ':')
        return;
    line += name_length + 1;
    length -= name_length + 1;
    while (length && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    while (length && strchr(" \t\r\n", line[length - 1]))
        length--;
    if (length >= size)
        length = 0; /* half a value is worse than none */
    memcpy(out, line, length);
    out[length] = '\0';
}

static int64_t read_retry_after(const char *value)
{
    if (!*value)
        return -1;
    if (strspn(value, "0123456789") == strlen(value)) {
        long long seconds = strlen(value) > 9 ? RETRY_AFTER_MAX_S : strtoll(value, NULL, 10);
        return (seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds) * 1000;
    }
    time_t when = curl_getdate(value, NULL);
    if (when < 0)
        return -1;
    int64_t left = (int64_t)when - clock_now_ms() / 1000;
    return left < 0 ? 0 : left > RETRY_AFTER_MAX_S ? (int64_t)RETRY_AFTER_MAX_S * 1000 : left * 1000;
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct fetch_result *result = &transfer->result;
    size_t length = size * count;
    char retry_after[64] = "";
    char reset[64] = "";
    transfer->header_bytes += length;
    transfer->headers_ended = length <= 2 && strchr("\r\n", line[0]);
    if (transfer->header_bytes > RESPONSE_HEADERS_MAX) {
        transfer->too_large = true;
        return 0;
    }
    copy_header(line, length, "content-type", result->content_type, sizeof result->content_type);
    copy_header(line, length, "location", result->location, sizeof result->location);
    copy_header(line, length, "etag", result->etag, sizeof result->etag);
    copy_header(line, length, "date", result->date, sizeof result->date);
    copy_header(line, length, "accept-signature", result->accept_signature, sizeof result->accept_signature);
    copy_header(line, length, "retry-after", retry_after, sizeof retry_after);
    if (retry_after[0])
        result->retry_after_ms = read_retry_after(retry_after);
    /* Some say it so only: the second since the epoch at which their window begins anew. */
    copy_header(line, length, "ratelimit-reset", reset, sizeof reset);
    if (strlen(reset) == 10 && strspn(reset, "0123456789") == 10)
        transfer->reset_ms = strtoll(reset, NULL, 10) * 1000;
    return length;
}

/* ---- the start of a transfer
 * ------------------------------------------------------------------------------------ */

/* The list and its lines in one block. False when a header could break the request apart. */
static bool copy_headers(struct transfer *transfer, const struct fetch_request *request)
{
    static const char no_expect[] = "Expect:";
    size_t size = (request->header_count + 1) * sizeof(struct curl_slist) + sizeof no_expect;
    if (request->header_count > HEADERS_MAX)
        return false;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct fetch_header *header = &request->headers[i];
        size_t length = strlen(header->name) + 2 + strlen(header->value);
        if (length >= HEADER_LINE_MAX || strpbrk(header->name, "\r\n") || strpbrk(header->value, "\r\n"))
            return false;
        size += length + 1;
    }
    struct curl_slist *list = transfer->headers = malloc(size);
    if (!list)
        abort();
    char *text = (char *)(list + request->header_count + 1);
    for (size_t i = 0; i < request->header_count; i++) {
        list[i] = (struct curl_slist){.data = text, .next = &list[i + 1]};
        text = stpcpy(stpcpy(stpcpy(text, request->headers[i].name), ": "), request->headers[i].value) + 1;
    }
    list[request->header_count] =
        (struct curl_slist){.data = memcpy(text, no_expect, sizeof no_expect), .next = NULL};
    return true;
}

/* On a handle that had another method before. */
static void set_method(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    if (strcmp(transfer->method, "GET") == 0) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else if (strcmp(transfer->method, "HEAD") == 0) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body ? transfer->body : "");
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body_length);
        if (strcmp(transfer->method, "POST") != 0)
            (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
    }
}

/* What is the same for all that a handle will ever carry. */
static void set_lasting_options(const struct fetch_client *client, CURL *easy)
{
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* Or curl looks through all names that it ever met after each transfer. They are pinned anew each time.
     */
    (void)curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");   /* the environment has no say … */
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, ""); /* … and is not looked through */
    /* What leaves over TLS is copied into a buffer that is made each time: one that the allocator keeps. */
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, about_to_send);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    /* Without a folder of certificates curl keeps the parsed store between connections (ENGINE §3). */
    (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (client->ca_file)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
}

/* All that may have been set for the transfer before is set again. */
static void set_options(struct transfer *transfer, int64_t left)
{
    CURL *easy = transfer->easy;
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           (long)(left < CONNECT_TIMEOUT_MS ? left : CONNECT_TIMEOUT_MS));
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    (void)curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer->resolved);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, transfer->response_max ? "gzip" : NULL);
    /* A platform may have nothing to say for a while, and who takes a delivery may think about it. */
    bool hurried = transfer->response_max && !transfer->trusted;
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, hurried ? (long)SLOW_BYTES : 0L);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, hurried ? (long)SLOW_S : 0L);
    set_method(transfer);
}

static CURL *take_handle(struct fetch_client *client)
{
    if (client->idle_count)
        return client->idle[--client->idle_count];
    CURL *easy = curl_easy_init();
    if (!easy)
        abort();
    set_lasting_options(client, easy);
    return easy;
}

static struct shard *shard_of(const struct transfer *transfer)
{
    unsigned value = transfer->place.port;
    if (transfer->neighbourhood)
        return &transfer->client->shards[transfer->neighbourhood % SHARDS];
    for (const char *at = transfer->place.host; *at; at++)
        value = value * 31 + (unsigned char)*at;
    return &transfer->client->shards[value % SHARDS];
}

static void hand_to_curl(struct transfer *transfer)
{
    int64_t left = transfer->deadline - loop_monotonic_ms();
    if (left <= 0) {
        fail(transfer, FETCH_TIMEOUT, "no answer in time");
        return;
    }
    loop_timer_free(transfer->timer);
    transfer->timer = NULL;
    transfer->easy = take_handle(transfer->client);
    set_options(transfer, left);
    transfer->shard = shard_of(transfer);
    if (curl_multi_add_handle(transfer->shard->multi, transfer->easy) != CURLM_OK)
        abort();
}

/* ---- lines
 * ----------------------------------------------------------------------------------------------------------
 */

static struct line *line_of(struct transfer *transfer)
{
    struct fetch_client *client = transfer->client;
    struct line *line;
    char name[sizeof transfer->place.host + 8];
    (void)snprintf(name, sizeof name, "%s:%u", transfer->place.host, transfer->place.port);
    HASH_FIND_STR(client->lines, name, line);
    if (line)
        return line;
    line = calloc(1, sizeof *line);
    if (!line)
        abort();
    line->name = duplicate(name);
    line->last = &line->first;
    HASH_ADD_KEYPTR(hh, client->lines, line->name, strlen(line->name), line);
    return line;
}

static void step_out(struct transfer *transfer)
{
    struct line *line = transfer->line;
    struct transfer **at = &line->first;
    while (*at != transfer)
        at = &(*at)->behind;
    *at = transfer->behind;
    if (!*at)
        line->last = at;
    line->waiting--;
    transfer->in_line = false;
}

static void its_turn(void *context)
{
    struct transfer *transfer = context;
    step_out(transfer);
    transfer->line->active++;
    hand_to_curl(transfer);
}

/* What ends makes room for the first that waits. */
static void leave_line(struct transfer *transfer)
{
    struct line *line = transfer->line;
    if (!line)
        return;
    if (transfer->in_line)
        step_out(transfer);
    else
        line->active--;
    if (line->first && !transfer->client->ended)
        loop_timer_set(line->first->timer, 0);
    if (line->active || line->first)
        return;
    HASH_DEL(transfer->client->lines, line);
    free(line->name);
    free(line);
}

static void line_up(struct transfer *transfer)
{
    if (!transfer->place.https || !transfer->may_send) {
        hand_to_curl(transfer);
        return;
    }
    struct line *line = transfer->line = line_of(transfer);
    if (line->waiting >= line->active * WAITING_MAX) {
        line->active++;
        hand_to_curl(transfer);
        return;
    }
    transfer->in_line = true;
    *line->last = transfer;
    line->last = &transfer->behind;
    line->waiting++;
    loop_timer_free(transfer->timer);
    transfer->timer = loop_timer_new(transfer->client->loop, its_turn, transfer);
    loop_timer_set(transfer->timer, transfer->client->patience_ms);
}

/* "HOST:PORT:ADDRESS,ADDRESS": curl looks up nothing by itself, so nothing can change between check and
 * connect. */
static bool pin(struct transfer *transfer, const struct addresses *addresses)
{
    struct buffer line;
    unsigned families[2] = {0, 0};
    bool first = true;
    buffer_init(&line, 2048);
    buffer_format(&line, "%s:%u:", transfer->place.host, transfer->place.port);
    for (size_t i = 0; i < addresses->count; i++) {
        char text[INET6_ADDRSTRLEN];
        const struct sockaddr_storage *address = &addresses->list[i];
        bool six = address->ss_family == AF_INET6;
        const void *bytes = six ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                                : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
        if (families[six]++ >= ADDRESSES_OF_A_FAMILY ||
            !inet_ntop(address->ss_family, bytes, text, sizeof text))
            continue;
        buffer_format(&line, six ? "%s[%s]" : "%s%s", first ? "" : ",", text);
        first = false;
    }
    transfer->resolved = curl_slist_append(NULL, buffer_text(&line));
    buffer_clear(&line);
    return !first && transfer->resolved;
}

static void resolved(void *context, const struct addresses *addresses)
{
    struct transfer *transfer = context;
    transfer->waiting = NULL;
    if (!addresses->count) {
        fail(transfer, FETCH_DNS, "the name has no address");
        return;
    }
    if (addresses->more && !transfer->trusted) {
        fail(transfer, FETCH_FORBIDDEN, "the name has more addresses than are looked at");
        return;
    }
    /* One bad address among good ones is an attack or a mistake: neither is worth a connection. */
    for (size_t i = 0; !transfer->trusted && i < addresses->count; i++) {
        if (address_guard_address(transfer->client->guard, (const void *)&addresses->list[i]))
            continue;
        fail(transfer, FETCH_FORBIDDEN, "the name leads to an address that is private or reserved");
        return;
    }
    if (pin(transfer, addresses))
        line_up(transfer);
    else
        fail(transfer, FETCH_DNS, "the name has no address that can be used");
}

static void too_late(void *context)
{
    fail(context, FETCH_TIMEOUT, "the name was not resolved in time");
}

static void refused(void *context)
{
    finish(context);
}

static void refuse(struct transfer *transfer, enum fetch_error error, const char *reason)
{
    transfer->result.error = error;
    (void)snprintf(transfer->result.reason, sizeof transfer->result.reason, "%s", reason);
    loop_soon(transfer->client->loop, refused, transfer);
}

static void begin(void *context)
{
    line_up(context);
}

static struct transfer *transfer_new(struct fetch_client *client, const struct fetch_request *request,
                                     fetch_done done, void *context)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        abort();
    *transfer = (struct transfer){
        .client = client,
        .next = client->transfers,
        .link = &client->transfers,
        .done = done,
        .context = context,
        .result = {.retry_after_ms = -1},
        .method = duplicate(request->method),
        .url = duplicate(request->url),
        .body = request->body,
        .body_length = request->body_length,
        .response_max = request->response_max,
        .deadline = loop_monotonic_ms() + request->timeout_ms,
        .neighbourhood = request->neighbourhood,
        .trusted = request->trusted,
        .may_send = request->may_send,
    };
    if (client->transfers)
        client->transfers->link = &transfer->next;
    client->transfers = transfer;
    client->pending++;
    buffer_init(&transfer->received, request->response_max ? request->response_max : 1);
    return transfer;
}

/* Whether this host may be asked at all. */
static enum fetch_error judge(struct transfer *transfer, const char **why)
{
    const struct fetch_client *client = transfer->client;
    struct guarded_url *place = &transfer->place;
    if (!address_guard_url(client->guard, transfer->url, transfer->trusted, place, why))
        return FETCH_FORBIDDEN;
    if (transfer->trusted || !client->refusal)
        return FETCH_OK;
    return client->refusal(client->refusal_context, place->host, place->port, why);
}

void fetch_start(struct fetch_client *client, const struct fetch_request *request, fetch_done done,
                 void *context)
{
    bool busy = client->pending >= client->total_max;
    struct transfer *transfer = transfer_new(client, request, done, context);
    enum fetch_error error;
    const char *why = NULL;
    if (busy) {
        refuse(transfer, FETCH_BUSY, "too many requests are in flight here");
    } else if ((error = judge(transfer, &why)) != FETCH_OK) {
        refuse(transfer, error, why);
    } else if (!copy_headers(transfer, request)) {
        refuse(transfer, FETCH_FORBIDDEN, "a header of the request is too long or broken");
    } else if (transfer->place.literal) {
        loop_soon(client->loop, begin, transfer);
    } else {
        transfer->timer = loop_timer_new(client->loop, too_late, transfer);
        loop_timer_set(transfer->timer, request->timeout_ms);
        transfer->waiting = resolver_lookup(client->resolver, transfer->place.host, resolved, transfer);
    }
}

void fetch_give_up(struct fetch_client *client, const void *context)
{
    for (struct transfer *transfer = client->transfers; transfer; transfer = transfer->next)
        if (transfer->context == context && transfer->easy) {
            fail(transfer, FETCH_BROKEN, "the caller gave it up");
            return;
        }
}

struct waiter {
    struct task *task;
    struct fetch_result *result;
};

static void wake_waiter(void *context, struct fetch_result *result)
{
    const struct waiter *waiter = context;
    *waiter->result = *result;
    result->body = NULL;
    task_resume(waiter->task);
}

void fetch(struct fetch_client *client, const struct fetch_request *request, struct fetch_result *result)
{
    struct fetch_request allowed = *request;
    struct waiter waiter = {.task = task_current(), .result = result};
    enum fetch_error error = fetch_spend(&allowed);
    if (error != FETCH_OK) {
        *result = (struct fetch_result){.error = error, .retry_after_ms = -1};
        (void)snprintf(result->reason, sizeof result->reason, "the job has asked enough of others");
        return;
    }
    fetch_start(client, &allowed, wake_waiter, &waiter);
    task_park();
}

void fetch_result_clear(struct fetch_result *result)
{
    free(result->body);
    result->body = NULL;
    result->length = 0;
}

size_t fetch_client_pending(const struct fetch_client *client)
{
    return client->pending;
}

/* ---- the client
 * ------------------------------------------------------------------------------------------------- */

static void shard_open(struct shard *shard, struct fetch_client *client, size_t per_host_max)
{
    shard->client = client;
    shard->multi = curl_multi_init();
    if (!shard->multi)
        abort();
    shard->timer = loop_timer_new(client->loop, time_passed, shard);
    (void)curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    (void)curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
    (void)curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, watch_timer);
    (void)curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
    (void)curl_multi_setopt(shard->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)per_host_max);
    (void)curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
}

struct fetch_client *fetch_client_new(struct loop *loop, const struct fetch_options *options, char *error,
                                      size_t error_size)
{
    struct address_guard *guard = address_guard_new(options->lab, options->allow_private, error, error_size);
    if (!guard)
        return NULL;
    struct fetch_client *client = calloc(1, sizeof *client);
    if (!client || curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        abort();
    client->loop = loop;
    client->patience_ms = PATIENCE_MS;
    client->guard = guard;
    client->user_agent = duplicate(options->user_agent ? options->user_agent : "drawbridge");
    client->ca_file = options->ca_file ? duplicate(options->ca_file) : NULL;
    client->total_max = options->total_max;
    client->refusal = options->refusal;
    client->refusal_context = options->refusal_context;
    client->resolver = resolver_new(loop, RESOLVER_THREADS);
    for (size_t i = 0; i < SHARDS; i++)
        shard_open(&client->shards[i], client, options->per_host_max);
    return client;
}

void fetch_client_be_patient(struct fetch_client *client, int64_t milliseconds)
{
    client->patience_ms = milliseconds;
}

void fetch_client_free(struct fetch_client *client)
{
    if (!client)
        return;
    client->ended = true;
    while (client->transfers)
        fail(client->transfers, FETCH_BROKEN, "the gateway is stopping");
    while (client->idle_count)
        curl_easy_cleanup(client->idle[--client->idle_count]);
    for (size_t i = 0; i < SHARDS; i++) {
        (void)curl_multi_cleanup(client->shards[i].multi);
        loop_timer_free(client->shards[i].timer);
    }
    resolver_free(client->resolver);
    address_guard_free(client->guard);
    free(client->user_agent);
    free(client->ca_file);
    free(client);
    curl_global_cleanup();
}
