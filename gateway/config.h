/* The configuration file (INI) and its environment overrides: DRAWBRIDGE_SECTION_KEY, such as
 * DRAWBRIDGE_GATEWAY_PUBLIC_URL or DRAWBRIDGE_PLATFORM_PLAZA_TOKEN ('-' and '.' of a name become '_'; an
 * empty variable counts as none; DRAWBRIDGE_PLATFORM_NAME_ADAPTER alone declares a platform). Read once;
 * every error names file and line (or the variable), reason, remedy. */
#ifndef DRAWBRIDGE_GATEWAY_CONFIG_H
#define DRAWBRIDGE_GATEWAY_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "gateway/sig/webhook.h"

enum { CONFIG_PLATFORMS_MAX = 16, CONFIG_HOSTS_MAX = 256, CONFIG_WARNINGS_MAX = 8 };

struct config_platform {
    char *name, *adapter;
    char *host;                           /* authority of its own host; NULL: the primary one */
    char *token;                          /* credential, from token or token_file; never logged */
    char *admin_password;                 /* of its server's administrator; NULL; never logged */
    struct webhook_secret webhook_secret; /* with which it signs events that it POSTs to us */
    int hold_seconds; /* hold window of accounts switched on from now on; -1: the default */
    json_t *settings; /* the adapter's other keys (url, …), strings */
};

/* One host that we serve: an authority and the base URL made of it. */
struct config_host {
    char *authority; /* "alice.example", "127.0.0.1:8080" */
    char *base;      /* "https://alice.example" */
    char *account;   /* PLATFORM:NATIVE_ID for a host of one account, else NULL */
};

struct config {
    char *file;
    /* [gateway] */
    char *public_url, *listen, *data_dir, *trusted_proxies, *node_name;
    char *contact, *imprint; /* of who runs it, for people: an address or a text each; NULL */
    unsigned workers;        /* default: number of cores */
    bool lab;                /* mode = lab | production (default) */
    unsigned hold_seconds;   /* default hold window of an account; 30, 0 for platforms that assert consent */
    unsigned char
        key_secret[32]; /* encrypts private keys at rest: key_file, or made in data_dir/key at first start */
    /* [redis] */
    char *redis_url; /* url or url_file; may hold a password; NULL: private server in data_dir */
    /* [fetch] */
    char *allow_private, *ca_file;
    /* [federation] mode = open | allowlist: only servers that a rule allows are dealt with */
    bool listed_only;
    /* [limits]; a rate of 0: none */
    struct {
        unsigned address_per_second, host_per_second; /* per worker */
        unsigned inbox_queue; /* kept activities that wait, past which inboxes answer 503 */
        unsigned answers_mib; /* of a worker's memory, for documents that were served lately; 0: none */
        unsigned memory_mib;  /* of a worker, past which everything answers 503 */
    } limits;
    /* [admin] listen: where the API and the pages for owners and the operator are; NULL: nowhere. public_url:
     * how people reach it */
    char *admin_listen, *admin_url;
    /* [ledger] */
    bool look_at_copies;  /* public pages of deleted posts, which servers told us; off by default */
    unsigned notice_days; /* a Delete that is unanswered for so long is told to the owner */
    /* [log] */
    bool log_json;
    char *log_level;
    struct config_platform platforms[CONFIG_PLATFORMS_MAX];
    size_t platform_count;
    struct config_host hosts[CONFIG_HOSTS_MAX]; /* the first is the primary */
    size_t host_count;
    char *warnings[CONFIG_WARNINGS_MAX]; /* sentences for the operator: permitted, but unwise */
    size_t warning_count;
};

/* Reads `path`; makes data_dir and its key where they are missing. NULL on error, with the sentence in
 * `error`. */
struct config *config_read(const char *path, char *error, size_t error_size);
void config_free(struct config *config);
/* The host of that authority (lower case), or NULL. */
const struct config_host *config_host_find(const struct config *config, const char *authority);
const struct config_platform *config_platform_find(const struct config *config, const char *name);
/* The host that serves accounts of a platform; one account may have its own. */
const struct config_host *config_host_for(const struct config *config, const char *platform,
                                          const char *native_id);

#endif
