/* Remote authors, posts and relations as the platform takes them (PLATFORMS §7.7, §7.8). */
#include <string.h>

#include "adapters/platform/platform.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *time_or_null(int64_t time)
{
    char text[TIME_TEXT_MAX];
    if (time <= 0)
        return json_null();
    time_format(time, text);
    return json_string(text);
}

static json_t *number_or_null(uint64_t number)
{
    return number ? json_integer((json_int_t)number) : json_null();
}

static void put(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

/* ---- text
 * -----------------------------------------------------------------------------------------------------------
 */

static json_t *span_json(const struct span *span)
{
    static const char *const names[] = {
        [SPAN_LINK] = "link",
        [SPAN_MENTION] = "mention",
        [SPAN_REMOTE_MENTION] = "link",
        [SPAN_HASHTAG] = "tag",
        [SPAN_EMOJI] = "emoji",
        [SPAN_BOLD] = "bold",
        [SPAN_ITALIC] = "italic",
        [SPAN_STRIKE] = "strike",
        [SPAN_CODE] = "code",
        [SPAN_QUOTE] = "quote",
        [SPAN_PREFORMATTED] = "preformatted",
    };
    json_t *object = json_object();
    put(object, "start", json_integer((json_int_t)span->start));
    put(object, "end", json_integer((json_int_t)span->end));
    put(object, "type", json_string(names[span->kind]));
    if (span->kind == SPAN_MENTION)
        put(object, "local", text_or_null(span->target));
    else if (span->kind == SPAN_HASHTAG)
        put(object, "tag", text_or_null(span->target));
    else if (span->target)
        put(object, "url", json_string(span->target));
    if (span->kind == SPAN_REMOTE_MENTION && span->label)
        put(object, "acct", json_string(span->label)); /* the platform may not know that person */
    return object;
}

static json_t *spans_json(const struct rich_text *text)
{
    json_t *list = json_array();
    for (size_t i = 0; i < text->span_count; i++)
        (void)json_array_append_new(list, span_json(&text->spans[i]));
    return list;
}

/* ---- authors
 * -------------------------------------------------------------------------------------------------------- */

static json_t *avatar_json(const struct remote_author *author)
{
    if (!author->avatar_url)
        return json_null();
    json_t *object = json_object();
    put(object, "url", json_string(author->avatar_url));
    put(object, "type", text_or_null(author->avatar_type));
    return object;
}

json_t *platform_author_json(const struct remote_author *author)
{
    json_t *object = json_object();
    json_t *bio = json_object();
    put(bio, "text", json_stringn(author->bio.text ? author->bio.text : "", author->bio.length));
    put(bio, "html", text_or_null(author->bio_html));
    put(object, "rev", json_integer((json_int_t)author->revision));
    put(object, "ap_id", json_string(author->actor_id));
    put(object, "acct", json_string(author->handle));
    put(object, "name", text_or_null(author->name));
    put(object, "url", json_string(author->url ? author->url : author->actor_id));
    put(object, "bio", bio);
    put(object, "avatar", avatar_json(author));
    put(object, "kind", json_string(author->bot ? "bot" : "person"));
    put(object, "bot", json_boolean(author->bot));
    put(object, "software", text_or_null(author->software));
    put(object, "moved_to", json_null());
    put(object, "created", time_or_null(author->created));
    put(object, "limited", json_boolean(author->limited));
    return object;
}

static json_t *author_reference(const struct remote_author *author)
{
    json_t *object = json_object();
    put(object, "key", json_string(author->key));
    put(object, "rev", json_integer((json_int_t)author->revision));
    return object;
}

/* ---- posts
 * ----------------------------------------------------------------------------------------------------------
 */

static json_t *reference_json(const struct reference *reference)
{
    if (!reference->native && !reference->remote)
        return json_null();
    json_t *object = json_object();
    put(object, "local", text_or_null(reference->native));
    put(object, "remote", text_or_null(reference->remote));
    return object;
}

static json_t *media_json(const struct media *media)
{
    static const char *const kinds[] = {"image", "video", "audio", "file"};
    json_t *object = json_object();
    put(object, "kind", json_string(kinds[media->kind]));
    put(object, "url", text_or_null(media->url));
    put(object, "type", text_or_null(media->type));
    put(object, "bytes", number_or_null(media->bytes));
    put(object, "width", number_or_null(media->width));
    put(object, "height", number_or_null(media->height));
    put(object, "duration_ms", number_or_null(media->duration_ms));
    put(object, "alt", text_or_null(media->alt));
    put(object, "focus",
        media->has_focus ? json_pack("[f, f]", media->focus_x, media->focus_y) : json_null());
    put(object, "blurhash", text_or_null(media->blurhash));
    put(object, "thumb", text_or_null(media->thumbnail_url));
    return object;
}

static json_t *all_media_json(const struct remote_post *post)
{
    json_t *list = json_array();
    for (size_t i = 0; i < post->media_count; i++)
        (void)json_array_append_new(list, media_json(&post->media[i]));
    return list;
}

static json_t *poll_json(const struct poll *poll)
{
    if (!poll)
        return json_null();
    json_t *object = json_object();
    json_t *options = json_array();
    for (size_t i = 0; i < poll->option_count; i++)
        (void)json_array_append_new(options, json_pack("{s:s, s:I}", "name", poll->options[i].name, "votes",
                                                       (json_int_t)poll->options[i].votes));
    put(object, "options", options);
    put(object, "multiple", json_boolean(poll->multiple));
    put(object, "ends", time_or_null(poll->ends));
    put(object, "closed", time_or_null(poll->closed));
    put(object, "voters", json_integer((json_int_t)poll->voters));
    return object;
}

static json_t *strings_json(const char *const *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(array, json_string(list[i]));
    return array;
}

json_t *platform_post_json(const struct remote_post *post)
{
    static const char *const visible[] = {"public", "unlisted", "followers", "direct"};
    json_t *object = json_object();
    put(object, "rev", json_integer((json_int_t)post->revision));
    put(object, "actor", author_reference(post->author));
    put(object, "ap_id", json_string(post->object_id));
    put(object, "url", json_string(post->url ? post->url : post->object_id));
    put(object, "in_reply_to", reference_json(&post->reply_to));
    put(object, "root", reference_json(&post->root));
    put(object, "created", time_or_null(post->created));
    put(object, "edited", time_or_null(post->edited));
    put(object, "title", text_or_null(post->title));
    put(object, "text", json_stringn(post->body.text ? post->body.text : "", post->body.length));
    put(object, "spans", spans_json(&post->body));
    put(object, "html", text_or_null(post->html));
    put(object, "lang", strings_json(post->languages, post->language_count));
    put(object, "sensitive", json_boolean(post->sensitive));
    put(object, "warning", text_or_null(post->warning));
    put(object, "visibility", json_string(visible[post->visibility]));
    put(object, "mentions", strings_json(post->mentions, post->mention_count));
    put(object, "media", all_media_json(post));
    put(object, "quote_of", reference_json(&post->quote_of));
    put(object, "poll", poll_json(post->poll));
    if (post->timeline)
        put(object, "timeline", json_true());
    put(object, "moderation", json_pack("{s:s, s:n}", "state", "ok", "score"));
    return object;
}

json_t *platform_relation_json(const struct remote_relation *relation)
{
    static const char *const kinds[] = {"like", "repost", "followed", "emoji", "vote"};
    bool followed = relation->kind == RELATION_FOLLOWED;
    json_t *object = json_object();
    put(object, "kind", json_string(kinds[relation->kind]));
    put(object, "actor", author_reference(relation->author));
    put(object, "target", json_pack("{s:s}", followed ? "account" : "local", relation->target));
    if (followed)
        put(object, "state", json_string(relation->state));
    put(object, "emoji", text_or_null(relation->emoji));
    if (relation->emoji_url)
        put(object, "emoji_url", json_string(relation->emoji_url));
    if (relation->kind == RELATION_VOTE)
        put(object, "choice", text_or_null(relation->choice));
    put(object, "rev", json_integer((json_int_t)relation->revision));
    return object;
}

/* ---- reports ---- */

json_t *platform_report_json(const struct remote_report *report)
{
    json_t *object = json_object();
    json_t *posts = json_array();
    for (size_t i = 0; i < report->post_count; i++)
        (void)json_array_append_new(posts, json_string(report->posts[i]));
    put(object, "account", json_string(report->account));
    put(object, "posts", posts);
    put(object, "server", json_string(report->server));
    put(object, "comment", json_string(report->comment));
    put(object, "created", time_or_null(report->created));
    return object;
}
