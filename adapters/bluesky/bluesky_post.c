/* Records of posts and reposts (PLATFORMS §1.5) → neutral model. */
#include <string.h>

#include "adapters/bluesky/bluesky.h"

enum {
    TITLE_MAX = 1024,
    DESCRIPTION_MAX = 4096,
    ALT_MAX = 16384,
    LANGUAGE_MAX = 35,
    TAG_MAX = 640,
    LABELS_MAX = 10
};

static bool is_type(const json_t *object, const char *type)
{
    const char *text = json_string_value(json_object_get(object, "$type"));
    return text && strcmp(text, type) == 0;
}

/* ---- what it points at
 * ------------------------------------------------------------------------------------------------------ */

/* A strongRef to a post; anything else names no post. */
static struct reference read_reference(const struct adapter *adapter, const json_t *strong,
                                       struct arena *arena)
{
    struct bluesky_address address;
    const char *uri = bluesky_text(json_object_get(strong, "uri"), MODEL_NATIVE_ID_MAX, arena);
    if (!uri || !bluesky_address_read(uri, arena, &address) || strcmp(address.collection, BLUESKY_POST) != 0)
        return (struct reference){0};
    return (struct reference){.native = uri, .page = bluesky_page(adapter, arena, address.did, address.rkey)};
}

static const struct card *new_card(struct arena *arena, const char *url, const char *title)
{
    struct card *card = arena_alloc(arena, sizeof *card);
    card->url = url;
    card->title = title;
    return card;
}

/* ---- embeds
 * ----------------------------------------------------------------------------------------------------------
 */

struct reading {
    const struct adapter *adapter;
    const struct bluesky_record *record;
    struct arena *arena;
    struct post *post;
    struct media *media;
    bool homeless; /* there is media, and nobody knows where */
};

/* The bytes as they were uploaded, at the author's own server: public, without a token, and there as long as
 * the post is. */
static const char *blob_url(struct reading *reading, const json_t *blob)
{
    const char *cid = bluesky_blob_cid(blob, reading->arena);
    if (!cid)
        return NULL;
    if (!reading->record->pds) {
        reading->homeless = true;
        return NULL;
    }
    return arena_join(reading->arena, reading->record->pds,
                      "/xrpc/com.atproto.sync.getBlob?did=", reading->record->did, "&cid=", cid,
                      (char *)NULL);
}

static uint32_t side(const json_t *embed, const char *name)
{
    int64_t number = 0;
    return bluesky_number(json_object_get(json_object_get(embed, "aspectRatio"), name), &number) &&
                   number <= 100000
               ? (uint32_t)number
               : 0;
}

static void add_media(struct reading *reading, enum media_kind kind, const json_t *embed, const json_t *blob)
{
    int64_t bytes = 0;
    const char *url = blob_url(reading, blob);
    if (!url || reading->post->media_count == MODEL_MEDIA_MAX)
        return;
    if (!reading->media)
        reading->post->media = reading->media =
            arena_alloc(reading->arena, MODEL_MEDIA_MAX * sizeof *reading->media);
    (void)bluesky_number(json_object_get(blob, "size"), &bytes);
    const char *alt = bluesky_text(json_object_get(embed, "alt"), ALT_MAX, reading->arena);
    reading->media[reading->post->media_count++] = (struct media){
        .kind = kind,
        .url = url,
        .type = bluesky_text(json_object_get(blob, "mimeType"), 127, reading->arena),
        .alt = alt && alt[0] ? alt : NULL,
        .width = side(embed, "width"),
        .height = side(embed, "height"),
        .bytes = (uint64_t)bytes,
    };
}

static void add_images(struct reading *reading, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        add_media(reading, MEDIA_IMAGE, one, json_object_get(one, "image"));
    }
}

static void add_external(struct reading *reading, const json_t *external)
{
    struct arena *arena = reading->arena;
    const char *url = bluesky_url(json_object_get(external, "uri"), arena);
    if (!url)
        return;
    struct card *card = arena_alloc(arena, sizeof *card);
    card->url = url;
    card->title = bluesky_text(json_object_get(external, "title"), TITLE_MAX, arena);
    card->description = bluesky_text(json_object_get(external, "description"), DESCRIPTION_MAX, arena);
    reading->post->card = card;
}

