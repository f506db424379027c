/* What remote people say in threads of accounts that are on, said by one account of the operator's (PLATFORMS
 * §1.5, §1.6): "Alice (@alice@mastodon.example): …". Its record key is made of the gateway's key, so that the
 * same push is the same record, whatever became of the answer. */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "adapters/bluesky/bluesky_operation.h"
#include "mapping/buffer.h"

enum {
    NAME_GRAPHEMES = 40,
    FACETS_MAX = 64,
    DESCRIPTION_BYTES = 1000,
};

/* ---- the attribution
 * -------------------------------------------------------------------------------------------------- */

/* How many bytes the first `maximum` graphemes take; *count is how many there are, at most that. */
static size_t graphemes(const char *text, size_t maximum, size_t *count)
{
    utf8proc_int32_t state = 0;
    utf8proc_int32_t before = -1;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    size_t length = strlen(text);
    size_t used = 0;
    *count = 0;
    while (used < length) {
        utf8proc_int32_t code = 0;
        utf8proc_ssize_t size = utf8proc_iterate(at + used, (utf8proc_ssize_t)(length - used), &code);
        if (size <= 0)
            break;
        bool begins = before < 0 || utf8proc_grapheme_break_stateful(before, code, &state);
        if (begins && *count == maximum)
            break;
        *count += begins;
        before = code;
        used += (size_t)size;
    }
    return used;
}

struct attribution {
    const char *text;         /* "Alice (@alice@mastodon.example): " */
    size_t start, end;        /* of the handle in it, in bytes */
    size_t graphemes, length; /* of all of it */
};

static struct attribution attribute(struct arena *arena, const struct remote_author *author)
{
    struct attribution out;
    size_t count = 0;
    const char *name = author->name && author->name[0] ? author->name : "";
    size_t length = graphemes(name, NAME_GRAPHEMES, &count);
    bool named = length > 0;
    out.text = named ? arena_format(arena, "%.*s (@%s): ", (int)length, name, author->handle)
                     : arena_format(arena, "@%s: ", author->handle);
    out.start = named ? length + 2 : 0;
    out.end = out.start + 1 + strlen(author->handle);
    out.length = strlen(out.text);
    (void)graphemes(out.text, SIZE_MAX, &out.graphemes);
    return out;
}

void bluesky_attribution(const struct adapter *adapter, const struct remote_author *author, size_t *units,
                         size_t *bytes)
{
    struct arena *arena = arena_new(1 << 16);
    struct attribution attribution = attribute(arena, author);
    (void)adapter;
    *units = attribution.graphemes;
    *bytes = attribution.length;
    arena_free(arena);
}

enum { IMAGES_MAX = 4, IMAGE_BYTES_MAX = 1000000 };

struct bluesky_push {
    const char *parent, *parent_cid; /* strongRef of what is answered */
    const char *root, *root_cid;
    struct bluesky_address parent_address, root_address;
    /* Pictures that are carried over; one that cannot be, and all are linked. */
    size_t image_count, image;
    struct adapter_bytes bytes;
    const char *type;
    const char *blobs[IMAGES_MAX]; /* as JSON */
};

/* ---- the record
 * ------------------------------------------------------------------------------------------------------- */

static void add_facet(json_t *facets, size_t start, size_t end, json_t *feature)
{
    if (json_array_size(facets) < FACETS_MAX)
        (void)json_array_append_new(facets, json_pack("{s:{s:I, s:I}, s:[o]}", "index", "byteStart",
                                                      (json_int_t)start, "byteEnd", (json_int_t)end,
                                                      "features", feature));
    else
        json_decref(feature);
}

static bool is_web(const char *url)
{
    return url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0);
}

