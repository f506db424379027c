/* Who looks at a page: a cookie, a session behind it, and the token that forms carry against forgery. */
#ifndef PLAZA_VISITOR_H
#define PLAZA_VISITOR_H

#include "plaza/accounts.h"
#include "plaza/request.h"

struct visitor {
    char token[TOKEN_TEXT_SIZE]; /* of the cookie; a new visitor is given one */
    char csrf[HASH_TEXT_SIZE];
    bool signed_in;
    struct account account; /* when signed in */
};

void visitor_read(struct plaza *plaza, struct request *request, struct visitor *visitor);
void visitor_sign_in(struct plaza *plaza, struct request *request, struct visitor *visitor, int64_t account);
void visitor_sign_out(struct plaza *plaza, struct request *request, struct visitor *visitor);

/* The form of a POST that this visitor's own page sent (new reference), or NULL after 400 or 403. */
json_t *visitor_form(struct plaza *plaza, struct request *request, struct visitor *visitor);

#endif
