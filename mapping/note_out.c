/* Note, Article and Question documents: PROTOCOL §4.2–4.4. */
#include "mapping/note_out.h"

#include <string.h>

#include "mapping/ids.h"
#include "mapping/json_out.h"
#include "mapping/tags_out.h"
#include "mapping/utf8.h"

enum {
    NOTE_BUDGET = 16 << 20,
    ACTIVITY_MAX = 60 * 1024, /* Misskey's inbox ends at 64 KiB */
    ARTICLE_CHARACTERS = 2000,
    TITLE_MAX = 1000,
    WARNING_MAX = 2000,
    REPLIES_MAX = 20,
    CUTS_MAX = 12,
    ROUTE_MAX = 1024, /* what an activity adds besides its own to, cc and object */
};

/* What a note that is too large can do without, in this order. */
struct luxuries {
    bool replies; /* embedded: they stand in their collection too */
    bool source, language;
    size_t body_length;
};

/* ---- addressing
 * ----------------------------------------------------------------------------------------------------- */

static void add_once(json_t *list, const char *id, const char *self)
{
    if (!id || strcmp(id, self) == 0)
        return;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), id) == 0)
            return;
    (void)json_array_append_new(list, json_string(id));
}

static void put_addressing(struct draft *draft, json_t *document, const json_t *tags)
{
    bool listed = draft->post->visibility == VISIBILITY_PUBLIC;
    json_t *cc = string_list(listed ? draft->followers : PUBLIC_COLLECTION, NULL);
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        if (strcmp(json_string_value(json_object_get(tag, "type")), "Mention") == 0)
            add_once(cc, json_string_value(json_object_get(tag, "href")), draft->actor);
    }
    if (draft->quoted)
        add_once(cc, draft->quoted->author, draft->actor);
    put_new(document, "to", string_list(listed ? PUBLIC_COLLECTION : draft->followers, NULL));
    put_new(document, "cc", cc);
}

/* ---- members
 * ---------------------------------------------------------------------------------------------------------
 */

static const char *type_of(const struct draft *draft)
{
    return draft->is_question ? "Question" : draft->is_article ? "Article" : "Note";
}

/* Edits that the platform dates before the post still need a newer time: servers compare. */
static int64_t updated_of(const struct outbound_note *note)
{
    return note->updated && note->updated <= note->published ? note->published + 1000 : note->updated;
}

static void put_head(struct draft *draft, json_t *document)
{
    put_new(document, "@context", context_of_note());
    put_text(document, "id", draft->id);
    put_text(document, "type", type_of(draft));
    put_text(document, "url", draft->id);
    put_text(document, "attributedTo", draft->actor);
    put_time(document, "published", draft->note->published);
    put_time(document, "updated", updated_of(draft->note));
}

static const char *short_text(struct draft *draft, const char *what, const char *text, size_t maximum)
{
    if (text && strlen(text) > maximum)
        loss_add(&draft->loss, what, arena_format(draft->arena, "shortened to %zu bytes", maximum));
    return plain_text(draft->arena, text, maximum);
}

static void put_warning(struct draft *draft, json_t *document)
{
    const char *warning = short_text(draft, "warning", draft->post->warning, WARNING_MAX);
    const char *title = short_text(draft, "title", draft->post->title, TITLE_MAX);
    if (draft->is_article)
        put_text(document, "name", title);
    if (warning)
        put_text(document, "summary", warning);
    else if (draft->is_article)
        put_text(document, "summary", content_abstract(draft));
    put_new(document, "sensitive", json_boolean(draft->post->sensitive || warning));
}

static bool is_vague(const char *language, size_t primary)
{
    static const char *const vague[] = {"und", "mul", "zxx", "mis"};
    for (size_t i = 0; i < sizeof vague / sizeof vague[0]; i++)
        if (primary == 3 && strncmp(language, vague[i], 3) == 0)
            return true;
    return false;
}

