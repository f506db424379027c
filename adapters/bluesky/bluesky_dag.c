#include "adapters/bluesky/bluesky_dag.h"

#include <cbor.h>
#include <string.h>

#include "adapters/bluesky/bluesky.h"

enum { LINK_TAG = 42 };

/* ---- one item, by libcbor's decoder
 * ---------------------------------------------------------------------------------------------- */

static void put(void *context, enum dag_kind kind, uint64_t number)
{
    struct dag_item *item = context;
    item->kind = kind;
    item->number = number;
}

static void take_uint8(void *context, uint8_t value)
{
    put(context, DAG_UNSIGNED, value);
}

static void take_uint16(void *context, uint16_t value)
{
    put(context, DAG_UNSIGNED, value);
}

static void take_uint32(void *context, uint32_t value)
{
    put(context, DAG_UNSIGNED, value);
}

static void take_uint64(void *context, uint64_t value)
{
    put(context, DAG_UNSIGNED, value);
}

static void take_negint8(void *context, uint8_t value)
{
    put(context, DAG_NEGATIVE, value);
}

static void take_negint16(void *context, uint16_t value)
{
    put(context, DAG_NEGATIVE, value);
}

static void take_negint32(void *context, uint32_t value)
{
    put(context, DAG_NEGATIVE, value);
}

static void take_negint64(void *context, uint64_t value)
{
    put(context, DAG_NEGATIVE, value);
}

static void take_bytes(void *context, cbor_data bytes, size_t length)
{
    struct dag_item *item = context;
    put(context, DAG_BYTES, length);
    item->bytes = bytes;
}

static void take_text(void *context, cbor_data bytes, size_t length)
{
    struct dag_item *item = context;
    put(context, DAG_TEXT, length);
    item->bytes = bytes;
}

static void take_array(void *context, size_t count)
{
    put(context, DAG_ARRAY, count);
}

static void take_map(void *context, size_t count)
{
    put(context, DAG_MAP, count);
}

static void take_tag(void *context, uint64_t tag)
{
    put(context, tag == LINK_TAG ? DAG_LINK : DAG_NONE, tag);
}

static void take_double(void *context, double value)
{
    struct dag_item *item = context;
    put(context, DAG_FLOAT, 0);
    item->real = value;
}

static void take_bool(void *context, bool value)
{
    put(context, value ? DAG_TRUE : DAG_FALSE, 0);
}

static void take_null(void *context)
{
    put(context, DAG_NULL, 0);
}

/* What DAG-CBOR does not have leaves the item as it was: DAG_NONE. */
static void refuse(void *context)
{
    (void)context;
}

static void refuse_float(void *context, float value)
{
    (void)context;
    (void)value;
}

static const struct cbor_callbacks callbacks = {
    .uint8 = take_uint8,
    .uint16 = take_uint16,
    .uint32 = take_uint32,
    .uint64 = take_uint64,
    .negint64 = take_negint64,
    .negint32 = take_negint32,
    .negint16 = take_negint16,
    .negint8 = take_negint8,
    .byte_string_start = refuse,
    .byte_string = take_bytes,
    .string = take_text,
    .string_start = refuse,
    .indef_array_start = refuse,
    .array_start = take_array,
    .indef_map_start = refuse,
    .map_start = take_map,
    .tag = take_tag,
    .float2 = refuse_float,
    .float4 = refuse_float,
    .float8 = take_double,
    .undefined = refuse,
    .null = take_null,
    .boolean = take_bool,
    .indef_break = refuse,
};

void dag_open(struct dag *dag, const void *bytes, size_t length)
{
    *dag = (struct dag){.bytes = bytes, .length = length};
}

static bool fail(struct dag *dag)
{
    dag->broken = true;
    return false;
}

static bool decode(struct dag *dag, struct dag_item *out)
{
    *out = (struct dag_item){.kind = DAG_NONE};
    if (dag->broken || dag->at >= dag->length)
        return fail(dag);
    struct cbor_decoder_result result =
        cbor_stream_decode(dag->bytes + dag->at, dag->length - dag->at, &callbacks, out);
    if (result.status != CBOR_DECODER_FINISHED || out->kind == DAG_NONE)
        return fail(dag);
    dag->at += result.read;
    return true;
}

