#include "plaza/posts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/fault.h"
#include "plaza/outbox.h"
#include "plaza/polls.h"
#include "plaza/spans.h"

bool post_head(struct database *database, int64_t id, struct post_head *head)
{
    sqlite3_stmt *statement = database_query(
        database,
        "SELECT id, account, rev, created, thread, deleted, announced, repost FROM post WHERE id = ?", "i",
        id);
    if (!database_row(database, &statement))
        return false;
    *head = (struct post_head){
        .id = column_number(statement, 0),
        .account = column_number(statement, 1),
        .rev = column_number(statement, 2),
        .created = column_number(statement, 3),
        .thread = column_number(statement, 4),
        .deleted = sqlite3_column_type(statement, 5) != SQLITE_NULL,
        .announced = column_number(statement, 6),
        .repost = sqlite3_column_type(statement, 7) != SQLITE_NULL,
    };
    database_finish(&statement);
    return true;
}

bool post_exported(struct database *database, const struct post_head *head)
{
    return database_number(database, 0,
                           "SELECT count(*) FROM account WHERE id = ? AND federation = 1"
                           " AND status <> 'deleted' AND since <= ?",
                           "ii", head->account, head->created) > 0;
}

static enum post_outcome resolve_remote(struct database *database, sqlite3_stmt *statement,
                                        char local[LOCAL_ID_SIZE], int64_t *thread)
{
    if (!database_row(database, &statement))
        return POST_NOT_FOUND;
    snprintf(local, LOCAL_ID_SIZE, "c_%" PRId64, column_number(statement, 0));
    *thread = column_number(statement, 1);
    bool deleted = sqlite3_column_type(statement, 2) != SQLITE_NULL;
    database_finish(&statement);
    return deleted ? POST_GONE : POST_OK;
}

enum post_outcome post_resolve(struct database *database, const char *target, char local[LOCAL_ID_SIZE],
                               int64_t *thread)
{
    int64_t id = text_numbered_id(target, "p_");
    struct post_head head;
    if (id) {
        if (!post_head(database, id, &head))
            return POST_NOT_FOUND;
        snprintf(local, LOCAL_ID_SIZE, "p_%" PRId64, id);
        *thread = head.thread;
        return head.deleted ? POST_GONE : POST_OK;
    }
    id = text_numbered_id(target, "c_");
    if (id)
        return resolve_remote(
            database,
            database_query(database, "SELECT id, thread, deleted FROM remote_post WHERE id = ?", "i", id),
            local, thread);
    return resolve_remote(
        database,
        database_query(database, "SELECT id, thread, deleted FROM remote_post WHERE key = ?", "t", target),
        local, thread);
}

/* ---- the contract's post ---- */

/* p_…, c_… (by the gateway's key) or the address of a post that only its own server has. */
static json_t *reference_to(struct plaza *plaza, const char *target)
{
    if (!target)
        return json_null();
    if (text_is_web_url(target))
        return json_make("{s:n, s:n, s:s}", "local", "remote", "url", target);
    if (target[0] == 'p')
        return json_make("{s:s, s:n}", "local", target, "remote");
    sqlite3_stmt *row = database_query(&plaza->database, "SELECT key FROM remote_post WHERE id = ?", "i",
                                       text_numbered_id(target, "c_"));
    json_t *reference = NULL;
    if (database_row(&plaza->database, &row))
        reference = json_make("{s:n, s:s}", "local", "remote", column_text(row, 0));
    database_finish(&row);
    return reference ? reference : json_null();
}

static json_t *reference(sqlite3_stmt *row)
{
    const char *parent = column_text(row, 12);
    if (!parent)
        return json_null();
    if (parent[0] == 'p')
        return json_make("{s:s, s:n}", "local", parent, "remote");
    return json_make("{s:n, s:o}", "local", "remote", column_json_text(row, 15));
}

static const char *media_type(const char *url)
{
    static const struct {
        const char *ending, *type;
    } known[] = {{".png", "image/png"},
                 {".webp", "image/webp"},
                 {".gif", "image/gif"},
                 {".mp4", "video/mp4"},
                 {".mp3", "audio/mpeg"}};
    size_t length = strcspn(url, "?#");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t ending = strlen(known[i].ending);
        if (length > ending && strncmp(url + length - ending, known[i].ending, ending) == 0)
            return known[i].type;
    }
    return "image/jpeg";
}

static json_t *media(sqlite3_stmt *row)
{
    const char *url = column_text(row, 10);
    if (!url)
        return json_array();
    char id[40];
    snprintf(id, sizeof id, "m_%" PRId64, column_number(row, 0));
    const char *type = media_type(url);
    char kind[6];
    snprintf(kind, sizeof kind, "%.5s", type);
    return json_make("[{s:s, s:s, s:s, s:s, s:n, s:n, s:n, s:n, s:o, s:n, s:n, s:n}]", "id", id, "kind", kind,
                     "url", url, "type", type, "bytes", "sha256", "width", "height", "alt",
                     column_json_text(row, 11), "focus", "blurhash", "thumb");
}

