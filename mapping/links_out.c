/* Addresses that leave: what may be linked, and where mentions and hashtags lead. */
#include <string.h>
#include <strings.h>

#include <utf8proc.h>

#include "mapping/html_out.h"
#include "mapping/utf8.h"
#include "mapping/utf8_text.h"

enum { HASHTAG_MAX = 200 };

static bool is_address(const char *url, const char *scheme)
{
    if (!url || strncasecmp(url, scheme, strlen(scheme)) != 0)
        return false;
    const char *host = url + strlen(scheme);
    size_t length = strlen(url);
    if (length > URL_MAX || *host == '\0' || strchr("/?#:@", *host))
        return false;
    for (const char *at = url; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7F || strchr("<>\"\\", *at))
            return false;
    return text_is_clean(url, length);
}

bool url_is_https(const char *url)
{
    return is_address(url, "https://");
}

bool url_is_web(const char *url)
{
    return url_is_https(url) || is_address(url, "http://");
}

const char *url_mended(struct arena *arena, const char *url)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = url ? strlen(url) : 0;
    if (length > URL_MAX)
        return NULL;
    char *mended = arena_alloc(arena, 3 * length + 1);
    char *end = mended;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)url[i];
        if (byte >= ' ' && strchr(" \"<>\\^`{|}", byte)) {
            *end++ = '%';
            *end++ = digits[byte >> 4];
            *end++ = digits[byte & 15];
        } else {
            *end++ = (char)byte;
        }
    }
    *end = '\0';
    return url_is_web(mended) ? mended : NULL;
}

const char *media_type_of(const char *url, const char *fallback)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".jpg", "image/jpeg"},      {".jpeg", "image/jpeg"}, {".png", "image/png"}, {".gif", "image/gif"},
        {".webp", "image/webp"},     {".avif", "image/avif"}, {".mp4", "video/mp4"}, {".webm", "video/webm"},
        {".mov", "video/quicktime"}, {".mp3", "audio/mpeg"},  {".ogg", "audio/ogg"}, {".flac", "audio/flac"},
        {".m4a", "audio/mp4"},       {".wav", "audio/wav"},
    };
    size_t length = strcspn(url, "?#");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t ending = strlen(types[i].ending);
        if (length > ending && strncasecmp(url + length - ending, types[i].ending, ending) == 0)
            return types[i].type;
    }
    return fallback;
}

static bool same(const char *one, const char *other)
{
    return one && other && strcmp(one, other) == 0;
}

const struct outbound_link *link_find(const struct link_scope *scope, const char *native, const char *remote)
{
    for (size_t i = 0; i < scope->count; i++)
        if (same(scope->links[i].native, native) || same(scope->links[i].remote, remote))
            return &scope->links[i];
    return NULL;
}

const struct outbound_link *link_of_mention(const struct link_scope *scope, const struct span *span)
{
    if (span->kind == SPAN_MENTION)
        return link_find(scope, span->target, NULL);
    const struct outbound_link *link = link_find(scope, NULL, span->target);
    return link ? link : link_find(scope, NULL, span->label);
}

static bool belongs_in_tag(utf8proc_int32_t character)
{
    if (character == '_' || character == '-' || character == '.' || character == 0x200C ||
        character == 0x200D || character == 0xB7 || character == 0x30FB)
        return true;
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_SO:
    case UTF8PROC_CATEGORY_SK:
        return true;
    default:
        return false;
    }
}

bool hashtag_is_valid(const char *tag)
{
    size_t length = tag ? strlen(tag) : 0;
    size_t size = 0;
    for (size_t at = 0; at < length; at += size) {
        int32_t character = 0;
        size = utf8_next(tag + at, length - at, &character);
        if (size == 0 || !belongs_in_tag(character))
            return false;
    }
    return length > 0 && length <= HASHTAG_MAX;
}

const char *hashtag_url(struct arena *arena, const char *tag_base, const char *tag)
{
    struct buffer url;
    buffer_init(&url, URL_MAX);
    buffer_add_string(&url, tag_base);
    size_t length = strlen(tag);
    size_t size = 0;
    for (size_t at = 0; at < length; at += size) {
        utf8proc_uint8_t bytes[4];
        int32_t character = 0;
        size = utf8_next(tag + at, length - at, &character);
        if (size == 0)
            break;
        utf8proc_ssize_t count = utf8proc_encode_char(utf8proc_tolower(character), bytes);
        for (utf8proc_ssize_t i = 0; i < count; i++) {
            if (bytes[i] < 0x80)
                buffer_add_char(&url, (char)bytes[i]);
            else
                buffer_format(&url, "%%%02X", bytes[i]);
        }
    }
    char *result = arena_string(arena, buffer_text(&url));
    buffer_clear(&url);
    return result;
}

const char *plain_text(struct arena *arena, const char *text, size_t maximum)
{
    size_t length = text ? strlen(text) : 0;
    char *clean = arena_alloc(arena, length + 1);
    size_t kept = 0;
    for (size_t at = 0; at < length;) {
        int32_t code = 0;
        size_t size = utf8_next(text + at, length - at, &code);
        if (size > 1 || (size == 1 && (text[at] == '\n' || text[at] == '\t' || !utf8_is_control(code)))) {
            memcpy(clean + kept, text + at, size);
            kept += size;
        }
        at += size ? size : 1;
    }
    if (kept == 0)
        return NULL;
    clean[kept] = '\0';
    if (kept <= maximum)
        return clean;
    size_t cut = utf8_cut(clean, kept, maximum - strlen("…"));
    return arena_format(arena, "%.*s…", (int)cut, clean);
}
