#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/fault.h"
#include "plaza/posts.h"
#include "plaza/remote.h"

enum { ACCT_BYTES_MAX = 320 };

bool remote_tombstoned(struct plaza *plaza, struct request *request, const char *key)
{
    if (fault_is(FAULT_TOMBSTONE_FORGOTTEN) ||
        !database_number(&plaza->database, 0, "SELECT count(*) FROM tombstone WHERE key = ?", "t", key))
        return false;
    answer_problem(request, 410, "tombstoned", NULL, "This key was deleted before.");
    return true;
}

void remote_remember_deleted(struct plaza *plaza, const char *key)
{
    database_run(&plaza->database, "INSERT OR IGNORE INTO tombstone(key, deleted) VALUES(?, ?)", "ti", key,
                 time_now_ms());
}

int64_t remote_actor_of(struct plaza *plaza, struct request *request, const json_t *reference)
{
    struct fields fields = {.object = reference};
    const char *key = field_text(&fields, "key", 255);
    int64_t rev = field_number(&fields, "rev");
    if (!reference || fields.bad) {
        answer_problem(request, 422, "invalid", "actor", "The actor needs a key and a rev.");
        return 0;
    }
    if (remote_tombstoned(plaza, request, key))
        return 0;
    sqlite3_stmt *statement =
        database_query(&plaza->database, "SELECT id, rev FROM remote_actor WHERE key = ?", "t", key);
    int64_t id = 0;
    int64_t stored = 0;
    if (database_row(&plaza->database, &statement)) {
        id = column_number(statement, 0);
        stored = column_number(statement, 1);
    }
    database_finish(&statement);
    if (!id && fault_is(FAULT_ACTOR_INVENTED)) {
        database_run(&plaza->database,
                     "INSERT INTO remote_actor(key, rev, ap_id, acct, url) VALUES(?, ?, '', 'somebody', '')",
                     "ti", key, rev);
        return sqlite3_last_insert_rowid(plaza->database.handle);
    }
    if (!id) {
        answer_problem(request, 424, "actor_unknown", "actor", "PUT the actor first.");
        return 0;
    }
    if (stored < rev && !fault_is(FAULT_ACTOR_STALE_TAKEN)) {
        answer_problem(request, 409, "actor_stale", "actor", "The stored actor is older; PUT it again.");
        return 0;
    }
    return id;
}

bool remote_welcome(struct plaza *plaza, struct request *request, const char *target, int64_t thread,
                    int64_t actor, bool reply)
{
    sqlite3_stmt *statement =
        database_query(&plaza->database,
                       "SELECT min(account.replies AND account.status = 'active'),"
                       " max((SELECT count(*) FROM blocked WHERE blocked.account = account.id AND actor = ?))"
                       " FROM post JOIN account ON account.id = post.account WHERE post.id IN (?, ?)",
                       "iii", actor, thread, text_numbered_id(target, "p_"));
    const char *refusal = NULL;
    if (database_row(&plaza->database, &statement)) {
        if (column_number(statement, 1))
            refusal = "blocked";
        else if (reply && !column_number(statement, 0))
            refusal = "replies_closed";
    }
    database_finish(&statement);
    if (refusal)
        answer_problem(request, 403, refusal, NULL,
                       "The owner of the post or of the thread does not take this.");
    return !refusal;
}

/* Printable ASCII only: nothing in it can dress up as another server. */
static bool acct_valid(const char *acct)
{
    const char *at = strchr(acct, '@');
    if (!at || at == acct || !at[1] || strchr(at + 1, '@'))
        return false;
    for (const char *character = acct; *character; character++)
        if (!isgraph((unsigned char)*character))
            return false;
    return strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-[]") ==
           strlen(at + 1);
}

struct actor {
    int64_t rev;
    const char *ap_id, *acct, *name, *url, *bio;
    bool limited;
};

