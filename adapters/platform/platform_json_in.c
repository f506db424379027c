/* Accounts and posts as the platform tells them (PLATFORMS §7.4, §7.5). */
#include <string.h>

#include "adapters/platform/platform.h"

enum { SHORT_MAX = 1024, LANGUAGE_MAX = 35, ALT_MAX = 16384, TITLE_MAX = 4096, ADDRESS_MAX = 320 };

static bool is_word(const json_t *value, const char *word)
{
    const char *text = json_string_value(value);
    return text && strcmp(text, word) == 0;
}

/* The position of the word in the list; `otherwise` when it is none of them or absent. */
static int word_index(const json_t *value, const char *const *words, int count, int otherwise)
{
    for (int i = 0; i < count; i++)
        if (is_word(value, words[i]))
            return i;
    return otherwise;
}

static uint64_t number_or_zero(const json_t *object, const char *name)
{
    int64_t number = 0;
    return platform_number(json_object_get(object, name), &number) ? (uint64_t)number : 0;
}

static uint32_t size_or_zero(const json_t *object, const char *name)
{
    uint64_t number = number_or_zero(object, name);
    return number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* ---- text with spans
 * ---------------------------------------------------------------------------------------------- */

static bool read_mention(const json_t *object, struct arena *arena, struct span *out)
{
    out->target = platform_id(json_object_get(object, "local"), arena);
    if (out->target)
        return true;
    out->kind = SPAN_REMOTE_MENTION;
    out->target = platform_id(json_object_get(object, "remote"), arena);
    /* Somebody whom the platform never met is named by the address, user@host. */
    const char *address = platform_text(json_object_get(object, "acct"), ADDRESS_MAX, arena);
    out->label = address && strchr(address, '@') ? address : NULL;
    return out->target || out->label;
}

static bool read_span_kind(const json_t *object, struct arena *arena, struct span *out)
{
    static const char *const names[] = {
        [SPAN_LINK] = "link",
        [SPAN_MENTION] = "mention",
        [SPAN_REMOTE_MENTION] = "",
        [SPAN_HASHTAG] = "tag",
        [SPAN_EMOJI] = "emoji",
        [SPAN_BOLD] = "bold",
        [SPAN_ITALIC] = "italic",
        [SPAN_STRIKE] = "strike",
        [SPAN_CODE] = "code",
        [SPAN_QUOTE] = "quote",
        [SPAN_PREFORMATTED] = "preformatted",
    };
    int kind = word_index(json_object_get(object, "type"), names, SPAN_QUOTE + 1, -1);
    if (kind < 0 || kind == SPAN_REMOTE_MENTION)
        return false;
    out->kind = (enum span_kind)kind;
    switch (out->kind) {
    case SPAN_LINK:
    case SPAN_EMOJI:
        out->target = platform_url(json_object_get(object, "url"), arena);
        return out->target != NULL;
    case SPAN_MENTION:
        return read_mention(object, arena, out);
    case SPAN_HASHTAG:
        out->target = platform_text(json_object_get(object, "tag"), SHORT_MAX, arena);
        return out->target && out->target[0];
    default:
        return true;
    }
}

/* Spans that cannot be understood are left out: the text says the same without them. */
static void read_spans(const json_t *list, struct arena *arena, struct rich_text *out)
{
    size_t count = json_array_size(list);
    if (count > MODEL_SPANS_MAX)
        count = MODEL_SPANS_MAX;
    if (!count)
        return;
    struct span *spans = arena_alloc(arena, count * sizeof *spans);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(list, i);
        struct span span = {0};
        int64_t start = 0;
        int64_t end = 0;
        if (!platform_number(json_object_get(object, "start"), &start) ||
            !platform_number(json_object_get(object, "end"), &end) || !read_span_kind(object, arena, &span))
            continue;
        span.start = (size_t)start;
        span.end = (size_t)end;
        spans[kept++] = span;
    }
    out->spans = spans;
    out->span_count = spans_normalize(out->text, out->length, spans, kept);
}

static bool read_text(const json_t *text, const json_t *spans, struct arena *arena, struct rich_text *out)
{
    out->text = platform_words(text, MODEL_TEXT_MAX, arena);
    if (!out->text)
        return false;
    out->length = strlen(out->text);
    read_spans(spans, arena, out);
    return true;
}

/* ---- accounts
 * ------------------------------------------------------------------------------------------------------- */

static void read_image(const json_t *object, struct arena *arena, const char **url, const char **type)
{
    *url = platform_url(json_object_get(object, "url"), arena);
    *type = *url ? platform_text(json_object_get(object, "type"), 127, arena) : NULL;
}

static void read_fields(const json_t *list, struct arena *arena, struct account *out)
{
    for (size_t i = 0; i < json_array_size(list) && out->field_count < MODEL_FIELDS_MAX; i++) {
        const json_t *field = json_array_get(list, i);
        const char *name = platform_words(json_object_get(field, "name"), SHORT_MAX, arena);
        const char *value = platform_words(json_object_get(field, "value"), SHORT_MAX, arena);
        if (name && value)
            out->fields[out->field_count++] = (struct profile_field){name, value};
    }
}