/* A quote of a post; a list, a feed or whatever else can be embedded becomes a link. */
static void add_record(struct reading *reading, const json_t *strong)
{
    static const struct {
        const char *collection, *path, *title;
    } pages[] = {{"app.bsky.feed.generator", "feed", "A feed"}, {"app.bsky.graph.list", "lists", "A list"}};
    struct bluesky_address address;
    reading->post->quote_of = read_reference(reading->adapter, strong, reading->arena);
    if (reading->post->quote_of.native ||
        !bluesky_address_read(json_string_value(json_object_get(strong, "uri")), reading->arena, &address))
        return;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (strcmp(address.collection, pages[i].collection) == 0)
            reading->post->card =
                new_card(reading->arena,
                         arena_format(reading->arena, "%s/profile/%s/%s/%s", reading->adapter->web,
                                      address.did, pages[i].path, address.rkey),
                         pages[i].title);
}

/* False: a kind that is not known yet. */
static bool add_embed(struct reading *reading, const json_t *embed)
{
    if (is_type(embed, "app.bsky.embed.images"))
        add_images(reading, json_object_get(embed, "images"));
    else if (is_type(embed, "app.bsky.embed.gallery"))
        add_images(reading, json_object_get(embed, json_object_get(embed, "items") ? "items" : "images"));
    else if (is_type(embed, "app.bsky.embed.video"))
        add_media(reading, MEDIA_VIDEO, embed, json_object_get(embed, "video"));
    else if (is_type(embed, "app.bsky.embed.external"))
        add_external(reading, json_object_get(embed, "external"));
    else if (is_type(embed, "app.bsky.embed.record"))
        add_record(reading, json_object_get(embed, "record"));
    else
        return false;
    return true;
}

static void read_embed(struct reading *reading, const json_t *embed)
{
    bool known = true;
    if (!json_is_object(embed))
        return;
    if (is_type(embed, "app.bsky.embed.recordWithMedia")) {
        add_record(reading, json_object_get(json_object_get(embed, "record"), "record"));
        known = add_embed(reading, json_object_get(embed, "media"));
    } else {
        known = add_embed(reading, embed);
    }
    /* What is new there can be seen there. */
    if (!known && !reading->post->card)
        reading->post->card = new_card(reading->arena, reading->post->url, "See the whole post on Bluesky");
}

/* ---- labels and languages
 * ------------------------------------------------------------------------------------------- */

static void read_labels(const json_t *labels, struct arena *arena, struct post *out)
{
    static const struct {
        const char *value, *warning;
    } known[] = {{"porn", "Adult content"},
                 {"sexual", "Sexual content"},
                 {"nudity", "Nudity"},
                 {"graphic-media", "Graphic media"},
                 {"gore", "Graphic media"}};
    const json_t *values = json_object_get(labels, "values");
    size_t count = json_array_size(values) < LABELS_MAX ? json_array_size(values) : LABELS_MAX;
    for (size_t i = 0; i < count; i++) {
        const char *value = json_string_value(json_object_get(json_array_get(values, i), "val"));
        if (!value)
            continue;
        if (strcmp(value, "!no-unauthenticated") == 0)
            out->federate = false;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            if (strcmp(value, known[k].value) != 0 ||
                (out->warning && strstr(out->warning, known[k].warning)))
                continue;
            out->sensitive = true;
            out->warning = out->warning ? arena_format(arena, "%s, %s", out->warning, known[k].warning)
                                        : known[k].warning;
        }
    }
}

static void read_languages(const json_t *list, struct arena *arena, struct post *out)
{
    for (size_t i = 0; i < json_array_size(list) && out->language_count < MODEL_LANGUAGES_MAX; i++) {
        const char *language = bluesky_text(json_array_get(list, i), LANGUAGE_MAX, arena);
        if (language && language[0])
            out->languages[out->language_count++] = language;
    }
}

