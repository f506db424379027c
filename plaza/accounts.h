/* Members of Plaza and their wishes. Each change that the gateway must know writes its event. */
#ifndef PLAZA_ACCOUNTS_H
#define PLAZA_ACCOUNTS_H

#include "plaza/plaza.h"

struct account {
    int64_t id;
    char handle[HANDLE_MAX + 1];
    char name[NAME_BYTES_MAX + 1];
    char bio[BIO_BYTES_MAX + 1];
    char status[16];
    int64_t created, since, rev;
    bool federation;       /* the owner's switch */
    bool federated_before; /* it was on at some time: the gateway may ask about the account */
    bool replies;          /* people of other servers may answer */
    bool discoverable;
};

/* alice, bob and carol, at the first start. */
void accounts_seed(struct database *database);
/* 0 when the handle is taken or malformed. */
int64_t account_create(struct database *database, const char *handle, const char *name);

bool account_by_id(struct database *database, int64_t id, struct account *account);
/* By a handle of today or of the past. */
bool account_by_handle(struct database *database, const char *handle, struct account *account);
bool account_is_active(const struct account *account);

/* The contract's account (PLATFORMS §7.4). New reference. */
json_t *account_json(struct plaza *plaza, const struct account *account);

/* Changes write `account` anew from the database. They do nothing where nothing differs. */
void account_set_federation(struct plaza *plaza, struct account *account, bool on);
void account_set_profile(struct plaza *plaza, struct account *account, const char *name, const char *bio);
void account_set_wishes(struct plaza *plaza, struct account *account, bool replies, bool discoverable);
/* Something else that the contract's account tells changed. */
void account_touch(struct plaza *plaza, struct account *account);
/* False: the status is not one of the contract's four. */
bool account_set_status(struct plaza *plaza, struct account *account, const char *status);
/* False: malformed, or it belongs or once belonged to somebody else. */
bool account_rename(struct plaza *plaza, struct account *account, const char *handle);
/* A member blocks somebody of another server, by the gateway's key, or takes it back. False: unknown. */
bool account_block(struct plaza *plaza, const struct account *account, const char *key, bool on);

#endif
