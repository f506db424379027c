#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/fault.h"
#include "plaza/follows.h"
#include "plaza/posts.h"
#include "plaza/remote.h"

bool remote_target(struct plaza *plaza, struct request *request, const json_t *reference, const char *field,
                   char *local, size_t size, int64_t *thread)
{
    const char *native = json_string_value(json_object_get(reference, "local"));
    const char *key = json_string_value(json_object_get(reference, "remote"));
    if (!native && !key) {
        answer_problem(request, 422, "invalid", field, "It must name a local or a remote post.");
        return false;
    }
    char found[LOCAL_ID_SIZE];
    int64_t id = native ? text_numbered_id(native, "p_") : 0;
    struct post_head head;
    enum post_outcome outcome = POST_NOT_FOUND;
    if (!native)
        outcome = post_resolve(&plaza->database, key, found, thread);
    else if (id && post_head(&plaza->database, id, &head) &&
             (post_exported(&plaza->database, &head) || (head.deleted && head.announced)))
        outcome = post_resolve(&plaza->database, native, found, thread);
    if (outcome == POST_OK) {
        snprintf(local, size, "%s", found);
        return true;
    }
    if (outcome == POST_GONE)
        answer_problem(request, 410, "parent_gone", field, "The post was deleted.");
    else
        answer_problem(request, 404, "parent_unknown", field, "There is no such post in the fediverse.");
    return false;
}

struct remote_post {
    int64_t rev, created, edited;
    const char *ap_id, *url, *text, *warning, *visibility, *language;
    const json_t *actor, *parent, *quote, *mentions;
    json_t *spans, *media; /* borrowed */
    bool timeline;         /* for those who follow the author */
};

static json_t *array_or_empty(const json_t *object, const char *name, json_t *empty)
{
    json_t *value = json_object_get(object, name);
    return json_is_array(value) ? value : empty;
}

/* The languages that the contract lists; Plaza shows the first. */
static const char *first_language(const json_t *body)
{
    const char *language = json_string_value(json_array_get(json_object_get(body, "lang"), 0));
    return language && strlen(language) <= 35 && text_is_clean(language) ? language : NULL;
}

static void check_media(struct fields *fields, const json_t *media)
{
    if (json_array_size(media) > MEDIA_MAX)
        field_is_bad(fields, "media", fault_is(FAULT_MEDIA_CODE) ? "invalid" : "media_too_many");
    size_t index;
    json_t *one;
    json_array_foreach(media, index, one)
    {
        struct fields inner = {.object = one};
        (void)field_web_url(&inner, "url");
        (void)field_text_or_null(&inner, "alt", 64 << 10);
        if (inner.bad)
            field_is_bad(fields, "media", fault_is(FAULT_MEDIA_CODE) ? "invalid" : "media_invalid");
    }
}

static struct remote_post read_post(struct fields *fields, json_t *empty)
{
    struct remote_post post = {
        .rev = field_number(fields, "rev"),
        .actor = field_object(fields, "actor"),
        .ap_id = field_web_url(fields, "ap_id"),
        .url = field_web_url(fields, "url"),
        .created = field_time(fields, "created"),
        .edited = field_time_or_null(fields, "edited"),
        .text = field_text(fields, "text", POST_BYTES_MAX),
        .warning = field_text_or_null(fields, "warning", 8000),
        .visibility = field_text(fields, "visibility", 16),
        .parent = json_object_get(fields->object, "in_reply_to"),
        .quote = json_object_get(fields->object, "quote_of"),
        .mentions = json_object_get(fields->object, "mentions"),
        .language = first_language(fields->object),
        .spans = array_or_empty(fields->object, "spans", empty),
        .media = array_or_empty(fields->object, "media", empty),
        .timeline = field_bool(fields, "timeline", false),
    };
    if (post.text && text_graphemes(post.text) > POST_GRAPHEMES_MAX && !fault_is(FAULT_TEXT_UNLIMITED))
        field_is_bad(fields, "text", "too_long");
    if (post.visibility && strcmp(post.visibility, "public") != 0 && strcmp(post.visibility, "unlisted") != 0)
        field_is_bad(fields, "visibility", "invalid");
    check_media(fields, post.media);
    return post;
}

