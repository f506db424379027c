/* A record in its JSON form: text, facets and embeds of a post, or a profile. */
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check(const struct rich_text *text)
{
    require(strlen(text->text) == text->length && text_is_clean(text->text, text->length));
    for (size_t i = 0; i < text->span_count; i++) {
        require(text->spans[i].start < text->spans[i].end && text->spans[i].end <= text->length);
        require(text->spans[i].target != NULL);
        require((text->text[text->spans[i].start] & 0xC0) != 0x80);
        require(text->spans[i].end == text->length || (text->text[text->spans[i].end] & 0xC0) != 0x80);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char error[256];
    json_t *value = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (!value)
        return 0;
    json_t *settings = json_object();
    struct adapter *adapter = bluesky_class.open(settings, error, sizeof error);
    struct arena *arena = arena_new((size_t)8 << 20);
    const char *type = json_string_value(json_object_get(value, "$type"));
    const struct bluesky_record record = {.did = "did:plc:qfqojyjvhg52kjcoonj2ffxc",
                                          .collection = type && strlen(type) < 100 ? type : BLUESKY_POST,
                                          .rkey = "3mmo222222222",
                                          .pds = "https://pds.example",
                                          .value = value};
    struct post post;
    struct account account;
    if (bluesky_read_record(adapter, &record, arena, &post)) {
        check(&post.body);
        require(post.media_count <= MODEL_MEDIA_MAX && post.language_count <= MODEL_LANGUAGES_MAX);
    }
    if (bluesky_read_profile(adapter, &record, "bob.example", arena, &account))
        check(&account.bio);
    arena_free(arena);
    bluesky_class.close(adapter);
    json_decref(settings);
    json_decref(value);
    return 0;
}
