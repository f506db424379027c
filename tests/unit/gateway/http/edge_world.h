/* What the tests of the edge share: a server on a free port, raw clients on the same loop, and waiting for
 * what they receive. */
#ifndef DRAWBRIDGE_TESTS_EDGE_WORLD_H
#define DRAWBRIDGE_TESTS_EDGE_WORLD_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/http/server.h"
#include "mapping/buffer.h"

enum { PATIENCE_MS = 10000, BIG = 2 << 20, KEPT_MAX = 400 };

struct world {
    struct loop *loop;
    struct http_server *server;
    struct loop_timer *patience;
    bool out_of_patience;
    char listen[64];
    struct sockaddr_storage address;
    socklen_t address_length;
    struct http_request *kept[KEPT_MAX]; /* requests for /later, whose answers the test gives */
    size_t kept_count;
    size_t handled;
    char *big;
};

struct client {
    struct world *world;
    int descriptor;
    struct loop_io *io;
    struct buffer received;
    bool closed;
};

static inline void patience_ends(void *context)
{
    struct world *world = context;
    world->out_of_patience = true;
    loop_stop(world->loop);
}

/* Runs the loop until `done` or until patience ends; returns whether it is done. */
static inline bool wait_until(struct world *world, bool (*done)(const void *), const void *context)
{
    world->out_of_patience = false;
    loop_timer_set(world->patience, PATIENCE_MS);
    while (!done(context) && !world->out_of_patience)
        loop_run(world->loop);
    loop_timer_cancel(world->patience);
    return done(context);
}

static inline void pause_ended(void *context)
{
    loop_stop(((struct world *)context)->loop);
}

static inline void echo_line(struct buffer *out, const char *name, const char *value)
{
    buffer_format(out, "%s=%s\n", name, value ? value : "(none)");
}

static inline void echo(struct http_request *request)
{
    static const char *const names[] = {"accept",          "signature", "digest",         "x-custom",
                                        "signature-input", "host",      "content-length", "user-agent"};
    struct buffer out;
    buffer_init(&out, 64 << 10);
    echo_line(&out, "method", http_request_method(request));
    echo_line(&out, "path", http_request_path(request));
    echo_line(&out, "query", http_request_query(request));
    echo_line(&out, "target", http_request_target(request));
    echo_line(&out, "authority", http_request_authority(request));
    echo_line(&out, "scheme", http_request_scheme(request));
    echo_line(&out, "peer", http_request_peer(request));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        echo_line(&out, names[i], http_request_header(request, names[i]));
    size_t length;
    const char *body = http_request_body(request, &length);
    buffer_format(&out, "body=%.*s\nend\n", (int)length, body);
    http_answer(request, &(struct http_answer){.status = 200,
                                               .content_type = "text/plain",
                                               .body = out.bytes,
                                               .length = out.length,
                                               .headers = {{"X-Good", "yes"},
                                                           {"X-Evil", "a\r\nSet-Cookie: b"},
                                                           {"X-\r\nEvil", "c"},
                                                           {"X-Last", "kept"}}});
    buffer_clear(&out);
}

static inline void handle(void *context, struct http_request *request)
{
    struct world *world = context;
    const char *path = http_request_path(request);
    world->handled++;
    if (strcmp(path, "/later") == 0) {
        assert_true(world->kept_count < KEPT_MAX);
        world->kept[world->kept_count++] = request;
        loop_stop(world->loop);
    } else if (strcmp(path, "/big") == 0) {
        http_answer(request, &(struct http_answer){.status = 200,
                                                   .content_type = "application/octet-stream",
                                                   .body = world->big,
                                                   .length = BIG});
    } else if (strcmp(path, "/accepted") == 0) {
        http_answer(request, &(struct http_answer){.status = 202});
    } else if (strcmp(path, "/unchanged") == 0) {
        http_answer(request, &(struct http_answer){.status = 304, .headers = {{"ETag", "\"x\""}}});
    } else {
        echo(request);
    }
}

