/* A websocket URL taken apart (RFC 6455 §3). */
#ifndef DRAWBRIDGE_GATEWAY_CLIENT_WEBSOCKET_URL_H
#define DRAWBRIDGE_GATEWAY_CLIENT_WEBSOCKET_URL_H

#include <stdbool.h>

/* libwebsockets cuts a longer Host line or request line off (4.1.6: 128 and 2048 bytes). */
enum { WEBSOCKET_AUTHORITY_MAX = 110, WEBSOCKET_PATH_MAX = 2000 };

struct websocket_url {
    bool secure;
    unsigned port;
    char host[WEBSOCKET_AUTHORITY_MAX + 1];      /* lower case; an IPv6 literal without brackets */
    char authority[WEBSOCKET_AUTHORITY_MAX + 1]; /* as the Host header says it */
    char path[WEBSOCKET_PATH_MAX + 1];           /* with the query */
};

/* NULL, or a constant phrase that says what is wrong. */
const char *websocket_url_read(const char *text, struct websocket_url *url);

#endif
