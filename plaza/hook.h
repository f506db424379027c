/* Signed requests to the gateway (the contract's §4.5): where to, and with what secret. */
#ifndef PLAZA_HOOK_H
#define PLAZA_HOOK_H

#include <libwebsockets.h>

#include "plaza/text.h"

enum { HOOK_SECRET_MIN = 24, HOOK_SECRET_MAX = 64, HOOK_SIGNATURE_SIZE = 128 };

struct server;

struct hook {
    char scheme[8], host[256], path[512];
    int port;
    unsigned char secret[HOOK_SECRET_MAX];
    size_t secret_length;
};

/* Reads the address and the file with the secret. False: `error` says what is wrong with `option`. */
bool hook_read(struct hook *hook, const char *option, const char *url, const char *secret_file, char *error,
               size_t size);
void hook_clear(struct hook *hook);

/* "v1,…" over id.timestamp.body. */
void hook_sign(const struct hook *hook, const char *id, const char *timestamp, const char *body,
               char out[HOOK_SIGNATURE_SIZE]);
/* Begins a POST; false when that failed at once (it may have called back all the same). */
bool hook_connect(const struct hook *hook, const struct server *server, const char *protocol,
                  struct lws **wsi, void *opaque);
/* The head's headers for a body of that length. 0, or -1 when there is no room. */
int hook_write_head(const struct hook *hook, struct lws *wsi, const char *id, const char *signed_body,
                    size_t length, unsigned char **at, unsigned char *end);
/* The whole body. 0, or -1 when the connection is to be closed. */
int hook_write_body(struct lws *wsi, const void *body, size_t length);

#endif
