#include "plaza/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "plaza/fault.h"
#include "plaza/text.h"

enum { LATE_COMMIT_MS = 100 };

void outbox_append(struct database *database, const char *type, const char *account, json_t *subject,
                   int64_t rev, json_t *data)
{
    database_run(database,
                 "INSERT INTO outbox(type, account, subject, rev, data, at) VALUES(?, ?, ?, ?, ?, ?)",
                 "ttjiji", type, account, subject, rev, data, time_now_ms());
    database->new_events = true;
    json_decref(subject);
    json_decref(data);
}

static bool outbox_has_epoch(struct database *database)
{
    char epoch[64];
    database_meta(database, "epoch", epoch, sizeof epoch);
    return epoch[0] != '\0';
}

static int64_t pruned_through(struct database *database)
{
    char text[32];
    database_meta(database, "pruned_through", text, sizeof text);
    return strtoll(text, NULL, 10);
}

struct outbox_range outbox_range(struct database *database)
{
    return (struct outbox_range){
        .earliest = pruned_through(database) + 1,
        .latest = database_number(database, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", ""),
    };
}

bool outbox_cursor_valid(const struct outbox_range *range, int64_t cursor)
{
    if (fault_is(FAULT_EXPIRED_SILENT))
        return true;
    return cursor == 0 || (cursor >= range->earliest - 1 && cursor <= range->latest);
}

json_t *outbox_next(struct plaza *plaza, int64_t cursor, int64_t *seq, char account[ACCOUNT_ID_SIZE])
{
    struct database *database = &plaza->database;
    /* As if the transaction of every third event took longer than the others'. */
    int64_t hidden_from = fault_is(FAULT_NUMBER_BEFORE_COMMIT) ? time_now_ms() - LATE_COMMIT_MS : INT64_MAX;
    sqlite3_stmt *statement = database_query(database,
                                             "SELECT seq, type, account, subject, rev, data, at FROM outbox"
                                             " WHERE seq > ? AND NOT (seq % 3 = 0 AND at > ?)"
                                             " ORDER BY seq LIMIT 1",
                                             "ii", cursor, hidden_from);
    if (!database_row(database, &statement))
        return NULL;
    *seq = column_number(statement, 0);
    const char *whose = column_text(statement, 2);
    snprintf(account, ACCOUNT_ID_SIZE, "%s", whose ? whose : "");
    char id[96];
    snprintf(id, sizeof id, "%s:%" PRId64, plaza->epoch, *seq);
    json_t *event =
        json_make("{s:I, s:s, s:s, s:o, s:o, s:o, s:I, s:o}", "seq", (json_int_t)*seq, "id", id, "type",
                  column_text(statement, 1), "time", column_json_time(statement, 6), "account",
                  column_json_text(statement, 2), "subject", column_json(statement, 3), "rev",
                  (json_int_t)column_number(statement, 4), "data", column_json(statement, 5));
    database_finish(&statement);
    return event;
}

static void forget_through(struct database *database, int64_t last)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, last);
    database_run(database, "DELETE FROM outbox WHERE seq <= ?", "i", last);
    database_run(database, "INSERT OR REPLACE INTO meta(key, value) VALUES('pruned_through', ?)", "t", text);
}

void outbox_prune(struct database *database)
{
    if (!database_begin(database, true))
        return;
    int64_t before = time_now_ms() - (int64_t)EVENT_WINDOW_S * 1000;
    int64_t last = database_number(database, 0, "SELECT max(seq) FROM outbox WHERE at < ?", "i", before);
    if (last)
        forget_through(database, last);
    (void)database_end(database, true);
}

void outbox_forget_all(struct database *database)
{
    forget_through(database, outbox_range(database).latest);
}

void outbox_new_epoch(struct database *database)
{
    char epoch[64];
    char token[TOKEN_TEXT_SIZE];
    token_new(token);
    snprintf(epoch, sizeof epoch, "e%.12s", token);
    database_run(database, "DELETE FROM outbox", "");
    database_run(database, "DELETE FROM sqlite_sequence WHERE name = 'outbox'", "");
    database_run(database, "DELETE FROM meta WHERE key = 'pruned_through'", "");
    database_run(database, "DELETE FROM meta WHERE key LIKE 'webhook_%'", "");
    if (!fault_is(FAULT_EPOCH_KEPT) || !outbox_has_epoch(database))
        database_run(database, "INSERT OR REPLACE INTO meta(key, value) VALUES('epoch', ?)", "t", epoch);
}
