/* What the gateway reads: accounts and posts (PLATFORMS §7.4, §7.5), and never more than their owners gave.
 */
#ifndef PLAZA_READS_H
#define PLAZA_READS_H

#include "plaza/request.h"

/* /v1/accounts?handle= or ?after=&limit=: {items, next}; by handle it has one item or none. */
void read_accounts(struct plaza *plaza, struct request *request);
/* /v1/accounts/ID */
void read_account(struct plaza *plaza, struct request *request);
/* /v1/accounts/ID/posts?order=&after=&limit= */
void read_posts(struct plaza *plaza, struct request *request);
/* /v1/accounts/ID/post-ids: (id, rev) of every post there is for the gateway. */
void read_post_ids(struct plaza *plaza, struct request *request);
/* /v1/posts/ID */
void read_post(struct plaza *plaza, struct request *request);
/* /v1/posts/ID/replies: the members' answers. */
void read_replies(struct plaza *plaza, struct request *request);

#endif
