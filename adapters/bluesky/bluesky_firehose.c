/* com.atproto.sync.subscribeRepos (PLATFORMS §1.8): binary messages of two DAG-CBOR items, a head and a
 * payload. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/bluesky/bluesky_stream.h"

enum { OPS_MAX = 200, BLOCKS_MAX = 8192, PATH_MAX_BYTES = 400 };

struct frame {
    int64_t seq;
    char did[BLUESKY_DID_MAX + 1];
    char rev[16], since[16];
    char name[64]; /* of #info and of errors */
    int64_t time;
    struct dag ops;
    bool has_seq, has_ops, too_big;
    const unsigned char *blocks;
    size_t blocks_length;
};

/* ---- head and payload
 * ------------------------------------------------------------------------------------------------------- */

static bool read_head(struct dag *dag, int64_t *op, char type[32])
{
    struct dag_item item;
    type[0] = '\0';
    *op = 0;
    if (!dag_expect(dag, DAG_MAP, &item))
        return false;
    for (uint64_t left = item.number; left; left--) {
        struct dag_item value;
        if (!dag_expect(dag, DAG_TEXT, &item))
            return false;
        if (dag_is(&item, "op")) {
            if (!dag_next(dag, &value))
                return false;
            *op = value.kind == DAG_UNSIGNED && value.number == 1   ? 1
                  : value.kind == DAG_NEGATIVE && value.number == 0 ? -1
                                                                    : 0;
        } else if (dag_is(&item, "t")) {
            if (!dag_next(dag, &value))
                return false;
            (void)dag_text(&value, type, 32);
        } else if (!dag_skip(dag)) {
            return false;
        }
    }
    return true;
}

static int64_t time_of(const struct dag_item *item)
{
    char text[64];
    int64_t time = dag_text(item, text, sizeof text) ? time_parse(text) : -1;
    return time < 0 ? 0 : time;
}

/* One member whose value is no list and no map. */
static void take_member(struct frame *frame, const struct dag_item *name, const struct dag_item *value)
{
    if (dag_is(name, "seq")) {
        frame->has_seq = value->kind == DAG_UNSIGNED && value->number < UINT64_C(1) << 53;
        frame->seq = frame->has_seq ? (int64_t)value->number : 0;
    } else if (dag_is(name, "repo") || dag_is(name, "did")) {
        (void)dag_text(value, frame->did, sizeof frame->did);
    } else if (dag_is(name, "rev")) {
        (void)dag_text(value, frame->rev, sizeof frame->rev);
    } else if (dag_is(name, "since")) {
        (void)dag_text(value, frame->since, sizeof frame->since);
    } else if (dag_is(name, "time")) {
        frame->time = time_of(value);
    } else if (dag_is(name, "name") || dag_is(name, "error")) {
        (void)dag_text(value, frame->name, sizeof frame->name);
    } else if (dag_is(name, "tooBig")) {
        frame->too_big = value->kind == DAG_TRUE;
    } else if (dag_is(name, "blocks") && value->kind == DAG_BYTES) {
        frame->blocks = value->bytes;
        frame->blocks_length = value->number;
    }
}

static bool skip_children(struct dag *dag, const struct dag_item *item)
{
    uint64_t count = item->kind == DAG_ARRAY ? item->number : item->kind == DAG_MAP ? item->number * 2 : 0;
    for (uint64_t i = 0; i < count; i++)
        if (!dag_skip(dag))
            return false;
    return true;
}

static bool read_payload(struct dag *dag, struct frame *frame)
{
    struct dag_item item;
    if (!dag_expect(dag, DAG_MAP, &item))
        return false;
    for (uint64_t left = item.number; left; left--) {
        struct dag_item name;
        struct dag_item value;
        if (!dag_expect(dag, DAG_TEXT, &name))
            return false;
        if (dag_is(&name, "ops")) {
            frame->ops = *dag;
            frame->has_ops = true;
            if (!dag_skip(dag))
                return false;
            continue;
        }
        if (!dag_next(dag, &value) || !skip_children(dag, &value))
            return false;
        take_member(frame, &name, &value);
    }
    return dag->at == dag->length;
}

