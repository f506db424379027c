/* Private to upstream/: accounts of remote people's own on platforms where the gateway makes and speaks as
 * them (ADAPTER_PUPPET_ACCOUNTS). What stands in the store (puppet_account:PLATFORM:KEY) is written before
 * the platform is asked: a gateway that is killed between any two steps finds the account again. Calls wait.
 */
#ifndef DRAWBRIDGE_GATEWAY_UPSTREAM_PUPPETS_H
#define DRAWBRIDGE_GATEWAY_UPSTREAM_PUPPETS_H

#include "gateway/store/accounts.h"
#include "gateway/upstream/push.h"

struct puppet {
    struct adapter_puppet account;
    const char *actor; /* of the person */
    unsigned attempt;  /* names that were taken */
    uint64_t revision; /* of the author as the account shows it */
    int64_t named;     /* when a name was asked for */
};

/* By the author's key. In the arena. */
enum lookup puppet_load(struct platform *platform, struct arena *arena, const char *key, struct puppet *out);
/* By the account's native id: one that lives. */
enum lookup puppet_of_native(struct platform *platform, struct arena *arena, const char *native,
                             struct puppet *out);

enum puppet_outcome {
    PUPPET_READY,
    PUPPET_LATER,
    PUPPET_LIMIT,   /* no more are made for now */
    PUPPET_REFUSED, /* the platform does not want it */
};
/* The author's puppet, made where there is none and brought up to date. */
enum puppet_outcome puppet_ensure(struct push *push, const struct remote_author *author, struct puppet *out);
/* A queue entry: the person's profile changed. */
enum work_result puppet_refresh(struct push *push, const char *key);
/* Removes it with all that it wrote. */
enum work_result puppet_remove(struct push *push, const char *key);

/* malloc'd, for puppet_wipe; NULL: there is none. */
char *puppet_password(struct platform *platform, const char *key);
void puppet_wipe(char *secret);

#endif