static void answer_post(struct plaza *plaza, struct request *request, int status, int64_t id, int64_t rev,
                        bool applied)
{
    char local[LOCAL_ID_SIZE];
    snprintf(local, sizeof local, "c_%" PRId64, id);
    int64_t thread =
        database_number(&plaza->database, 0, "SELECT thread FROM remote_post WHERE id = ?", "i", id);
    char url[384];
    snprintf(url, sizeof url, "%s/posts/%" PRId64 "#%s", plaza->url, thread, local);
    answer_json(request, status,
                json_make("{s:s, s:s, s:I, s:b}", "local_id", local, "url", url, "rev", (json_int_t)rev,
                          "applied", applied));
}

/* The member's post that is quoted; "" for any other. */
static void quoted(struct plaza *plaza, const struct remote_post *post, char local[LOCAL_ID_SIZE])
{
    const char *native = json_string_value(json_object_get(post->quote, "local"));
    int64_t thread;
    local[0] = '\0';
    if (native && post_resolve(&plaza->database, native, local, &thread) != POST_OK)
        local[0] = '\0';
}

static void insert(struct plaza *plaza, const char *key, const struct remote_post *post, int64_t actor,
                   const char *parent, int64_t thread, const char *quote)
{
    database_run(&plaza->database,
                 "INSERT INTO remote_post(key, rev, actor, ap_id, url, created, edited, text, spans, warning,"
                 " language, visibility, media, parent, thread, quote)"
                 " VALUES(?, ?, ?, ?, ?, ?, nullif(?, -1), ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''))",
                 "tiittiitjtttjtit", key, post->rev, actor, post->ap_id, post->url, post->created,
                 post->edited, post->text, post->spans, post->warning, post->language, post->visibility,
                 post->media, parent, thread, quote);
}

/* Whom it is shown to: members in the fediverse whom it names or quotes and who did not block the author. */
static json_t *addressed(struct plaza *plaza, const struct remote_post *post, int64_t actor,
                         const char *quote)
{
    json_t *list = json_array();
    size_t index;
    json_t *mention;
    int64_t quoted_author = database_number(&plaza->database, 0, "SELECT account FROM post WHERE id = ?", "i",
                                            text_numbered_id(quote, "p_"));
    if (quoted_author)
        json_array_append_new(list, json_integer(quoted_author));
    json_array_foreach(post->mentions, index, mention)
    {
        json_array_append_new(list, json_integer(text_numbered_id(json_string_value(mention), "u_")));
    }
    for (size_t i = json_array_size(list); i > 0; i--)
        if (!database_number(&plaza->database, 0,
                             "SELECT count(*) FROM account WHERE id = ? AND federation = 1 AND replies = 1"
                             " AND status = 'active' AND NOT EXISTS(SELECT 1 FROM blocked"
                             " WHERE blocked.account = account.id AND actor = ?)",
                             "ii", json_integer_value(json_array_get(list, i - 1)), actor))
            json_array_remove(list, i - 1);
    return list;
}

static void put_on_timeline(struct plaza *plaza, const struct remote_post *post, int64_t id)
{
    if (post->timeline)
        database_run(&plaza->database, "INSERT OR IGNORE INTO timeline(post) VALUES(?)", "i", id);
}

/* A post that answers nothing here. */
static void store_mention(struct plaza *plaza, struct request *request, const char *key,
                          const struct remote_post *post, int64_t actor)
{
    char quote[LOCAL_ID_SIZE];
    quoted(plaza, post, quote);
    json_t *accounts = addressed(plaza, post, actor, quote);
    bool followed = post->timeline && (followed_by_anybody(plaza, actor) || fault_is(FAULT_TIMELINE_OPEN));
    if (json_array_size(accounts) || followed) {
        size_t index;
        json_t *account;
        insert(plaza, key, post, actor, "", 0, quote);
        int64_t id = sqlite3_last_insert_rowid(plaza->database.handle);
        put_on_timeline(plaza, post, id);
        json_array_foreach(accounts, index, account)
        {
            database_run(&plaza->database, "INSERT OR IGNORE INTO mention(post, account) VALUES(?, ?)", "ii",
                         id, (int64_t)json_integer_value(account));
        }
        answer_post(plaza, request, 201, id, post->rev, true);
    } else {
        answer_problem(request, 403, "blocked", "mentions", "Nobody here wants to read this.");
    }
    json_decref(accounts);
}

