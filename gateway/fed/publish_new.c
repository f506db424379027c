/* A post that nobody was told of before, from its event to the queue of deliveries. */
#include "gateway/fed/publishing.h"

/* As it will stand in the store. */
static struct post_record record_of(const struct post_change *change)
{
    return (struct post_record){.aid = change->aid,
                                .oid = change->oid,
                                .state = POST_LIVE,
                                .post = *change->post,
                                .native = change->post->id,
                                .former_type = "Note",
                                .published = change->published,
                                .revision = change->post->revision,
                                .boost = "",
                                .boost_author = "",
                                .root = "",
                                .stamp = "",
                                .loss = ""};
}

/* Nobody is to be asked or looked up before it is told, and nothing to be noted beside it. */
static bool is_plain(const json_t *note, const struct note_surroundings *around, const struct loss *loss)
{
    return note && !around->quote.id && !around->people.count && !json_array_size(loss->entries) &&
           !json_array_size(json_object_get(note, "tag"));
}

/* One way to the store and back, and one wait for its disk. */
static bool put_and_queue(struct publishing *publishing, const struct post_change *change, const json_t *note,
                          enum post_outcome *outcome)
{
    const struct note_people nobody = {.count = 0};
    struct store_answer putting;
    bool queued = false;
    post_put_begin(publishing->gateway->store, change, &putting);
    bool good = publishing_queue_note(publishing, note, &nobody, &queued);
    if (post_put_end(&putting, outcome) != LOOKUP_FOUND || !good)
        return false;
    /* Perhaps the store knew one of the two scripts only, and so took them in the wrong order. */
    return queued || *outcome != POST_CREATED ||
           publish_post(publishing->gateway, change->aid, change->oid, change->trace);
}

bool publish_new_post(struct gateway *gateway, const struct account_record *record,
                      const struct post_change *change, enum post_outcome *outcome)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, change->aid, change->trace);
    publishing.record = *record;
    publishing.post = record_of(change);
    struct note_surroundings *around = arena_alloc(publishing.arena, sizeof *around);
    struct loss loss = {.entries = json_array()};
    json_t *note =
        render_note(gateway, publishing.arena, &publishing.record, &publishing.post, around, &loss);
    bool good = true;
    *outcome = POST_KNOWN;
    if (is_plain(note, around, &loss))
        good = put_and_queue(&publishing, change, note, outcome);
    else if (!change->account_stamp)
        good = post_put(gateway->store, change, outcome) == LOOKUP_FOUND &&
               (*outcome != POST_CREATED || publishing_tell(&publishing, note, around, &loss));
    json_decref(note);
    json_decref(loss.entries);
    publishing_end(&publishing);
    return good;
}
