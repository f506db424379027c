/* Private to ledger/: small pieces of its documents. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_LEDGER_PRIVATE_H
#define DRAWBRIDGE_GATEWAY_LEDGER_LEDGER_PRIVATE_H

#include <jansson.h>
#include <stdint.h>

/* How long a Delete is kept for those that do not answer, and what is known of it (exposure_expire.lua). */
#define LEDGER_KEPT_MS ((int64_t)180 * 86400 * 1000)

enum { LEDGER_BUDGET = 4 << 20 };

/* Members that are absent when there is nothing to say. */
void ledger_put_text(json_t *object, const char *name, const char *value);
void ledger_put_number(json_t *object, const char *name, int64_t value);

/* "https://m.example" is shown as m.example; what is not https keeps its scheme away too. Borrowed. */
const char *ledger_short_name(const char *origin);

#endif
