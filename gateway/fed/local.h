/* Our own ids, taken apart, and the one function that decides what of an account anybody may see. */
#ifndef DRAWBRIDGE_GATEWAY_FED_LOCAL_H
#define DRAWBRIDGE_GATEWAY_FED_LOCAL_H

#include "gateway/config.h"
#include "gateway/store/accounts.h"
#include "mapping/ids.h"

enum local_kind {
    LOCAL_NONE,     /* not on a host of ours, or no path of ours */
    LOCAL_INSTANCE, /* …/actor */
    LOCAL_ACTOR,    /* …/u/AID (a fragment such as #main-key is ignored) */
    LOCAL_PART,     /* …/u/AID/PART: inbox, outbox, followers, following, featured */
    LOCAL_POST,     /* …/u/AID/p/OID */
    LOCAL_POST_PART,
    LOCAL_BOOST, /* …/u/AID/b/OID */
    LOCAL_QUOTE, /* …/u/AID/q/OID: a permission to quote */
};

struct local_id {
    enum local_kind kind;
    const struct config_host *host;
    char aid[AID_LENGTH + 1], oid[OID_LENGTH + 1];
    char part[32];
};

/* Takes a URL apart; the result's kind is LOCAL_NONE when it is not ours. */
struct local_id local_parse(const struct config *config, const char *url);
/* The same for a path on a host of ours that is known already. */
struct local_id local_parse_path(const struct config_host *host, const char *path);
/* True when the URL's authority is one of our hosts, whatever the path. */
bool local_is_ours(const struct config *config, const char *url);

/* The parts of an account that a public route can ask for. */
enum public_part { PART_DISCOVERY, PART_ACTOR, PART_CONTENT, PART_INBOX };
enum view {
    VIEW_ALL,
    VIEW_STUB,      /* the actor of an account that is leaving */
    VIEW_SUSPENDED, /* 403: the platform hides the account for now */
    VIEW_ABSENT,    /* 404: never switched on, or unknown */
    VIEW_GONE,      /* 410 */
};

/* DESIGN §6: whether an account exists, for every public route. `record` NULL: there is none. `host` is the
 * host that was asked: an account exists on its own host only. */
enum view account_view(const struct account_record *record, const struct config_host *host,
                       enum public_part part);

#endif
