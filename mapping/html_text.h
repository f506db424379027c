/* The options of text_from_html that only the mapping itself uses. */
#ifndef DRAWBRIDGE_MAPPING_HTML_TEXT_H
#define DRAWBRIDGE_MAPPING_HTML_TEXT_H

#include "mapping/inbound.h"

struct html_text_options {
    const struct inbound_note *note; /* or NULL */
    const struct inbound_person *people;
    size_t people_count;
    size_t length_max;
    bool drop_quote_inline; /* the "RE: link" that stands in for a quote, where the quote itself is kept */
};

/* *whole is false when something was left out for its length or its complexity. */
struct rich_text html_to_text(struct arena *arena, const char *html, const struct html_text_options *options,
                              bool *whole, struct loss *loss);

#endif
