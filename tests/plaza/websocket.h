/* A websocket client (RFC 6455) written for the tests: it shares nothing with what it tests. */
#ifndef TESTS_PLAZA_WEBSOCKET_H
#define TESTS_PLAZA_WEBSOCKET_H

#include "tests/plaza/platform.h"

struct websocket {
    int socket;
    int close_code; /* of the server's close frame; 0: none came; -1: the connection ended without one */
    char close_reason[128];
};

/* Opens /v1/stream; `cursor` may be NULL, `authorization` is a header line. */
struct websocket websocket_open(const struct platform *platform, const char *cursor,
                                const char *authorization);
/* The next text message as JSON (new reference); NULL when the connection ended: see close_code. */
json_t *websocket_next(struct websocket *websocket);
/* True when a message is there within that time. */
bool websocket_waits(const struct websocket *websocket, int milliseconds);
/* The next message, which must have this op. */
json_t *websocket_expect(struct websocket *websocket, const char *op);
/* The event in the next message that is no mark; it must have this type and subject. Its seq. */
int64_t websocket_expect_event(struct websocket *websocket, const char *type, const char *subject);
/* The server closes with this code, whatever it sends before. */
void websocket_expect_close(struct websocket *websocket, int code);
void websocket_send(const struct websocket *websocket, const char *text);
void websocket_close(struct websocket *websocket);

#endif
