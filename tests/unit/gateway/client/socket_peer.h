/* A websocket server by hand (RFC 6455), one connection at a time, on the test's own loop: it says byte by
 * byte what a test wants it to say. */
#ifndef DRAWBRIDGE_TESTS_SOCKET_PEER_H
#define DRAWBRIDGE_TESTS_SOCKET_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
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

#include "gateway/client/websocket.h"
#include "mapping/buffer.h"

enum { PATIENCE_MS = 10000 };

/* What the client's handler heard. */
struct heard {
    struct websocket *socket;
    bool opened, closed, last_binary;
    int http_status, close_code, messages, closings;
    char reason[200];
    struct buffer message;
    struct loop *loop;
    int close_after_message; /* a code to close with, from inside the handler */
};

struct peer {
    struct loop *loop;
    struct websocket_client *client;
    struct loop_timer *patience;
    bool out_of_patience;
    int listener, connection, port;
    struct loop_io *listening, *reading;
    struct buffer received; /* the handshake, then frames */
    bool left;
    size_t connections;
    struct heard heard;
};

static inline void patience_ends(void *context)
{
    struct peer *peer = context;
    peer->out_of_patience = true;
    loop_stop(peer->loop);
}

static inline bool wait_for(struct peer *peer, bool (*done)(const struct peer *peer))
{
    peer->out_of_patience = false;
    loop_timer_set(peer->patience, PATIENCE_MS);
    while (!done(peer) && !peer->out_of_patience)
        loop_run(peer->loop);
    loop_timer_cancel(peer->patience);
    return done(peer);
}

static inline void peer_readable(void *context, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    struct peer *peer = context;
    static char bytes[65536];
    ssize_t length = recv(peer->connection, bytes, sizeof bytes, MSG_DONTWAIT);
    if (length > 0)
        buffer_add(&peer->received, bytes, (size_t)length);
    if (length == 0 || (length < 0 && errno != EAGAIN)) {
        peer->left = true;
        loop_io_set(peer->reading, false, false);
    }
    loop_stop(peer->loop);
}

static inline void peer_hang_up(struct peer *peer)
{
    if (peer->connection < 0)
        return;
    loop_io_free(peer->reading);
    peer->reading = NULL;
    (void)close(peer->connection);
    peer->connection = -1;
}

static inline void peer_accepts(void *context, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    struct peer *peer = context;
    peer_hang_up(peer);
    peer->connection = accept(peer->listener, NULL, NULL);
    assert_true(peer->connection >= 0);
    peer->left = false;
    peer->connections++;
    buffer_clear(&peer->received);
    peer->reading = loop_io_new(peer->loop, peer->connection, peer_readable, peer);
    loop_io_set(peer->reading, true, false);
    loop_stop(peer->loop);
}

static inline int listen_somewhere(int *port)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (*port = 12000 + getpid() % 8000;; (*port)++) {
        address.sin_port = htons((uint16_t)*port);
        if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
            break;
    }
    assert_int_equal(listen(descriptor, 16), 0);
    return descriptor;
}

static inline void peer_open(struct peer *peer, const char *ca_file)
{
    *peer = (struct peer){.loop = loop_new(), .connection = -1};
    peer->client = websocket_client_new(peer->loop, ca_file);
    peer->patience = loop_timer_new(peer->loop, patience_ends, peer);
    peer->listener = listen_somewhere(&peer->port);
    peer->listening = loop_io_new(peer->loop, peer->listener, peer_accepts, peer);
    loop_io_set(peer->listening, true, false);
    buffer_init(&peer->received, 32 << 20);
    buffer_init(&peer->heard.message, 32 << 20);
}

static inline void peer_close(struct peer *peer)
{
    websocket_client_free(peer->client);
    peer_hang_up(peer);
    loop_io_free(peer->listening);
    (void)close(peer->listener);
    loop_timer_free(peer->patience);
    buffer_clear(&peer->received);
    buffer_clear(&peer->heard.message);
    loop_free(peer->loop);
}

static inline void peer_say(struct peer *peer, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length) {
        ssize_t sent = send(peer->connection, at, length, MSG_NOSIGNAL);
        assert_true(sent > 0);
        at += sent;
        length -= (size_t)sent;
    }
}

/* A frame as servers send it: not masked. */
static inline void peer_frame(struct peer *peer, unsigned char first, const void *payload, size_t length)
{
    unsigned char head[10] = {first, (unsigned char)length};
    size_t head_length = 2;
    if (length > 65535) {
        head[1] = 127;
        for (int i = 0; i < 8; i++)
            head[2 + i] = (unsigned char)(length >> (8 * (7 - i)));
        head_length = 10;
    } else if (length > 125) {
        head[1] = 126;
        head[2] = (unsigned char)(length >> 8);
        head[3] = (unsigned char)length;
        head_length = 4;
    }
    peer_say(peer, head, head_length);
    peer_say(peer, payload, length);
}

