/* The newest public posts of an account as an Atom feed (RFC 4287): the same HTML that other servers get, ids
 * that never change, nothing that was deleted. */
#include "gateway/fed/feed.h"

#include <string.h>

#include "gateway/fed/frame.h"
#include "gateway/fed/pages.h"
#include "gateway/fed/render.h"
#include "gateway/ledger/observe.h"
#include "mapping/outbound.h"

enum { FEED_POSTS = 20, FEED_MAX = 2 << 20, TITLE_BYTES = 80 };

/* Noncharacters that UTF-8 can write and XML cannot (XML 1.0 §2.2). */
static void put_text(struct serving *serving, struct buffer *feed, const char *text)
{
    char *clean = arena_string(serving->arena, text ? text : "");
    char *out = clean;
    for (const char *at = clean; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == 0xEF && (unsigned char)at[1] == 0xBF && (unsigned char)at[2] >= 0xBE) {
            at += 2;
            continue;
        }
        if (byte >= ' ' || byte == '\n' || byte == '\t')
            *out++ = *at;
    }
    *out = '\0';
    page_text(feed, clean);
}

static void put_element(struct serving *serving, struct buffer *feed, const char *name, const char *text)
{
    buffer_format(feed, "<%s>", name);
    put_text(serving, feed, text);
    buffer_format(feed, "</%s>\n", name);
}