static void add_span(json_t *facets, const struct span *span, size_t offset)
{
    const char *target = span->target ? span->target : "";
    json_t *feature = NULL;
    switch (span->kind) {
    case SPAN_LINK:
    case SPAN_REMOTE_MENTION:
        if (is_web(target))
            feature = json_pack("{s:s, s:s}", "$type", "app.bsky.richtext.facet#link", "uri", target);
        break;
    case SPAN_MENTION:
        if (bluesky_did_valid(target))
            feature = json_pack("{s:s, s:s}", "$type", "app.bsky.richtext.facet#mention", "did", target);
        break;
    case SPAN_HASHTAG:
        feature = json_pack("{s:s, s:s}", "$type", "app.bsky.richtext.facet#tag", "tag", target);
        break;
    default:
        break;
    }
    if (feature)
        add_facet(facets, span->start + offset, span->end + offset, feature);
}

/* A warning stands for what it warns of: that is read where it was written, by whoever wants to. */
static struct rich_text body_of(struct arena *arena, const struct remote_post *post)
{
    if (!post->warning || !is_web(post->url))
        return post->body;
    size_t count = 0;
    const char *shown = post->url;
    size_t cut = graphemes(post->warning, 120, &count);
    const char *text = arena_format(arena, "[%.*s] %s", (int)cut, post->warning, shown);
    struct span *span = arena_alloc(arena, sizeof *span);
    *span = (struct span){.start = cut + 3, .end = strlen(text), .kind = SPAN_LINK, .target = post->url};
    return (struct rich_text){.text = text, .length = strlen(text), .spans = span, .span_count = 1};
}

static json_t *image_of(const struct media *media, const char *blob)
{
    json_t *image =
        json_pack("{s:o, s:s}", "image", json_loads(blob, 0, NULL), "alt", media->alt ? media->alt : "");
    if (image && media->width && media->height)
        (void)json_object_set_new(
            image, "aspectRatio",
            json_pack("{s:I, s:I}", "width", (json_int_t)media->width, "height", (json_int_t)media->height));
    return image;
}

/* The pictures that were carried over; NULL when there are none. */
static json_t *images_of(const struct remote_post *post, const struct bluesky_push *push)
{
    if (!push->image_count)
        return NULL;
    json_t *images = json_array();
    for (size_t i = 0; i < push->image_count; i++)
        (void)json_array_append_new(images, image_of(&post->media[i], push->blobs[i]));
    return json_pack("{s:s, s:o}", "$type", "app.bsky.embed.images", "images", images);
}

/* Pictures and films that are not carried over are linked, with what is said of them. */
static json_t *media_card(struct arena *arena, const struct remote_post *post)
{
    struct buffer said;
    if (!post->media_count || !is_web(post->url) || post->warning)
        return NULL;
    buffer_init(&said, DESCRIPTION_BYTES);
    for (size_t i = 0; i < post->media_count; i++)
        if (post->media[i].alt)
            buffer_format(&said, "%s%s", said.length ? " · " : "", post->media[i].alt);
    const char *title = arena_format(arena, "%zu attachment%s of @%s", post->media_count,
                                     post->media_count == 1 ? "" : "s", post->author->handle);
    json_t *card = json_pack("{s:s, s:{s:s, s:s, s:s}}", "$type", "app.bsky.embed.external", "external",
                             "uri", post->url, "title", title, "description", buffer_text(&said));
    buffer_clear(&said);
    return card;
}

static json_t *strong(const char *uri, const char *cid)
{
    return json_pack("{s:s, s:s}", "uri", uri, "cid", cid);
}

