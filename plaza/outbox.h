/* The transactional outbox: an event is written in the transaction of what it tells, and its number is given
 * under SQLite's write lock, so numbers become visible in their order. */
#ifndef PLAZA_OUTBOX_H
#define PLAZA_OUTBOX_H

#include "plaza/plaza.h"

enum { EVENT_WINDOW_S = 7 * 86400 };

/* Appends inside the open transaction. `account` is the native id whose order the event keeps, or NULL;
 * `subject` and `data` are taken over (subject may be NULL). */
void outbox_append(struct database *database, const char *type, const char *account, json_t *subject,
                   int64_t rev, json_t *data);

/* The numbers between which a cursor may stand. */
struct outbox_range {
    int64_t earliest; /* the first event that is kept */
    int64_t latest;   /* the last number given; 0 before the first */
};
struct outbox_range outbox_range(struct database *database);
/* 0 (from the earliest on) or a number whose successors are all kept, and not one from the future. */
bool outbox_cursor_valid(const struct outbox_range *range, int64_t cursor);

/* The first event after `cursor` as the contract's envelope (new reference) with its number and account
 * ("" = none); NULL when there is none. */

json_t *outbox_next(struct plaza *plaza, int64_t cursor, int64_t *seq, char account[ACCOUNT_ID_SIZE]);

/* Forgets what is older than the window. */
void outbox_prune(struct database *database);
/* Inside the open transaction: forgets every event so far. */
void outbox_forget_all(struct database *database);
/* Inside the open transaction: forgets every event, and what comes is numbered anew under another epoch. */
void outbox_new_epoch(struct database *database);

#endif
