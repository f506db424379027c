/* DAG-CBOR as a row of items, read in place: nothing is allocated and nothing is believed that is not there.
 * Strict where it protects us (definite lengths, only tag 42, text keys, bounded depth), lenient where it
 * does not (order of keys). */
#ifndef DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_DAG_H
#define DRAWBRIDGE_ADAPTERS_BLUESKY_BLUESKY_DAG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DAG_DEPTH_MAX = 32 };

enum dag_kind {
    DAG_NONE,
    DAG_UNSIGNED, /* number */
    DAG_NEGATIVE, /* -1 - number */
    DAG_BYTES,    /* bytes, number: how many */
    DAG_TEXT,     /* the same */
    DAG_ARRAY,    /* number items follow */
    DAG_MAP,      /* number pairs follow */
    DAG_LINK,     /* bytes: a CID of CID_BYTES */
    DAG_FALSE,
    DAG_TRUE,
    DAG_NULL,
    DAG_FLOAT,
};

struct dag_item {
    enum dag_kind kind;
    uint64_t number;
    const unsigned char *bytes;
    double real;
};

struct dag {
    const unsigned char *bytes;
    size_t length, at;
    bool broken; /* once set, every read fails */
};

void dag_open(struct dag *dag, const void *bytes, size_t length);
/* The next item; of a map or array only its head. */
bool dag_next(struct dag *dag, struct dag_item *out);
/* The next item whole, whatever it holds. */
bool dag_skip(struct dag *dag);
/* The next item must be of that kind. */
bool dag_expect(struct dag *dag, enum dag_kind kind, struct dag_item *out);
/* The next item whole as JSON ({"$link": …}, {"$bytes": …}): a new reference, NULL when broken. */
json_t *dag_json(struct dag *dag);

bool dag_is(const struct dag_item *item, const char *text);
/* Copies a text item that fits; false when it is none, too long, or holds a NUL. */
bool dag_text(const struct dag_item *item, char *out, size_t size);

#endif
