#include "gateway/fed/pages.h"

#include <string.h>

#include "gateway/fed/frame.h"
#include "gateway/fed/render.h"
#include "mapping/outbound.h"

enum { SUMMARY_BYTES = 300, TITLE_BYTES = 80 };

/* ---- parts
 * ---------------------------------------------------------------------------------------------------- */

bool page_is_indexable(const struct account_record *record)
{
    return record->account.indexable && record->account.discoverable;
}

bool page_post_is_indexable(const struct account_record *record, const struct post_record *post)
{
    return record->account.indexable && post->post.visibility == VISIBILITY_PUBLIC;
}

static const char *name_of(const struct account_record *record)
{
    return record->account.name && *record->account.name ? record->account.name : record->name;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void put_time(struct buffer *page, int64_t time_ms)
{
    char time[TIME_TEXT_MAX];
    time_format(time_ms, time);
    buffer_format(page, "<time datetime=\"%s\">%.10s %.5s UTC</time>", time, time, time + 11);
}

static void put_author(struct serving *serving, struct buffer *page, const struct account_record *record)
{
    page_format(page, "<p><a rel=\"author\" href=\"%s\"><strong><bdi>%s</bdi></strong></a> ",
                url_profile(serving->arena, serving->host->base, record->name), name_of(record));
    page_format(page, "<span class=\"handle\">@%s@%s</span></p>", record->name, record->host);
}

/* ---- posts
 * ---------------------------------------------------------------------------------------------------- */

static void put_medium(struct buffer *page, const json_t *medium)
{
    const char *type = text_of(medium, "mediaType");
    const char *url = text_of(medium, "url");
    const char *alt = text_of(medium, "name");
    const char *poster = text_of(json_object_get(medium, "icon"), "url");
    if (!frame_may_link(url))
        return;
    buffer_add_string(page, "<figure>");
    if (type && strncmp(type, "image/", 6) == 0) {
        page_format(page, "<img loading=\"lazy\" alt=\"%s\" src=\"%s\">", alt, url);
    } else if (type && strncmp(type, "video/", 6) == 0) {
        page_format(page, "<video controls preload=\"none\" aria-label=\"%s\" src=\"%s\"",
                    alt && *alt ? alt : "Video", url);
        if (frame_may_link(poster))
            page_format(page, " poster=\"%s\"", poster);
        buffer_add_string(page, "></video>");
    } else if (type && strncmp(type, "audio/", 6) == 0) {
        page_format(page, "<audio controls preload=\"none\" aria-label=\"%s\" src=\"%s\"></audio>",
                    alt && *alt ? alt : "Audio", url);
    } else {
        page_format(page, "<a rel=\"nofollow noopener\" href=\"%s\">%s</a>", url, alt && *alt ? alt : url);
    }
    buffer_add_string(page, "</figure>");
}

static void put_options(struct buffer *page, const json_t *note)
{
    const json_t *options = json_object_get(note, "oneOf");
    size_t index;
    const json_t *option;
    if (!options)
        options = json_object_get(note, "anyOf");
    if (!json_array_size(options))
        return;
    buffer_add_string(page, "<ul>");
    json_array_foreach(options, index, option)
    {
        const json_t *count = json_object_get(json_object_get(option, "replies"), "totalItems");
        page_format(page, "<li>%s", text_of(option, "name"));
        buffer_format(page, ": %lld</li>", (long long)json_integer_value(count));
    }
    buffer_add_string(page, "</ul>");
}

/* The post itself, behind its warning where it has one. */
static void put_note(struct buffer *page, const json_t *note)
{
    const char *title = text_of(note, "name");
    const char *warning = title ? NULL : text_of(note, "summary");
    const char *parent = text_of(note, "inReplyTo");
    bool hidden = json_is_true(json_object_get(note, "sensitive"));
    size_t index;
    const json_t *medium;
    if (frame_may_link(parent))
        page_format(page, "<p class=\"soft\"><a rel=\"nofollow noopener\" href=\"%s\">In reply to</a></p>",
                    parent);
    if (title)
        page_format(page, "<h2>%s</h2>", title);
    if (hidden)
        page_format(page, "<details><summary>%s</summary>", warning && *warning ? warning : "Sensitive");
    const char *content = text_of(note, "content");
    buffer_add_string(page, content ? content : "");
    put_options(page, note);
    json_array_foreach(json_object_get(note, "attachment"), index, medium) put_medium(page, medium);
    if (hidden)
        buffer_add_string(page, "</details>");
}

static void put_boost(struct buffer *page, const struct post_record *post)
{
    page_format(page, "<p>🔁 Shared <a rel=\"nofollow noopener\" href=\"%s\">%s</a></p>", post->boost,
                post->boost);
}

/* False: the store is away. */
static bool put_post(struct serving *serving, struct buffer *page, const struct account_record *record,
                     const struct post_record *post, bool authored)
{
    json_t *note = NULL;
    if (!post->boost[0]) {
        note = render_note(serving->gateway, serving->arena, record, post, NULL, NULL);
        if (!note) /* too large to be written, or the store went away */
            return store_is_up(serving->gateway->store);
    }
    buffer_add_string(page, "<article");
    if (post->post.language_count)
        page_format(page, " lang=\"%s\"", post->post.languages[0]);
    buffer_add_string(page, ">");
    if (authored)
        put_author(serving, page, record);
    if (note)
        put_note(page, note);
    else
        put_boost(page, post);
    buffer_add_string(page, "<p class=\"soft\" lang=\"en\">");
    if (note)
        page_format(page, "<a href=\"%s\">", post_url(serving->gateway, serving->arena, record, post));
    put_time(page, post->published);
    buffer_add_string(page, note ? "</a>" : "");
    if (post->updated > post->published && note) {
        buffer_add_string(page, " · edited ");
        put_time(page, post->updated);
    }
    if (frame_may_link(post->post.url))
        page_format(page, " · <a rel=\"nofollow noopener\" href=\"%s\">on %s</a>", post->post.url,
                    record->platform);
    buffer_add_string(page, "</p></article>");
    json_decref(note);
    return true;
}

static struct page unavailable(struct buffer *page)
{
    buffer_clear(page);
    return (struct page){.html = NULL};
}

/* What a preview elsewhere says of a post: nothing of what is behind a warning. */
static const char *description_of(struct arena *arena, const struct post *post)
{
    if (post->warning && *post->warning)
        return frame_summary(arena, post->warning, SUMMARY_BYTES);
    const char *text = frame_summary(arena, post->body.text, SUMMARY_BYTES);
    return text && !post->sensitive ? text : NULL;
}

static const char *picture_of(const struct account_record *record, const struct post *post)
{
    bool hidden = post->sensitive || (post->warning && *post->warning);
    for (size_t i = 0; i < post->media_count && !hidden; i++)
        if (post->media[i].kind == MEDIA_IMAGE && frame_may_link(post->media[i].url))
            return post->media[i].url;
    return record->account.avatar_url;
}

struct page page_post(struct serving *serving, const struct account_record *record,
                      const struct post_record *post)
{
    struct buffer page;
    char published[TIME_TEXT_MAX];
    struct arena *arena = serving->arena;
    const char *url = url_object(arena, serving->host->base, record->aid, post->oid);
    const char *title = post->post.title ? frame_summary(arena, post->post.title, TITLE_BYTES) : NULL;
    bool noindex = !page_post_is_indexable(record, post);
    time_format(post->published, published);
    frame_begin(&page, serving,
                &(struct frame){.title = title ? title
                                               : arena_format(arena, "%s (@%s@%s)", name_of(record),
                                                              record->name, record->host),
                                .description = description_of(arena, &post->post),
                                .image = picture_of(record, &post->post),
                                .type = "article",
                                .url = url,
                                .creator = arena_format(arena, "%s@%s", record->name, record->host),
                                .published = published,
                                .alternate = url,
                                .noindex = noindex});
    page_format(&page, "<h1>Post by <bdi>%s</bdi></h1>", name_of(record));
    if (!put_post(serving, &page, record, post, true))
        return unavailable(&page);
    return (struct page){
        .html = frame_end(&page, serving, record->platform), .alternate = url, .noindex = noindex};
}

/* ---- profiles
 * ------------------------------------------------------------------------------------------------- */

/* The fields as other servers get them: those that are links say that it is the same person (rel=me). */
static void put_fields(struct buffer *page, const json_t *actor)
{
    const json_t *fields = json_object_get(actor, "attachment");
    size_t index;
    const json_t *field;
    if (!json_array_size(fields))
        return;
    buffer_add_string(page, "<dl>");
    json_array_foreach(fields, index, field)
    {
        const char *value = text_of(field, "value");
        page_format(page, "<dt>%s</dt><dd>", text_of(field, "name"));
        buffer_add_string(page, value ? value : "");
        buffer_add_string(page, "</dd>");
    }
    buffer_add_string(page, "</dl>");
}

static bool put_person(struct serving *serving, struct buffer *page, const struct account_record *record)
{
    const struct account *account = &record->account;
    json_t *actor = render_actor(serving->gateway, serving->arena, record);
    if (!actor)
        return false;
    const char *bio = text_of(actor, "summary");
    buffer_add_string(page, "<section class=\"card\" aria-labelledby=\"name\">");
    if (frame_may_link(account->banner_url))
        page_format(page, "<img class=\"banner\" alt=\"\" src=\"%s\">", account->banner_url);
    if (frame_may_link(account->avatar_url))
        page_format(page, "<img class=\"avatar\" alt=\"\" src=\"%s\">", account->avatar_url);
    page_format(page, "<h1 id=\"name\"><bdi>%s</bdi></h1><p class=\"handle\">@%s@%s</p>", name_of(record),
                record->name, record->host);
    if (account->moved_to && frame_may_link(account->moved_to))
        page_format(page, "<p>This person moved to <a rel=\"nofollow noopener\" href=\"%s\">%s</a>.</p>",
                    account->moved_to, account->moved_to);
    buffer_add_string(page, bio ? bio : "");
    put_fields(page, actor);
    buffer_format(page, "<ul class=\"numbers\"><li>%lld posts</li><li>%lld followers</li></ul>",
                  (long long)record->post_count, (long long)record->follower_count);
    page_format(page, "<p><a class=\"button\" rel=\"nofollow\" href=\"/@%s/follow\">Follow</a></p></section>",
                record->name);
    json_decref(actor);
    return true;
}

static bool put_list(struct serving *serving, struct buffer *page, const struct account_record *record,
                     const struct post_page *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct post_record post;
        enum lookup found =
            post_load(serving->gateway->store, serving->arena, record->aid, list->oids[i], &post);
        bool shown = found == LOOKUP_FOUND && post.state == POST_LIVE;
        if (found == LOOKUP_DOWN || (shown && !put_post(serving, page, record, &post, false)))
            return false;
    }
    return true;
}