static void read_tags(const json_t *list, struct arena *arena, struct post *out)
{
    for (size_t i = 0; i < json_array_size(list) && out->tag_count < MODEL_TAGS_MAX; i++) {
        const char *tag = bluesky_text(json_array_get(list, i), TAG_MAX, arena);
        if (tag && tag[0])
            out->tags[out->tag_count++] = tag;
    }
}

/* ---- the gates beside a post
 * ---------------------------------------------------------------------------------------- */

/* Of several rules the widest is told. */
void bluesky_read_threadgate(const json_t *value, struct post *post)
{
    const json_t *allow = json_object_get(value, "allow");
    if (!json_is_array(allow))
        return;
    post->reply_policy = REPLY_NOBODY;
    for (size_t i = 0; i < json_array_size(allow); i++) {
        bool mentioned = is_type(json_array_get(allow, i), BLUESKY_THREADGATE "#mentionRule");
        if (!mentioned)
            post->reply_policy = REPLY_FOLLOWERS;
        else if (post->reply_policy == REPLY_NOBODY)
            post->reply_policy = REPLY_MENTIONED;
    }
}

void bluesky_read_postgate(const json_t *value, struct post *post)
{
    const json_t *rules = json_object_get(value, "embeddingRules");
    bool quotable = true;
    for (size_t i = 0; i < json_array_size(rules); i++)
        quotable &= !is_type(json_array_get(rules, i), BLUESKY_POSTGATE "#disableRule");
    post->quotable = quotable;
    if (!quotable)
        post->digest ^= BLUESKY_UNQUOTABLE;
}

/* ---- the records
 * ---------------------------------------------------------------------------------------------------- */

static bool read_repost(const struct adapter *adapter, const json_t *value, struct arena *arena,
                        struct post *out)
{
    out->repost_of = read_reference(adapter, json_object_get(value, "subject"), arena);
    out->url = out->repost_of.page;
    out->body = (struct rich_text){.text = ""};
    return out->repost_of.native != NULL;
}

static bool read_post(const struct adapter *adapter, const struct bluesky_record *record, struct arena *arena,
                      struct post *out)
{
    const json_t *value = record->value;
    struct reading reading = {.adapter = adapter, .record = record, .arena = arena, .post = out};
    if (!json_is_string(json_object_get(value, "text")))
        return false;
    out->url = bluesky_page(adapter, arena, record->did, record->rkey);
    bluesky_read_text(adapter, json_object_get(value, "text"), json_object_get(value, "facets"),
                      MODEL_TEXT_MAX, arena, &out->body);
    out->reply_to =
        read_reference(adapter, json_object_get(json_object_get(value, "reply"), "parent"), arena);
    read_embed(&reading, json_object_get(value, "embed"));
    read_labels(json_object_get(value, "labels"), arena, out);
    read_languages(json_object_get(value, "langs"), arena, out);
    read_tags(json_object_get(value, "tags"), arena, out);
    return !reading.homeless;
}

bool bluesky_read_record(const struct adapter *adapter, const struct bluesky_record *record,
                         struct arena *arena, struct post *out)
{
    *out = (struct post){
        .id =
            arena_join(arena, "at://", record->did, "/", record->collection, "/", record->rkey, (char *)NULL),
        .author = arena_string(arena, record->did),
        .revision = record->revision,
        .digest = record->cid ? bluesky_digest(record->cid) : 0,
        .created = bluesky_time(json_object_get(record->value, "createdAt")),
        .federate = true,
        .quotable = true,
        .visibility = VISIBILITY_PUBLIC,
    };
    if (strlen(out->id) > MODEL_NATIVE_ID_MAX || !is_type(record->value, record->collection))
        return false;
    return strcmp(record->collection, BLUESKY_REPOST) == 0
               ? read_repost(adapter, record->value, arena, out)
               : strcmp(record->collection, BLUESKY_POST) == 0 && read_post(adapter, record, arena, out);
}
