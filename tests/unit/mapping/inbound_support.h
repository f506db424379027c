/* What the tests of the inward mapping share: documents in single quotes, texts with their spans drawn in. */
#ifndef DRAWBRIDGE_TESTS_UNIT_MAPPING_INBOUND_SUPPORT_H
#define DRAWBRIDGE_TESTS_UNIT_MAPPING_INBOUND_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mapping/buffer.h"
#include "mapping/inbound.h"

enum { TEST_BUDGET = 64 << 20 };

/* {'id':'x'} is easier to read in C than its like with escaped quotes. */
static inline json_t *document_of(const char *text)
{
    char *copy = strdup(text);
    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    json_error_t error;
    json_t *document = json_loads(copy, JSON_REJECT_DUPLICATES, &error);
    free(copy);
    if (!document)
        fail_msg("%s in %s", error.text, text);
    return document;
}

static inline const char *kind_name(enum span_kind kind)
{
    static const char *const names[] = {"link",   "mention", "remote", "tag", "emoji", "bold",
                                        "italic", "strike",  "code",   "pre", "quote"};
    return names[kind];
}

/* "{bold|hi} {link https://a.example/|there}" */
static inline const char *drawn(struct arena *arena, const struct rich_text *text)
{
    struct buffer out;
    buffer_init(&out, TEST_BUDGET);
    size_t ends[MODEL_SPANS_MAX] = {0};
    size_t open = 0;
    size_t next = 0;
    assert_int_equal(strlen(text->text), text->length);
    assert_true(text_is_clean(text->text, text->length));
    for (size_t at = 0; at <= text->length; at++) {
        for (; open && ends[open - 1] <= at; open--)
            buffer_add_char(&out, '}');
        for (; next < text->span_count && text->spans[next].start == at; next++) {
            const struct span *span = &text->spans[next];
            buffer_format(&out, "{%s", kind_name(span->kind));
            if (span->target)
                buffer_format(&out, " %s", span->target);
            if (span->label)
                buffer_format(&out, " %s", span->label);
            buffer_add_char(&out, '|');
            ends[open++] = span->end;
        }
        if (at < text->length)
            buffer_add_char(&out, text->text[at]);
    }
    const char *result = arena_copy(arena, buffer_text(&out), out.length);
    buffer_clear(&out);
    return result;
}

#endif
