/* Whom members follow in the fediverse (the contract's feature timeline): members ask here, the gateway says
 * what became of it, and what those people write is on the member's home page. */
#ifndef PLAZA_FOLLOWS_H
#define PLAZA_FOLLOWS_H

#include "plaza/accounts.h"
#include "plaza/request.h"

/* PUT of /v1/remote-relations/KEY of the kind "followed". */
void followed_put(struct plaza *plaza, struct request *request, const char *key, const json_t *body);

/* The member wants to follow name@server, or (follow_end) somebody no more, by the gateway's key. The gateway
 * is told and answers by what it puts. False: the address is none, or the person is not known; or the member
 * is not in the fediverse. */
bool follow_wish(struct plaza *plaza, const struct account *account, const char *acct);
bool follow_end(struct plaza *plaza, const struct account *account, const char *key);

/* Whether any member follows that person (local number). */
bool followed_by_anybody(struct plaza *plaza, int64_t actor);

/* GET /home and POST /follow, for who is signed in. */
void get_home_page(struct plaza *plaza, struct request *request);
void action_follow(struct plaza *plaza, struct request *request);

#endif