static json_t *root(sqlite3_stmt *row)
{
    if (!column_text(row, 12))
        return json_null();
    char id[LOCAL_ID_SIZE];
    snprintf(id, sizeof id, "p_%" PRId64, column_number(row, 13));
    return json_make("{s:s}", "local", id);
}

/* The offsets that a language with strings of characters gives by itself. */
static void count_in_characters(json_t *spans, const char *text)
{
    static const char *const ends[] = {"start", "end"};
    size_t index;
    json_t *span;
    json_array_foreach(spans, index, span)
    {
        for (int i = 0; i < 2; i++) {
            json_int_t characters = 0;
            json_int_t bytes = json_integer_value(json_object_get(span, ends[i]));
            for (const char *at = text; *at && at < text + bytes; at++)
                characters += ((unsigned char)*at & 0xC0) != 0x80;
            json_object_set_new(span, ends[i], json_integer(characters));
        }
    }
}

static json_t *spans_of(sqlite3_stmt *row)
{
    json_t *spans = column_json(row, 6);
    if (fault_is(FAULT_SPANS_IN_CHARACTERS))
        count_in_characters(spans, column_text(row, 5));
    return spans;
}

json_t *post_row_json(struct plaza *plaza, sqlite3_stmt *row)
{
    char id[LOCAL_ID_SIZE];
    char author[ACCOUNT_ID_SIZE];
    char url[384];
    snprintf(id, sizeof id, "p_%" PRId64, column_number(row, 0));
    snprintf(author, sizeof author, "u_%" PRId64, column_number(row, 1));
    snprintf(url, sizeof url, "%s/@%s/%" PRId64, plaza->url, column_text(row, 14), column_number(row, 0));
    const char *language = column_text(row, 8);
    const char *warning = column_text(row, 7);
    json_t *counts =
        json_make("{s:I, s:I, s:I}", "likes", (json_int_t)column_number(row, 16), "reposts",
                  (json_int_t)column_number(row, 17), "replies", (json_int_t)column_number(row, 18));
    json_t *post = json_make(
        "{s:s, s:I, s:s, s:o, s:o, s:s, s:s, s:n, s:s, s:o, s:n, s:o, s:b, s:o, s:s, s:o, s:o, s:o, s:o,"
        " s:o, s:n, s:o, s:s, s:o, s:b, s:b}",
        "id", id, "rev", (json_int_t)column_number(row, 2), "author", author, "created",
        column_json_time(row, 3), "edited", column_json_time(row, 4), "url", url, "kind", "note", "title",
        "text", column_text(row, 5), "spans", spans_of(row), "html", "lang",
        language ? json_make("[s]", language) : json_array(), "sensitive", warning != NULL, "warning",
        column_json_text(row, 7), "visibility", column_text(row, 9), "reply_to", reference(row), "root",
        root(row), "quote_of", reference_to(plaza, column_text(row, 20)), "repost_of",
        reference_to(plaza, column_text(row, 21)), "media", media(row), "card", "poll",
        poll_json(plaza, column_number(row, 0), column_text(row, 19)), "reply_policy", "everyone", "counts",
        counts, "federate", 1, "quotable", 1);
    return post;
}

/* ---- changes ---- */

static void announce(struct plaza *plaza, const char *type, int64_t id)
{
    sqlite3_stmt *row = database_query(&plaza->database, POST_SELECT "WHERE post.id = ?", "i", id);
    if (!database_row(&plaza->database, &row))
        return;
    json_t *post = post_row_json(plaza, row);
    database_finish(&row);
    if (!json_is_null(json_object_get(post, "repost_of")))
        type = "repost.created";
    outbox_append(&plaza->database, type, json_string_value(json_object_get(post, "author")),
                  json_incref(json_object_get(post, "id")), json_integer_value(json_object_get(post, "rev")),
                  json_make("{s:o}", "post", post));
    database_run(&plaza->database, "UPDATE post SET announced = 1 WHERE id = ?", "i", id);
}

static const char *or_null(const char *string)
{
    return string && *string ? string : NULL;
}

static bool language_valid(const char *language)
{
    size_t length = language ? strlen(language) : 0;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)language[i]) && language[i] != '-')
            return false;
    return !length || (length >= 2 && length <= 35);
}

