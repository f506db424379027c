#include "plaza/threads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaza/polls.h"

enum { THREAD_POSTS_MAX = 500, PEOPLE_MAX = 100 };

/* ---- people ---- */

static json_t *member_json(struct plaza *plaza, int64_t id, const char *handle, const char *name)
{
    char number[ACCOUNT_ID_SIZE];
    char shown[HANDLE_MAX + 2];
    char url[320];
    snprintf(number, sizeof number, "u_%" PRId64, id);
    snprintf(shown, sizeof shown, "@%s", handle);
    snprintf(url, sizeof url, "%s/@%s", plaza->url, handle);
    return json_make("{s:s, s:s, s:s, s:s, s:b, s:b}", "id", number, "shown", shown, "name", name, "url", url,
                     "remote", 0, "limited", 0);
}

/* Two people with the same address: the newer keeps it, the older is shown by their page (PLATFORMS §7.7). */
#define REMOTE_PERSON                                                                                        \
    " remote_actor.key, remote_actor.acct, remote_actor.name, remote_actor.url,"                             \
    " EXISTS(SELECT 1 FROM remote_actor AS other WHERE other.acct = remote_actor.acct"                       \
    " AND other.id <> remote_actor.id AND (other.rev, other.id) > (remote_actor.rev, remote_actor.id)),"     \
    " remote_actor.limited "

static json_t *remote_person_json(sqlite3_stmt *row, int column)
{
    const char *acct = column_text(row, column + 1);
    const char *name = column_text(row, column + 2);
    const char *url = column_text(row, column + 3);
    bool superseded = column_number(row, column + 4);
    char shown[340];
    snprintf(shown, sizeof shown, "@%s", acct);
    return json_make("{s:s, s:s, s:s, s:s, s:b, s:b}", "id", column_text(row, column), "shown",
                     superseded ? url : shown, "name", name && *name ? name : acct, "url", url, "remote", 1,
                     "limited", (int)column_number(row, column + 5));
}

static json_t *people(struct plaza *plaza, const char *kind, const char *target)
{
    json_t *list = json_array();
    sqlite3_stmt *row = NULL;
    if (strcmp(kind, "like") == 0)
        row = database_query(
            &plaza->database,
            "SELECT account.id, handle, name FROM liked JOIN account ON account.id = liked.account"
            " WHERE target = ? AND status = 'active' ORDER BY account.id LIMIT ?",
            "ti", target, (int64_t)PEOPLE_MAX);
    while (database_row(&plaza->database, &row))
        json_array_append_new(
            list, member_json(plaza, column_number(row, 0), column_text(row, 1), column_text(row, 2)));
    row = database_query(&plaza->database,
                         "SELECT" REMOTE_PERSON "FROM remote_relation"
                         " JOIN remote_actor ON remote_actor.id = remote_relation.actor"
                         " WHERE target = ? AND kind = ? ORDER BY remote_relation.rowid LIMIT ?",
                         "tti", target, kind, (int64_t)PEOPLE_MAX);
    while (database_row(&plaza->database, &row))
        json_array_append_new(list, remote_person_json(row, 0));
    return list;
}

static json_t *reactions(struct plaza *plaza, const char *target)
{
    json_t *list = json_array();
    sqlite3_stmt *row = database_query(&plaza->database,
                                       "SELECT emoji," REMOTE_PERSON "FROM remote_reaction"
                                       " JOIN remote_actor ON remote_actor.id = remote_reaction.actor"
                                       " WHERE target = ? ORDER BY remote_reaction.rowid LIMIT ?",
                                       "ti", target, (int64_t)PEOPLE_MAX);
    while (database_row(&plaza->database, &row))
        json_array_append_new(list, json_make("{s:s, s:o}", "emoji", column_text(row, 0), "person",
                                              remote_person_json(row, 1)));
    return list;
}

/* ---- posts ---- */

static json_t *post_media(sqlite3_stmt *row)
{
    const char *url = column_text(row, 12);
    return url ? json_make("[{s:s, s:o}]", "url", url, "alt", column_json_text(row, 13)) : json_array();
}

