/* Profiles (app.bsky.actor.profile/self) → neutral model, and what in them is a wish not to be bridged
 * (PLATFORMS §1.11). */
#include <string.h>
#include <strings.h>

#include "adapters/bluesky/bluesky.h"

enum { NAME_MAX_BYTES = 640, BIO_MAX = 2560 };

bool bluesky_labelled(const json_t *profile, const char *wanted)
{
    const json_t *values = json_object_get(json_object_get(profile, "labels"), "values");
    for (size_t i = 0; i < json_array_size(values); i++) {
        const char *value = json_string_value(json_object_get(json_array_get(values, i), "val"));
        if (value && strcmp(value, wanted) == 0)
            return true;
    }
    return false;
}

static bool is_word_end(char next)
{
    return !next || !(next == '_' || (next >= '0' && next <= '9') || (next >= 'a' && next <= 'z') ||
                      (next >= 'A' && next <= 'Z') || (unsigned char)next >= 0x80);
}

static bool has_tag(const char *text, const char *tag)
{
    size_t length = strlen(tag);
    for (; *text; text++)
        if (*text == '#' && strncasecmp(text + 1, tag, length) == 0 && is_word_end(text[1 + length]))
            return true;
    return false;
}

/* Addresses in a bio have no facets; people expect them to be links. */
static void link_addresses(struct arena *arena, struct rich_text *bio)
{
    struct span *spans = arena_alloc(arena, 8 * sizeof *spans);
    size_t count = 0;
    for (const char *at = bio->text; count < 8 && (at = strstr(at, "https://"));) {
        size_t length = strcspn(at, " \t\r\n\"<>\\^`{|}()[]");
        while (length > 9 && strchr(".,;:!?'", at[length - 1]))
            length--;
        size_t start = (size_t)(at - bio->text);
        if (length > 10)
            spans[count++] = (struct span){.start = start,
                                           .end = start + length,
                                           .kind = SPAN_LINK,
                                           .target = arena_copy(arena, at, length)};
        at += length;
    }
    bio->spans = spans;
    bio->span_count = spans_normalize(bio->text, bio->length, spans, count);
}

static const char *image_url(const struct bluesky_record *record, const char *name, struct arena *arena,
                             const char **type)
{
    const json_t *blob = json_object_get(record->value, name);
    const char *cid = bluesky_blob_cid(blob, arena);
    if (!cid || !record->pds)
        return NULL;
    *type = bluesky_text(json_object_get(blob, "mimeType"), 127, arena);
    return arena_format(arena, "%s/xrpc/com.atproto.sync.getBlob?did=%s&cid=%s", record->pds, record->did,
                        cid);
}

static void read_wish(const json_t *profile, struct account *out)
{
    if (has_tag(out->bio.text, "nobridge")) {
        out->federation = FEDERATION_OFF;
        out->federation_reason = "the profile says #nobridge; take it out of the profile first";
    } else if (bluesky_labelled(profile, "!no-unauthenticated")) {
        out->federation = FEDERATION_OFF;
        out->federation_reason = "the account asks not to be shown to people who are not signed in; switch "
                                 "that off in Bluesky's settings (Privacy, Logged-out visibility) first";
    }
}

bool bluesky_read_profile(const struct adapter *adapter, const struct bluesky_record *record,
                          const char *handle, struct arena *arena, struct account *out)
{
    const json_t *profile = record->value;
    const char *pinned = bluesky_text(json_object_get(json_object_get(profile, "pinnedPost"), "uri"),
                                      MODEL_NATIVE_ID_MAX, arena);
    struct bluesky_address address;
    *out = (struct account){
        .id = arena_string(arena, record->did),
        .handle = arena_string(arena, handle),
        .name = bluesky_text(json_object_get(profile, "displayName"), NAME_MAX_BYTES, arena),
        .url = bluesky_page(adapter, arena, record->did, NULL),
        .kind = bluesky_labelled(profile, "bot") ? ACCOUNT_BOT : ACCOUNT_PERSON,
        .status = ACCOUNT_ACTIVE,
        .created = bluesky_time(json_object_get(profile, "createdAt")),
    };
    bluesky_read_text(adapter, json_object_get(profile, "description"), NULL, BIO_MAX, arena, &out->bio);
    link_addresses(arena, &out->bio);
    out->avatar_url = image_url(record, "avatar", arena, &out->avatar_type);
    out->banner_url = image_url(record, "banner", arena, &out->banner_type);
    if (pinned && bluesky_address_read(pinned, arena, &address) && strcmp(address.did, record->did) == 0)
        out->pinned[out->pinned_count++] = pinned;
    read_wish(profile, out);
    return strlen(record->did) <= MODEL_NATIVE_ID_MAX;
}
