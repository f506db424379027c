/* Permissions to quote (FEP-044f): asked for, given, taken back. */
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/publishing.h"
#include "gateway/fed/remote.h"
#include "gateway/store/quotes.h"

/* How long a Create waits for the answer: most servers decide by themselves. */
enum { ANSWER_WAIT_MS = 10000, REVOKED_MAX = 500, PAGES_MAX = 1000 };

/* To one person, in the order of the pair. */
static bool queue_to(struct publishing *publishing, const char *actor_id, json_t *document)
{
    struct delivery_target *target = arena_alloc(publishing->arena, sizeof *target);
    char pair[23];
    if (!publishing_target(publishing, actor_id, target)) {
        json_decref(document);
        return true; /* nobody is there to be asked or told */
    }
    id_hash(arena_format(publishing->arena, "%s %s", publishing->aid, actor_id), pair);
    struct delivery_activity activity = {.kind = DELIVERY_ANSWER,
                                         .priority = PRIORITY_ANSWER,
                                         .order_key = pair,
                                         .targets = target,
                                         .target_count = 1};
    return publishing_queue(publishing, document, &activity);
}

static bool give_among_us(struct publishing *publishing, const struct note_quote *quote, const char *quoting)
{
    const struct quote_record record = {
        .oid = quote->oid, .quoting = quoting, .actor = publishing_actor(publishing), .request = ""};
    bool given = false;
    return quote_give(publishing->gateway->store, quote->aid, quote->stamp_oid, &record, clock_now_ms(),
                      &given) != LOOKUP_DOWN;
}

bool publishing_ask(struct publishing *publishing, const json_t *note, const struct note_quote *quote,
                    bool *wait)
{
    const struct post_record *post = &publishing->post;
    const char *own = publishing_object(publishing, post->oid);
    *wait = false;
    if (!quote->id)
        return true;
    if (quote->ours)
        return !quote->stamp_oid || give_among_us(publishing, quote, own);
    if (post->stamp[0] || post->asked || !quote->author)
        return true;
    /* The id names what is quoted: an edit may quote something else, for which its author is asked anew. */
    char hash[23];
    id_hash(quote->id, hash);
    json_t *request = quote_request_activity(arena_format(publishing->arena, "%s#quote-%s", own, hash), note,
                                             quote->id, quote->author);
    if (!queue_to(publishing, quote->author, request))
        return false;
    bool fresh = false;
    bool good = post_ask(publishing->gateway->store, publishing->aid, post->oid, clock_now_ms(),
                         post->sent_revision ? 0 : ANSWER_WAIT_MS, &fresh) != LOOKUP_DOWN;
    *wait = fresh && !post->sent_revision;
    return good;
}

/* ---- quotes of ours
 * ------------------------------------------------------------------------------------------------- */

static const char *stamp_url(const struct publishing *publishing, const char *quote_oid)
{
    return arena_format(publishing->arena, "%s/q/%s", publishing_actor(publishing), quote_oid);
}

bool publish_quote_answer(struct gateway *gateway, const char *aid, const struct quote_request *request,
                          const char *quote_oid, const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    bool good = found != LOOKUP_DOWN;
    if (found == LOOKUP_FOUND) {
        char hash[23];
        id_hash(request->id, hash);
        const char *id = arena_format(publishing.arena, "%s#quote-%s-%s", publishing_actor(&publishing),
                                      quote_oid ? "accept" : "reject", hash);
        good = queue_to(&publishing, request->actor,
                        quote_answer(id, request, quote_oid ? stamp_url(&publishing, quote_oid) : NULL));
    }
    publishing_end(&publishing);
    return good;
}

/* Who quoted passes it on to the followers that were shown the quote. */
static bool take_back(struct publishing *publishing, const char *quote_oid, const char *actor_id)
{
    json_t *farewell = delete_activity(publishing_actor(publishing), stamp_url(publishing, quote_oid),
                                       publishing_part(publishing, "followers"));
    return queue_to(publishing, actor_id, farewell) &&
           quote_end(publishing->gateway->store, publishing->aid, quote_oid, clock_now_ms()) != LOOKUP_DOWN;
}

bool publish_quotes_end(struct gateway *gateway, const char *aid, const char *actor_id, const char *domain,
                        const char *trace)
{
    struct publishing publishing;
    publishing_init(&publishing, gateway, aid, trace);
    enum lookup found = publishing_load_account(&publishing);
    struct quote_page *page = arena_alloc(publishing.arena, sizeof *page);
    *page = (struct quote_page){.cursor = "0"};
    for (int pages = 0; found == LOOKUP_FOUND && pages < PAGES_MAX; pages++) {
        found = quote_page_load(gateway->store, publishing.arena, aid, actor_id, domain, page);
        for (size_t i = 0; i < page->count && found == LOOKUP_FOUND; i++)
            if (!take_back(&publishing, page->quote_oids[i], page->actors[i]))
                found = LOOKUP_DOWN;
        if (strcmp(page->cursor, "0") == 0)
            break;
    }
    publishing_end(&publishing);
    return found != LOOKUP_DOWN;
}

bool publishing_revoke(struct publishing *publishing)
{
    struct store *store = publishing->gateway->store;
    const char **list = arena_alloc(publishing->arena, REVOKED_MAX * sizeof *list);
    size_t count = 0;
    if (quote_list(store, publishing->arena, publishing->aid, publishing->post.oid, list, REVOKED_MAX,
                   &count) == LOOKUP_DOWN)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct quote_record quote;
        enum lookup found = quote_load(store, publishing->arena, publishing->aid, list[i], &quote);
        if (found == LOOKUP_DOWN)
            return false;
        if (found != LOOKUP_FOUND || !quote.request[0])
            continue;
        if (!take_back(publishing, list[i], quote.actor))
            return false;
    }
    return true;
}