static void add_local_posts(struct plaza *plaza, int64_t thread, json_t *posts)
{
    sqlite3_stmt *row = database_query(
        &plaza->database,
        "SELECT post.id, parent, deleted IS NOT NULL OR status <> 'active', text, spans, warning, language, "
        "visibility,"
        " post.created, edited, account.id, account.name, image_url, image_alt, handle, quote, repost, poll,"
        " pinned"
        " FROM post JOIN account ON account.id = post.account WHERE thread = ? ORDER BY post.id LIMIT ?",
        "ii", thread, (int64_t)THREAD_POSTS_MAX);
    while (database_row(&plaza->database, &row)) {
        char id[ACCOUNT_ID_SIZE];
        char url[384];
        bool hidden = column_number(row, 2);
        snprintf(id, sizeof id, "p_%" PRId64, column_number(row, 0));
        snprintf(url, sizeof url, "%s/@%s/%" PRId64, plaza->url, column_text(row, 14), column_number(row, 0));
        json_t *post =
            json_make("{s:s, s:n, s:o, s:b, s:s, s:o, s:o, s:o, s:s, s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o}",
                      "id", id, "key", "parent", column_json_text(row, 1), "deleted", hidden, "text",
                      hidden ? "" : column_text(row, 3), "spans", column_json(row, 4), "warning",
                      column_json_text(row, 5), "language", column_json_text(row, 6), "visibility",
                      column_text(row, 7), "order", (json_int_t)column_number(row, 8), "created",
                      column_json_time(row, 8), "edited", column_json_time(row, 9), "url", url, "author",
                      member_json(plaza, column_number(row, 10), column_text(row, 14), column_text(row, 11)),
                      "media", hidden ? json_array() : post_media(row), "likes", people(plaza, "like", id),
                      "reposts", people(plaza, "repost", id));
        json_object_set_new(post, "reactions", reactions(plaza, id));
        json_object_set_new(post, "quote", column_json_text(row, 15));
        json_object_set_new(post, "repost", column_json_text(row, 16));
        json_object_set_new(post, "poll", poll_json(plaza, column_number(row, 0), column_text(row, 17)));
        json_object_set_new(post, "pinned", json_boolean(column_number(row, 18)));
        json_array_append_new(posts, post);
    }
}

#define REMOTE_POST_SELECT                                                                                   \
    "SELECT remote_post.id, remote_post.key, nullif(parent, ''), deleted IS NOT NULL, text, spans, warning," \
    " language, visibility, created, edited, remote_post.url, media," REMOTE_PERSON                          \
    ", quote FROM remote_post LEFT JOIN remote_actor ON remote_actor.id = remote_post.actor"

static json_t *remote_post_json(struct plaza *plaza, sqlite3_stmt *row)
{
    char id[ACCOUNT_ID_SIZE];
    snprintf(id, sizeof id, "c_%" PRId64, column_number(row, 0));
    bool known = column_text(row, 13) != NULL;
    return json_make(
        "{s:s, s:s, s:o, s:b, s:s, s:o, s:o, s:o, s:s, s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
        "id", id, "key", column_text(row, 1), "parent", column_json_text(row, 2), "deleted",
        !known || column_number(row, 3), "text", column_text(row, 4), "spans", column_json(row, 5), "warning",
        column_json_text(row, 6), "language", column_json_text(row, 7), "visibility", column_text(row, 8),
        "order", (json_int_t)column_number(row, 9), "created", column_json_time(row, 9), "edited",
        column_json_time(row, 10), "url", column_text(row, 11), "author",
        known ? remote_person_json(row, 13) : json_null(), "media", column_json(row, 12), "likes",
        people(plaza, "like", id), "reposts", people(plaza, "repost", id), "reactions", reactions(plaza, id),
        "quote", column_json_text(row, 19));
}

static void add_remote_posts(struct plaza *plaza, int64_t thread, json_t *posts)
{
    sqlite3_stmt *row = database_query(
        &plaza->database,
        REMOTE_POST_SELECT
        " WHERE thread = ? AND NOT EXISTS(SELECT 1 FROM blocked JOIN post ON post.account = blocked.account"
        " WHERE post.id = ? AND blocked.actor = remote_post.actor) ORDER BY remote_post.id LIMIT ?",
        "iii", thread, thread, (int64_t)THREAD_POSTS_MAX);
    while (database_row(&plaza->database, &row))
        json_array_append_new(posts, remote_post_json(plaza, row));
}

json_t *mentions_json(struct plaza *plaza, int64_t account)
{
    json_t *list = json_array();
    sqlite3_stmt *row = database_query(
        &plaza->database,
        REMOTE_POST_SELECT
        " JOIN mention ON mention.post = remote_post.id AND mention.account = ?"
        " WHERE deleted IS NULL AND NOT EXISTS(SELECT 1 FROM blocked WHERE blocked.account = mention.account"
        " AND blocked.actor = remote_post.actor) ORDER BY remote_post.id DESC LIMIT ?",
        "ii", account, (int64_t)PEOPLE_MAX);
    while (database_row(&plaza->database, &row))
        json_array_append_new(list, remote_post_json(plaza, row));
    return list;
}