/* A BCP 47 tag that says something: Mastodon takes "und" and its like for a language. */
static const char *language_of(const struct post *post)
{
    const char *language = post->language_count ? post->languages[0] : NULL;
    size_t length = language ? strlen(language) : 0;
    size_t primary = language ? strcspn(language, "-") : 0;
    if (primary < 2 || primary > 3 || length > 35)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        char byte = language[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!letter && !(i > primary && byte >= '0' && byte <= '9') && !(i >= primary && byte == '-'))
            return NULL;
    }
    return is_vague(language, primary) ? NULL : language;
}

static void tell_languages(struct draft *draft, const char *language)
{
    const struct post *post = draft->post;
    if (language && post->language_count > 1)
        loss_add(&draft->loss, "languages", arena_format(draft->arena, "only %s is told", language));
    else if (!language && post->language_count &&
             !is_vague(post->languages[0], strcspn(post->languages[0], "-")))
        loss_add(&draft->loss, "language", "left out: it is no language tag");
}

static void put_content(struct draft *draft, json_t *document, const char *html,
                        const struct luxuries *luxuries)
{
    const char *language = language_of(draft->post);
    json_t *content = json_string(html);
    if (language && luxuries->language) {
        json_t *map = json_object();
        (void)json_object_set(map, language, content);
        put_new(document, "contentMap", map);
    }
    tell_languages(draft, language);
    put_new(document, "content", content);
    if (luxuries->source && text_is_clean(draft->body.text, draft->body.length))
        put_new(document, "source",
                json_pack("{ss% ss}", "content", draft->body.text, draft->body.length, "mediaType",
                          "text/plain"));
}

static json_t *tags_of(struct draft *draft)
{
    json_t *tags = tags_of_text(draft->arena, &draft->body, &draft->scope, &draft->loss);
    for (size_t i = 0; i < draft->post->tag_count; i++)
        if (!tags_add_hashtag(tags, draft->arena, &draft->scope, draft->post->tags[i]))
            loss_add(&draft->loss, "hashtag beside the text", "other servers cannot link such a tag");
    if (draft->parent && draft->parent->author && strcmp(draft->parent->author, draft->actor) != 0)
        tags_add_mention(tags, draft->parent->author, draft->parent->author_handle);
    if (draft->quoted)
        (void)json_array_append_new(
            tags, json_pack("{ss ss ss ss so}", "type", "Link", "mediaType",
                            "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"", "rel",
                            "https://misskey-hub.net/ns#_misskey_quote", "href", draft->quoted->id, "name",
                            json_sprintf("RE: %s", draft->quoted->id)));
    return tags;
}

static void put_quote(struct draft *draft, json_t *document)
{
    static const char *const names[] = {"quote", "quoteUri", "quoteUrl", "_misskey_quote"};
    if (!draft->quoted)
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        put_text(document, names[i], draft->quoted->id);
    put_text(document, "quoteAuthorization", draft->quoted->stamp);
}

static json_t *counted(const char *id, const char *part, uint64_t total)
{
    return json_pack("{so ss sI}", "id", json_sprintf("%s/%s", id, part), "type", "Collection", "totalItems",
                     (json_int_t)total);
}

static json_t *replies_of(const struct draft *draft, const struct luxuries *luxuries)
{
    json_t *items = json_array();
    for (size_t i = 0; luxuries->replies && i < json_array_size(draft->note->replies) && i < REPLIES_MAX; i++)
        (void)json_array_append(items, json_array_get(draft->note->replies, i));
    json_t *id = json_sprintf("%s/replies", draft->id);
    json_t *page = json_pack("{ss sO so}", "type", "CollectionPage", "partOf", id, "items", items);
    return json_pack("{so ss so}", "id", id, "type", "Collection", "first", page);
}

/* A reply belongs to its parent's conversation; where that is unknown, inReplyTo alone must tell. */
static const char *context_of(const struct draft *draft)
{
    if (draft->parent)
        return draft->parent->context;
    return arena_format(draft->arena, "%s/context", draft->id);
}

