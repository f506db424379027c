#include "gateway/store/reports.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"

static bool may_stand(const char *url)
{
    for (const unsigned char *at = (const unsigned char *)url; at && *at; at++)
        if (*at <= ' ' || *at == 0x7f)
            return false;
    return url && url[0];
}

/* The addresses of the posts, one a line. */
static const char *lines_of(struct arena *arena, const struct report *report)
{
    const char *lines = "";
    for (size_t i = 0; i < report->post_count && i < REPORT_POSTS_MAX; i++)
        if (may_stand(report->posts[i]))
            lines = arena_format(arena, "%s%s%s", lines, *lines ? "\n" : "", report->posts[i]);
    return lines;
}

static const char *source_of(struct arena *arena, const struct report *report)
{
    return report->outgoing ? arena_format(arena, "out %s", report->aid)
                            : arena_format(arena, "in %s", report->server);
}

static void add_field(struct arguments *arguments, const char *name, const char *value)
{
    arguments_text(arguments, name);
    arguments_text(arguments, value ? value : "");
}

enum report_outcome report_add(struct store *store, const struct report *report, bool pass, const char *trace,
                               char id[REPORT_ID_SIZE])
{
    static const char *const outcomes[] = {[REPORT_KEPT] = "kept",
                                           [REPORT_AGAIN] = "again",
                                           [REPORT_FULL] = "full",
                                           [REPORT_CROWDED] = "crowded"};
    enum { BUDGET = 1 << 18 };
    struct arena *arena = arena_new(BUDGET);
    const char *posts = lines_of(arena, report);
    const char *source = source_of(arena, report);
    char same[23];
    id_hash(arena_format(arena, "%s\n%s\n%s\n%s", source, report->subject, posts, report->comment), same);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, same);
    arguments_number(arguments, clock_now_ms());
    arguments_text(arguments, source);
    arguments_number(arguments, REPORTS_OPEN_MAX);
    arguments_number(arguments, REPORTS_OPEN_MAX_OF_SOURCE);
    arguments_text(arguments, pass ? "1" : "0");
    arguments_text(arguments, trace);
    add_field(arguments, "direction", report->outgoing ? "out" : "in");
    add_field(arguments, "aid", report->aid);
    add_field(arguments, "platform", report->platform);
    add_field(arguments, "by", report->by);
    add_field(arguments, "server", report->server);
    add_field(arguments, "subject", report->subject);
    add_field(arguments, "posts", posts);
    add_field(arguments, "comment", report->comment);
    struct reply *reply = store_script(store, "report_add", arguments);
    enum report_outcome result = REPORT_DOWN;
    for (size_t i = 0; !reply_failed(reply) && i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (strcmp(reply_text(reply_at(reply, 1)), outcomes[i]) == 0)
            result = (enum report_outcome)i;
    (void)snprintf(id, REPORT_ID_SIZE, "%s", reply_text(reply_at(reply, 0)));
    reply_free(reply);
    arena_free(arena);
    return result;
}

static const char *text_of(struct arena *arena, const struct reply *fields, const char *name)
{
    const char *value = reply_field(fields, name);
    return arena_string(arena, value ? value : "");
}

static int64_t number_of(const struct reply *fields, const char *name)
{
    const char *value = reply_field(fields, name);
    return value ? strtoll(value, NULL, 10) : 0;
}

static void read_posts(struct arena *arena, const struct reply *fields, struct report *out)
{
    char *rest = NULL;
    char *lines = arena_string(arena, text_of(arena, fields, "posts"));
    for (char *line = strtok_r(lines, "\n", &rest); line && out->post_count < REPORT_POSTS_MAX;
         line = strtok_r(NULL, "\n", &rest))
        out->posts[out->post_count++] = line;
}

static bool is_id(const char *text)
{
    size_t length = strlen(text);
    return length && length < REPORT_ID_SIZE && strspn(text, "0123456789") == length;
}