static void put_time(struct buffer *feed, const char *name, int64_t time_ms)
{
    char time[TIME_TEXT_MAX];
    time_format(time_ms, time);
    buffer_format(feed, "<%s>%s</%s>\n", name, time, name);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* An enclosure wants a length, which is not known: 0 says so to those who look. */
static void put_enclosures(struct buffer *feed, const json_t *note)
{
    size_t index;
    const json_t *medium;
    json_array_foreach(json_object_get(note, "attachment"), index, medium)
    {
        const char *url = text_of(medium, "url");
        const char *type = text_of(medium, "mediaType");
        const char *alt = text_of(medium, "name");
        if (!frame_may_link(url))
            continue;
        page_format(feed, "<link rel=\"enclosure\" href=\"%s\"", url);
        if (type)
            page_format(feed, " type=\"%s\"", type);
        if (alt)
            page_format(feed, " title=\"%s\"", alt);
        buffer_add_string(feed, "/>\n");
    }
}

static const char *title_of(struct arena *arena, const struct post *post)
{
    const char *text = post->title && *post->title       ? post->title
                       : post->warning && *post->warning ? post->warning
                                                         : post->body.text;
    const char *title = frame_summary(arena, text, TITLE_BYTES);
    return title ? title : "A post without words";
}

static bool put_entry(struct serving *serving, struct buffer *feed, const struct account_record *record,
                      const struct post_record *post)
{
    json_t *note = render_note(serving->gateway, serving->arena, record, post, NULL, NULL);
    if (!note) /* too large to be written, or the store went away */
        return store_is_up(serving->gateway->store);
    const char *url = post_url(serving->gateway, serving->arena, record, post);
    bool hidden = post->post.warning && *post->post.warning;
    buffer_add_string(feed, "<entry>\n");
    put_element(serving, feed, "id", url);
    put_element(serving, feed, "title", title_of(serving->arena, &post->post));
    put_time(feed, "published", post->published);
    put_time(feed, "updated", post->updated > post->published ? post->updated : post->published);
    page_format(feed, "<link rel=\"alternate\" type=\"text/html\" href=\"%s\"/>\n", url);
    page_format(feed, "<link rel=\"alternate\" type=\"application/activity+json\" href=\"%s\"/>\n", url);
    if (frame_may_link(post->post.url))
        page_format(feed, "<link rel=\"related\" type=\"text/html\" href=\"%s\"/>\n", post->post.url);
    if (hidden)
        put_element(serving, feed, "summary", post->post.warning);
    put_enclosures(feed, note);
    buffer_add_string(feed, "<content type=\"html\"");
    if (post->post.language_count)
        page_format(feed, " xml:lang=\"%s\"", post->post.languages[0]);
    buffer_add_string(feed, ">");
    put_text(serving, feed, text_of(note, "content"));
    buffer_add_string(feed, "</content>\n</entry>\n");
    json_decref(note);
    return true;
}

static void put_head(struct serving *serving, struct buffer *feed, const struct account_record *record,
                     int64_t updated)
{
    struct arena *arena = serving->arena;
    const struct account *account = &record->account;
    const char *page = url_profile(arena, serving->host->base, record->name);
    const char *name = account->name && *account->name ? account->name : record->name;
    buffer_add_string(feed, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
    put_element(serving, feed, "id", url_actor(arena, serving->host->base, record->aid));
    put_element(serving, feed, "title", arena_format(arena, "%s (@%s@%s)", name, record->name, record->host));
    put_time(feed, "updated", updated);
    page_format(feed, "<link rel=\"self\" type=\"application/atom+xml\" href=\"%s/feed.atom\"/>\n", page);
    page_format(feed, "<link rel=\"alternate\" type=\"text/html\" href=\"%s\"/>\n", page);
    if (frame_may_link(account->avatar_url))
        put_element(serving, feed, "icon", account->avatar_url);
    buffer_add_string(feed, "<author>\n");
    put_element(serving, feed, "name", name);
    put_element(serving, feed, "uri", page);
    buffer_add_string(feed, "</author>\n");
    page_format(feed, "<generator uri=\"%s/\">drawbridge</generator>\n", serving->host->base);
}

/* What may stand in a feed: public posts of the account's own; a repost is another's words. NULL: the store
 * is away.
 */
static const char *write_feed(struct serving *serving, const struct account_record *record,
                              const struct post_page *list)
{
    struct buffer feed;
    struct post_record posts[FEED_POSTS];
    size_t count = 0;
    int64_t updated = record->consent_since;
    bool good = true;
    for (size_t i = 0; i < list->count && count < FEED_POSTS && good; i++) {
        struct post_record *post = &posts[count];
        enum lookup found =
            post_load(serving->gateway->store, serving->arena, record->aid, list->oids[i], post);
        good = found != LOOKUP_DOWN;
        if (found != LOOKUP_FOUND || post->state != POST_LIVE || post->boost[0] ||
            post->post.visibility != VISIBILITY_PUBLIC)
            continue;
        int64_t changed = post->updated > post->published ? post->updated : post->published;
        updated = changed > updated ? changed : updated;
        count++;
    }
    buffer_init(&feed, FEED_MAX);
    put_head(serving, &feed, record, updated);
    for (size_t i = 0; i < count && good; i++)
        good = put_entry(serving, &feed, record, &posts[i]);
    buffer_add_string(&feed, "</feed>\n");
    const char *text = good && !feed.failed ? arena_string(serving->arena, buffer_text(&feed)) : NULL;
    buffer_clear(&feed);
    return text;
}

void serve_feed(struct serving *serving, const char *name)
{
    struct account_record record;
    struct post_page list;
    struct observation observation;
    if (!serve_named_account(serving, name, &record))
        return;
    observe_request(serving, &observation);
    if (!serve_permitted(serving, &record, &observation))
        return;
    const char *text = NULL;
    if (post_list(serving->gateway->store, serving->arena, record.aid, NULL, FEED_POSTS, &list) ==
        LOOKUP_FOUND)
        text = write_feed(serving, &record, &list);
    if (text)
        serve_text(serving, &(struct served_text){.type = "application/atom+xml; charset=utf-8",
                                                  .body = text,
                                                  .policy = serving->is_private ? CACHE_PRIVATE : CACHE_NOTE,
                                                  .noindex = !page_is_indexable(&record)});
    else
        serve_unavailable(serving);
}
