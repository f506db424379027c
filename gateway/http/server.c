#include "gateway/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/http/connection.h"
#include "gateway/http/lws_loop.h"

enum { BACKLOG = 1024, ACCEPT_BATCH = 64, SWEEP_MOST_MS = 500, FAREWELL_MS = 1000, REST_MS = 5000 };

static const struct lws_protocols protocols[] = {
    {.name = HTTP_PROTOCOL, .callback = http_connection_event, .rx_buffer_size = LWS_READ_SIZE},
    {.name = NULL},
};

/* "127.0.0.1:8080" or "[::1]:8080". */
static bool read_listen(const char *text, struct sockaddr_storage *address, socklen_t *length)
{
    char host[INET6_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    bool brackets = *text == '[';
    if (!colon || (brackets && colon[-1] != ']'))
        return false;
    size_t host_length = (size_t)(colon - text) - (brackets ? 2 : 0);
    unsigned long port = strtoul(colon + 1, NULL, 10);
    if (host_length >= sizeof host || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")] || port > 65535)
        return false;
    memcpy(host, text + brackets, host_length);
    host[host_length] = '\0';
    *address = (struct sockaddr_storage){0};
    if (brackets) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        *length = sizeof *six;
        return inet_pton(AF_INET6, host, &six->sin6_addr) == 1;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    *length = sizeof *four;
    return inet_pton(AF_INET, host, &four->sin_addr) == 1;
}

/* libwebsockets' own way to share a port does nothing in Debian's build (ENGINE §2.2). */
static int open_listener(const char *listen_text, char *error, size_t error_size)
{
    struct sockaddr_storage address;
    socklen_t length;
    if (!read_listen(listen_text, &address, &length)) {
        (void)snprintf(error, error_size,
                       "listen: \"%s\" is no address with a port, such as 127.0.0.1:8080 or [::1]:8080",
                       listen_text);
        return -1;
    }
    int one = 1;
    int descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool good = descriptor >= 0 && setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0;
    if (good && address.ss_family == AF_INET6)
        good = setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0;
    good = good && bind(descriptor, (struct sockaddr *)&address, length) == 0 &&
           listen(descriptor, BACKLOG) == 0;
    if (good)
        return descriptor;
    (void)snprintf(error, error_size, "cannot listen on %s: %s", listen_text, strerror(errno));
    if (descriptor >= 0)
        (void)close(descriptor);
    return -1;
}

static void describe_peer(const struct sockaddr_storage *address, char out[INET6_ADDRSTRLEN])
{
    const void *bytes = address->ss_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if (!inet_ntop(address->ss_family, bytes, out, INET6_ADDRSTRLEN))
        out[0] = '\0';
}

static void turn_away(int descriptor)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n"
                                 "Content-Length: 0\r\n\r\n";
    (void)send(descriptor, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(descriptor);
}

static void take_in(struct http_server *server, int descriptor, const struct sockaddr_storage *address)
{
    if (server->connection_count >= server->options.connections_max && !http_crowd_make_room(server)) {
        turn_away(descriptor);
        return;
    }
    int one = 1;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    char peer[INET6_ADDRSTRLEN];
    describe_peer(address, peer);
    http_connection_adopt(server, descriptor, peer);
}

/* Takes what waits, up to a batch. False when nothing waits any more. */
static bool accept_batch(struct http_server *server)
{
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof address;
        int descriptor =
            accept4(server->listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            take_in(server, descriptor, &address);
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        /* Out of descriptors: the listener would be ready all the time; the next sweep tries again. */
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            loop_io_set(server->listening, false, false);
        return false;
    }
    return true;
}

static void listener_ready(void *context, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    (void)accept_batch(context);
}

static void sweep(void *context)
{
    struct http_server *server = context;
    int64_t now = loop_monotonic_ms();
    struct http_connection *next;
    for (struct http_connection *at = server->connections; at; at = next) {
        next = at->next;
        if (at->phase != WAITING && at->deadline_ms <= now)
            http_connection_expire(at);
    }
    if (server->listening)
        loop_io_set(server->listening, true, false);
    loop_timer_set(server->sweep, server->sweep_ms);
}

static unsigned sweep_period(const struct http_options *options)
{
    unsigned shortest = options->header_timeout_ms;
    if (options->body_timeout_ms < shortest)
        shortest = options->body_timeout_ms;
    if (options->idle_timeout_ms < shortest)
        shortest = options->idle_timeout_ms;
    unsigned period = shortest / 4;
    return period < 1 ? 1 : period > SWEEP_MOST_MS ? SWEEP_MOST_MS : period;
}

struct http_server *http_server_new(struct loop *loop, const struct http_options *options,
                                    http_handler handler, void *context, char *error, size_t error_size)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    *server = (struct http_server){.loop = loop,
                                   .options = *options,
                                   .handler = handler,
                                   .context = context,
                                   .listener = -1,
                                   .sweep_ms = sweep_period(options)};
    server->options.scheme = strcmp(options->scheme, "https") == 0 ? "https" : "http";
    server->proxies = trusted_proxies_new(options->trusted_proxies, error, error_size);
    if (server->proxies)
        server->listener = open_listener(options->listen, error, error_size);
    if (server->listener >= 0) {
        struct lws_context_creation_info info = {.protocols = protocols};
        server->lws = lws_context_on_loop(loop, &info);
        if (!server->lws)
            (void)snprintf(error, error_size,
                           "libwebsockets does not start; is the limit of open files very high or low?");
    }
    if (!server->lws) {
        http_server_free(server);
        return NULL;
    }
    server->options.listen = server->options.trusted_proxies = NULL;
    server->listening = loop_io_new(loop, server->listener, listener_ready, server);
    loop_io_set(server->listening, true, false);
    server->sweep = loop_timer_new(loop, sweep, server);
    loop_timer_set(server->sweep, server->sweep_ms);
    return server;
}

static void stop_listening(struct http_server *server)
{
    loop_io_free(server->listening);
    server->listening = NULL;
    if (server->listener >= 0)
        (void)close(server->listener);
    server->listener = -1;
}

void http_server_drain(struct http_server *server)
{
    if (server->draining)
        return;
    /* Who is connected already, by the kernel's word, would be reset. */
    for (int batch = 0; batch < BACKLOG / ACCEPT_BATCH && accept_batch(server); batch++)
        ;
    server->draining = true;
    stop_listening(server);
    struct http_connection *next;
    for (struct http_connection *at = server->connections; at; at = next) {
        next = at->next;
        bool silent = http_connection_is_silent(at);
        int64_t last = loop_monotonic_ms() + (silent ? FAREWELL_MS : REST_MS);
        if (silent && at->served)
            http_connection_kill(at);
        else if (at->deadline_ms > last)
            at->deadline_ms = last;
    }
}

size_t http_server_connections(const struct http_server *server)
{
    return server->connection_count;
}

size_t http_server_pending(const struct http_server *server)
{
    return server->pending;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    stop_listening(server);
    loop_timer_free(server->sweep);
    if (server->lws)
        lws_context_destroy(server->lws);
    /* Handlers still hold these; their answers go nowhere. */
    for (struct http_request *request = server->requests; request; request = request->next) {
        request->server = NULL;
        request->held = NULL;
        request->connection = NULL;
    }
    trusted_proxies_free(server->proxies);
    free(server);
}