enum lookup report_load(struct store *store, struct arena *arena, const char *id, struct report *out)
{
    *out = (struct report){.id = arena_string(arena, id)};
    if (!is_id(id))
        return LOOKUP_ABSENT;
    struct reply *fields = store_call(store, "HGETALL", arena_format(arena, "report:%s", id), (char *)NULL);
    enum lookup result = reply_failed(fields)  ? LOOKUP_DOWN
                         : reply_count(fields) ? LOOKUP_FOUND
                                               : LOOKUP_ABSENT;
    if (result == LOOKUP_FOUND) {
        out->outgoing = strcmp(text_of(arena, fields, "direction"), "out") == 0;
        out->open = strcmp(text_of(arena, fields, "state"), "open") == 0;
        out->aid = text_of(arena, fields, "aid");
        out->platform = text_of(arena, fields, "platform");
        out->by = text_of(arena, fields, "by");
        out->server = text_of(arena, fields, "server");
        out->subject = text_of(arena, fields, "subject");
        out->comment = text_of(arena, fields, "comment");
        out->passed = text_of(arena, fields, "passed");
        out->passed_why = text_of(arena, fields, "passed_why");
        out->closed_by = text_of(arena, fields, "closed_by");
        out->note = text_of(arena, fields, "note");
        out->time = number_of(fields, "time");
        out->last = number_of(fields, "last");
        out->closed = number_of(fields, "closed");
        out->passed_at = number_of(fields, "passed_at");
        out->times = number_of(fields, "times");
        read_posts(arena, fields, out);
    }
    reply_free(fields);
    return result;
}

/* 1: done; 0: it was so before; nothing: there is no such report. */
static enum lookup run(struct store *store, const char *script, struct arguments *arguments, bool *done)
{
    struct reply *reply = store_script(store, script, arguments);
    enum lookup result = reply_failed(reply)              ? LOOKUP_DOWN
                         : reply_kind(reply) == REPLY_NIL ? LOOKUP_ABSENT
                                                          : LOOKUP_FOUND;
    *done = result == LOOKUP_FOUND && reply_number(reply) == 1;
    reply_free(reply);
    return result;
}

enum lookup report_close(struct store *store, const char *id, const char *who, const char *note, bool *done)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, id);
    arguments_number(arguments, clock_now_ms());
    arguments_text(arguments, who);
    arguments_text(arguments, note);
    return run(store, "report_close", arguments, done);
}

enum lookup report_forward(struct store *store, const char *id, const char *trace, bool *done)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, id);
    arguments_number(arguments, clock_now_ms());
    arguments_text(arguments, trace);
    return run(store, "report_forward", arguments, done);
}

bool report_passed(struct store *store, const char *id, const char *state, const char *why)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, id);
    arguments_text(arguments, state);
    arguments_text(arguments, why ? why : "");
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(store, "report_passed", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

enum lookup report_list(struct store *store, struct arena *arena, bool open, const char *cursor,
                        struct report_page *out)
{
    const char *key = open ? "reports_open" : "reports_closed";
    int64_t from = cursor ? strtoll(cursor, NULL, 10) : 0;
    *out = (struct report_page){0};
    if (cursor && !is_id(cursor))
        return LOOKUP_ABSENT;
    struct reply *total = store_call(store, "ZCARD", key, (char *)NULL);
    out->total = reply_number(total);
    bool down = reply_failed(total);
    reply_free(total);
    struct reply *ids = store_call(store, "ZREVRANGE", key, arena_format(arena, "%" PRId64, from),
                                   arena_format(arena, "%" PRId64, from + REPORT_PAGE), (char *)NULL);
    down |= reply_failed(ids);
    for (size_t i = 0; !down && i < reply_count(ids) && out->count < REPORT_PAGE; i++) {
        enum lookup found =
            report_load(store, arena, reply_text(reply_at(ids, i)), &out->reports[out->count]);
        down |= found == LOOKUP_DOWN;
        out->count += found == LOOKUP_FOUND;
    }
    if (!down && reply_count(ids) > REPORT_PAGE)
        out->next = arena_format(arena, "%" PRId64, from + REPORT_PAGE);
    reply_free(ids);
    return down ? LOOKUP_DOWN : LOOKUP_FOUND;
}