json_t *home_json(struct plaza *plaza, int64_t account)
{
    json_t *list = json_array();
    sqlite3_stmt *row =
        database_query(&plaza->database,
                       REMOTE_POST_SELECT
                       " JOIN timeline ON timeline.post = remote_post.id"
                       " JOIN followed ON followed.actor = remote_post.actor AND followed.account = ?"
                       " WHERE state = 'accepted' AND deleted IS NULL AND NOT EXISTS(SELECT 1 FROM blocked"
                       " WHERE blocked.account = followed.account AND blocked.actor = remote_post.actor)"
                       " ORDER BY created DESC, remote_post.id DESC LIMIT ?",
                       "ii", account, (int64_t)PEOPLE_MAX);
    while (database_row(&plaza->database, &row))
        json_array_append_new(list, remote_post_json(plaza, row));
    return list;
}

/* ---- reading order ---- */

static bool is_listed(const json_t *posts, const char *id)
{
    size_t index;
    json_t *post;
    json_array_foreach(posts, index, post)
    {
        if (strcmp(json_string_value(json_object_get(post, "id")), id) == 0)
            return true;
    }
    return false;
}

/* Whether the post stands at this place; what it answers may be outside of the thread. */
static bool stands_under(const json_t *posts, const json_t *post, const char *parent)
{
    const char *answers = json_string_value(json_object_get(post, "parent"));
    if (!parent)
        return !answers || !is_listed(posts, answers);
    return answers && strcmp(answers, parent) == 0;
}

/* Appends the answers to `parent`, each followed by its own; the array is sorted by time. False: nothing. */
static bool append_answers(const json_t *posts, const char *parent, int depth, json_t *ordered)
{
    size_t index;
    json_t *post;
    bool any = false;
    json_array_foreach(posts, index, post)
    {
        if (depth > THREAD_POSTS_MAX || !stands_under(posts, post, parent))
            continue;
        size_t place = json_array_size(ordered);
        json_object_set_new(post, "depth", json_integer(depth));
        json_array_append(ordered, post);
        bool answered =
            append_answers(posts, json_string_value(json_object_get(post, "id")), depth + 1, ordered);
        if (json_is_true(json_object_get(post, "deleted")) && !answered)
            json_array_remove(ordered, place);
        else
            any = true;
    }
    return any;
}

struct aged {
    json_int_t time;
    json_t *post; /* borrowed */
};

static int by_time(const void *one, const void *other)
{
    const struct aged *first = one;
    const struct aged *second = other;
    return first->time < second->time ? -1 : first->time > second->time;
}

static json_t *sorted(const json_t *posts)
{
    size_t count = json_array_size(posts);
    json_t *result = json_array();
    struct aged *list = calloc(count + 1, sizeof *list);
    if (!list)
        abort();
    for (size_t i = 0; i < count; i++) {
        json_t *post = json_array_get(posts, i);
        list[i] = (struct aged){json_integer_value(json_object_get(post, "order")), post};
    }
    qsort(list, count, sizeof *list, by_time);
    for (size_t i = 0; i < count; i++)
        json_array_append(result, list[i].post);
    free(list);
    return result;
}

json_t *thread_json(struct plaza *plaza, int64_t thread)
{
    json_t *posts = json_array();
    add_local_posts(plaza, thread, posts);
    add_remote_posts(plaza, thread, posts);
    json_t *by_age = sorted(posts);
    json_t *ordered = json_array();
    (void)append_answers(by_age, NULL, 0, ordered);
    size_t index;
    json_t *post;
    json_array_foreach(ordered, index, post)
    {
        json_object_del(post, "order");
    }
    json_decref(posts);
    json_decref(by_age);
    return ordered;
}

json_t *threads_recent(struct plaza *plaza, int64_t account, int64_t limit)
{
    json_t *list = json_array();
    sqlite3_stmt *row =
        account
            ? database_query(&plaza->database,
                             "SELECT DISTINCT thread FROM post WHERE account = ? AND deleted IS NULL"
                             " ORDER BY id DESC LIMIT ?",
                             "ii", account, limit)
            : database_query(
                  &plaza->database,
                  "SELECT post.id FROM post JOIN account ON account.id = post.account"
                  " WHERE parent IS NULL AND repost IS NULL AND visibility = 'public' AND status = 'active'"
                  " AND (deleted IS NULL OR EXISTS(SELECT 1 FROM post AS answer"
                  "  WHERE answer.thread = post.id AND answer.deleted IS NULL))"
                  " ORDER BY post.id DESC LIMIT ?",
                  "i", limit);
    while (database_row(&plaza->database, &row))
        json_array_append_new(list, json_integer(column_number(row, 0)));
    return list;
}