static json_t *record_of(struct operation *operation)
{
    const struct remote_post *post = operation->input->remote_post;
    const struct bluesky_push *push = operation->push;
    struct arena *arena = operation->arena;
    const struct attribution attribution = attribute(arena, post->author);
    const struct rich_text body = body_of(arena, post);
    json_t *facets = json_array();
    char created[TIME_TEXT_MAX];
    time_format(post->created > 0 ? post->created : 0, created);
    if (is_web(post->author->url) || is_web(post->author->actor_id))
        add_facet(facets, attribution.start, attribution.end,
                  json_pack("{s:s, s:s}", "$type", "app.bsky.richtext.facet#link", "uri",
                            is_web(post->author->url) ? post->author->url : post->author->actor_id));
    for (size_t i = 0; i < body.span_count; i++)
        add_span(facets, &body.spans[i], attribution.length);
    json_t *record = json_pack("{s:s, s:s, s:s, s:o, s:{s:o, s:o}}", "$type", BLUESKY_POST, "text",
                               arena_format(arena, "%s%s", attribution.text, body.text), "createdAt", created,
                               "facets", facets, "reply", "root", strong(push->root, push->root_cid),
                               "parent", strong(push->parent, push->parent_cid));
    json_t *embed = images_of(post, push);
    if (!embed)
        embed = media_card(arena, post);
    if (embed)
        (void)json_object_set_new(record, "embed", embed);
    json_t *languages = json_array();
    for (size_t i = 0; i < post->language_count; i++)
        (void)json_array_append_new(languages, json_string(post->languages[i]));
    if (json_array_size(languages))
        (void)json_object_set_new(record, "langs", languages);
    else
        json_decref(languages);
    if (is_web(post->url))
        (void)json_object_set_new(record, "drawbridgeOriginalUrl", json_string(post->url));
    return record;
}

/* ---- before it is written: is it there, may it be answered?
 * ------------------------------------------------------------------------ */

static const char *own_address(struct operation *operation, const char *key)
{
    char rkey[14];
    bluesky_tid_for(key, rkey);
    return arena_format(operation->arena, "at://%s/%s/%s", operation->adapter->relay, BLUESKY_POST, rkey);
}

static enum operation_state ask_parent(struct operation *operation)
{
    struct bluesky_push *push = operation->push;
    return bluesky_get_record(operation, push->parent_address.did, operation->pds, BLUESKY_POST,
                              push->parent_address.rkey);
}

static bool read_strong(const json_t *object, struct arena *arena, const char **uri, const char **cid,
                        struct bluesky_address *address)
{
    *uri = bluesky_text(json_object_get(object, "uri"), MODEL_NATIVE_ID_MAX, arena);
    *cid = bluesky_text(json_object_get(object, "cid"), 128, arena);
    return *uri && *cid && bluesky_address_read(*uri, arena, address);
}

/* The root is what the parent itself says, when it is an answer. */
static enum operation_state take_parent(struct operation *operation, const json_t *body)
{
    struct bluesky_push *push = operation->push;
    const json_t *root = json_object_get(json_object_get(json_object_get(body, "value"), "reply"), "root");
    push->parent_cid = bluesky_text(json_object_get(body, "cid"), 128, operation->arena);
    if (!push->parent_cid)
        return bluesky_fail(operation, ANSWER_RETRY, "the server does not name the content of the parent");
    push->root = push->parent;
    push->root_cid = push->parent_cid;
    push->root_address = push->parent_address;
    if (root && !read_strong(root, operation->arena, &push->root, &push->root_cid, &push->root_address))
        return bluesky_fail(operation, ANSWER_INVALID, "the thread's beginning cannot be understood");
    operation->did = push->root_address.did;
    return OPERATION_REQUEST;
}

static enum operation_state miss_parent(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    bool gone = answer == ANSWER_GONE || answer == ANSWER_UNKNOWN;
    return bluesky_fail(operation, gone ? ANSWER_REFUSED : answer,
                        gone ? "what it answers is not there any more" : operation->answer.reason);
}

/* Who may answer is said beside the thread's beginning, under the same key (PLATFORMS §1.5). */
static enum operation_state ask_gate(struct operation *operation)
{
    return bluesky_get_record(operation, operation->push->root_address.did, operation->pds,
                              "app.bsky.feed.threadgate", operation->push->root_address.rkey);
}

static enum operation_state take_gate(struct operation *operation, const json_t *body)
{
    const json_t *allow = json_object_get(json_object_get(body, "value"), "allow");
    if (json_is_array(allow))
        return bluesky_fail(operation, ANSWER_REFUSED,
                            "the thread's author says who may answer, and this account is none of them");
    return OPERATION_REQUEST;
}

static enum operation_state miss_gate(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_GONE ? OPERATION_REQUEST
                                 : bluesky_fail(operation, answer, operation->answer.reason);
}