/* ---- the operations of a commit
 * ---------------------------------------------------------------------------------------------- */

struct operation_head {
    char action;
    char path[PATH_MAX_BYTES];
    const unsigned char *cid;
};

static bool read_operation(struct dag *dag, struct operation_head *out)
{
    struct dag_item item;
    out->action = '\0';
    out->path[0] = '\0';
    out->cid = NULL;
    if (!dag_expect(dag, DAG_MAP, &item))
        return false;
    for (uint64_t left = item.number; left; left--) {
        struct dag_item name;
        struct dag_item value;
        if (!dag_expect(dag, DAG_TEXT, &name) || !dag_next(dag, &value) || !skip_children(dag, &value))
            return false;
        if (dag_is(&name, "action"))
            out->action = dag_is(&value, "create")   ? 'c'
                          : dag_is(&value, "update") ? 'u'
                          : dag_is(&value, "delete") ? 'd'
                                                     : '\0';
        else if (dag_is(&name, "path"))
            (void)dag_text(&value, out->path, sizeof out->path);
        else if (dag_is(&name, "cid") && value.kind == DAG_LINK)
            out->cid = value.bytes;
    }
    return true;
}

/* The record behind a CID; the block must be what its CID says. NULL: not there, or forged. */
static json_t *find_record(const struct adapter *adapter, const struct frame *frame,
                           const unsigned char *wanted)
{
    struct bluesky_car car;
    const unsigned char *cid = NULL;
    const unsigned char *block = NULL;
    size_t length = 0;
    if (!wanted || !bluesky_car_open(&car, frame->blocks, frame->blocks_length))
        return NULL;
    for (size_t i = 0; i < BLOCKS_MAX && bluesky_car_next(&car, &cid, &block, &length); i++) {
        if (memcmp(cid, wanted, CID_BYTES) != 0)
            continue;
        struct dag dag;
        dag_open(&dag, block, length);
        json_t *value = bluesky_cid_hashes(adapter->hashing, cid, block, length) ? dag_json(&dag) : NULL;
        if (value && dag.at == dag.length)
            return value;
        json_decref(value);
        return NULL;
    }
    return NULL;
}

static bool is_of_use(const char *collection)
{
    for (size_t i = 0; i < BLUESKY_COLLECTIONS; i++)
        if (strcmp(collection, bluesky_collections[i]) == 0)
            return true;
    return false;
}

static bool tell_operation(struct stream *stream, const struct frame *frame,
                           const struct operation_head *head, const struct stream_sink *sink)
{
    char cid[CID_TEXT + 1] = "";
    char *rkey = arena_string(stream->arena, head->path);
    const char *collection = strsep(&rkey, "/");
    if (!head->action || !rkey || !bluesky_rkey_valid(rkey) || !is_of_use(collection))
        return true;
    if (head->cid)
        bluesky_cid_text(head->cid, cid);
    json_t *value = head->action == 'd' ? NULL : find_record(stream->adapter, frame, head->cid);
    const struct bluesky_change change = {.did = frame->did,
                                          .rev = frame->rev,
                                          .collection = collection,
                                          .rkey = rkey,
                                          .cid = cid[0] ? cid : NULL,
                                          .action = head->action,
                                          .value = value,
                                          .time = frame->time};
    struct event event;
    bluesky_change_event(stream->adapter, &change, stream->arena, &event);
    bool taken = sink->event(sink->context, &event);
    json_decref(value);
    return taken;
}

/* The repository is to be compared: the stream told less than what happened. */
static bool tell_account_gap(struct stream *stream, const struct frame *frame, const struct stream_sink *sink)
{
    struct event event;
    bluesky_account_event(stream->adapter, "sync", frame->did, frame->rev, frame->time, stream->arena,
                          &event);
    return sink->event(sink->context, &event);
}