bool dag_next(struct dag *dag, struct dag_item *out)
{
    if (!decode(dag, out))
        return false;
    /* Every item takes a byte at least: a promise of more than that is broken. */
    size_t left = dag->length - dag->at;
    if ((out->kind == DAG_ARRAY && out->number > left) || (out->kind == DAG_MAP && out->number > left / 2))
        return fail(dag);
    if (out->kind != DAG_LINK)
        return true;
    struct dag_item link;
    if (!decode(dag, &link) || link.kind != DAG_BYTES || link.number != CID_BYTES + 1 || link.bytes[0] != 0 ||
        !bluesky_cid_valid(link.bytes + 1, CID_BYTES))
        return fail(dag);
    out->bytes = link.bytes + 1;
    out->number = CID_BYTES;
    return true;
}

bool dag_skip(struct dag *dag)
{
    /* Depth needs no bound here: only the number of items that are still to come is kept. */
    uint64_t wanted = 1;
    while (wanted) {
        struct dag_item item;
        if (!dag_next(dag, &item))
            return false;
        wanted--;
        if (item.kind == DAG_ARRAY)
            wanted += item.number;
        else if (item.kind == DAG_MAP)
            wanted += item.number * 2;
        if (wanted > dag->length - dag->at)
            return fail(dag);
    }
    return true;
}

bool dag_expect(struct dag *dag, enum dag_kind kind, struct dag_item *out)
{
    return dag_next(dag, out) && (out->kind == kind || fail(dag));
}

bool dag_is(const struct dag_item *item, const char *text)
{
    size_t length = strlen(text);
    return item->kind == DAG_TEXT && item->number == length && memcmp(item->bytes, text, length) == 0;
}

bool dag_text(const struct dag_item *item, char *out, size_t size)
{
    if (item->kind != DAG_TEXT || item->number >= size || memchr(item->bytes, 0, item->number))
        return false;
    memcpy(out, item->bytes, item->number);
    out[item->number] = '\0';
    return true;
}

/* ---- whole values as JSON
 * ---------------------------------------------------------------------------------------------------- */

static json_t *value_at(struct dag *dag, unsigned depth);

static json_t *link_json(const struct dag_item *item)
{
    char text[CID_TEXT + 1];
    json_t *link = json_object();
    bluesky_cid_text(item->bytes, text);
    (void)json_object_set_new_nocheck(link, "$link", json_string_nocheck(text));
    return link;
}

/* Bytes have no use in what we read: that they are there is all that is kept. */
static json_t *bytes_json(void)
{
    return json_pack("{s:s}", "$bytes", "");
}

static json_t *array_at(struct dag *dag, uint64_t count, unsigned depth)
{
    json_t *array = json_array();
    for (uint64_t i = 0; i < count; i++) {
        json_t *value = value_at(dag, depth);
        if (!value || json_array_append_new(array, value) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *map_at(struct dag *dag, uint64_t count, unsigned depth)
{
    json_t *object = json_object();
    for (uint64_t i = 0; i < count; i++) {
        struct dag_item key;
        bool good = dag_expect(dag, DAG_TEXT, &key) && !memchr(key.bytes, 0, key.number);
        json_t *value = good ? value_at(dag, depth) : NULL;
        if (!value || json_object_setn_new_nocheck(object, (const char *)key.bytes, key.number, value) != 0 ||
            json_object_size(object) != i + 1 /* the same key twice */) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *value_at(struct dag *dag, unsigned depth)
{
    struct dag_item item;
    if (depth > DAG_DEPTH_MAX || !dag_next(dag, &item))
        return NULL;
    switch (item.kind) {
    case DAG_UNSIGNED:
        return item.number <= INT64_MAX ? json_integer((json_int_t)item.number) : NULL;
    case DAG_NEGATIVE:
        return item.number < INT64_MAX ? json_integer(-1 - (json_int_t)item.number) : NULL;
    case DAG_BYTES:
        return bytes_json();
    case DAG_TEXT:
        return json_stringn_nocheck((const char *)item.bytes, item.number);
    case DAG_ARRAY:
        return array_at(dag, item.number, depth + 1);
    case DAG_MAP:
        return map_at(dag, item.number, depth + 1);
    case DAG_LINK:
        return link_json(&item);
    case DAG_FALSE:
        return json_false();
    case DAG_TRUE:
        return json_true();
    case DAG_NULL:
        return json_null();
    case DAG_FLOAT:
        return json_real(item.real);
    case DAG_NONE:
        break;
    }
    return NULL;
}

json_t *dag_json(struct dag *dag)
{
    json_t *value = value_at(dag, 0);
    if (!value)
        dag->broken = true;
    return value;
}