struct page page_profile(struct serving *serving, const struct account_record *record,
                         const struct post_page *list)
{
    struct buffer page;
    struct arena *arena = serving->arena;
    const char *actor = url_actor(arena, serving->host->base, record->aid);
    const char *url = url_profile(arena, serving->host->base, record->name);
    bool noindex = !page_is_indexable(record);
    frame_begin(&page, serving,
                &(struct frame){
                    .title = arena_format(arena, "%s (@%s@%s)", name_of(record), record->name, record->host),
                    .description = frame_summary(arena, record->account.bio.text, SUMMARY_BYTES),
                    .image = record->account.avatar_url,
                    .type = "profile",
                    .url = url,
                    .creator = arena_format(arena, "%s@%s", record->name, record->host),
                    .alternate = actor,
                    .feed = record->authorized_fetch ? NULL : arena_format(arena, "%s/feed.atom", url),
                    .me = record->account.url,
                    .noindex = noindex});
    if (!put_person(serving, &page, record))
        return unavailable(&page);
    buffer_add_string(&page, "<section aria-labelledby=\"posts\"><h2 id=\"posts\">Posts</h2>");
    if (!list->count)
        buffer_add_string(&page, "<p class=\"card\">There are none yet.</p>");
    if (!put_list(serving, &page, record, list))
        return unavailable(&page);
    buffer_add_string(&page, "</section>");
    return (struct page){
        .html = frame_end(&page, serving, record->platform), .alternate = actor, .noindex = noindex};
}

