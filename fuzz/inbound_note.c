/* Any JSON document as an activity, an actor, a key and a note, and the remote post that is made of it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mapping/inbound.h"

enum { BUDGET = 64 << 20, DOCUMENT_MAX = 65536 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void make_post(struct arena *arena, const struct inbound_note *note,
                      const struct remote_author *author, int unit)
{
    const struct inbound_person person = {
        .actor_id = "https://bridge.example/u/a", .url = "https://bridge.example/@alice", .native = "u_42"};
    const struct remote_post_input input = {.note = note,
                                            .media_max = MODEL_MEDIA_MAX,
                                            .author = author,
                                            .people = &person,
                                            .people_count = 1,
                                            .root = {.native = "p_1"},
                                            .text_max = 120,
                                            .text_max_bytes = unit ? 400 : 0,
                                            .text_unit = unit,
                                            .revision = 1};
    struct loss loss = {.entries = json_array()};
    struct remote_post *post = remote_post_make(arena, &input, &loss);
    if (post) {
        require(text_is_clean(post->body.text, post->body.length));
        require(strlen(post->body.text) == post->body.length && (!unit || post->body.length <= 400));
        for (size_t i = 0; i < post->body.span_count; i++)
            require(post->body.spans[i].start < post->body.spans[i].end &&
                    post->body.spans[i].end <= post->body.length);
    }
    json_decref(loss.entries);
}

static void read_all(struct arena *arena, json_t *document)
{
    struct inbound_activity activity;
    struct inbound_actor actor;
    struct inbound_key key;
    struct inbound_note note;
    const json_t *object = document;
    const json_t *fallback = NULL;
    if (!inbound_activity_read(document, arena, &activity) && activity.object) {
        require(!activity.id || url_same_origin(activity.id, activity.actor));
        object = activity.object;
        fallback = document;
    }
    (void)inbound_key_read(document, arena, &key);
    struct remote_author *author = NULL;
    if (!inbound_actor_read(document, arena, &actor)) {
        author = remote_author_make(arena, &actor, NULL, NULL);
        require(text_is_clean(author->bio.text, author->bio.length));
    }
    if (!inbound_note_read(object, fallback, arena, &note))
        for (int unit = 0; unit < 4; unit++)
            make_post(arena, &note, author, unit);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size > DOCUMENT_MAX)
        return 0;
    json_t *document = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (!document)
        return 0;
    struct arena *arena = arena_new(BUDGET);
    read_all(arena, document);
    arena_free(arena);
    json_decref(document);
    return 0;
}
