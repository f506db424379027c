/* Structured Field Values of RFC 9651 (dates and display strings included): dictionaries, as Signature-Input,
 * Signature, Content-Digest and Accept-Signature are. Strict: one character out of place refuses the whole
 * field. Results live in the arena. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_STRUCTURED_FIELD_H
#define DRAWBRIDGE_GATEWAY_SIG_STRUCTURED_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mapping/arena.h"

enum { FIELD_TEXT_MAX = 16384, FIELD_ELEMENTS_MAX = 1024 };

enum field_kind {
    FIELD_INTEGER,
    FIELD_DECIMAL, /* `number` in thousandths */
    FIELD_STRING,
    FIELD_TOKEN,
    FIELD_BYTES,
    FIELD_BOOLEAN,
    FIELD_DATE,
    FIELD_DISPLAY, /* UTF-8 */
};

struct field_value {
    enum field_kind kind;
    int64_t number; /* integers, decimals, dates; booleans are 0 or 1 */
    const char *text;
    const unsigned char *bytes;
    size_t length; /* of `text` or `bytes` */
};

struct field_parameter {
    const char *key;
    struct field_value value;
    struct field_parameter *next;
};

struct field_item {
    struct field_value value;
    struct field_parameter *parameters;
    struct field_item *next; /* in an inner list */
};

struct field_member {
    const char *key;
    bool is_list;
    struct field_item item;             /* when it is no list */
    struct field_item *items;           /* of an inner list */
    struct field_parameter *parameters; /* of an inner list */
    struct field_member *next;
};

struct field_dictionary {
    struct field_member *first;
    size_t count;
    bool repeats; /* a key came twice: as the RFC wants it the last one won */
};

bool field_dictionary_parse(struct arena *arena, const char *text, struct field_dictionary *out);
const struct field_member *field_dictionary_find(const struct field_dictionary *dictionary, const char *key);
const struct field_value *field_parameter_find(const struct field_parameter *parameters, const char *key);

/* The canonical text of an inner list with its parameters, and of an item with its parameters (§4.1). NULL
 * when it is absurdly long. */
const char *field_list_text(struct arena *arena, const struct field_member *list);
const char *field_item_text(struct arena *arena, const struct field_item *item);

#endif
