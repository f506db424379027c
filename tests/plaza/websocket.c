#include "tests/plaza/websocket.h"

#include <openssl/evp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";

static bool receive(int socket, void *bytes, size_t length)
{
    return !length || recv(socket, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

/* §4.2.2: SHA-1 of the key and a fixed GUID, in base64. */
static void expected_accept(char out[32])
{
    char text[128];
    unsigned char digest[20];
    int length = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    assert_true(EVP_Digest(text, (size_t)length, digest, NULL, EVP_sha1(), NULL));
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

struct websocket websocket_open(const struct platform *platform, const char *cursor,
                                const char *authorization)
{
    struct websocket websocket = {.socket = platform_connect(platform)};
    char head[2048] = "";
    char accept[32];
    assert_true(websocket.socket >= 0);
    int length = snprintf(head, sizeof head,
                          "GET /v1/stream%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
                          "Sec-WebSocket-Protocol: drawbridge.v1.json\r\n%s\r\n",
                          cursor ? "?cursor=" : "", cursor ? cursor : "", key, authorization);
    assert_int_equal(send(websocket.socket, head, (size_t)length, MSG_NOSIGNAL), length);
    head[0] = '\0';
    size_t got = 0;
    while (got < sizeof head - 1 && !strstr(head, "\r\n\r\n")) {
        assert_true(receive(websocket.socket, head + got, 1));
        head[++got] = '\0';
    }
    expected_accept(accept);
    assert_non_null(strstr(head, "HTTP/1.1 101"));
    assert_non_null(strstr(head, accept));
    assert_non_null(strcasestr(head, "Sec-WebSocket-Protocol: drawbridge.v1.json"));
    return websocket;
}

static void send_frame(int socket, unsigned opcode, const char *bytes, size_t length)
{
    unsigned char frame[8 + 1024];
    size_t head = 2;
    assert_true(length <= 1000);
    frame[0] = (unsigned char)(0x80 | opcode);
    if (length < 126)
        frame[1] = (unsigned char)(0x80 | length);
    else {
        frame[1] = 0x80 | 126;
        frame[2] = (unsigned char)(length >> 8);
        frame[3] = (unsigned char)length;
        head = 4;
    }
    memcpy(frame + head, "mask", 4);
    for (size_t i = 0; i < length; i++)
        frame[head + 4 + i] = (unsigned char)(bytes[i] ^ "mask"[i % 4]);
    (void)!send(socket, frame, head + 4 + length, MSG_NOSIGNAL);
}

/* The payload of one frame, owned by the caller; NULL when the connection ended inside or before it. */
static char *read_frame(int socket, unsigned *opcode, size_t *length)
{
    unsigned char head[2];
    unsigned char more[8];
    if (!receive(socket, head, 2))
        return NULL;
    assert_int_equal(head[0] & 0xf0, 0x80); /* whole, no extension */
    assert_int_equal(head[1] & 0x80, 0);    /* a server does not mask */
    *opcode = head[0] & 0x0f;
    *length = head[1];
    size_t extended = head[1] == 126 ? 2 : head[1] == 127 ? 8 : 0;
    if (!receive(socket, more, extended))
        return NULL;
    if (extended)
        *length = 0;
    for (size_t i = 0; i < extended; i++)
        *length = *length << 8 | more[i];
    assert_true(*length <= 1 << 20);
    char *payload = malloc(*length + 1);
    if (!payload)
        abort();
    payload[*length] = '\0';
    if (receive(socket, payload, *length))
        return payload;
    free(payload);
    return NULL;
}

static void note_close(struct websocket *websocket, const char *payload, size_t length)
{
    websocket->close_code = length >= 2 ? (unsigned char)payload[0] << 8 | (unsigned char)payload[1] : 1005;
    if (length >= 2)
        snprintf(websocket->close_reason, sizeof websocket->close_reason, "%s", payload + 2);
    send_frame(websocket->socket, 8, payload, length);
}

json_t *websocket_next(struct websocket *websocket)
{
    for (;;) {
        unsigned opcode;
        size_t length;
        char *payload = read_frame(websocket->socket, &opcode, &length);
        json_t *message = NULL;
        if (!payload) {
            websocket->close_code = -1;
            return NULL;
        }
        if (opcode == 1) {
            message = json_loads(payload, 0, NULL);
            assert_non_null(message);
        } else if (opcode == 8)
            note_close(websocket, payload, length);
        else if (opcode == 9)
            send_frame(websocket->socket, 10, payload, length);
        free(payload);
        if (opcode != 9)
            return message;
    }
}

bool websocket_waits(const struct websocket *websocket, int milliseconds)
{
    struct pollfd wanted = {.fd = websocket->socket, .events = POLLIN};
    return poll(&wanted, 1, milliseconds) > 0;
}

json_t *websocket_expect(struct websocket *websocket, const char *op)
{
    json_t *message = websocket_next(websocket);
    if (!message)
        fail_msg("the stream ended (%d %s) instead of %s", websocket->close_code, websocket->close_reason,
                 op);
    assert_string_equal(text_of(message, "op"), op);
    return message;
}

int64_t websocket_expect_event(struct websocket *websocket, const char *type, const char *subject)
{
    json_t *message = websocket_next(websocket);
    while (message && strcmp(text_of(message, "op"), "mark") == 0) {
        json_decref(message);
        message = websocket_next(websocket);
    }
    const json_t *event = json_object_get(message, "event");
    assert_string_equal(text_of(event, "type"), type);
    assert_string_equal(text_of(event, "subject"), subject);
    int64_t seq = number_of(event, "seq");
    json_decref(message);
    return seq;
}

void websocket_expect_close(struct websocket *websocket, int code)
{
    for (json_t *message = websocket_next(websocket); message; message = websocket_next(websocket))
        json_decref(message);
    assert_int_equal(websocket->close_code, code);
}

void websocket_send(const struct websocket *websocket, const char *text)
{
    send_frame(websocket->socket, 1, text, strlen(text));
}

void websocket_close(struct websocket *websocket)
{
    close(websocket->socket);
}