static size_t read_list(const json_t *list, struct arena *arena,
                        const char *(*read)(const json_t *value, struct arena *arena), const char **out,
                        size_t maximum)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list) && count < maximum; i++) {
        const char *one = read(json_array_get(list, i), arena);
        if (one)
            out[count++] = one;
    }
    return count;
}

static void read_federation(const json_t *object, struct account *out)
{
    const json_t *state = json_object_get(object, "state");
    out->federation = is_word(state, "on")    ? FEDERATION_ON
                      : is_word(state, "off") ? FEDERATION_OFF
                                              : FEDERATION_UNKNOWN;
    out->federated_since = platform_time(json_object_get(object, "since"));
    out->backfill = json_is_true(json_object_get(object, "backfill"));
    out->discoverable = json_is_true(json_object_get(object, "discoverable"));
    out->indexable = json_is_true(json_object_get(object, "indexable"));
    out->approve_followers = json_is_true(json_object_get(object, "approve_followers"));
}

bool platform_read_account(const json_t *object, struct arena *arena, struct account *out)
{
    static const char *const kinds[] = {"person", "bot", "group"};
    static const char *const states[] = {"active", "suspended", "deactivated", "deleted"};
    int64_t revision = 0;
    *out = (struct account){0};
    out->id = platform_id(json_object_get(object, "id"), arena);
    out->handle = platform_text(json_object_get(object, "handle"), 255, arena);
    if (!out->id || !out->handle || !out->handle[0] ||
        !platform_number(json_object_get(object, "rev"), &revision))
        return false;
    out->revision = (uint64_t)revision;
    out->name = platform_words(json_object_get(object, "name"), SHORT_MAX, arena);
    out->url = platform_url(json_object_get(object, "url"), arena);
    const json_t *bio = json_object_get(object, "bio");
    if (!read_text(json_object_get(bio, "text"), json_object_get(bio, "spans"), arena, &out->bio))
        out->bio = (struct rich_text){.text = ""};
    read_image(json_object_get(object, "avatar"), arena, &out->avatar_url, &out->avatar_type);
    read_image(json_object_get(object, "banner"), arena, &out->banner_url, &out->banner_type);
    read_fields(json_object_get(object, "fields"), arena, out);
    out->kind = (enum account_kind)word_index(json_object_get(object, "kind"), kinds, 3, ACCOUNT_PERSON);
    /* A status that we do not know is no reason to show more. */
    out->status =
        (enum account_status)word_index(json_object_get(object, "status"), states, 4, ACCOUNT_SUSPENDED);
    out->created = platform_time(json_object_get(object, "created"));
    read_federation(json_object_get(object, "federation"), out);
    out->pinned_count = read_list(json_object_get(object, "pinned"), arena, platform_id, out->pinned, 8);
    out->also_known_as_count =
        read_list(json_object_get(object, "aliases"), arena, platform_url, out->also_known_as, 8);
    out->moved_to = platform_url(json_object_get(object, "moved_to"), arena);
    return true;
}

/* ---- posts
 * ----------------------------------------------------------------------------------------------------------
 */

/* A fediverse post has the key that the gateway gave it, or, where it gave none, its own address. */
static struct reference read_reference(const json_t *object, struct arena *arena)
{
    const char *key = platform_id(json_object_get(object, "remote"), arena);
    return (struct reference){.native = platform_id(json_object_get(object, "local"), arena),
                              .remote = key ? key : platform_url(json_object_get(object, "url"), arena)};
}

static const char *read_language(const json_t *value, struct arena *arena)
{
    const char *language = platform_text(value, LANGUAGE_MAX, arena);
    return language && language[0] ? language : NULL;
}

static bool read_media(const json_t *object, struct arena *arena, struct media *out)
{
    static const char *const kinds[] = {"image", "video", "audio", "file"};
    const json_t *thumbnail = json_object_get(object, "thumb");
    const json_t *focus = json_object_get(object, "focus");
    const json_t *across = json_array_get(focus, 0);
    const json_t *up = json_array_get(focus, 1);
    *out = (struct media){
        .kind = (enum media_kind)word_index(json_object_get(object, "kind"), kinds, 4, MEDIA_FILE),
        .url = platform_url(json_object_get(object, "url"), arena),
        .type = platform_text(json_object_get(object, "type"), 127, arena),
        .alt = platform_words(json_object_get(object, "alt"), ALT_MAX, arena),
        .blurhash = platform_text(json_object_get(object, "blurhash"), 255, arena),
        .thumbnail_url =
            platform_url(json_is_object(thumbnail) ? json_object_get(thumbnail, "url") : thumbnail, arena),
        .width = size_or_zero(object, "width"),
        .height = size_or_zero(object, "height"),
        .duration_ms = size_or_zero(object, "duration_ms"),
        .bytes = number_or_zero(object, "bytes"),
    };
    double x = json_number_value(across);
    double y = json_number_value(up);
    out->has_focus = json_is_number(across) && json_is_number(up) && x >= -1 && x <= 1 && y >= -1 && y <= 1;
    if (out->has_focus) {
        out->focus_x = x;
        out->focus_y = y;
    }
    return out->url != NULL;
}

