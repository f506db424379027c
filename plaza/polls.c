#include "plaza/polls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DAY_MINUTES = 1440, YEAR_MINUTES = 525600 };

/* The options of the lines, without empty ones. New reference. */
static json_t *options_of(const char *lines)
{
    json_t *options = json_array();
    while (lines && *lines) {
        size_t length = strcspn(lines, "\r\n");
        if (length)
            json_array_append_new(options, json_stringn(lines, length));
        lines += length;
        lines += strspn(lines, "\r\n");
    }
    return options;
}

static bool all_differ(const json_t *options)
{
    for (size_t i = 0; i < json_array_size(options); i++)
        for (size_t other = 0; other < i; other++)
            if (json_equal(json_array_get(options, i), json_array_get(options, other)))
                return false;
    return true;
}

bool poll_valid(const char *lines)
{
    if (!lines || !*lines)
        return true;
    json_t *options = options_of(lines);
    size_t count = json_array_size(options);
    bool good = count >= 2 && count <= POLL_OPTIONS_MAX && all_differ(options);
    for (size_t i = 0; i < count; i++)
        good = good && json_string_length(json_array_get(options, i)) <= OPTION_BYTES_MAX;
    json_decref(options);
    return good;
}

json_t *poll_new(const struct post_draft *draft)
{
    if (!draft->poll || !*draft->poll)
        return NULL;
    int64_t minutes = draft->poll_minutes;
    if (minutes < 1 || minutes > YEAR_MINUTES)
        minutes = DAY_MINUTES;
    return json_make("{s:o, s:b, s:I}", "options", options_of(draft->poll), "multiple", draft->poll_multiple,
                     "ends", (json_int_t)(time_now_ms() + minutes * 60000));
}

static int64_t votes_for(struct plaza *plaza, int64_t post, size_t choice)
{
    return database_number(&plaza->database, 0, "SELECT count(*) FROM vote WHERE post = ? AND choice = ?",
                           "ii", post, (int64_t)choice);
}

static json_t *time_json(int64_t time)
{
    char text[TIME_TEXT_SIZE];
    time_text(time, text);
    return json_string(text);
}

json_t *poll_json(struct plaza *plaza, int64_t post, const char *stored)
{
    json_t *poll = stored ? json_loads(stored, 0, NULL) : NULL;
    if (!poll)
        return json_null();
    json_t *options = json_array();
    size_t index;
    json_t *name;
    json_array_foreach(json_object_get(poll, "options"), index, name)
    {
        json_array_append_new(options, json_make("{s:O, s:I}", "name", name, "votes",
                                                 (json_int_t)votes_for(plaza, post, index)));
    }
    int64_t ends = json_integer_value(json_object_get(poll, "ends"));
    int64_t voters = database_number(&plaza->database, 0,
                                     "SELECT count(DISTINCT voter) FROM vote WHERE post = ?", "i", post);
    json_t *json =
        json_make("{s:o, s:O, s:o, s:o, s:I}", "options", options, "multiple",
                  json_object_get(poll, "multiple"), "ends", time_json(ends), "closed",
                  ends <= time_now_ms() ? time_json(ends) : json_null(), "voters", (json_int_t)voters);
    json_decref(poll);
    return json;
}

/* What is stored of a post's poll; NULL when it has none. New reference. */
static json_t *load(struct plaza *plaza, int64_t post)
{
    sqlite3_stmt *row = database_query(
        &plaza->database, "SELECT poll FROM post WHERE id = ? AND deleted IS NULL AND poll IS NOT NULL", "i",
        post);
    json_t *poll = NULL;
    if (database_row(&plaza->database, &row))
        poll = json_loads(column_text(row, 0), 0, NULL);
    database_finish(&row);
    return poll;
}

int poll_choice(struct plaza *plaza, int64_t post, const char *name)
{
    json_t *poll = load(plaza, post);
    int found = -1;
    size_t index;
    json_t *option;
    json_array_foreach(json_object_get(poll, "options"), index, option)
    {
        if (name && strcmp(json_string_value(option), name) == 0)
            found = (int)index;
    }
    json_decref(poll);
    return found;
}

enum post_outcome poll_vote(struct plaza *plaza, int64_t post, const char *key, const char *voter, int choice)
{
    json_t *poll = load(plaza, post);
    bool open = poll && json_integer_value(json_object_get(poll, "ends")) > time_now_ms();
    json_decref(poll);
    if (!open || choice < 0)
        return POST_BAD_FIELD;
    if (database_run(&plaza->database,
                     "INSERT OR IGNORE INTO vote(key, post, voter, choice) VALUES(?, ?, ?, ?)", "titi", key,
                     post, voter, (int64_t)choice))
        post_touch(plaza, post);
    return POST_OK;
}

enum post_outcome poll_vote_as(struct plaza *plaza, const struct account *account, int64_t post,
                               const char *choice)
{
    char voter[ACCOUNT_ID_SIZE];
    char key[96];
    json_t *poll = load(plaza, post);
    bool multiple = json_is_true(json_object_get(poll, "multiple"));
    json_decref(poll);
    int number = poll_choice(plaza, post, choice);
    snprintf(voter, sizeof voter, "u_%" PRId64, account->id);
    snprintf(key, sizeof key, "%s:p_%" PRId64 ":%d", voter, post, multiple ? number : 0);
    return poll_vote(plaza, post, key, voter, number);
}
