/* Tokens for the API: shown once, kept as hashes. A token speaks for the operator, or for one account. Calls
 * wait. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_TOKENS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_TOKENS_H

#include "gateway/store/accounts.h"
#include "gateway/store/store.h"

enum { TOKEN_SIZE = 64, TOKEN_NAME_MAX = 64 };

struct token_holder {
    char name[TOKEN_NAME_MAX + 1];
    char aid[AID_LENGTH + 1]; /* "": the operator */
};

/* Makes a token and writes it to `out`. LOOKUP_FOUND; LOOKUP_ABSENT when the name is taken. */
enum lookup token_make(struct store *store, const struct token_holder *holder, int64_t now,
                       char out[TOKEN_SIZE]);
/* Who holds it; LOOKUP_ABSENT for none of ours. */
enum lookup token_find(struct store *store, const char *token, struct token_holder *out);
/* LOOKUP_ABSENT when there is none of that name. */
enum lookup token_remove(struct store *store, const char *name);

#endif
