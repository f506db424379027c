#include "plaza/accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/fault.h"
#include "plaza/outbox.h"

static bool handle_valid(const char *handle)
{
    size_t length = strlen(handle);
    return length > 0 && length <= HANDLE_MAX &&
           strspn(handle, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

void accounts_seed(struct database *database)
{
    if (database_number(database, 0, "SELECT count(*) FROM account", "") > 0)
        return;
    account_create(database, "alice", "Alice");
    account_create(database, "bob", "Bob");
    account_create(database, "carol", "Carol");
}

int64_t account_create(struct database *database, const char *handle, const char *name)
{
    if (!handle_valid(handle) ||
        database_number(database, 0, "SELECT count(*) FROM handle WHERE handle = ?", "t", handle))
        return 0;
    database_run(database, "INSERT INTO account(handle, name, created) VALUES(?, ?, ?)", "tti", handle, name,
                 time_now_ms());
    int64_t id = sqlite3_last_insert_rowid(database->handle);
    database_run(database, "INSERT INTO handle(handle, account) VALUES(?, ?)", "ti", handle, id);
    return database->failed ? 0 : id;
}

static bool load(struct database *database, sqlite3_stmt *statement, struct account *account)
{
    if (!database_row(database, &statement))
        return false;
    *account = (struct account){
        .id = column_number(statement, 0),
        .created = column_number(statement, 5),
        .federation = column_number(statement, 6),
        .since = column_number(statement, 7),
        .federated_before = sqlite3_column_type(statement, 7) != SQLITE_NULL,
        .replies = column_number(statement, 8),
        .discoverable = column_number(statement, 9),
        .rev = column_number(statement, 10),
    };
    snprintf(account->handle, sizeof account->handle, "%s", column_text(statement, 1));
    snprintf(account->name, sizeof account->name, "%s", column_text(statement, 2));
    snprintf(account->bio, sizeof account->bio, "%s", column_text(statement, 3));
    snprintf(account->status, sizeof account->status, "%s", column_text(statement, 4));
    database_finish(&statement);
    return true;
}

#define ACCOUNT_SELECT                                                                                       \
    "SELECT account.id, account.handle, name, bio, status, created, federation, since, replies,"             \
    " discoverable, rev FROM account "

bool account_by_id(struct database *database, int64_t id, struct account *account)
{
    return load(database, database_query(database, ACCOUNT_SELECT "WHERE account.id = ?", "i", id), account);
}

bool account_by_handle(struct database *database, const char *handle, struct account *account)
{
    return load(database,
                database_query(database,
                               ACCOUNT_SELECT "JOIN handle ON handle.account = account.id"
                                              " WHERE handle.handle = ?",
                               "t", handle),
                account);
}

bool account_is_active(const struct account *account)
{
    return strcmp(account->status, "active") == 0;
}

static json_t *json_time(int64_t time)
{
    char text[TIME_TEXT_SIZE];
    time_text(time, text);
    return json_string(text);
}

static int64_t post_count(struct plaza *plaza, const struct account *account)
{
    return database_number(
        &plaza->database, 0,
        "SELECT count(*) FROM post WHERE account = ? AND deleted IS NULL AND announced = 1", "i",
        account->id);
}

static json_t *pinned_posts(struct plaza *plaza, const struct account *account)
{
    json_t *list = json_array();
    sqlite3_stmt *row = database_query(&plaza->database,
                                       "SELECT 'p_' || id FROM post WHERE account = ? AND pinned > 0"
                                       " AND deleted IS NULL ORDER BY pinned DESC LIMIT 5",
                                       "i", account->id);
    while (database_row(&plaza->database, &row))
        json_array_append_new(list, column_json_text(row, 0));
    return list;
}

json_t *account_json(struct plaza *plaza, const struct account *account)
{
    char id[32];
    char url[320];
    snprintf(id, sizeof id, "u_%" PRId64, account->id);
    snprintf(url, sizeof url, "%s/@%s", plaza->url, account->handle);
    json_t *federation =
        json_make("{s:s, s:o, s:b, s:b, s:b, s:s, s:b}", "state", account->federation ? "on" : "off", "since",
                  account->federated_before ? json_time(account->since) : json_null(), "backfill", 0,
                  "discoverable", account->discoverable, "indexable", account->discoverable, "replies",
                  account->replies ? "everyone" : "nobody", "approve_followers", 0);
    json_t *json =
        json_make("{s:s, s:s, s:s, s:{s:s, s:n}, s:s, s:n, s:n, s:[], s:s, s:o, s:s, s:o, s:o, s:[], s:n,"
                  " s:{s:I}, s:I}",
                  "id", id, "handle", account->handle, "name", account->name, "bio", "text", account->bio,
                  "html", "url", url, "avatar", "banner", "fields", "kind", "person", "created",
                  json_time(account->created), "status", account->status, "federation", federation, "pinned",
                  pinned_posts(plaza, account), "aliases", "moved_to", "counts", "posts",
                  (json_int_t)post_count(plaza, account), "rev", (json_int_t)account->rev);
    return json;
}

/* Raises the revision, reads the account anew and tells the gateway when the account is, or just was, in the
 * fediverse. */
static void changed(struct plaza *plaza, struct account *account, const char *type, json_t *data, bool tell)
{
    struct database *database = &plaza->database;
    database_run(database, "UPDATE account SET rev = rev + 1 WHERE id = ?", "i", account->id);
    (void)account_by_id(database, account->id, account);
    if (!tell) {
        json_decref(data);
        return;
    }
    char id[ACCOUNT_ID_SIZE];
    snprintf(id, sizeof id, "u_%" PRId64, account->id);
    json_object_set_new(data, "account", account_json(plaza, account));
    outbox_append(database, type, id, json_string(id), account->rev, data);
}

void account_set_federation(struct plaza *plaza, struct account *account, bool on)
{
    if (account->federation == on)
        return;
    struct database *database = &plaza->database;
    if (on)
        database_run(database, "UPDATE account SET federation = 1, since = ? WHERE id = ?", "ii",
                     time_now_ms(), account->id);
    else
        database_run(database, "UPDATE account SET federation = 0 WHERE id = ?", "i", account->id);
    /* The gateway takes everything back; from here on these posts are Plaza's alone. */
    database_run(database, "UPDATE post SET announced = 0 WHERE account = ?", "i", account->id);
    changed(plaza, account, "account.federation", json_object(), !fault_is(FAULT_CONSENT_SILENT));
}

void account_touch(struct plaza *plaza, struct account *account)
{
    changed(plaza, account, "account.updated", json_object(), account->federation);
}

void account_set_profile(struct plaza *plaza, struct account *account, const char *name, const char *bio)
{
    if (strcmp(account->name, name) == 0 && strcmp(account->bio, bio) == 0)
        return;
    database_run(&plaza->database, "UPDATE account SET name = ?, bio = ? WHERE id = ?", "tti", name, bio,
                 account->id);
    changed(plaza, account, "account.updated", json_object(), account->federation);
}

void account_set_wishes(struct plaza *plaza, struct account *account, bool replies, bool discoverable)
{
    if (account->replies == replies && account->discoverable == discoverable)
        return;
    database_run(&plaza->database, "UPDATE account SET replies = ?, discoverable = ? WHERE id = ?", "iii",
                 (int64_t)replies, (int64_t)discoverable, account->id);
    changed(plaza, account, "account.updated", json_object(), account->federation);
}

bool account_set_status(struct plaza *plaza, struct account *account, const char *status)
{
    static const char *const known[] = {"active", "suspended", "deactivated", "deleted"};
    bool valid = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        valid = valid || strcmp(status, known[i]) == 0;
    if (!valid)
        return false;
    if (strcmp(account->status, status) == 0)
        return true;
    database_run(&plaza->database, "UPDATE account SET status = ? WHERE id = ?", "ti", status, account->id);
    changed(plaza, account, "account.status", json_object(), account->federation);
    return true;
}

bool account_rename(struct plaza *plaza, struct account *account, const char *handle)
{
    struct database *database = &plaza->database;
    if (!handle_valid(handle))
        return false;
    int64_t owner = database_number(database, 0, "SELECT account FROM handle WHERE handle = ?", "t", handle);
    if (owner && owner != account->id)
        return false;
    if (strcmp(account->handle, handle) == 0)
        return true;
    json_t *data = json_make("{s:s}", "old_handle", account->handle);
    database_run(database, "INSERT OR IGNORE INTO handle(handle, account) VALUES(?, ?)", "ti", handle,
                 account->id);
    database_run(database, "UPDATE account SET handle = ? WHERE id = ?", "ti", handle, account->id);
    changed(plaza, account, "account.renamed", data, account->federation);
    return true;
}

bool account_block(struct plaza *plaza, const struct account *account, const char *key, bool on)
{
    struct database *database = &plaza->database;
    int64_t actor = database_number(database, 0, "SELECT id FROM remote_actor WHERE key = ?", "t", key);
    if (!actor)
        return false;
    int changes = database_run(database,
                               on ? "INSERT OR IGNORE INTO blocked(account, actor) VALUES(?, ?)"
                                  : "DELETE FROM blocked WHERE account = ? AND actor = ?",
                               "ii", account->id, actor);
    if (!changes || !account->federation)
        return true;
    char id[ACCOUNT_ID_SIZE];
    snprintf(id, sizeof id, "u_%" PRId64, account->id);
    outbox_append(database, on ? "block.created" : "block.deleted", id, json_make("{s:s}", "remote", key), 1,
                  json_object());
    return true;
}
