/* The option of html_sanitize that only the mapping itself uses. */
#ifndef DRAWBRIDGE_MAPPING_HTML_SANITIZE_H
#define DRAWBRIDGE_MAPPING_HTML_SANITIZE_H

#include "mapping/inbound.h"

/* With drop_quote_inline without the "RE: link" that stands in for a quote. */
const char *html_sanitize_without(struct arena *arena, const char *html, size_t length_max,
                                  bool drop_quote_inline);

#endif