/* Blocks, and what else the AppView knows: as the account that will write sees the parent. */
static enum operation_state ask_view(struct operation *operation)
{
    struct buffer url;
    buffer_init(&url, BLUESKY_URL_MAX);
    buffer_format(&url,
                  "%s/xrpc/app.bsky.feed.getPostThread?depth=0&parentHeight=0&uri=", operation->adapter->pds);
    bluesky_add_escaped(&url, operation->push->parent);
    const char *text = arena_string(operation->arena, buffer_text(&url));
    buffer_clear(&url);
    enum operation_state state = bluesky_get(operation, text, false);
    operation->request.authenticate = true;
    return state;
}

static bool is_node(const json_t *thread, const char *kind)
{
    static const char prefix[] = "app.bsky.feed.defs#";
    const char *type = json_string_value(json_object_get(thread, "$type"));
    return type && strncmp(type, prefix, sizeof prefix - 1) == 0 &&
           strcmp(type + sizeof prefix - 1, kind) == 0;
}

/* A post that the AppView does not have yet says nothing; one that it keeps back says that somebody blocks.
 */
static enum operation_state take_view(struct operation *operation, const json_t *body)
{
    const json_t *thread = json_object_get(body, "thread");
    const json_t *post = json_object_get(thread, "post");
    const json_t *author = json_object_get(json_object_get(post, "author"), "viewer");
    if (json_is_true(json_object_get(json_object_get(post, "viewer"), "replyDisabled")))
        return bluesky_fail(operation, ANSWER_REFUSED, "answers are switched off there");
    if (is_node(thread, "blockedPost") || json_is_true(json_object_get(author, "blockedBy")) ||
        json_object_get(author, "blocking"))
        return bluesky_fail(operation, ANSWER_REFUSED, "one of the two blocks the other");
    return OPERATION_REQUEST;
}

/* A server without an AppView says what it says; what the thread's author wrote down was read. */
static enum operation_state miss_view(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_RETRY || answer == ANSWER_UNAUTHORIZED
               ? bluesky_fail(operation, answer, operation->answer.reason)
               : OPERATION_REQUEST;
}

/* ---- pictures: fetched where they are, then uploaded, one after the other
 * ---------------------------------------------------------- */

/* Only where all of them fit, and nothing warns of them: then they are seen, else linked. */
static size_t images_to_carry(const struct remote_post *post)
{
    if (post->media_count > IMAGES_MAX || post->sensitive || post->warning)
        return 0;
    for (size_t i = 0; i < post->media_count; i++)
        if (post->media[i].kind != MEDIA_IMAGE || !is_web(post->media[i].url) ||
            post->media[i].bytes > IMAGE_BYTES_MAX)
            return 0;
    return post->media_count;
}

/* By its first bytes; what another server says of it is only said. */
static const char *image_type(struct adapter_bytes bytes)
{
    const char *data = bytes.data;
    if (bytes.length < 16)
        return NULL;
    return memcmp(data, "\xFF\xD8\xFF", 3) == 0                               ? "image/jpeg"
           : memcmp(data, "\x89PNG\r\n\x1A\n", 8) == 0                        ? "image/png"
           : memcmp(data, "GIF8", 4) == 0                                     ? "image/gif"
           : memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0 ? "image/webp"
                                                                              : NULL;
}

static enum operation_state give_up_images(struct operation *operation)
{
    operation->push->image_count = 0;
    return OPERATION_REQUEST;
}

static enum operation_state ask_image(struct operation *operation)
{
    const struct bluesky_push *push = operation->push;
    if (push->image >= push->image_count)
        return OPERATION_DONE;
    enum operation_state state =
        bluesky_get(operation, operation->input->remote_post->media[push->image].url, true);
    operation->request.response_max = IMAGE_BYTES_MAX;
    operation->raw = true;
    return state;
}

static enum operation_state take_image(struct operation *operation, const json_t *body)
{
    struct bluesky_push *push = operation->push;
    (void)body;
    push->bytes = operation->response->body;
    push->type = image_type(push->bytes);
    if (!push->type)
        return give_up_images(operation);
    push->bytes.data = arena_copy(operation->arena, push->bytes.data, push->bytes.length);
    return OPERATION_REQUEST;
}

