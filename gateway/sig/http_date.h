/* HTTP dates: IMF-fixdate of RFC 9110 §5.6.7 and nothing else. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_HTTP_DATE_H
#define DRAWBRIDGE_GATEWAY_SIG_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_DATE_LENGTH = 29 };

/* "Tue, 20 Apr 2021 02:07:55 GMT": seconds since the Unix epoch. Strict: every character in its place, a day
 * that exists and the weekday that it has. */
bool http_date_parse(const char *text, int64_t *seconds);
/* Years 1970 to 9999. */
void http_date_format(int64_t seconds, char out[HTTP_DATE_LENGTH + 1]);

#endif
