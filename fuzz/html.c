/* HTML of strangers: as text with spans, through the allow-list, and the allow-list's own output once more.
 */
#include <stdlib.h>
#include <string.h>

#include "mapping/inbound.h"

enum { BUDGET = 64 << 20 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_text(const struct rich_text *text)
{
    require(strlen(text->text) == text->length && text_is_clean(text->text, text->length));
    for (size_t i = 0; i < text->span_count; i++) {
        require(text->spans[i].start < text->spans[i].end && text->spans[i].end <= text->length);
        require(i == 0 || text->spans[i - 1].start <= text->spans[i].start);
    }
}

/* No byte of the output opens anything that is not on the list. */
static void check_html(const char *html)
{
    static const char *const names[] = {"p",    "br",  "a",          "span", "strong", "em", "del",
                                        "code", "pre", "blockquote", "ul",   "ol",     "li", NULL};
    for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
        const char *name = at + 1 + (at[1] == '/');
        size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz");
        bool known = false;
        for (size_t i = 0; names[i] && !known; i++)
            known = strlen(names[i]) == length && memcmp(names[i], name, length) == 0;
        require(known && (name[length] == '>' || name[length] == ' '));
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *arena = arena_new(BUDGET);
    const char *html = arena_copy(arena, data, size);
    struct rich_text text = text_from_html(arena, html, NULL, NULL, 0, MODEL_TEXT_MAX, NULL);
    check_text(&text);
    struct rich_text little = text_from_html(arena, html, NULL, NULL, 0, 100, NULL);
    require(little.length <= 100);
    const char *once = html_sanitize(arena, html, MODEL_TEXT_MAX);
    require(strlen(once) <= MODEL_TEXT_MAX);
    check_html(once);
    const char *twice = html_sanitize(arena, once, 2 * MODEL_TEXT_MAX);
    check_html(twice);
    const char *short_one = html_sanitize(arena, html, 300);
    require(strlen(short_one) <= 300);
    check_html(short_one);
    arena_free(arena);
    return 0;
}
