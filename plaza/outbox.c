#include "plaza/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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
    return cursor == 0 || (cursor >= range->earliest - 1 && cursor <= range->latest);
}

json_t *outbox_next(struct plaza *plaza, int64_t cursor, int64_t *seq, char account[ACCOUNT_ID_SIZE])
{
    struct database *database = &plaza->database;
    sqlite3_stmt *statement = database_query(database,
                                             "SELECT seq, type, account, subject, rev, data, at FROM outbox"
                                             " WHERE seq > ? ORDER BY seq LIMIT 1",
                                             "i", cursor);
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

void outbox_prune(struct database *database)
{
    if (!database_begin(database, true))
        return;
    int64_t before = time_now_ms() - (int64_t)EVENT_WINDOW_S * 1000;
    int64_t last = database_number(database, 0, "SELECT max(seq) FROM outbox WHERE at < ?", "i", before);
    if (last) {
        char text[32];
        snprintf(text, sizeof text, "%" PRId64, last);
        database_run(database, "DELETE FROM outbox WHERE seq <= ?", "i", last);
        database_run(database, "INSERT OR REPLACE INTO meta(key, value) VALUES('pruned_through', ?)", "t",
                     text);
    }
    (void)database_end(database, true);
}
