/* Reports (docs/contract §6.1): what other servers say of members, and what members say of people there. */
#ifndef PLAZA_REPORTS_H
#define PLAZA_REPORTS_H

#include "plaza/accounts.h"
#include "plaza/fields.h"

enum { REPORT_COMMENT_MAX = 5000 }; /* bytes */

/* /v1/reports/KEY */
void report_put(struct plaza *plaza, struct request *request);

/* A member reports the remote post or person of that key; `forward`: their server is to hear of it. False:
 * there is none. */
bool report_make(struct plaza *plaza, const struct account *account, const char *key, const char *comment,
                 bool forward);

/* All that came, the newest first: {key, account, posts, server, comment}. A new reference. */
json_t *reports_json(struct plaza *plaza);

#endif
