/* Accounts in the store (docs/store.md): consent state, identity, keys. All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_ACCOUNTS_H
#define DRAWBRIDGE_GATEWAY_STORE_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/store/store.h"
#include "mapping/ids.h"
#include "mapping/model.h"

/* DESIGN §6. An account that was never switched on has no record at all: CONSENT_OFF. */
enum consent { CONSENT_OFF, CONSENT_ON, CONSENT_PAUSED, CONSENT_LEAVING, CONSENT_GONE };
const char *consent_name(enum consent consent);
enum consent consent_of(const char *name); /* CONSENT_OFF for what is none, and NULL */

/* On or paused: what is out stands, and Deletes are told. While it is paused nothing new leaves. */
bool consent_is_bridged(enum consent consent);

enum lookup { LOOKUP_FOUND, LOOKUP_ABSENT, LOOKUP_DOWN };

struct account_record {
    const char *aid, *platform, *native, *host, *name; /* host: authority */
    enum consent consent;
    struct account account; /* the neutral source */
    const char *public_key_pem;
    const char *private_key_sealed; /* binary */
    size_t private_key_sealed_length;
    int64_t created, consent_since, hold_ms;
    int64_t number, post_count, follower_count, following_count;
    bool authorized_fetch;
    bool show_following; /* whom the account follows is nobody's business unless its owner says so */
    const char *aliases; /* what the owner named, beside what the platform says: URLs, divided by blanks */
    int64_t moved_at;    /* ms; 0: never */
    const char *home_marker; /* posts with this hashtag stay home; NULL */
    int64_t retention_days;  /* after which copies of what others wrote to it go (retention.h); 0: never */
    bool keeps_home;         /* some post was kept home (upstream/keep_home.h) */
    const char *pauses;      /* "FROM-TO FROM-TO FROM-", ms, the last without an end while it lasts; NULL */
    const char *next_public_key_pem; /* NULL: the key stays */
    int64_t key_generation;          /* how often it was changed */
    const char *rendered_from;       /* for renderings.h */
    const char *stamp; /* differs when anything does that decides whether and how a new post is told */
};

/* By AID. The record lives in the arena. */
enum lookup account_load(struct store *store, struct arena *arena, const char *aid,
                         struct account_record *out);
/* The same from a reply that holds its fields, name and value in turn. */
enum lookup account_read(const struct reply *reply, struct arena *arena, const char *aid,
                         struct account_record *out);
/* By the native account, when it is not gone: in one go with finding its AID. */
enum lookup account_load_native(struct store *store, struct arena *arena, const char *platform,
                                const char *native, struct account_record *out);
/* AID of a native account whose record is not gone; "" when there is none. */
enum lookup account_of_native(struct store *store, const char *platform, const char *native,
                              char aid[AID_LENGTH + 1]);
/* AID behind a NAME of a host, also an old name. */
enum lookup account_of_name(struct store *store, const char *host, const char *name,
                            char aid[AID_LENGTH + 1]);

struct account_creation {
    const char *aid, *platform, *host, *name, *name_on_collision;
    const struct account *account;
    const char *public_key_pem;
    const void *private_key_sealed;
    size_t private_key_sealed_length;
    int64_t now, hold_ms;
};
/* Switches an account on: mints the record unless one lives (then its AID comes back and *created is false).
 */
enum lookup account_create(struct store *store, const struct account_creation *creation,
                           char aid[AID_LENGTH + 1], bool *created);

/* Stores a newer profile. *changed is false for a revision that is not newer. `name` (from the handle)
 * renames when it differs: the old NAME goes on answering. */
enum lookup account_update(struct store *store, const char *aid, const struct account *account,
                           const char *name, const char *name_on_collision, bool *changed);

/* Moves the consent state on, if it is `from` now; *moved says whether it was. */
enum lookup account_set_consent(struct store *store, const char *aid, enum consent from, enum consent to,
                                int64_t now, bool *moved);

/* The next key of an account, unless one waits. LOOKUP_ABSENT: one does, or the account is not on. */
enum lookup account_key_next(struct store *store, const char *aid, const char *public_key_pem,
                             const void *private_key_sealed, size_t private_key_sealed_length);
/* The account signs with its next key from now on. LOOKUP_ABSENT: there is none. */
enum lookup account_key_switch(struct store *store, const char *aid);

#endif