static enum post_outcome check(const struct post_draft *draft, const char **field)
{
    if (!draft->text || strspn(draft->text, " \t\n") == strlen(draft->text))
        return POST_EMPTY;
    if (strlen(draft->text) > POST_BYTES_MAX || text_graphemes(draft->text) > POST_GRAPHEMES_MAX)
        return POST_TOO_LONG;
    const char *visibility = or_null(draft->visibility);
    *field = NULL;
    if (draft->warning && strlen(draft->warning) > WARNING_BYTES_MAX)
        *field = "warning";
    else if (!language_valid(draft->language))
        *field = "language";
    else if (visibility && strcmp(visibility, "public") != 0 && strcmp(visibility, "unlisted") != 0)
        *field = "visibility";
    else if (or_null(draft->image_url) && !text_is_web_url(draft->image_url))
        *field = "image_url";
    else if (draft->image_alt && strlen(draft->image_alt) > ALT_BYTES_MAX)
        *field = "image_alt";
    else if (!poll_valid(draft->poll))
        *field = "poll";
    return *field ? POST_BAD_FIELD : POST_OK;
}

/* Into `out`: the local id of what is quoted or repeated, or the address of a post that is elsewhere. */
static bool resolve_target(struct database *database, const char *target, char *out, size_t size)
{
    char local[LOCAL_ID_SIZE];
    int64_t thread;
    if (text_is_web_url(target))
        return snprintf(out, size, "%s", target) < (int)size;
    if (post_resolve(database, target, local, &thread) != POST_OK)
        return false;
    return snprintf(out, size, "%s", local) < (int)size;
}

enum post_outcome post_create(struct plaza *plaza, const struct account *author,
                              const struct post_draft *draft, int64_t *id, const char **field)
{
    struct database *database = &plaza->database;
    char parent[LOCAL_ID_SIZE];
    int64_t thread = 0;
    enum post_outcome outcome = check(draft, field);
    if (outcome != POST_OK)
        return outcome;
    char quote[URL_BYTES_MAX + 1] = "";
    bool answers = or_null(draft->parent) != NULL;
    if (answers && post_resolve(database, draft->parent, parent, &thread) != POST_OK)
        return POST_PARENT_UNKNOWN;
    if (or_null(draft->quote) && !resolve_target(database, draft->quote, quote, sizeof quote))
        return POST_PARENT_UNKNOWN;
    json_t *spans = spans_find(plaza, draft->text);
    json_t *poll = poll_new(draft);
    const char *image = or_null(draft->image_url);
    database_run(database,
                 "INSERT INTO post(account, created, text, spans, warning, language, visibility, image_url,"
                 " image_alt, parent, thread, quote, poll) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 "iitjttttttitj", author->id, time_now_ms(), draft->text, spans, or_null(draft->warning),
                 or_null(draft->language), or_null(draft->visibility) ? draft->visibility : "public", image,
                 image ? or_null(draft->image_alt) : NULL, answers ? parent : NULL, thread, or_null(quote),
                 poll);
    json_decref(spans);
    json_decref(poll);
    *id = sqlite3_last_insert_rowid(database->handle);
    if (!thread)
        database_run(database, "UPDATE post SET thread = id WHERE id = ?", "i", *id);
    if (author->federation)
        announce(plaza, "post.created", *id);
    return POST_OK;
}

static enum post_outcome own_post(struct plaza *plaza, const struct account *author, int64_t id,
                                  struct post_head *head)
{
    if (!post_head(&plaza->database, id, head))
        return POST_NOT_FOUND;
    if (head->account != author->id)
        return POST_NOT_YOURS;
    return head->deleted ? POST_GONE : POST_OK;
}

void post_touch(struct plaza *plaza, int64_t id)
{
    struct post_head head;
    database_run(&plaza->database, "UPDATE post SET rev = rev + 1 WHERE id = ?", "i", id);
    if (post_head(&plaza->database, id, &head) && head.announced && !head.deleted)
        announce(plaza, "post.updated", id);
}

enum post_outcome post_repost(struct plaza *plaza, const struct account *account, const char *target,
                              int64_t *id)
{
    struct database *database = &plaza->database;
    char found[URL_BYTES_MAX + 1];
    if (!resolve_target(database, target, found, sizeof found))
        return POST_NOT_FOUND;
    *id = database_number(database, 0,
                          "SELECT id FROM post WHERE account = ? AND repost = ? AND deleted IS NULL", "it",
                          account->id, found);
    if (*id)
        return POST_OK;
    database_run(database,
                 "INSERT INTO post(account, created, text, spans, visibility, thread, repost)"
                 " VALUES(?, ?, '', '[]', 'public', 0, ?)",
                 "iit", account->id, time_now_ms(), found);
    *id = sqlite3_last_insert_rowid(database->handle);
    database_run(database, "UPDATE post SET thread = id WHERE id = ?", "i", *id);
    if (account->federation)
        announce(plaza, "repost.created", *id);
    return POST_OK;
}

