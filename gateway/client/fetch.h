/* Every outgoing HTTP request (libcurl multi on the loop; ENGINE §3) behind the address guard of PROTOCOL
 * §6.2. One call is one hop: redirects are never followed here. */
#ifndef DRAWBRIDGE_GATEWAY_CLIENT_FETCH_H
#define DRAWBRIDGE_GATEWAY_CLIENT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/loop.h"
#include "gateway/task.h"

struct fetch_client;

enum fetch_error {
    FETCH_OK,        /* an HTTP answer came: see status */
    FETCH_FORBIDDEN, /* the guard or the refusal: nothing was connected */
    FETCH_DNS,
    FETCH_CONNECT, /* refused, unreachable, TLS */
    FETCH_TIMEOUT,
    FETCH_TOO_LARGE,
    FETCH_BROKEN, /* the connection closed early or spoke no HTTP */
    FETCH_BUSY,   /* too many requests in flight here, or may_send said no */
};

/* Asked before a name is resolved whether this host (lower case, punycode) is asked: FETCH_OK; else
 * FETCH_FORBIDDEN or, for now, FETCH_BUSY, with a sentence in *why. */
typedef enum fetch_error (*fetch_refusal)(void *context, const char *host, unsigned port, const char **why);

struct fetch_options {
    bool lab;                  /* http and loopback are permitted */
    const char *allow_private; /* comma-separated networks that are permitted although private; NULL */
    const char *ca_file;       /* NULL: the system's */
    const char *user_agent;
    size_t per_host_max, total_max; /* requests in flight */
    fetch_refusal refusal;          /* NULL: none */
    void *refusal_context;
};

struct fetch_header {
    const char *name, *value;
};

struct fetch_request {
    const char *method, *url;
    const struct fetch_header *headers;
    size_t header_count;
    const void *body; /* lives until the answer */
    size_t body_length;
    size_t response_max; /* bytes, after decompression; 0: the body is not wanted */
    unsigned timeout_ms; /* in all */
    bool trusted; /* a platform or a store that the operator configured: neither the address guard nor the
                     refusal is asked */
    /* Hosts that are asked one after the other have the same number here: curl looks through all idle
     * connections of their neighbourhood once a second while any of it is asked. One host always with the
     * same number, or its connections are not found again; 0: a place by its name. */
    unsigned neighbourhood;
    /* Asked, with the context of `done`, when a connection is there and nothing was sent yet: false is
     * FETCH_BUSY. NULL: it may. */
    bool (*may_send)(void *context);
};

struct fetch_result {
    enum fetch_error error;
    char reason[160]; /* for logs, when error is not FETCH_OK */
    int status;
    char *body; /* NUL-terminated; NULL when none */
    size_t length;
    char content_type[128], location[2048], date[48], accept_signature[256], etag[128];
    int64_t retry_after_ms; /* -1 none */
};

struct fetch_client *fetch_client_new(struct loop *loop, const struct fetch_options *options, char *error,
                                      size_t error_size);
void fetch_client_free(struct fetch_client *client);
/* How long a delivery waits for a TLS connection that is in use before it opens another; 250 at first. */
void fetch_client_be_patient(struct fetch_client *client, int64_t milliseconds);

/* Waits. The result is the caller's: fetch_result_clear. */
void fetch(struct fetch_client *client, const struct fetch_request *request, struct fetch_result *result);
void fetch_result_clear(struct fetch_result *result);

/* What one job may ask of servers that strangers name (PROTOCOL §6.2): from here on the running task may make
 * so many requests that are not trusted; one more is FETCH_FORBIDDEN. None of them lasts longer than the job
 * may. */
enum { FETCH_JOB_REQUESTS = 20, FETCH_JOB_MS = 60000 };
void fetch_allow(unsigned requests);
/* Takes one request off what the running task may ask and shortens it to the time that is left; FETCH_OK when
 * it may be made. */
enum fetch_error fetch_spend(struct fetch_request *request);

/* Without a task: `done` is called on the loop, always later than this call. All that the request points at
 * is copied, but the body. The result is cleared after `done` returns. */
typedef void (*fetch_done)(void *context, struct fetch_result *result);
void fetch_start(struct fetch_client *client, const struct fetch_request *request, fetch_done done,
                 void *context);

/* Ends the request of fetch_start with that context, once it is on its way: `done` is called inside this
 * call, with FETCH_BROKEN. One that is not on its way yet goes on to its own end. */
void fetch_give_up(struct fetch_client *client, const void *context);

size_t fetch_client_pending(const struct fetch_client *client);

#endif
