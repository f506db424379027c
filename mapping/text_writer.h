/* Writes text with spans as a browser would lay it out: white space collapsed, lines broken between blocks.
 */
#ifndef DRAWBRIDGE_MAPPING_TEXT_WRITER_H
#define DRAWBRIDGE_MAPPING_TEXT_WRITER_H

#include "mapping/buffer.h"
#include "mapping/model.h"

enum { WRITER_OPEN_MAX = 64 };

struct open_span {
    size_t start; /* SIZE_MAX until the first character inside */
    enum span_kind kind;
};

struct text_writer {
    struct arena *arena;
    struct buffer text;
    struct span *spans;
    size_t span_count;
    struct open_span open[WRITER_OPEN_MAX];
    size_t open_count;
    unsigned newlines; /* owed before the next character */
    bool space;
    const char *prefix; /* owed at the start of the next line: the mark of a list item */
    bool truncated;     /* text or spans were left out */
};

/* `length_max` bytes of text. */
void writer_init(struct text_writer *writer, struct arena *arena, size_t length_max);
/* The result in the arena; the writer is done with. */
struct rich_text writer_finish(struct text_writer *writer);

/* `preserve`: white space is kept (pre). Controls and broken UTF-8 are left out. */
void writer_add(struct text_writer *writer, const char *text, bool preserve);
/* At least `newlines` before what follows. */
void writer_break(struct text_writer *writer, unsigned newlines);
/* One more newline (br). */
void writer_newline(struct text_writer *writer);

/* Spans open and close in pairs; what holds no text leaves none. writer_close gives the start, SIZE_MAX when
 * nothing was written inside; with keep=false the span itself is not kept. */
void writer_open(struct text_writer *writer, enum span_kind kind);
size_t writer_close(struct text_writer *writer, bool keep);
void writer_span(struct text_writer *writer, struct span span);
/* Takes the text from `start` on, and the spans that begin there, back. */
void writer_rewind(struct text_writer *writer, size_t start);

#endif
