/* Consent to quotes (FEP-044f): requests for ours, answers to ours. */
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/handle.h"
#include "gateway/fed/links.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/render.h"
#include "gateway/log.h"
#include "gateway/store/quotes.h"

/* ---- may somebody quote a post of ours?
 * ------------------------------------------------------------------------------- */

/* The post that quotes says itself that it does, and whose it is. */
static bool quotes_ours(const struct incoming *incoming, const json_t *instrument)
{
    struct inbound_note note;
    const struct inbound_activity *activity = &incoming->activity;
    return !inbound_note_read(instrument, NULL, incoming->arena, &note) && note.attributed_to &&
           strcmp(note.attributed_to, activity->actor) == 0 && note.quote_of &&
           strcmp(note.quote_of, activity->object_id) == 0 && strcmp(note.id, activity->instrument) == 0;
}

static enum remote_outcome check_instrument(struct incoming *incoming, bool *good)
{
    const json_t *embedded = json_object_get(incoming->document, "instrument");
    *good = false;
    if (!url_same_origin(incoming->activity.instrument, incoming->activity.actor))
        return REMOTE_OK;
    if (json_is_object(embedded) && json_object_size(embedded) > 1) {
        *good = quotes_ours(incoming, embedded);
        return REMOTE_OK;
    }
    json_t *document = NULL;
    const char *why = NULL;
    enum remote_outcome outcome =
        remote_fetch(incoming->gateway, incoming->arena, incoming->activity.instrument, &document, &why);
    *good = outcome == REMOTE_OK && quotes_ours(incoming, document);
    json_decref(document);
    return outcome;
}

static enum work_result answer(struct incoming *incoming, const struct account_record *record,
                               const struct post_record *post, bool permitted)
{
    const struct inbound_activity *activity = &incoming->activity;
    char stamp_oid[OID_LENGTH + 1];
    quote_oid_make(record->aid, post->oid, activity->instrument, stamp_oid);
    const struct quote_record quote = {
        .oid = post->oid, .quoting = activity->instrument, .actor = activity->actor, .request = activity->id};
    if (permitted && quote_give(incoming->gateway->store, record->aid, stamp_oid, &quote, clock_now_ms(),
                                &permitted) == LOOKUP_DOWN)
        return WORK_LATER;
    log_write(LOG_INFO, permitted ? "a quote was permitted" : "a quote was refused", "trace", incoming->trace,
              "quoting", activity->instrument, "quoted", activity->object_id, (char *)NULL);
    const struct quote_request request = {.id = activity->id,
                                          .actor = activity->actor,
                                          .quoted = activity->object_id,
                                          .quoted_author =
                                              account_actor_id(incoming->gateway, incoming->arena, record),
                                          .quoting = activity->instrument};
    return publish_quote_answer(incoming->gateway, record->aid, &request, permitted ? stamp_oid : NULL,
                                incoming->trace)
               ? WORK_DONE
               : WORK_LATER;
}

enum work_result handle_quote_request(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    struct account_record record;
    struct post_record post;
    bool good = false;
    if (!activity->id || !activity->object_id || !activity->instrument)
        return WORK_DONE;
    if (!note_exposure_of(incoming, activity->object_id, 'q'))
        return WORK_LATER;
    enum lookup found = incoming_local_post(incoming, activity->object_id, &record, &post);
    if (found != LOOKUP_FOUND || record.consent != CONSENT_ON || post.boost[0])
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    if (post.post.quotable && check_instrument(incoming, &good) == REMOTE_LATER)
        return WORK_LATER;
    return answer(incoming, &record, &post, post.post.quotable && good);
}

/* ---- the answer to a request of ours: its id is OBJECT#quote-HASH, of what is quoted
 * --------------------------------------------------------------- */

static const char *hash_of_request(const char *id)
{
    static const char mark[] = "#quote-";
    const char *fragment = id ? strchr(id, '#') : NULL;
    return fragment && strncmp(fragment, mark, sizeof mark - 1) == 0 ? fragment + sizeof mark - 1 : NULL;
}

/* *quoted: what the post quotes now. LOOKUP_FOUND when the actor wrote it. */
static enum lookup find_quoted(struct incoming *incoming, const struct account_record *record,
                               const struct post_record *post, const char **quoted)
{
    struct links *links = links_new(incoming->gateway, incoming->arena, record->platform);
    const struct outbound_link *link = links_add_reference(links, &post->post.quote_of);
    if (links->down)
        return LOOKUP_DOWN;
    if (!link || !link->id || !link->author || strcmp(link->author, incoming->activity.actor) != 0)
        return LOOKUP_ABSENT;
    *quoted = link->id;
    return LOOKUP_FOUND;
}

enum lookup is_quoted_author(struct incoming *incoming, const struct account_record *record,
                             const struct post_record *post)
{
    const char *quoted = NULL;
    return find_quoted(incoming, record, post, &quoted);
}

/* Only who wrote what the post quotes now can permit it, and the permission lives on that person's server. */
static enum lookup may_permit(struct incoming *incoming, const struct account_record *record,
                              const struct post_record *post)
{
    const char *quoted = NULL;
    char hash[23];
    enum lookup found = find_quoted(incoming, record, post, &quoted);
    if (found != LOOKUP_FOUND)
        return found;
    id_hash(quoted, hash);
    return strcmp(hash, hash_of_request(incoming->activity.object_id)) == 0 ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

enum work_result quote_answered(struct incoming *incoming)
{
    const struct inbound_activity *activity = &incoming->activity;
    struct account_record record;
    struct post_record post;
    if (!hash_of_request(activity->object_id))
        return WORK_DONE;
    enum lookup found = incoming_local_post(incoming, activity->object_id, &record, &post);
    if (found == LOOKUP_FOUND)
        found = may_permit(incoming, &record, &post);
    if (found != LOOKUP_FOUND)
        return found == LOOKUP_DOWN ? WORK_LATER : WORK_DONE;
    const char *stamp = strcmp(activity->type, "Accept") == 0 ? activity->result : NULL;
    if (stamp && !url_same_origin(stamp, activity->actor))
        stamp = NULL;
    return post_stamp(incoming->gateway->store, record.aid, post.oid, stamp, clock_now_ms()) == LOOKUP_DOWN
               ? WORK_LATER
               : WORK_DONE;
}