static inline bool probe_port(struct world *world, bool six, int port)
{
    world->address = (struct sockaddr_storage){0};
    if (six) {
        struct sockaddr_in6 *address = (struct sockaddr_in6 *)&world->address;
        *address = (struct sockaddr_in6){
            .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = htons((uint16_t)port)};
        world->address_length = sizeof *address;
    } else {
        struct sockaddr_in *address = (struct sockaddr_in *)&world->address;
        *address = (struct sockaddr_in){.sin_family = AF_INET,
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                        .sin_port = htons((uint16_t)port)};
        world->address_length = sizeof *address;
    }
    int descriptor = socket(world->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool free_port = bind(descriptor, (struct sockaddr *)&world->address, world->address_length) == 0;
    (void)close(descriptor);
    (void)snprintf(world->listen, sizeof world->listen, six ? "[::1]:%d" : "127.0.0.1:%d", port);
    return free_port;
}

static inline void choose_port(struct world *world, bool six)
{
    int port = 20000 + getpid() % 10000;
    while (!probe_port(world, six, port))
        port++;
}

static inline struct http_options default_options(void)
{
    return (struct http_options){.body_max = 1000,
                                 .header_max = 4096,
                                 .connections_max = 400,
                                 .header_timeout_ms = 5000,
                                 .body_timeout_ms = 5000,
                                 .idle_timeout_ms = 5000,
                                 .scheme = "http"};
}

static inline void world_open(struct world *world, struct http_options options, bool six)
{
    *world = (struct world){.loop = loop_new(), .big = malloc(BIG)};
    for (size_t i = 0; i < BIG; i++)
        world->big[i] = (char)('a' + i % 23);
    world->patience = loop_timer_new(world->loop, patience_ends, world);
    choose_port(world, six);
    options.listen = world->listen;
    char error[200] = "";
    world->server = http_server_new(world->loop, &options, handle, world, error, sizeof error);
    if (!world->server)
        fail_msg("%s", error);
}

static inline void world_close(struct world *world)
{
    http_server_free(world->server);
    for (size_t i = 0; i < world->kept_count; i++)
        if (world->kept[i])
            http_answer_text(world->kept[i], 200, "too late\n");
    loop_timer_free(world->patience);
    loop_free(world->loop);
    free(world->big);
}

static inline void client_ready(void *context, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    struct client *client = context;
    static char bytes[65536];
    ssize_t length = recv(client->descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
    if (length > 0)
        buffer_add(&client->received, bytes, (size_t)length);
    if (length == 0 || (length < 0 && errno != EAGAIN)) {
        client->closed = true;
        loop_io_set(client->io, false, false);
    }
    loop_stop(client->world->loop);
}

static inline struct client client_connect(struct world *world)
{
    struct client client = {.world = world, .descriptor = socket(world->address.ss_family, SOCK_STREAM, 0)};
    buffer_init(&client.received, 16 << 20);
    assert_int_equal(connect(client.descriptor, (struct sockaddr *)&world->address, world->address_length),
                     0);
    return client;
}

/* Begins to read; not part of connecting, since the client's address must be settled. */
static inline void client_listen(struct client *client)
{
    if (!client->io)
        client->io = loop_io_new(client->world->loop, client->descriptor, client_ready, client);
    loop_io_set(client->io, !client->closed, false);
}

static inline void client_send(struct client *client, const char *text)
{
    size_t length = strlen(text);
    assert_int_equal(send(client->descriptor, text, length, MSG_NOSIGNAL), (ssize_t)length);
    client_listen(client);
}

static inline size_t count_of(const struct client *client, const char *text)
{
    size_t count = 0;
    for (const char *at = buffer_text(&client->received); (at = strstr(at, text)); at++)
        count++;
    return count;
}

struct expectation {
    const struct client *client;
    const char *text;
    size_t times;
};

static inline bool is_met(const void *context)
{
    const struct expectation *expected = context;
    return count_of(expected->client, expected->text) >= expected->times;
}

static inline bool is_closed(const void *context)
{
    return ((const struct client *)context)->closed;
}

static inline void expect_times(struct client *client, const char *text, size_t times)
{
    client_listen(client);
    if (!wait_until(client->world, is_met, &(struct expectation){client, text, times}))
        fail_msg("\"%s\" did not come; this came: %s", text, buffer_text(&client->received));
}

static inline void expect(struct client *client, const char *text)
{
    expect_times(client, text, 1);
}

static inline void expect_close(struct client *client)
{
    client_listen(client);
    if (!wait_until(client->world, is_closed, client))
        fail_msg("the connection stayed open; this came: %s", buffer_text(&client->received));
}

static inline void forget_received(struct client *client)
{
    buffer_clear(&client->received);
}

static inline void client_close(struct client *client)
{
    loop_io_free(client->io);
    client->io = NULL;
    (void)close(client->descriptor);
    buffer_clear(&client->received);
}

#endif
