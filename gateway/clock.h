/* The wall clock of the gateway, injectable so that tests live through forty days in a second. */
#ifndef DRAWBRIDGE_GATEWAY_CLOCK_H
#define DRAWBRIDGE_GATEWAY_CLOCK_H

#include <stdint.h>

/* Milliseconds since the Unix epoch, plus what the file named by DRAWBRIDGE_TEST_CLOCK says (lab mode only:
 * seconds to add, read again at each call when the file changed). */
int64_t clock_now_ms(void);
/* Lets DRAWBRIDGE_TEST_CLOCK count; called by main.c in lab mode. */
void clock_allow_test_offset(const char *path);

#endif