static void store_new(struct plaza *plaza, struct request *request, const char *key,
                      const struct remote_post *post, int64_t actor)
{
    char parent[LOCAL_ID_SIZE];
    char quote[LOCAL_ID_SIZE];
    int64_t thread = 0;
    if (!post->parent || json_is_null(post->parent)) {
        store_mention(plaza, request, key, post, actor);
        return;
    }
    if (!remote_target(plaza, request, post->parent, "in_reply_to", parent, sizeof parent, &thread) ||
        !remote_welcome(plaza, request, parent, thread, actor, true))
        return;
    quoted(plaza, post, quote);
    insert(plaza, key, post, actor, parent, thread, quote);
    answer_post(plaza, request, 201, sqlite3_last_insert_rowid(plaza->database.handle), post->rev, true);
}

/* The place in the thread stays: an edit changes what was said, not what it answers. */
static void store_edit(struct plaza *plaza, struct request *request, int64_t id,
                       const struct remote_post *post)
{
    database_run(&plaza->database,
                 "UPDATE remote_post SET rev = ?, url = ?, edited = nullif(?, -1), text = ?, spans = ?,"
                 " warning = ?, language = ?, visibility = ?, media = ? WHERE id = ?",
                 "ititjtttji", post->rev, post->url, post->edited, post->text, post->spans, post->warning,
                 post->language, post->visibility, post->media, id);
    put_on_timeline(plaza, post, id);
    answer_post(plaza, request, 200, id, post->rev, true);
}

static void store(struct plaza *plaza, struct request *request, const char *key,
                  const struct remote_post *post)
{
    if (remote_tombstoned(plaza, request, key))
        return;
    sqlite3_stmt *statement =
        database_query(&plaza->database, "SELECT id, rev, actor FROM remote_post WHERE key = ?", "t", key);
    int64_t id = 0;
    int64_t rev = 0;
    int64_t author = 0;
    if (database_row(&plaza->database, &statement)) {
        id = column_number(statement, 0);
        rev = column_number(statement, 1);
        author = column_number(statement, 2);
    }
    database_finish(&statement);
    bool newer = fault_is(FAULT_REPEAT_APPLIES) ? post->rev >= rev
                 : fault_is(FAULT_STALE_WINS)   ? post->rev != rev
                                                : post->rev > rev;
    if (id && !newer) {
        answer_post(plaza, request, 200, id, rev, false);
        return;
    }
    int64_t actor = remote_actor_of(plaza, request, post->actor);
    if (!actor)
        return;
    if (id && author != actor)
        answer_problem(request, 422, "invalid", "actor", "A post does not change its author.");
    else if (id)
        store_edit(plaza, request, id, post);
    else
        store_new(plaza, request, key, post, actor);
}

void remote_post_put(struct plaza *plaza, struct request *request)
{
    const char *key = request->captures[0];
    json_t *body = request_json(request);
    if (!body)
        return;
    json_t *empty = json_array();
    struct fields fields = {.object = body};
    struct remote_post post = read_post(&fields, empty);
    if (!text_is_id(key))
        field_is_bad(&fields, "key", "invalid");
    if (fields_good(&fields, request))
        store(plaza, request, key, &post);
    json_decref(empty);
    json_decref(body);
}

void remote_post_delete(struct plaza *plaza, struct request *request)
{
    const char *key = request->captures[0];
    struct database *database = &plaza->database;
    answer_empty(request, 204);
    if (!text_is_id(key))
        return;
    int64_t id = database_number(database, 0, "SELECT id FROM remote_post WHERE key = ?", "t", key);
    if (id || !fault_is(FAULT_DELETE_UNKNOWN_FORGOTTEN))
        remote_remember_deleted(plaza, key);
    if (!id && fault_is(FAULT_DELETE_UNKNOWN_404))
        answer_problem(request, 404, "not_found", NULL, "There is no such post.");
    if (!id)
        return;
    char local[LOCAL_ID_SIZE];
    snprintf(local, sizeof local, "c_%" PRId64, id);
    database_run(
        database,
        "UPDATE remote_post SET deleted = coalesce(deleted, ?), text = '', spans = '[]', media = '[]',"
        " warning = NULL WHERE id = ?",
        "ii", time_now_ms(), id);
    database_run(database, "DELETE FROM liked WHERE target = ?", "t", local);
    database_run(database, "DELETE FROM remote_relation WHERE target = ?", "t", local);
    database_run(database, "DELETE FROM mention WHERE post = ?", "i", id);
    database_run(database, "DELETE FROM timeline WHERE post = ?", "i", id);
}
