#include "gateway/sig/ld_signature.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/sig/base64.h"
#include "gateway/sig/digest.h"
#include "mapping/json_out.h"
#include "mapping/model.h"

#define AS "https://www.w3.org/ns/activitystreams#"
#define TYPE "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

enum { LINES_MAX = 7, URL_MAX = 2048, HEX_LENGTH = 2 * SHA256_LENGTH };

/* ---- the shape of a Delete
 * --------------------------------------------------------------------------------------------- */

struct delete_shape {
    const char *id, *actor, *followers, *object;
    bool tombstone; /* the object is embedded, with its atomUri */
};

/* An absolute URL that stands between < and > and between quotes without any escape. */
static bool is_plain_url(const char *text)
{
    if (!text || strlen(text) > URL_MAX ||
        (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0))
        return false;
    for (; *text; text++)
        if (*text <= 0x20 || *text >= 0x7f || strchr("<>\"{}|\\^`", *text))
            return false;
    return true;
}

static const char *url_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return is_plain_url(text) ? text : NULL;
}

static const char *only_url_of(const json_t *object, const char *name)
{
    const json_t *list = json_object_get(object, name);
    const char *text = json_array_size(list) == 1 ? json_string_value(json_array_get(list, 0)) : NULL;
    return is_plain_url(text) ? text : NULL;
}

static bool says(const json_t *object, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && strcmp(text, value) == 0;
}

static bool has_our_context(const json_t *activity)
{
    json_t *context = context_of_delete();
    bool same = json_equal(json_object_get(activity, "@context"), context);
    json_decref(context);
    return same;
}

static bool read_object(const json_t *object, struct delete_shape *out)
{
    out->tombstone = json_is_object(object);
    if (!out->tombstone) {
        out->object = is_plain_url(json_string_value(object)) ? json_string_value(object) : NULL;
        return out->object != NULL;
    }
    out->object = url_of(object, "id");
    return out->object && json_object_size(object) == 3 && says(object, "type", "Tombstone") &&
           says(object, "atomUri", out->object);
}

static bool read_shape(const json_t *activity, struct delete_shape *out)
{
    const char *to = only_url_of(activity, "to");
    *out = (struct delete_shape){.id = url_of(activity, "id"),
                                 .actor = url_of(activity, "actor"),
                                 .followers = only_url_of(activity, "cc")};
    return out->id && out->actor && out->followers && to && strcmp(to, PUBLIC_COLLECTION) == 0 &&
           json_object_size(activity) == 7 && says(activity, "type", "Delete") && has_our_context(activity) &&
           read_object(json_object_get(activity, "object"), out);
}

/* ---- its N-Quads: without blank nodes, canonical means sorted
 * ------------------------------------------------------------ */

struct quads {
    char *lines[LINES_MAX];
    size_t count;
};

static void add_line(struct quads *quads, const char *subject, const char *predicate, const char *object,
                     bool is_text)
{
    struct buffer line;
    buffer_init(&line, LD_QUADS_MAX);
    buffer_format(&line, is_text ? "<%s> <%s> \"%s\" .\n" : "<%s> <%s> <%s> .\n", subject, predicate, object);
    quads->lines[quads->count] = strdup(buffer_text(&line));
    if (!quads->lines[quads->count++])
        abort();
    buffer_clear(&line);
}

static int compare_lines(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

bool ld_delete_quads(const json_t *activity, struct buffer *out)
{
    struct delete_shape shape;
    struct quads quads = {.count = 0};
    if (!read_shape(activity, &shape))
        return false;
    add_line(&quads, shape.id, TYPE, AS "Delete", false);
    add_line(&quads, shape.id, AS "actor", shape.actor, false);
    add_line(&quads, shape.id, AS "cc", shape.followers, false);
    add_line(&quads, shape.id, AS "object", shape.object, false);
    add_line(&quads, shape.id, AS "to", PUBLIC_COLLECTION, false);
    if (shape.tombstone) {
        add_line(&quads, shape.object, TYPE, AS "Tombstone", false);
        add_line(&quads, shape.object, "http://ostatus.org#atomUri", shape.object, true);
    }
    qsort(quads.lines, quads.count, sizeof quads.lines[0], compare_lines);
    for (size_t i = 0; i < quads.count; i++) {
        buffer_add_string(out, quads.lines[i]);
        free(quads.lines[i]);
    }
    return !out->failed;
}

bool ld_options_quads(const char *creator, const char *created, struct buffer *out)
{
    if (!is_plain_url(creator))
        return false;
    buffer_format(out,
                  "_:c14n0 <http://purl.org/dc/terms/created> \"%s\""
                  "^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n"
                  "_:c14n0 <http://purl.org/dc/terms/creator> <%s> .\n",
                  created, creator);
    return !out->failed;
}

/* ---- the signature
 * ----------------------------------------------------------------------------------------------------- */

static void add_hash(struct buffer *message, const struct buffer *quads)
{
    struct body_digest digest;
    body_digest_make(buffer_text(quads), quads->length, false, &digest);
    for (size_t i = 0; i < SHA256_LENGTH; i++)
        buffer_format(message, "%02x", (unsigned)digest.sha256[i]);
}

/* What is signed: both hashes as text. */
static bool make_message(const json_t *activity, const char *key_id, const char *created,
                         struct buffer *message)
{
    struct buffer options;
    struct buffer document;
    buffer_init(&options, LD_QUADS_MAX);
    buffer_init(&document, LD_QUADS_MAX);
    bool good = ld_options_quads(key_id, created, &options) && ld_delete_quads(activity, &document);
    if (good) {
        add_hash(message, &options);
        add_hash(message, &document);
    }
    buffer_clear(&options);
    buffer_clear(&document);
    return good && message->length == 2 * (size_t)HEX_LENGTH;
}

json_t *ld_signature(const json_t *activity, const struct private_key *key, const char *key_id, int64_t now)
{
    unsigned char value[SIGNATURE_BYTES_MAX];
    char text[BASE64_SIZE(SIGNATURE_BYTES_MAX)];
    char created[TIME_TEXT_MAX];
    size_t length;
    struct buffer message;
    json_t *signature = NULL;
    time_format(now / 1000 * 1000, created);
    buffer_init(&message, 2 * HEX_LENGTH + 1);
    if (private_key_kind(key) == KEY_RSA && make_message(activity, key_id, created, &message) &&
        private_key_sign(key, buffer_text(&message), message.length, value, &length)) {
        base64_encode(value, length, text);
        signature = json_pack("{ss ss ss ss}", "type", "RsaSignature2017", "creator", key_id, "created",
                              created, "signatureValue", text);
    }
    buffer_clear(&message);
    return signature;
}
