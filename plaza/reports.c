#include "plaza/reports.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/fault.h"
#include "plaza/outbox.h"

enum { REPORT_POSTS_MAX = 20, REPORTS_SHOWN = 100 };

static json_t *posts_of(struct fields *fields)
{
    json_t *posts = json_object_get(fields->object, "posts");
    size_t index;
    json_t *post;
    if (!json_is_array(posts) || json_array_size(posts) > REPORT_POSTS_MAX)
        field_is_bad(fields, "posts", "invalid");
    json_array_foreach(posts, index, post) if (!json_is_string(post) || !text_is_id(json_string_value(post)))
        field_is_bad(fields, "posts", "invalid");
    return posts;
}

void report_put(struct plaza *plaza, struct request *request)
{
    json_t *body = request_json(request);
    if (!body)
        return;
    const char *key = request->captures[0];
    struct fields fields = {.object = body};
    const char *account = field_text(&fields, "account", 255);
    const char *server = field_text(&fields, "server", 255);
    const char *comment = field_text(&fields, "comment", REPORT_COMMENT_MAX);
    int64_t created = field_time(&fields, "created");
    json_t *posts = posts_of(&fields);
    if (!text_is_id(key))
        field_is_bad(&fields, "key", "invalid");
    if (fields_good(&fields, request)) {
        int stored =
            database_run(&plaza->database,
                         "INSERT OR IGNORE INTO report(key, account, posts, server, comment, created)"
                         " VALUES(?, ?, ?, ?, ?, ?)",
                         "tijtti", key, text_numbered_id(account, "u_"), posts, server, comment, created);
        if (!stored && fault_is(FAULT_REPORT_ONCE))
            answer_problem(request, 409, "taken", "key", "There is such a report.");
        else
            answer_empty(request, stored ? 201 : 200);
    }
    json_decref(body);
}

bool report_make(struct plaza *plaza, const struct account *account, const char *key, const char *comment,
                 bool forward)
{
    struct database *database = &plaza->database;
    const char *query = strncmp(key, "ra_", 3) == 0
                            ? "SELECT count(*) FROM remote_actor WHERE key = ?"
                            : "SELECT count(*) FROM remote_post WHERE key = ? AND deleted IS NULL";
    if (database_number(database, 0, query, "t", key) == 0)
        return false;
    if (!account->federation)
        return true; /* nobody there knows this member */
    if (fault_is(FAULT_REPORT_SILENT))
        return true;
    char id[ACCOUNT_ID_SIZE];
    snprintf(id, sizeof id, "u_%" PRId64, account->id);
    outbox_append(database, "report.created", id, json_make("{s:s}", "remote", key), 1,
                  json_make("{s:s, s:b}", "comment", comment, "forward", forward));
    return true;
}

json_t *reports_json(struct plaza *plaza)
{
    json_t *items = json_array();
    sqlite3_stmt *row = database_query(&plaza->database,
                                       "SELECT key, account, posts, server, comment FROM report"
                                       " ORDER BY created DESC, key LIMIT ?",
                                       "i", (int64_t)REPORTS_SHOWN);
    while (database_row(&plaza->database, &row)) {
        char id[ACCOUNT_ID_SIZE];
        snprintf(id, sizeof id, "u_%" PRId64, column_number(row, 1));
        json_array_append_new(items, json_make("{s:s, s:s, s:o, s:s, s:s}", "key", column_text(row, 0),
                                               "account", id, "posts", column_json(row, 2), "server",
                                               column_text(row, 3), "comment", column_text(row, 4)));
    }
    database_finish(&row);
    return items;
}
