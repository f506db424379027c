#include "gateway/fed/tags.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/fed/pages.h"
#include "gateway/fed/render.h"
#include "gateway/http/negotiate.h"
#include "mapping/json_out.h"

enum { TAG_POSTS = 100, TAG_SHOWN = 20, TAG_NAME_MAX = 200, EMOJI_NAME_MAX = 64 };

/* ---- noting
 * ----------------------------------------------------------------------------------------------------- */

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(digit | 32);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static const char *percent_decoded(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) + 1);
    char *end = out;
    for (; *text; text++) {
        int high = *text == '%' ? hex(text[1]) : -1;
        int low = high >= 0 ? hex(text[2]) : -1;
        *end++ = low >= 0 ? (char)(high * 16 + low) : *text;
        text += low >= 0 ? 2 : 0;
    }
    *end = '\0';
    return out;
}

/* What follows PREFIX in one of our own addresses; NULL when it is no such address. */
static const char *name_below(struct arena *arena, const char *base, const char *prefix, const char *url)
{
    const char *whole = arena_format(arena, "%s%s", base, prefix);
    size_t length = strlen(whole);
    return url && strncmp(url, whole, length) == 0 && url[length] ? url + length : NULL;
}

/* Of each tag the newest posts are kept. */
static bool note_hashtag(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                         const struct post_record *post, const char *name)
{
    const char *key = arena_format(arena, "tag:%s:%s", record->host, percent_decoded(arena, name));
    struct reply *added =
        store_call(gateway->store, "ZADD", key, arena_format(arena, "%lld", (long long)post->published),
                   arena_format(arena, "%s %s", post->aid, post->oid), (char *)NULL);
    bool good = !reply_failed(added);
    reply_free(added);
    reply_free(store_call(gateway->store, "ZREMRANGEBYRANK", key, "0",
                          arena_format(arena, "-%d", TAG_POSTS + 1), (char *)NULL));
    return good;
}

static bool note_emoji(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                       const char *name, const json_t *emoji)
{
    char *text = json_dumps(emoji, JSON_COMPACT);
    struct reply *reply = store_call(gateway->store, "HSET", arena_format(arena, "emoji:%s", record->host),
                                     name, text ? text : "{}", (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    free(text);
    return good;
}

bool tags_note(struct gateway *gateway, struct arena *arena, const struct account_record *record,
               const struct post_record *post, const json_t *note)
{
    const char *base = account_base(gateway, record);
    bool listed = post->post.visibility == VISIBILITY_PUBLIC;
    bool good = true;
    size_t index;
    json_t *tag;
    json_array_foreach(json_object_get(note, "tag"), index, tag)
    {
        const char *hashtag =
            name_below(arena, base, "/tags/", json_string_value(json_object_get(tag, "href")));
        const char *emoji = name_below(arena, base, "/emoji/", json_string_value(json_object_get(tag, "id")));
        if (hashtag && listed)
            good = note_hashtag(gateway, arena, record, post, hashtag) && good;
        if (emoji)
            good = note_emoji(gateway, arena, record, emoji, tag) && good;
    }
    return good;
}

/* ---- serving
 * ----------------------------------------------------------------------------------------------------- */

struct tagged {
    struct tagged_post posts[TAG_SHOWN];
    size_t count;
};

/* The posts that may be shown; what is gone meanwhile is taken from the list. */
static enum lookup read_tagged(struct serving *serving, const char *key, struct tagged *out)
{
    struct store *store = serving->gateway->store;
    struct reply *members = store_call(store, "ZREVRANGE", key, "0",
                                       arena_format(serving->arena, "%d", TAG_POSTS - 1), (char *)NULL);
    enum lookup result = reply_failed(members) ? LOOKUP_DOWN : LOOKUP_FOUND;
    for (size_t i = 0; i < reply_count(members) && out->count < TAG_SHOWN && result == LOOKUP_FOUND; i++) {
        const char *member = arena_string(serving->arena, reply_text(reply_at(members, i)));
        struct tagged_post *one = &out->posts[out->count];
        if (strlen(member) != AID_LENGTH + 1 + OID_LENGTH)
            continue;
        enum lookup found =
            account_load(store, serving->arena, arena_copy(serving->arena, member, AID_LENGTH), &one->record);
        bool shown =
            found == LOOKUP_FOUND && account_view(&one->record, serving->host, PART_CONTENT) == VIEW_ALL;
        if (shown)
            found = post_load(store, serving->arena, one->record.aid, member + AID_LENGTH + 1, &one->post);
        if (found == LOOKUP_DOWN)
            result = LOOKUP_DOWN;
        else if (shown && found == LOOKUP_FOUND && one->post.state == POST_LIVE &&
                 one->post.post.visibility == VISIBILITY_PUBLIC)
            out->count++;
        else
            reply_free(store_call(store, "ZREM", key, member, (char *)NULL));
    }
    reply_free(members);
    return result;
}

static json_t *tag_document(struct serving *serving, const char *name, const struct tagged *tagged)
{
    json_t *items = json_array();
    for (size_t i = 0; i < tagged->count; i++)
        (void)json_array_append_new(items,
                                    json_string(post_url(serving->gateway, serving->arena,
                                                         &tagged->posts[i].record, &tagged->posts[i].post)));
    return json_pack("{so ss ss sI so}", "@context", context_plain(), "id",
                     arena_format(serving->arena, "%s/tags/%s", serving->host->base, name), "type",
                     "OrderedCollection", "totalItems", (json_int_t)tagged->count, "orderedItems", items);
}

void serve_tag(struct serving *serving, const char *name)
{
    struct tagged *tagged = arena_alloc(serving->arena, sizeof *tagged);
    tagged->count = 0;
    char *lower = arena_string(serving->arena, name);
    for (char *at = lower; *at; at++)
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    if (!*name || strlen(name) > TAG_NAME_MAX) {
        serve_absent(serving);
        return;
    }
    const char *key = arena_format(serving->arena, "tag:%s:%s", serving->host->authority, lower);
    if (read_tagged(serving, key, tagged) != LOOKUP_FOUND) {
        serve_unavailable(serving);
        return;
    }
    if (negotiate(http_request_header(serving->request, "accept"), WANTED_HTML) == WANTED_ACTIVITY) {
        serve_json(serving, 200, ACTIVITY, tag_document(serving, lower, tagged), CACHE_SHORT);
        return;
    }
    struct page page = page_tag(serving, lower, tagged->posts, tagged->count);
    serve_html(serving, 200, &page);
}

void serve_emoji(struct serving *serving, const char *name)
{
    if (!*name || strlen(name) > EMOJI_NAME_MAX) {
        serve_absent(serving);
        return;
    }
    struct reply *reply =
        store_call(serving->gateway->store, "HGET",
                   arena_format(serving->arena, "emoji:%s", serving->host->authority), name, (char *)NULL);
    bool down = reply_failed(reply);
    json_t *emoji = json_loads(reply_text(reply), 0, NULL);
    reply_free(reply);
    if (down) {
        serve_unavailable(serving);
    } else if (!json_is_object(emoji)) {
        serve_absent(serving);
    } else {
        (void)json_object_set_new(emoji, "@context", context_of_note());
        serve_json(serving, 200, ACTIVITY, json_incref(emoji), CACHE_ACTOR);
    }
    json_decref(emoji);
}
