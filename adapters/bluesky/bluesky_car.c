/* CARv1: a header, then blocks, each with its CID before it. */
#include <string.h>

#include "adapters/bluesky/bluesky.h"

enum { VARINT_MAX = 5 };

static bool read_length(struct bluesky_car *car, size_t *out)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_MAX && car->at < car->length; i++) {
        unsigned char byte = car->bytes[car->at++];
        value |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            *out = (size_t)value;
            return value <= car->length - car->at;
        }
    }
    return false;
}

static bool fail(struct bluesky_car *car)
{
    car->broken = true;
    return false;
}

static bool read_header(const unsigned char *bytes, size_t length)
{
    struct dag dag;
    struct dag_item item;
    bool version = false;
    bool roots = false;
    dag_open(&dag, bytes, length);
    if (!dag_expect(&dag, DAG_MAP, &item))
        return false;
    for (uint64_t left = item.number; left && dag_expect(&dag, DAG_TEXT, &item); left--) {
        struct dag_item value;
        if (dag_is(&item, "version")) {
            version = dag_expect(&dag, DAG_UNSIGNED, &value) && value.number == 1;
        } else {
            roots |= dag_is(&item, "roots");
            (void)dag_skip(&dag);
        }
    }
    return version && roots && !dag.broken && dag.at == dag.length;
}

bool bluesky_car_open(struct bluesky_car *car, const void *bytes, size_t length)
{
    size_t header = 0;
    *car = (struct bluesky_car){.bytes = bytes, .length = length};
    if (!read_length(car, &header) || !read_header(car->bytes + car->at, header))
        return fail(car);
    car->at += header;
    return true;
}

bool bluesky_car_next(struct bluesky_car *car, const unsigned char **cid, const unsigned char **block,
                      size_t *length)
{
    size_t whole = 0;
    if (car->broken || car->at == car->length)
        return false;
    if (!read_length(car, &whole) || whole < CID_BYTES || !bluesky_cid_valid(car->bytes + car->at, CID_BYTES))
        return fail(car);
    *cid = car->bytes + car->at;
    *block = *cid + CID_BYTES;
    *length = whole - CID_BYTES;
    car->at += whole;
    return true;
}
