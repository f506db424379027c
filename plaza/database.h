/* SQLite behind a few calls. An error is remembered until the transaction ends, and then nothing of it stays:
 * code between begin and end need not check every statement. */
#ifndef PLAZA_DATABASE_H
#define PLAZA_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "plaza/json.h"

struct database {
    sqlite3 *handle;
    bool failed;     /* a statement of this transaction failed */
    bool new_events; /* the outbox grew in this transaction */
    char error[256]; /* what SQLite said; for the operator only */
};

/* Opens or creates the file (WAL, synchronous=FULL) and brings it to today's schema. False: `error` says why.
 */
bool database_open(struct database *database, const char *file);
void database_close(struct database *database);

/* `writes` takes SQLite's write lock at once: event numbers are given under it, so no reader can step over
 * one. */
bool database_begin(struct database *database, bool writes);
/* Commits, or rolls back when `keep` is false or something failed. True: what was kept is on the disk. */
bool database_end(struct database *database, bool keep);

/* A prepared statement with its parameters bound: one letter of `types` per argument, t = text (const char *,
 * may be NULL), i = int64_t, j = json_t * stored as text (borrowed; NULL stays NULL). Never NULL unless
 * `failed` was set. */
sqlite3_stmt *database_query(struct database *database, const char *sql, const char *types, ...);
/* Steps to the next row; false at the end or on an error, and the statement is finished then. */
bool database_row(struct database *database, sqlite3_stmt **statement);
/* Ends a statement before its last row. */
void database_finish(sqlite3_stmt **statement);
/* Runs a statement that gives no rows; returns how many rows it changed. */
int database_run(struct database *database, const char *sql, const char *types, ...);
/* The first column of the first row, `otherwise` without one. */
int64_t database_number(struct database *database, int64_t otherwise, const char *sql, const char *types,
                        ...);

/* Columns: text is borrowed until the next step. */
const char *column_text(sqlite3_stmt *statement, int column);
int64_t column_number(sqlite3_stmt *statement, int column);
/* Text, or null for NULL. New reference. */
json_t *column_json_text(sqlite3_stmt *statement, int column);
/* A time in ms as RFC 3339, or null for NULL. New reference. */
json_t *column_json_time(sqlite3_stmt *statement, int column);
/* Stored JSON, or null for NULL. New reference. */
json_t *column_json(sqlite3_stmt *statement, int column);

/* A value of the table `meta`, "" when absent. */
void database_meta(struct database *database, const char *key, char *out, size_t size);

extern const char database_schema[];

#endif
