#include "gateway/fed/json_read.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "gateway/fed/json_guard.h"

/* What yajl's callbacks answer. */
enum { REFUSED = 0, TAKEN = 1 };

/* A document while it is read. */
struct reading {
    yajl_handle parser;
    const char *text, *end;
    json_t *root;                 /* owned; it owns what is open in it */
    json_t *open[JSON_DEPTH_MAX]; /* objects and arrays, the outermost first */
    size_t depth;
    size_t root_length; /* bytes of the text up to the root's end, once that is read */
    const char *name;   /* of the member whose value comes next: in the text, or `copy` */
    size_t name_length;
    char *copy; /* owned: of a name with escapes in it, which yajl keeps no longer than its callback takes */
};

static bool is_ascii(const char *text, size_t length)
{
    size_t i = 0;
    uint64_t seen = 0;
    for (uint64_t eight; i + sizeof eight <= length; i += sizeof eight) {
        memcpy(&eight, text + i, sizeof eight);
        seen |= eight;
    }
    for (; i < length; i++)
        seen |= (unsigned char)text[i];
    return !(seen & UINT64_C(0x8080808080808080));
}

/* Takes over the reference. */
static int place(struct reading *reading, json_t *value)
{
    if (!value)
        return REFUSED;
    if (!reading->depth) {
        reading->root = value;
        return json_is_object(value) || json_is_array(value) ? TAKEN : REFUSED;
    }
    json_t *holder = reading->open[reading->depth - 1];
    int failed = json_is_array(holder)
                     ? json_array_append_new(holder, value)
                     : json_object_setn_new_nocheck(holder, reading->name, reading->name_length, value);
    return failed ? REFUSED : TAKEN;
}

static int open_value(struct reading *reading, json_t *value)
{
    if (reading->depth == JSON_DEPTH_MAX) {
        json_decref(value);
        return REFUSED;
    }
    if (place(reading, value) == REFUSED)
        return REFUSED;
    reading->open[reading->depth++] = value;
    return TAKEN;
}

static int on_null(void *context)
{
    return place(context, json_null());
}

static int on_boolean(void *context, int value)
{
    return place(context, json_boolean(value));
}

/* What a number may be and which kind it becomes stays jansson's to say; numbers are few and short. */
static int on_number(void *context, const char *text, size_t length)
{
    return place(context, json_loadb(text, length, JSON_DECODE_ANY, NULL));
}

static int on_string(void *context, const unsigned char *bytes, size_t length)
{
    const char *text = (const char *)bytes;
    return place(context,
                 is_ascii(text, length) ? json_stringn_nocheck(text, length) : json_stringn(text, length));
}

static int on_object(void *context)
{
    return open_value(context, json_object());
}

static int on_array(void *context)
{
    return open_value(context, json_array());
}

static int on_name(void *context, const unsigned char *bytes, size_t length)
{
    struct reading *reading = context;
    const char *name = (const char *)bytes;
    if (json_object_getn(reading->open[reading->depth - 1], name, length))
        return REFUSED;
    if (!is_ascii(name, length)) {
        json_t *checked = json_stringn(name, length);
        json_decref(checked);
        if (!checked)
            return REFUSED;
    }
    if (name < reading->text || name >= reading->end) {
        free(reading->copy);
        reading->copy = malloc(length + 1);
        if (!reading->copy)
            abort();
        name = memcpy(reading->copy, name, length);
    }
    reading->name = name;
    reading->name_length = length;
    return TAKEN;
}

static int on_end(void *context)
{
    struct reading *reading = context;
    if (--reading->depth == 0)
        reading->root_length = yajl_get_bytes_consumed(reading->parser);
    return TAKEN;
}

/* yajl takes the beginning of another value behind the root for one that is still to come. (Of what is no
 * more than a space, json_guard() lets only white space through.) */
static bool ends_there(const struct reading *reading)
{
    const char *rest = reading->text + reading->root_length;
    while (rest < reading->end && (unsigned char)*rest <= ' ')
        rest++;
    return rest == reading->end;
}

json_t *json_read(const char *text, size_t length)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_boolean,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_object,
        .yajl_map_key = on_name,
        .yajl_end_map = on_end,
        .yajl_start_array = on_array,
        .yajl_end_array = on_end,
    };
    struct reading reading = {.text = text, .end = text + length};
    yajl_handle parser = reading.parser = yajl_alloc(&callbacks, NULL, &reading);
    if (!parser)
        abort();
    /* yajl's own check lets some malformed sequences through; on_string() and on_name() have a strict one. */
    yajl_config(parser, yajl_dont_validate_strings, 1);
    bool whole = yajl_parse(parser, (const unsigned char *)text, length) == yajl_status_ok &&
                 yajl_complete_parse(parser) == yajl_status_ok && ends_there(&reading);
    yajl_free(parser);
    free(reading.copy);
    if (whole)
        return reading.root;
    json_decref(reading.root);
    return NULL;
}