static bool feed_commit(struct stream *stream, struct frame *frame, const struct stream_sink *sink)
{
    struct dag_item list;
    if (!frame->rev[0] || !frame->has_ops || !dag_expect(&frame->ops, DAG_ARRAY, &list) ||
        list.number > OPS_MAX)
        return false;
    bool whole = !frame->too_big && bluesky_stream_follows(stream, frame->did, frame->since, frame->rev);
    if (!whole && !tell_account_gap(stream, frame, sink))
        return false;
    for (uint64_t i = 0; i < list.number; i++) {
        struct operation_head head;
        if (!read_operation(&frame->ops, &head) || !tell_operation(stream, frame, &head, sink))
            return false;
    }
    return true;
}

/* ---- the frame
 * ----------------------------------------------------------------------------------------------------------
 */

static bool feed_error(struct stream *stream, const struct frame *frame)
{
    if (strcmp(frame->name, "FutureCursor") == 0)
        return bluesky_stream_lose(stream, "the server has not come as far as our cursor: it counts anew");
    stream->slow = strcmp(frame->name, "ConsumerTooSlow") == 0;
    return false;
}

static bool feed_wanted(struct stream *stream, const char *type, struct frame *frame,
                        const struct stream_sink *sink)
{
    bool good = true;
    if (strcmp(type, "#commit") == 0) {
        good = feed_commit(stream, frame, sink);
    } else {
        char mark[24];
        struct event event;
        (void)snprintf(mark, sizeof mark, "%" PRId64, frame->time ? frame->time : frame->seq);
        bluesky_account_event(stream->adapter, type + 1, frame->did, type[1] == 's' ? frame->rev : mark,
                              frame->time, stream->arena, &event);
        good = sink->event(sink->context, &event);
    }
    return good;
}

static bool feed_numbered(struct stream *stream, const char *type, struct frame *frame,
                          const struct stream_sink *sink)
{
    bool wanted = frame->did[0] && bluesky_did_valid(frame->did) && bluesky_stream_wants(sink, frame->did);
    if (!frame->has_seq)
        return false;
    if (frame->seq == stream->seq) /* where the cursor counts inclusively, the last one comes again */
        return true;
    if (frame->seq < stream->seq)
        return bluesky_stream_lose(stream, "the server's numbers go back");
    if (stream->seq >= 0 && frame->seq - stream->seq > STREAM_SEQ_JUMP &&
        !bluesky_stream_gap(stream, frame->seq, sink))
        return false;
    if (wanted && !feed_wanted(stream, type, frame, sink))
        return false;
    bluesky_stream_commit(stream, frame->seq, wanted, sink);
    return true;
}

static bool feed_frame(struct stream *stream, struct dag *dag, const struct stream_sink *sink)
{
    struct frame frame = {0};
    char type[32] = {0};
    int64_t op = 0;
    if (!read_head(dag, &op, type) || !read_payload(dag, &frame))
        return false;
    if (op == -1)
        return feed_error(stream, &frame);
    if (op != 1)
        return true; /* a kind of message of a later version */
    if (strcmp(type, "#info") == 0)
        return strcmp(frame.name, "OutdatedCursor") != 0 || bluesky_stream_gap(stream, stream->seq, sink);
    if (strcmp(type, "#commit") != 0 && strcmp(type, "#identity") != 0 && strcmp(type, "#account") != 0 &&
        strcmp(type, "#sync") != 0)
        return true;
    return feed_numbered(stream, type, &frame, sink);
}

bool bluesky_firehose_feed(struct stream *stream, struct adapter_bytes message,
                           const struct stream_sink *sink)
{
    struct dag dag;
    dag_open(&dag, message.data, message.length);
    return feed_frame(stream, &dag, sink);
}