enum post_outcome post_pin(struct plaza *plaza, struct account *account, int64_t id, bool on)
{
    struct post_head head;
    enum post_outcome outcome = own_post(plaza, account, id, &head);
    if (outcome != POST_OK)
        return outcome;
    int changes = database_run(&plaza->database,
                               on ? "UPDATE post SET pinned = ? WHERE id = ? AND pinned = 0"
                                  : "UPDATE post SET pinned = 0 * ? WHERE id = ? AND pinned > 0",
                               "ii", time_now_ms(), id);
    if (changes)
        account_touch(plaza, account);
    return POST_OK;
}

enum post_outcome post_edit(struct plaza *plaza, const struct account *author, int64_t id,
                            const struct post_draft *draft, const char **field)
{
    struct post_head head;
    enum post_outcome outcome = own_post(plaza, author, id, &head);
    if (outcome == POST_OK)
        outcome = check(draft, field);
    if (outcome != POST_OK)
        return outcome;
    json_t *spans = spans_find(plaza, draft->text);
    const char *image = or_null(draft->image_url);
    database_run(&plaza->database,
                 "UPDATE post SET rev = rev + 1, edited = ?, text = ?, spans = ?, warning = ?, language = ?,"
                 " image_url = ?, image_alt = ? WHERE id = ?",
                 "itjtttti", time_now_ms(), draft->text, spans, or_null(draft->warning),
                 or_null(draft->language), image, image ? or_null(draft->image_alt) : NULL, id);
    json_decref(spans);
    if (fault_is(FAULT_EDIT_KEEPS_REV))
        database_run(&plaza->database, "UPDATE post SET rev = rev - 1 WHERE id = ?", "i", id);
    if (head.announced)
        announce(plaza, "post.updated", id);
    return POST_OK;
}

enum post_outcome post_delete(struct plaza *plaza, const struct account *author, int64_t id)
{
    struct post_head head;
    enum post_outcome outcome = own_post(plaza, author, id, &head);
    if (outcome != POST_OK)
        return outcome;
    char post[LOCAL_ID_SIZE];
    char account[ACCOUNT_ID_SIZE];
    snprintf(post, sizeof post, "p_%" PRId64, id);
    snprintf(account, sizeof account, "u_%" PRId64, author->id);
    database_run(&plaza->database,
                 "UPDATE post SET deleted = ?, rev = rev + 1, text = '', spans = '[]', warning = NULL,"
                 " image_url = NULL, image_alt = NULL, poll = NULL, quote = NULL WHERE id = ?",
                 "ii", time_now_ms(), id);
    database_run(&plaza->database, "DELETE FROM liked WHERE target = ?", "t", post);
    database_run(&plaza->database, "DELETE FROM remote_relation WHERE target = ?", "t", post);
    database_run(&plaza->database, "DELETE FROM remote_reaction WHERE target = ?", "t", post);
    database_run(&plaza->database, "DELETE FROM vote WHERE post = ?", "i", id);
    if (head.announced && !fault_is(FAULT_DELETE_SILENT))
        outbox_append(&plaza->database, head.repost ? "repost.deleted" : "post.deleted", account,
                      json_string(post), head.rev + 1, json_make("{s:s}", "reason", "author"));
    return POST_OK;
}

/* The contract names a post of another server by the gateway's key. */
static json_t *subject_of(struct plaza *plaza, const char *local)
{
    int64_t id = text_numbered_id(local, "c_");
    if (!id)
        return json_string(local);
    sqlite3_stmt *statement =
        database_query(&plaza->database, "SELECT key FROM remote_post WHERE id = ?", "i", id);
    json_t *subject = NULL;
    if (database_row(&plaza->database, &statement))
        subject = json_make("{s:s}", "remote", column_text(statement, 0));
    database_finish(&statement);
    return subject;
}

enum post_outcome post_like(struct plaza *plaza, const struct account *account, const char *target, bool on)
{
    char local[LOCAL_ID_SIZE];
    int64_t thread;
    enum post_outcome outcome = post_resolve(&plaza->database, target, local, &thread);
    if (outcome != POST_OK)
        return outcome;
    int changed = database_run(&plaza->database,
                               on ? "INSERT OR IGNORE INTO liked(account, target) VALUES(?, ?)"
                                  : "DELETE FROM liked WHERE account = ? AND target = ?",
                               "it", account->id, local);
    if (!changed || !account->federation)
        return POST_OK;
    char id[ACCOUNT_ID_SIZE];
    snprintf(id, sizeof id, "u_%" PRId64, account->id);
    outbox_append(&plaza->database, on ? "like.created" : "like.deleted", id, subject_of(plaza, local), 1,
                  json_object());
    return POST_OK;
}
