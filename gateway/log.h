/* Structured logs: one line per entry on stderr, as text or JSON. Secrets never come here. */
#ifndef DRAWBRIDGE_GATEWAY_LOG_H
#define DRAWBRIDGE_GATEWAY_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Process-wide settings, made once by main.c before any thread runs. */
void log_configure(bool json, enum log_level lowest, const char *process);

/* `what` is a short constant sentence; then NULL-terminated pairs of names and string values:
 * log_write(LOG_INFO, "delivery accepted", "trace", trace, "host", host, "status", "202", (char *)NULL). A
 * NULL value is left out. Values are cleaned of control characters and cut at 512 bytes. */
void log_write(enum log_level level, const char *what, ...) __attribute__((sentinel));
/* As log_write, and `number_name`=number. */
void log_number(enum log_level level, const char *what, const char *number_name, int64_t number, ...)
    __attribute__((sentinel));

/* A trace id: 16 hex characters from chance, from event to delivery. */
enum { TRACE_LENGTH = 16 };
void trace_new(char out[TRACE_LENGTH + 1]);

#endif