/* ---- the server itself
 * ---------------------------------------------------------------------------------------- */

static void put_report(struct buffer *page, const struct config *config)
{
    buffer_add_string(
        page, "<h2 id=\"report\">To report something</h2><p>Report the post or the account on your own "
              "server, as you would any other, and let the report be forwarded: it arrives here.");
    if (config->contact) {
        buffer_add_string(page, " Or write to ");
        frame_address(page, config->contact);
        buffer_add_string(page, ", with the address of the post");
    }
    buffer_add_string(page, ".</p>");
}

static void put_opt_out(struct buffer *page, const struct serving *serving)
{
    buffer_add_string(
        page,
        "<h2 id=\"opt-out\">To opt out</h2><ul><li><strong>You have an account of the platform.</strong> "
        "It is here only if you switched the fediverse on; switch it off in the same place, and every "
        "server that was sent something of yours is asked to delete it.</li>"
        "<li><strong>You are on another server</strong> and do not want your replies to be shown on the "
        "platform: write <code>#nobridge</code> into your profile, or block the account that you "
        "answered. For everything of this bridge block ");
    page_format(page, "<span class=\"handle\">@%s@%s</span>", serving->host->authority,
                serving->host->authority);
    buffer_add_string(page, ". What was shown is removed.</li><li><strong>You run a server</strong> and want "
                            "nothing of this: block the domain ");
    page_format(page, "<code>%s</code>.</li></ul>", serving->host->authority);
}