/* Only canQuote: servers that read canReply or canLike would wait for approvals that nobody gives. */
static json_t *policy_of(struct draft *draft)
{
    if (draft->post->reply_policy != REPLY_EVERYONE)
        loss_add(&draft->loss, "who may reply", "cannot be told to other servers");
    const char *who = draft->post->quotable ? PUBLIC_COLLECTION : draft->actor;
    return json_pack("{s{s[s]}}", "canQuote", "automaticApproval", who);
}

static void put_surroundings(struct draft *draft, json_t *document, const struct luxuries *luxuries)
{
    const char *context = context_of(draft);
    put_new(document, "replies", replies_of(draft, luxuries));
    put_new(document, "likes", counted(draft->id, "likes", draft->note->likes));
    put_new(document, "shares", counted(draft->id, "shares", draft->note->shares));
    put_text(document, "context", context);
    put_text(document, "conversation", context);
    put_new(document, "interactionPolicy", policy_of(draft));
}

/* ---- the whole, in 60 KiB
 * ------------------------------------------------------------------------------------------- */

static struct rich_text cut_text(struct arena *arena, const struct rich_text *whole, size_t maximum)
{
    static const char ellipsis[] = "…";
    size_t length = utf8_cut(whole->text, whole->length, maximum);
    struct span *spans = arena_alloc(arena, (whole->span_count + 1) * sizeof *spans);
    char *text = arena_alloc(arena, length + sizeof ellipsis);
    memcpy(text, whole->text, length);
    memcpy(text + length, ellipsis, sizeof ellipsis);
    struct rich_text cut = {.text = text, .length = length + sizeof ellipsis - 1, .spans = spans};
    for (size_t i = 0; i < whole->span_count && whole->spans[i].start < length; i++) {
        struct span span = whole->spans[i];
        if (span.end > length && span.kind <= SPAN_EMOJI && span.kind != SPAN_LINK)
            continue;
        span.end = span.end > length ? length : span.end;
        spans[cut.span_count++] = span;
    }
    return cut;
}

/* One attempt. NULL when even the HTML passed its limit. */
static json_t *write_note(struct draft *draft, const struct luxuries *luxuries)
{
    struct buffer html;
    buffer_init(&html, HTML_OUT_MAX);
    if (!content_write(draft, &html)) {
        buffer_clear(&html);
        return NULL;
    }
    json_t *document = json_object();
    json_t *tags = tags_of(draft);
    put_head(draft, document);
    put_addressing(draft, document, tags);
    put_text(document, "inReplyTo", draft->parent ? draft->parent->id : NULL);
    put_warning(draft, document);
    put_content(draft, document, buffer_text(&html), luxuries);
    put_new(document, "tag", tags);
    put_new(document, "attachment", media_attachments(draft));
    put_quote(draft, document);
    if (draft->is_question)
        poll_put(draft, document);
    if (draft->is_article) {
        put_new(document, "image", media_cover(draft));
        put_new(document, "preview", content_preview(draft));
    }
    put_surroundings(draft, document, luxuries);
    buffer_clear(&html);
    return document;
}

static size_t size_of(const json_t *value)
{
    return value ? json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) : 0;
}

/* Bytes above what an activity with this object may have, be it a Create or a QuoteRequest; 0 when it fits.
 */
static size_t excess_of(const json_t *document)
{
    size_t size = size_of(document) + size_of(json_object_get(document, "to")) +
                  size_of(json_object_get(document, "cc")) + size_of(json_object_get(document, "quote")) +
                  ROUTE_MAX;
    return size > ACTIVITY_MAX ? size - ACTIVITY_MAX : 0;
}

static bool give_up_something(struct luxuries *luxuries, size_t whole, size_t excess)
{
    if (luxuries->replies) {
        luxuries->replies = false;
        return true;
    }
    if (luxuries->source || luxuries->language) {
        /* The plain source goes first; without the map no reader knows the language. */
        luxuries->language = luxuries->source;
        luxuries->source = false;
        return true;
    }
    if (luxuries->body_length == 0)
        return false;
    /* Markup grows with the text, so the text shrinks in proportion, and a little more. */
    size_t now = luxuries->body_length > whole ? whole : luxuries->body_length;
    luxuries->body_length = now * ACTIVITY_MAX / (ACTIVITY_MAX + excess) * 31 / 32;
    if (luxuries->body_length < 256)
        luxuries->body_length = 0;
    return true;
}

