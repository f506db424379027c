#include "plaza/database.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/text.h"

enum { BUSY_MS = 10000 };

static void fail(struct database *database)
{
    if (!database->failed)
        snprintf(database->error, sizeof database->error, "%s", sqlite3_errmsg(database->handle));
    database->failed = true;
}

static bool execute(struct database *database, const char *sql)
{
    if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    fail(database);
    return false;
}

/* Columns that a file of an earlier Plaza lacks. */
static void add_missing_columns(struct database *database)
{
    static const struct {
        const char *table, *column, *change;
    } columns[] = {
        {"post", "poll", "ALTER TABLE post ADD COLUMN poll TEXT"},
        {"post", "quote", "ALTER TABLE post ADD COLUMN quote TEXT"},
        {"post", "repost", "ALTER TABLE post ADD COLUMN repost TEXT"},
        {"post", "pinned", "ALTER TABLE post ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0"},
        {"remote_post", "quote", "ALTER TABLE remote_post ADD COLUMN quote TEXT"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (!database_number(database, 0, "SELECT count(*) FROM pragma_table_info(?) WHERE name = ?", "tt",
                             columns[i].table, columns[i].column))
            (void)execute(database, columns[i].change);
}

bool database_open(struct database *database, const char *file)
{
    *database = (struct database){0};
    if (sqlite3_open_v2(file, &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK) {
        fail(database);
        return false;
    }
    sqlite3_busy_timeout(database->handle, BUSY_MS);
    if (!execute(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL") ||
        !database_begin(database, true))
        return false;
    if (execute(database, database_schema))
        add_missing_columns(database);
    return database_end(database, true);
}

void database_close(struct database *database)
{
    sqlite3_close(database->handle);
    database->handle = NULL;
}

bool database_begin(struct database *database, bool writes)
{
    database->failed = database->new_events = false;
    database->error[0] = '\0';
    return execute(database, writes ? "BEGIN IMMEDIATE" : "BEGIN");
}

bool database_end(struct database *database, bool keep)
{
    bool kept = keep && !database->failed && execute(database, "COMMIT");
    if (!kept && !sqlite3_get_autocommit(database->handle))
        sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
    return kept;
}

static int bind_json(sqlite3_stmt *statement, int position, const json_t *value)
{
    if (!value)
        return sqlite3_bind_null(statement, position);
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text)
        abort();
    return sqlite3_bind_text(statement, position, text, -1, free);
}

static sqlite3_stmt *prepare(struct database *database, const char *sql, const char *types, va_list arguments)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);
    for (int i = 0; result == SQLITE_OK && types[i]; i++) {
        if (types[i] == 'i')
            result = sqlite3_bind_int64(statement, i + 1, va_arg(arguments, int64_t));
        else if (types[i] == 't')
            result =
                sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *), -1, SQLITE_TRANSIENT);
        else
            result = bind_json(statement, i + 1, va_arg(arguments, const json_t *));
    }
    if (result == SQLITE_OK)
        return statement;
    fail(database);
    sqlite3_finalize(statement);
    return NULL;
}

sqlite3_stmt *database_query(struct database *database, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *statement = prepare(database, sql, types, arguments);
    va_end(arguments);
    return statement;
}

bool database_row(struct database *database, sqlite3_stmt **statement)
{
    if (!*statement)
        return false;
    int result = sqlite3_step(*statement);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        fail(database);
    database_finish(statement);
    return false;
}

void database_finish(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}

int database_run(struct database *database, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *statement = prepare(database, sql, types, arguments);
    va_end(arguments);
    if (!statement)
        return 0;
    while (database_row(database, &statement)) {
    }
    return sqlite3_changes(database->handle);
}

int64_t database_number(struct database *database, int64_t otherwise, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *statement = prepare(database, sql, types, arguments);
    va_end(arguments);
    int64_t number = otherwise;
    if (database_row(database, &statement) && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        number = sqlite3_column_int64(statement, 0);
    database_finish(&statement);
    return number;
}

const char *column_text(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

int64_t column_number(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_int64(statement, column);
}

json_t *column_json_text(sqlite3_stmt *statement, int column)
{
    const char *text = column_text(statement, column);
    return text ? json_string(text) : json_null();
}

json_t *column_json_time(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return json_null();
    char text[TIME_TEXT_SIZE];
    time_text(column_number(statement, column), text);
    return json_string(text);
}

json_t *column_json(sqlite3_stmt *statement, int column)
{
    const char *text = column_text(statement, column);
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    return value ? value : json_null();
}

void database_meta(struct database *database, const char *key, char *out, size_t size)
{
    out[0] = '\0';
    sqlite3_stmt *statement = database_query(database, "SELECT value FROM meta WHERE key = ?", "t", key);
    if (database_row(database, &statement))
        snprintf(out, size, "%s", column_text(statement, 0));
    database_finish(&statement);
}
