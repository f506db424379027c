/* What every part of Plaza is given. */
#ifndef PLAZA_PLAZA_H
#define PLAZA_PLAZA_H

#include "plaza/database.h"
#include "plaza/text.h"

/* What Plaza takes; the contract's discovery document says the same. */
enum {
    POST_GRAPHEMES_MAX = 1000,
    POST_BYTES_MAX = 8000,
    WARNING_BYTES_MAX = 400,
    NAME_BYTES_MAX = 200,
    BIO_BYTES_MAX = 2000,
    URL_BYTES_MAX = 2048,
    ALT_BYTES_MAX = 1500,
    HANDLE_MAX = 30,
    MEDIA_MAX = 4,
    PAGE_MAX = 100,
    TOKENS_MAX = 2,
    ACCOUNT_ID_SIZE = 32, /* "u_" and a number */
    LOCAL_ID_SIZE = 32,   /* "p_" or "c_" and a number */
};

struct options {
    char address[64]; /* numeric, to listen on */
    int port;         /* 0: any free one */
    const char *database, *token_file, *fediverse_host;
    const char *public_url;                    /* NULL: as listened on */
    const char *webhook, *webhook_secret_file; /* NULL: the gateway comes for events */
    const char *owner_pages;                   /* NULL: members have no pages at the gateway */
    int heartbeat_s, requests_per_minute;
    bool test_api, new_epoch;
};

struct handover;

struct plaza {
    struct options options;
    struct database database;
    char url[256]; /* where people and the gateway reach Plaza; no slash at the end */
    char epoch[64];
    struct handover *handover;                     /* NULL: none */
    int64_t rate_at_ms, rate_left;                 /* of the contract: see within_rate */
    char token_hashes[TOKENS_MAX][HASH_TEXT_SIZE]; /* SHA-256 of the gateway's tokens; "" = none */
};

#endif