static enum operation_state ask_upload(struct operation *operation)
{
    const struct bluesky_push *push = operation->push;
    if (push->image >= push->image_count)
        return OPERATION_DONE;
    return bluesky_post_bytes(operation, "com.atproto.repo.uploadBlob", push->type, push->bytes);
}

static enum operation_state take_upload(struct operation *operation, const json_t *body);

static enum operation_state miss_upload(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_RETRY || answer == ANSWER_UNAUTHORIZED
               ? bluesky_fail(operation, answer, operation->answer.reason)
               : give_up_images(operation);
}

/* ---- writing
 * -------------------------------------------------------------------------------------------------------- */

static enum operation_state ask_put(struct operation *operation)
{
    char rkey[14];
    bluesky_tid_for(operation->input->remote_post->key, rkey);
    enum operation_state state =
        bluesky_post(operation, "com.atproto.repo.putRecord",
                     json_pack("{s:s, s:s, s:s, s:o}", "repo", operation->adapter->relay, "collection",
                               BLUESKY_POST, "rkey", rkey, "record", record_of(operation)));
    operation->request.cost = 3;
    return state;
}

static enum operation_state take_put(struct operation *operation, const json_t *body)
{
    (void)body;
    operation->result.native_id = own_address(operation, operation->input->remote_post->key);
    return OPERATION_REQUEST;
}

static const struct bluesky_step steps_push[] = {
    {bluesky_ask_identity, bluesky_take_identity, miss_parent},
    {ask_parent, take_parent, miss_parent},
    {bluesky_ask_identity, bluesky_take_identity, miss_parent},
    {ask_gate, take_gate, miss_gate},
    {ask_view, take_view, miss_view},
    {ask_image, take_image, give_up_images},
    {ask_upload, take_upload, miss_upload},
    {ask_put, take_put, NULL},
    {0},
};

enum { STEP_IMAGE = 5 };

static enum operation_state take_upload(struct operation *operation, const json_t *body)
{
    struct bluesky_push *push = operation->push;
    const json_t *blob = json_object_get(body, "blob");
    char *text = bluesky_blob_cid(blob, operation->arena) ? json_dumps(blob, JSON_COMPACT) : NULL;
    if (!text)
        return give_up_images(operation);
    push->blobs[push->image++] = arena_string(operation->arena, text);
    free(text);
    return bluesky_go(operation, &steps_push[STEP_IMAGE]);
}

enum operation_state bluesky_begin_push(struct operation *operation)
{
    const struct remote_post *post = operation->input->remote_post;
    struct bluesky_push *push = arena_alloc(operation->arena, sizeof *push);
    operation->push = push;
    push->image_count = images_to_carry(post);
    push->parent = post->reply_to.native   ? post->reply_to.native
                   : post->reply_to.remote ? own_address(operation, post->reply_to.remote)
                                           : NULL;
    if (!push->parent || !bluesky_address_read(push->parent, operation->arena, &push->parent_address))
        return bluesky_fail(operation, ANSWER_INVALID, "it answers no post of Bluesky");
    operation->did = push->parent_address.did;
    return bluesky_go(operation, steps_push);
}

static enum operation_state ask_delete(struct operation *operation)
{
    char rkey[14];
    bluesky_tid_for(operation->input->key, rkey);
    enum operation_state state = bluesky_post(operation, "com.atproto.repo.deleteRecord",
                                              json_pack("{s:s, s:s, s:s}", "repo", operation->adapter->relay,
                                                        "collection", BLUESKY_POST, "rkey", rkey));
    operation->request.cost = 1;
    return state;
}

static enum operation_state take_delete(struct operation *operation, const json_t *body)
{
    (void)operation;
    (void)body;
    return OPERATION_REQUEST;
}

const struct bluesky_step bluesky_steps_delete[] = {
    {ask_delete, take_delete, NULL},
    {0},
};
