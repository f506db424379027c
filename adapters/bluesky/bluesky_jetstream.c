/* Jetstream (PLATFORMS §1.7), versions 1 and 2: a message is one JSON object. What it says is unsigned: the
 * operator trusts the host. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky_stream.h"

enum { ACCOUNTS_MAX = 10000 };

static json_t *read_object(struct adapter_bytes message)
{
    return json_loadb(message.data, message.length, JSON_REJECT_DUPLICATES, NULL);
}

static bool is_word(const json_t *value, const char *word)
{
    const char *text = json_string_value(value);
    return text && strcmp(text, word) == 0;
}

static const char *did_of(const json_t *object)
{
    const char *did = json_string_value(json_object_get(object, "did"));
    return did && bluesky_did_valid(did) ? did : NULL;
}

/* The members of a commit are the same in both versions. False: not as they must be. */
static bool read_change(const json_t *commit, const char *did, int64_t time, struct bluesky_change *out)
{
    const json_t *operation = json_object_get(commit, "operation");
    const json_t *value = json_object_get(commit, "record");
    *out = (struct bluesky_change){
        .did = did,
        .rev = json_string_value(json_object_get(commit, "rev")),
        .collection = json_string_value(json_object_get(commit, "collection")),
        .rkey = json_string_value(json_object_get(commit, "rkey")),
        .cid = json_string_value(json_object_get(commit, "cid")),
        .action = is_word(operation, "create")   ? 'c'
                  : is_word(operation, "update") ? 'u'
                  : is_word(operation, "delete") ? 'd'
                                                 : '\0',
        .value = json_is_object(value) ? value : NULL,
        .time = time,
    };
    return out->action && out->rev && strlen(out->rev) <= 32 && out->collection && out->rkey &&
           bluesky_rkey_valid(out->rkey) && strlen(out->collection) <= 317;
}

static bool tell_commit(struct stream *stream, const json_t *commit, const char *did, int64_t time,
                        const struct stream_sink *sink)
{
    struct bluesky_change change;
    struct event event;
    if (!read_change(commit, did, time, &change))
        return false;
    bluesky_change_event(stream->adapter, &change, stream->arena, &event);
    bool taken = sink->event(sink->context, &event);
    return taken;
}

static bool tell_account(struct stream *stream, const char *what, const char *did, int64_t mark, int64_t time,
                         const struct stream_sink *sink)
{
    char text[24];
    struct event event;
    (void)snprintf(text, sizeof text, "%" PRId64, mark);
    bluesky_account_event(stream->adapter, what, did, text, time, stream->arena, &event);
    bool taken = sink->event(sink->context, &event);
    return taken;
}

/* ---- version 1
 * ----------------------------------------------------------------------------------------------------------
 */

static bool feed_1(struct stream *stream, const json_t *object, const struct stream_sink *sink)
{
    const char *did = did_of(object);
    const json_t *kind = json_object_get(object, "kind");
    int64_t time = 0;
    bool good = true;
    if (!did || !json_is_string(kind) || !bluesky_number(json_object_get(object, "time_us"), &time))
        return false;
    bool wanted = bluesky_stream_wants(sink, did);
    if (wanted && is_word(kind, "commit"))
        good = tell_commit(stream, json_object_get(object, "commit"), did, time / 1000, sink);
    else if (wanted && (is_word(kind, "identity") || is_word(kind, "account")))
        good = tell_account(stream, json_string_value(kind), did, time, time / 1000, sink);
    /* Its times may go back a little: what comes again is known by its key. */
    if (good)
        bluesky_stream_commit(stream, time > stream->seq ? time : stream->seq, wanted, sink);
    return good;
}

bool bluesky_jetstream_feed(struct stream *stream, struct adapter_bytes message,
                            const struct stream_sink *sink)
{
    json_t *object = read_object(message);
    bool good = json_is_object(object) && feed_1(stream, object, sink);
    json_decref(object);
    return good;
}

char *bluesky_jetstream_options(const char *const *accounts, size_t count)
{
    json_t *dids = json_array();
    json_t *names = json_array();
    /* More than it takes: then all come, and ours are picked out here. */
    for (size_t i = 0; i < count && count <= ACCOUNTS_MAX; i++)
        (void)json_array_append_new(dids, json_string(accounts[i]));
    for (size_t i = 0; i < BLUESKY_COLLECTIONS; i++)
        (void)json_array_append_new(names, json_string(bluesky_collections[i]));
    json_t *options = json_pack("{s:s, s:{s:o, s:o, s:i}}", "type", "options_update", "payload",
                                "wantedCollections", names, "wantedDids", dids, "maxMessageSizeBytes", 0);
    char *text = json_dumps(options, JSON_COMPACT);
    json_decref(options);
    if (!text)
        abort();
    return text;
}

/* ---- version 2
 * ----------------------------------------------------------------------------------------------------------
 */

static const char *kind_2(const json_t *payload)
{
    const char *type = json_string_value(json_object_get(payload, "$type"));
    const char *hash = type ? strchr(type, '#') : NULL;
    return hash ? hash + 1 : "";
}

static bool feed_error(struct stream *stream, const json_t *object)
{
    stream->slow = is_word(json_object_get(object, "error"), "ConsumerTooSlow");
    return false;
}

static bool feed_2(struct stream *stream, const json_t *payload, const struct stream_sink *sink)
{
    const char *kind = kind_2(payload);
    const char *did = did_of(payload);
    int64_t seq = 0;
    if (strcmp(kind, "info") == 0)
        return !is_word(json_object_get(payload, "name"), "OutdatedCursor") ||
               bluesky_stream_gap(stream, stream->seq, sink);
    if (!did || !bluesky_number(json_object_get(payload, "seq"), &seq))
        return false;
    if (seq <= stream->seq)
        return seq == stream->seq || bluesky_stream_lose(stream, "the server's numbers go back");
    int64_t time = bluesky_time(json_object_get(payload, "time"));
    bool wanted = bluesky_stream_wants(sink, did);
    bool good = true;
    if (wanted && strcmp(kind, "commit") == 0)
        good = tell_commit(stream, payload, did, time, sink);
    else if (wanted &&
             (strcmp(kind, "identity") == 0 || strcmp(kind, "account") == 0 || strcmp(kind, "sync") == 0))
        good = tell_account(stream, kind, did, time ? time : seq, time, sink);
    if (good)
        bluesky_stream_commit(stream, seq, wanted, sink);
    return good;
}

bool bluesky_jetstream_2_feed(struct stream *stream, struct adapter_bytes message,
                              const struct stream_sink *sink)
{
    json_t *object = read_object(message);
    const json_t *type = json_object_get(object, "$type");
    bool good = json_is_object(object);
    if (good && is_word(type, "error"))
        good = feed_error(stream, object);
    else if (good && is_word(type, "message"))
        good = feed_2(stream, json_object_get(object, "payload"), sink);
    json_decref(object);
    return good;
}
