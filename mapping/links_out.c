/* Addresses that leave: what may be linked, and where mentions and hashtags lead. */
#include <string.h>

#include <utf8proc.h>

#include "mapping/html_out.h"
#include "mapping/utf8.h"

enum { HASHTAG_MAX = 200 };

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_address(const char *url, const char *scheme)
{
    if (!url || !starts_with(url, scheme))
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

static utf8proc_int32_t next_character(const char *text, size_t length, size_t *size)
{
    utf8proc_int32_t character = -1;
    *size = utf8_character(text, length);
    if (*size)
        (void)utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)*size, &character);
    return character;
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
        utf8proc_int32_t character = next_character(tag + at, length - at, &size);
        if (character < 0 || !belongs_in_tag(character))
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
    for (size_t at = 0; at < length && size + at <= length; at += size) {
        utf8proc_uint8_t bytes[4];
        utf8proc_int32_t character = next_character(tag + at, length - at, &size);
        if (character < 0)
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
        size_t size = utf8_character(text + at, length - at);
        if (size > 1 || (size == 1 && text_is_clean(text + at, 1) && text[at] != '\r')) {
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