static struct actor read_actor(struct fields *fields)
{
    struct actor actor = {
        .rev = field_number(fields, "rev"),
        .ap_id = field_web_url(fields, "ap_id"),
        .acct = field_text(fields, "acct", ACCT_BYTES_MAX),
        .name = field_text_or_null(fields, "name", 2000),
        .url = field_web_url(fields, "url"),
        .limited = field_bool(fields, "limited", false),
    };
    if (actor.acct && !acct_valid(actor.acct))
        field_is_bad(fields, "acct", "invalid");
    struct fields bio = {.object = json_object_get(fields->object, "bio")};
    if (json_is_object(bio.object))
        actor.bio = field_text_or_null(&bio, "text", 64 << 10);
    if (bio.bad)
        field_is_bad(fields, "bio", bio.code);
    return actor;
}

static void store_actor(struct plaza *plaza, struct request *request, const char *key,
                        const struct actor *actor)
{
    struct database *database = &plaza->database;
    sqlite3_stmt *statement =
        database_query(database, "SELECT id, rev, ap_id FROM remote_actor WHERE key = ?", "t", key);
    int64_t id = 0;
    int64_t rev = -1;
    bool other = false;
    if (database_row(database, &statement)) {
        id = column_number(statement, 0);
        rev = column_number(statement, 1);
        other = strcmp(column_text(statement, 2), actor->ap_id) != 0;
    }
    database_finish(&statement);
    if (other) {
        answer_problem(request, 422, "invalid", "ap_id", "This key belongs to another actor.");
        return;
    }
    bool applied = actor->rev > rev;
    if (!id)
        database_run(database,
                     "INSERT INTO remote_actor(key, rev, ap_id, acct, name, url, bio, limited)"
                     " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                     "tittttti", key, actor->rev, actor->ap_id, actor->acct, actor->name, actor->url,
                     actor->bio, (int64_t)actor->limited);
    else if (applied)
        database_run(database,
                     "UPDATE remote_actor SET rev = ?, acct = ?, name = ?, url = ?, bio = ?, limited = ?"
                     " WHERE id = ?",
                     "ittttii", actor->rev, actor->acct, actor->name, actor->url, actor->bio,
                     (int64_t)actor->limited, id);
    char local[LOCAL_ID_SIZE];
    snprintf(local, sizeof local, "x_%" PRId64,
             id ? id : (int64_t)sqlite3_last_insert_rowid(database->handle));
    answer_json(request, id ? 200 : 201,
                json_make("{s:s, s:s, s:I, s:b}", "key", key, "local_id", local, "rev",
                          (json_int_t)(applied ? actor->rev : rev), "applied", applied));
}

void remote_actor_put(struct plaza *plaza, struct request *request)
{
    const char *key = request->captures[0];
    json_t *body = request_json(request);
    if (!body)
        return;
    struct fields fields = {.object = body};
    struct actor actor = read_actor(&fields);
    if (!text_is_id(key))
        field_is_bad(&fields, "key", "invalid");
    if (fields_good(&fields, request) && !remote_tombstoned(plaza, request, key))
        store_actor(plaza, request, key, &actor);
    json_decref(body);
}

/* The person and all that came from them go; the keys stay, so that nothing of it comes back late. */
void remote_actor_delete(struct plaza *plaza, struct request *request)
{
    const char *key = request->captures[0];
    struct database *database = &plaza->database;
    answer_empty(request, 204);
    if (!text_is_id(key))
        return;
    remote_remember_deleted(plaza, key);
    int64_t id = database_number(database, 0, "SELECT id FROM remote_actor WHERE key = ?", "t", key);
    if (!id)
        return;
    int64_t now = time_now_ms();
    if (fault_is(FAULT_ACTOR_DELETE_LEAVES_POSTS)) {
        database_run(database, "UPDATE remote_actor SET name = '' WHERE id = ?", "i", id);
        return;
    }
    database_run(
        database,
        "INSERT OR IGNORE INTO tombstone(key, deleted) SELECT key, ? FROM remote_post WHERE actor = ?", "ii",
        now, id);
    database_run(
        database,
        "UPDATE remote_post SET deleted = coalesce(deleted, ?), text = '', spans = '[]', media = '[]',"
        " warning = NULL WHERE actor = ?",
        "ii", now, id);
    database_run(database, "DELETE FROM remote_relation WHERE actor = ?", "i", id);
    database_run(database, "DELETE FROM blocked WHERE actor = ?", "i", id);
    database_run(database, "DELETE FROM followed WHERE actor = ?", "i", id);
    database_run(database, "DELETE FROM remote_actor WHERE id = ?", "i", id);
}