static void tell(struct draft *draft, const struct luxuries *luxuries, const struct rich_text *whole)
{
    if (!luxuries->language && language_of(draft->post))
        loss_add(&draft->loss, "language", "not told, to stay below 60 KiB");
    if (draft->cut)
        loss_add(&draft->loss, "text",
                 arena_format(draft->arena, "shortened to %zu of %zu bytes, the rest is linked",
                              draft->body.length, whole->length));
}

/* Tries until it fits, each time with less. */
static json_t *fit(struct draft *draft, struct loss *loss)
{
    struct rich_text whole = draft->body;
    struct luxuries luxuries = {.replies = true, .source = true, .language = true, .body_length = SIZE_MAX};
    for (int attempt = 0; attempt < CUTS_MAX; attempt++) {
        draft->loss.entries = json_array();
        draft->in_need = luxuries.body_length == 0;
        draft->cut = luxuries.body_length < whole.length;
        draft->body = draft->cut ? cut_text(draft->arena, &whole, luxuries.body_length) : whole;
        json_t *document = write_note(draft, &luxuries);
        size_t excess = document ? excess_of(document) : HTML_OUT_MAX;
        if (excess == 0) {
            tell(draft, &luxuries, &whole);
            if (loss && loss->entries)
                (void)json_array_extend(loss->entries, draft->loss.entries);
            json_decref(draft->loss.entries);
            return document;
        }
        json_decref(document);
        json_decref(draft->loss.entries);
        if (attempt + 2 == CUTS_MAX)
            luxuries = (struct luxuries){.body_length = 0};
        else if (!give_up_something(&luxuries, whole.length, excess))
            break;
    }
    loss_add(loss, "post", "left out: it is larger than 60 KiB even without its text");
    return NULL;
}

static bool is_long(const struct rich_text *text)
{
    size_t characters = 0;
    for (size_t i = 0; i < text->length; i++)
        characters += ((unsigned char)text->text[i] & 0xC0) != 0x80;
    return characters > ARTICLE_CHARACTERS;
}

static const struct outbound_link *federated(const struct link_scope *scope,
                                             const struct reference *reference)
{
    const struct outbound_link *link = link_find(scope, reference->native, reference->remote);
    return link && link->id ? link : NULL;
}

json_t *note_document(const struct outbound_note *note, struct loss *loss)
{
    const struct post *post = note->post;
    /* What is not public never gets here; should it, it stops here. */
    if (post->visibility != VISIBILITY_PUBLIC && post->visibility != VISIBILITY_UNLISTED) {
        loss_add(loss, "post", "left out: it is not public");
        return NULL;
    }
    struct arena *arena = arena_new(NOTE_BUDGET);
    struct draft draft = {
        .note = note,
        .post = post,
        .arena = arena,
        .scope = {.links = note->links,
                  .count = note->link_count,
                  .tag_base = arena_format(arena, "%s/tags/", note->base),
                  .emoji_base =
                      note->emoji_base ? note->emoji_base : arena_format(arena, "%s/emoji/", note->base)},
        .actor = url_actor(arena, note->base, note->aid),
        .id = url_object(arena, note->base, note->aid, note->oid),
        .followers = url_actor_part(arena, note->base, note->aid, "followers"),
        .body = rich_text_normal(arena, &post->body),
        .is_question = poll_is_question(post),
    };
    draft.parent = federated(&draft.scope, &post->reply_to);
    draft.quoted = federated(&draft.scope, &post->quote_of);
    draft.is_article = post->title && !draft.is_question && is_long(&draft.body);
    json_t *document = fit(&draft, loss);
    arena_free(arena);
    return document;
}
