/* A puppet's profile: whose it is, who made it, how to be rid of it (PLATFORMS §1.6, §1.11). */
#include <string.h>

#include "adapters/bluesky/bluesky_push.h"
#include "mapping/buffer.h"

enum {
    NAME_GRAPHEMES_MAX = 64,
    NAME_BYTES_MAX = 640,
    DESCRIPTION_GRAPHEMES_MAX = 256,
    DESCRIPTION_BYTES_MAX = 2560,
    BIO_MIN = 20
};

/* So much of a text as there is room for, with an ellipsis where it was cut. */
static void add_cut(struct buffer *out, const char *text, size_t graphemes_max, size_t bytes_max)
{
    size_t count = 0;
    size_t length = bluesky_graphemes(text, graphemes_max, &count);
    bool whole = !text[length] && length <= bytes_max;
    if (!whole)
        length = bluesky_graphemes(text, graphemes_max ? graphemes_max - 1 : 0, &count);
    while (length && (length > bytes_max || ((unsigned char)text[length] & 0xC0) == 0x80))
        length--;
    buffer_format(out, "%.*s%s", (int)length, text, whole ? "" : "…");
}

/* "Alice (@alice@mastodon.example)": the address is never cut, as long as it fits at all. */
static void add_name(struct buffer *out, const struct remote_author *author)
{
    struct buffer address;
    size_t count = 0;
    buffer_init(&address, NAME_BYTES_MAX);
    buffer_format(&address, "@%s", author->handle);
    (void)bluesky_graphemes(buffer_text(&address), SIZE_MAX, &count);
    size_t rest = NAME_GRAPHEMES_MAX > count + 3 ? NAME_GRAPHEMES_MAX - count - 3 : 0;
    if (author->name && author->name[0] && rest) {
        add_cut(out, author->name, rest, NAME_BYTES_MAX - address.length - 8);
        buffer_format(out, " (%s)", buffer_text(&address));
    } else {
        add_cut(out, buffer_text(&address), NAME_GRAPHEMES_MAX, NAME_BYTES_MAX - 8);
    }
    buffer_clear(&address);
}

static const char *page_of(const struct remote_author *author)
{
    return bluesky_is_web(author->url) ? author->url : author->actor_id;
}

static void add_description(struct buffer *out, const struct remote_author *author)
{
    size_t count = 0;
    buffer_format(out, "@%s of the fediverse: ", author->handle);
    (void)bluesky_graphemes(buffer_text(out), SIZE_MAX, &count);
    add_cut(out, page_of(author), DESCRIPTION_GRAPHEMES_MAX - count, DESCRIPTION_BYTES_MAX / 2);
    static const char made[] =
        "\n\nBridged by drawbridge, for answers to bridged accounts. To opt out: write "
        "#nobridge into your profile there.";
    (void)bluesky_graphemes(buffer_text(out), SIZE_MAX, &count);
    if (count + sizeof made - 1 <= DESCRIPTION_GRAPHEMES_MAX)
        buffer_add_string(out, made);
    (void)bluesky_graphemes(buffer_text(out), SIZE_MAX, &count);
    if (!author->bio.length || count + 2 + BIO_MIN > DESCRIPTION_GRAPHEMES_MAX)
        return;
    buffer_add_string(out, "\n\n");
    add_cut(out, author->bio.text, DESCRIPTION_GRAPHEMES_MAX - count - 2,
            DESCRIPTION_BYTES_MAX - out->length - 8);
}

json_t *bluesky_puppet_profile(const struct remote_author *author)
{
    struct buffer name;
    struct buffer description;
    buffer_init(&name, NAME_BYTES_MAX + 64);
    buffer_init(&description, DESCRIPTION_BYTES_MAX + 64);
    add_name(&name, author);
    add_description(&description, author);
    json_t *profile = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:[{s:s}]}}", "$type", BLUESKY_PROFILE,
                                "displayName", buffer_text(&name), "description", buffer_text(&description),
                                BLUESKY_ORIGINAL, page_of(author), "labels", "$type",
                                "com.atproto.label.defs#selfLabels", "values", "val", "bot");
    buffer_clear(&name);
    buffer_clear(&description);
    return profile;
}