/* Takes one whole frame off what was received; false when none is there yet. */
static inline bool peer_take_frame(struct peer *peer, unsigned char *first, struct buffer *payload)
{
    unsigned char *bytes = (unsigned char *)peer->received.bytes;
    size_t have = peer->received.length;
    if (have < 2)
        return false;
    size_t length = bytes[1] & 0x7f;
    size_t at = 2;
    if (length == 126) {
        if (have < 4)
            return false;
        length = (size_t)(bytes[2] << 8 | bytes[3]);
        at = 4;
    } else if (length == 127) {
        if (have < 10)
            return false;
        length = 0;
        for (int i = 0; i < 8; i++)
            length = length << 8 | bytes[2 + i];
        at = 10;
    }
    if (have < at + 4 + length)
        return false;
    assert_true(bytes[1] & 0x80); /* clients mask */
    *first = bytes[0];
    buffer_clear(payload);
    for (size_t i = 0; i < length; i++)
        buffer_add_char(payload, (char)(bytes[at + 4 + i] ^ bytes[at + i % 4]));
    peer->received.length = have - at - 4 - length;
    memmove(bytes, bytes + at + 4 + length, peer->received.length);
    return true;
}

static inline bool has_asked(const struct peer *peer)
{
    return strstr(buffer_text(&peer->received), "\r\n\r\n") != NULL;
}

static inline bool is_open(const struct peer *peer)
{
    return peer->heard.opened || peer->heard.closed;
}

static inline bool is_over(const struct peer *peer)
{
    return peer->heard.closed;
}

static inline bool has_left(const struct peer *peer)
{
    return peer->left;
}

static inline void peer_upgrade(struct peer *peer, const char *more)
{
    if (!wait_for(peer, has_asked))
        fail_msg("no handshake came");
    char key[128] = "";
    const char *at = strstr(peer->received.bytes, "Sec-WebSocket-Key: ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "Sec-WebSocket-Key: %60[^\r]", key), 1);
    strcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char accept_text[64];
    assert_int_equal(EVP_Digest(key, strlen(key), digest, NULL, EVP_sha1(), NULL), 1);
    (void)EVP_EncodeBlock(accept_text, digest, 20);
    char answer[512];
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
                          accept_text, more);
    buffer_clear(&peer->received);
    peer_say(peer, answer, (size_t)length);
}

static inline void heard_opened(void *context)
{
    struct heard *heard = context;
    heard->opened = true;
    loop_stop(heard->loop);
}

static inline void heard_message(void *context, const void *bytes, size_t length, bool binary)
{
    struct heard *heard = context;
    heard->messages++;
    heard->last_binary = binary;
    buffer_clear(&heard->message);
    buffer_add(&heard->message, bytes, length);
    if (heard->close_after_message)
        websocket_close(heard->socket, heard->close_after_message);
    loop_stop(heard->loop);
}

static inline void heard_closed(void *context, int http_status, int close_code, const char *reason,
                                size_t reason_length)
{
    struct heard *heard = context;
    heard->closed = true;
    heard->closings++;
    heard->http_status = http_status;
    heard->close_code = close_code;
    (void)snprintf(heard->reason, sizeof heard->reason, "%.*s", (int)reason_length, reason);
    heard->socket = NULL;
    loop_stop(heard->loop);
}

static inline void client_opens_url(struct peer *peer, struct websocket_options options)
{
    peer->heard.loop = peer->loop;
    const struct websocket_handler handler = {
        .context = &peer->heard, .opened = heard_opened, .message = heard_message, .closed = heard_closed};
    if (!options.message_max)
        options.message_max = 1 << 20;
    if (!options.connect_timeout_ms)
        options.connect_timeout_ms = 5000;
    const char *why = NULL;
    peer->heard.socket = websocket_open(peer->client, &options, &handler, &why);
    if (!peer->heard.socket)
        fail_msg("%s", why);
    assert_false(peer->heard.closed);
}

static inline void client_opens(struct peer *peer, struct websocket_options options)
{
    char url[100];
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%d/stream?cursor=12", peer->port);
    if (!options.url)
        options.url = url;
    client_opens_url(peer, options);
}

/* As far as an open websocket. */
static inline void open_both(struct peer *peer, struct websocket_options options)
{
    client_opens(peer, options);
    peer_upgrade(peer, "");
    assert_true(wait_for(peer, is_open));
    assert_true(peer->heard.opened);
}

static inline void expect_frame(struct peer *peer, unsigned char first, struct buffer *payload)
{
    unsigned char came;
    loop_timer_set(peer->patience, PATIENCE_MS);
    peer->out_of_patience = false;
    while (!peer_take_frame(peer, &came, payload) && !peer->out_of_patience)
        loop_run(peer->loop);
    assert_false(peer->out_of_patience);
    loop_timer_cancel(peer->patience);
    assert_int_equal(came, first);
}

static inline void expect_closed(struct peer *peer, int http_status, int close_code, const char *reason)
{
    assert_true(wait_for(peer, is_over));
    assert_int_equal(peer->heard.http_status, http_status);
    assert_int_equal(peer->heard.close_code, close_code);
    if (reason)
        assert_string_equal(peer->heard.reason, reason);
    assert_int_equal(peer->heard.closings, 1);
}

#endif
