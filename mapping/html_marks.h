/* What stands in the text without an anchor of its own, known by the tags: custom emoji, and on servers that
 * send little HTML (PeerTube) mentions and hashtags. */
#ifndef DRAWBRIDGE_MAPPING_HTML_MARKS_H
#define DRAWBRIDGE_MAPPING_HTML_MARKS_H

#include "mapping/html_links.h"
#include "mapping/text_writer.h"

/* ":name:" */
bool html_is_shortcode(const char *text);
void html_mark_plain(struct text_writer *writer, const struct html_people *people);

#endif