struct page page_about(struct serving *serving, bool about)
{
    const struct config *config = serving->gateway->config;
    const char *authority = serving->host->authority;
    struct buffer page;
    frame_begin(&page, serving,
                &(struct frame){.title = authority,
                                .description = "A bridge between a platform and the fediverse.",
                                .url = arena_format(serving->arena, "%s/%s", serving->host->base,
                                                    about ? "actor/about" : "")});
    page_format(&page, "<h1>%s</h1><div class=\"card\">", authority);
    buffer_add_string(
        &page,
        "<p>This is a bridge between a platform and the fediverse, run with drawbridge. It has no accounts "
        "of its own: people of the platform who switch the fediverse on for themselves can be followed from "
        "other servers, and nobody else is shown here.</p>");
    page_format(&page,
                "<p>To follow somebody, search on your own server for their handle, which ends in "
                "<strong>@%s</strong>, or press Follow on their page here.</p>",
                authority);
    buffer_add_string(
        &page, "<p>Replies to their posts are shown on the platform with their author's name and server, and "
               "change or go when they are edited or deleted there.</p>");
    put_report(&page, config);
    put_opt_out(&page, serving);
    if (config->imprint) {
        buffer_add_string(&page, "<h2>Who runs this</h2><p>");
        frame_address(&page, config->imprint);
        buffer_add_string(&page, "</p>");
    }
    buffer_add_string(&page, "</div>");
    return (struct page){.html = frame_end(&page, serving, NULL)};
}

struct page page_tag(struct serving *serving, const char *tag, const struct tagged_post *posts, size_t count)
{
    struct buffer page;
    frame_begin(&page, serving,
                &(struct frame){.title = arena_format(serving->arena, "#%s", tag), .noindex = true});
    page_format(&page, "<h1>#%s</h1><p>The newest posts from here with this tag.</p>", tag);
    for (size_t i = 0; i < count; i++)
        if (!put_post(serving, &page, &posts[i].record, &posts[i].post, true))
            return unavailable(&page);
    if (!count)
        buffer_add_string(&page, "<p class=\"card\">There are none.</p>");
    return (struct page){.html = frame_end(&page, serving, NULL), .noindex = true};
}
