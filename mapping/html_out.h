/* The pieces that outbound HTML is made of (PROTOCOL §4.1): everything that a platform wrote passes through
 * html_add_escaped, every address through url_is_web. For the *_out.c files. */
#ifndef DRAWBRIDGE_MAPPING_HTML_OUT_H
#define DRAWBRIDGE_MAPPING_HTML_OUT_H

#include "mapping/buffer.h"
#include "mapping/outbound.h"

enum { HTML_OUT_MAX = 1 << 20, URL_MAX = 2048 };

/* What the spans of a text may point at. */
struct link_scope {
    const struct outbound_link *links;
    size_t count;
    const char *tag_base;   /* "https://host/tags/"; NULL: hashtags are plain text */
    const char *emoji_base; /* the start of emoji ids; NULL: they have none */
};

/* http or https with a host, without blanks and control characters, at most URL_MAX bytes. NULL is none. */
bool url_is_web(const char *url);
/* The same, https only. */
bool url_is_https(const char *url);
/* The address with blanks, quotes and their like percent-encoded, as platforms often do not; NULL when it is
 * no web address even so. In the arena. */
const char *url_mended(struct arena *arena, const char *url);
/* image/png and the like by the ending of a URL; `fallback` when it does not tell. */
const char *media_type_of(const char *url, const char *fallback);

/* The entry for a native id or for a remote id; NULL when there is none. */
const struct outbound_link *link_find(const struct link_scope *scope, const char *native, const char *remote);
/* The entry that a mention span points at. */
const struct outbound_link *link_of_mention(const struct link_scope *scope, const struct span *span);

/* A tag that other servers can link: letters of any script, digits, marks, '_', '-', '.'; at most 200 bytes.
 */
bool hashtag_is_valid(const char *tag);
/* tag_base and the tag in lower case, percent-encoded. In the arena. */
const char *hashtag_url(struct arena *arena, const char *tag_base, const char *tag);

/* Foreign text as plain text: control characters and broken UTF-8 dropped, cut to `maximum` bytes with an
 * ellipsis. In the arena; NULL when nothing is left or `text` is NULL. */
const char *plain_text(struct arena *arena, const char *text, size_t maximum);

/* Escapes & < > " and leaves out what HTML must not hold. Newlines become <br> when `breaks`. */
void html_add_escaped(struct buffer *out, const char *text, size_t length, bool breaks);
/* <a href="url" rel="REL">text</a>; rel NULL: "nofollow noopener". `url` must be url_is_web. */
void html_add_link(struct buffer *out, const char *url, const char *rel, const char *text);
/* The paragraphs of a text whose spans are normal (spans_normalize). */
void html_add_text(struct buffer *out, struct arena *arena, const struct rich_text *text,
                   const struct link_scope *scope);

/* The text with a copy of its spans made normal; "" for a text that is NULL. */
struct rich_text rich_text_normal(struct arena *arena, const struct rich_text *text);

#endif