static void read_all_media(const json_t *list, struct arena *arena, struct post *out)
{
    size_t count = json_array_size(list);
    if (count > MODEL_MEDIA_MAX)
        count = MODEL_MEDIA_MAX;
    if (!count)
        return;
    struct media *media = arena_alloc(arena, count * sizeof *media);
    for (size_t i = 0; i < count; i++)
        if (read_media(json_array_get(list, i), arena, &media[out->media_count]))
            out->media_count++;
    out->media = media;
}

static const struct card *read_card(const json_t *object, struct arena *arena)
{
    const char *url = platform_url(json_object_get(object, "url"), arena);
    if (!url)
        return NULL;
    struct card *card = arena_alloc(arena, sizeof *card);
    card->url = url;
    card->title = platform_words(json_object_get(object, "title"), SHORT_MAX, arena);
    card->description = platform_words(json_object_get(object, "description"), TITLE_MAX, arena);
    card->thumbnail_url = platform_url(json_object_get(object, "image"), arena);
    return card;
}

static const struct poll *read_poll(const json_t *object, struct arena *arena)
{
    const json_t *options = json_object_get(object, "options");
    if (!json_array_size(options))
        return NULL;
    struct poll *poll = arena_alloc(arena, sizeof *poll);
    for (size_t i = 0; i < json_array_size(options) && poll->option_count < MODEL_OPTIONS_MAX; i++) {
        const json_t *option = json_array_get(options, i);
        const char *name = platform_words(json_object_get(option, "name"), SHORT_MAX, arena);
        if (name)
            poll->options[poll->option_count++] =
                (struct poll_option){.name = name, .votes = number_or_zero(option, "votes")};
    }
    poll->ends = platform_time(json_object_get(object, "ends"));
    poll->closed = platform_time(json_object_get(object, "closed"));
    poll->voters = number_or_zero(object, "voters");
    poll->multiple = json_is_true(json_object_get(object, "multiple"));
    return poll->option_count ? poll : NULL;
}

static void read_policies(const json_t *object, struct post *out)
{
    static const char *const visible[] = {"public", "unlisted", "followers"};
    static const char *const policies[] = {"everyone", "followers", "mentioned", "nobody"};
    const json_t *policy = json_object_get(object, "reply_policy");
    out->visibility =
        (enum visibility)word_index(json_object_get(object, "visibility"), visible, 3, VISIBILITY_DIRECT);
    out->reply_policy = (enum reply_policy)word_index(
        policy, policies, 4, !policy || json_is_null(policy) ? REPLY_EVERYONE : REPLY_NOBODY);
    out->sensitive = json_is_true(json_object_get(object, "sensitive"));
    out->federate = !json_is_false(json_object_get(object, "federate"));
    out->quotable = json_is_true(json_object_get(object, "quotable"));
}

bool platform_read_post(const json_t *object, struct arena *arena, struct post *out)
{
    int64_t revision = 0;
    *out = (struct post){0};
    out->id = platform_id(json_object_get(object, "id"), arena);
    out->author = platform_id(json_object_get(object, "author"), arena);
    if (!out->id || !out->author || !platform_number(json_object_get(object, "rev"), &revision) ||
        !read_text(json_object_get(object, "text"), json_object_get(object, "spans"), arena, &out->body))
        return false;
    out->revision = (uint64_t)revision;
    out->url = platform_url(json_object_get(object, "url"), arena);
    out->created = platform_time(json_object_get(object, "created"));
    out->edited = platform_time(json_object_get(object, "edited"));
    out->title = platform_words(json_object_get(object, "title"), TITLE_MAX, arena);
    out->html = platform_text(json_object_get(object, "html"), (size_t)4 * MODEL_TEXT_MAX, arena);
    out->warning = platform_words(json_object_get(object, "warning"), TITLE_MAX, arena);
    read_policies(object, out);
    out->reply_to = read_reference(json_object_get(object, "reply_to"), arena);
    out->quote_of = read_reference(json_object_get(object, "quote_of"), arena);
    out->repost_of = read_reference(json_object_get(object, "repost_of"), arena);
    out->language_count =
        read_list(json_object_get(object, "lang"), arena, read_language, out->languages, MODEL_LANGUAGES_MAX);
    read_all_media(json_object_get(object, "media"), arena, out);
    out->card = read_card(json_object_get(object, "card"), arena);
    out->poll = read_poll(json_object_get(object, "poll"), arena);
    const json_t *counts = json_object_get(object, "counts");
    out->likes = number_or_zero(counts, "likes");
    out->reposts = number_or_zero(counts, "reposts");
    out->replies = number_or_zero(counts, "replies");
    return true;
}
