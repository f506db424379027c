/* Actors, notes, reposts and tombstones as JSON; the same ids as pages for people (PROTOCOL §1.4–1.6). */
#include <stdlib.h>
#include <string.h>

#include "gateway/fed/pages.h"
#include "gateway/fed/render.h"
#include "gateway/fed/serve.h"
#include "gateway/http/negotiate.h"
#include "gateway/ledger/observe.h"
#include "gateway/store/quotes.h"
#include "mapping/outbound.h"

enum { PROFILE_POSTS = 20 };

extern const char public_style[], public_icon[];

static enum wanted wanted_by(const struct serving *serving)
{
    return negotiate(http_request_header(serving->request, "accept"), WANTED_ACTIVITY);
}

static void redirect(struct serving *serving, const char *url)
{
    http_answer(serving->request,
                &(struct http_answer){.status = 303, .headers = {{"Location", url}, {"Vary", "Accept"}}});
}

/* What a signed request was told by the 410 of an account that left. */
static void observe_gone(struct serving *serving, const struct observation *observation,
                         const struct account_record *record, enum public_part part, const char *oid)
{
    if (record->aid && account_view(record, serving->host, part) == VIEW_GONE)
        observe_answered(serving, observation, OBSERVED_GONE, record->aid, oid);
}

void serve_actor(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    enum view view;
    struct observation observation;
    observe_request(serving, &observation);
    if (serve_blocked(serving, &observation))
        return;
    if (serve_rendering(serving, id, PART_ACTOR, CACHE_ACTOR)) {
        observe_answered(serving, &observation, OBSERVED_ACTOR, id->aid, NULL);
        return;
    }
    if (!serve_account(serving, id->aid, PART_ACTOR, &record, &view)) {
        observe_gone(serving, &observation, &record, PART_ACTOR, NULL);
        return;
    }
    if (view == VIEW_STUB) { /* it shows nothing that could be held, and is no 410 either */
        serve_json(serving, 200, ACTIVITY, render_actor_stub(serving->gateway, serving->arena, &record),
                   CACHE_ACTOR);
        return;
    }
    if (wanted_by(serving) == WANTED_HTML)
        redirect(serving, url_profile(serving->arena, serving->host->base, record.name));
    else if (serve_permitted(serving, &record, &observation)) {
        serving->kept = id;
        // cppcheck-suppress autoVariables ; for the answer in the next line
        serving->kept_account = &record;
        serve_json(serving, 200, ACTIVITY, render_actor(serving->gateway, serving->arena, &record),
                   CACHE_ACTOR);
    }
    observe_answered(serving, &observation, OBSERVED_ACTOR, id->aid, NULL);
}

void serve_home_page(struct serving *serving)
{
    struct page page = page_about(serving, false);
    serve_html(serving, 200, &page);
}

void serve_about_page(struct serving *serving)
{
    struct page page = page_about(serving, true);
    serve_html(serving, 200, &page);
}

void serve_style(struct serving *serving)
{
    serve_text(serving, &(struct served_text){.type = "text/css; charset=utf-8",
                                              .body = public_style,
                                              .policy = CACHE_INSTANCE});
}

void serve_icon(struct serving *serving)
{
    serve_text(serving, &(struct served_text){
                            .type = "image/svg+xml", .body = public_icon, .policy = CACHE_DISCOVERY});
}

bool serve_named_account(struct serving *serving, const char *name, struct account_record *record)
{
    char aid[AID_LENGTH + 1];
    char lower[NAME_LENGTH_MAX + 1] = "";
    size_t length = strlen(name);
    enum view view;
    enum lookup found = LOOKUP_ABSENT;
    for (size_t i = 0; i < length && length <= NAME_LENGTH_MAX; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    if (lower[0])
        found = account_of_name(serving->gateway->store, serving->host->authority, lower, aid);
    if (found == LOOKUP_FOUND)
        return serve_account(serving, aid, PART_DISCOVERY, record, &view);
    if (found == LOOKUP_DOWN)
        serve_unavailable(serving);
    else
        serve_absent(serving);
    return false;
}

void serve_profile_page(struct serving *serving, const char *name)
{
    struct account_record record;
    struct post_page list;
    if (!serve_named_account(serving, name, &record))
        return;
    if (negotiate(http_request_header(serving->request, "accept"), WANTED_HTML) == WANTED_ACTIVITY) {
        struct observation observation;
        observe_request(serving, &observation);
        if (serve_permitted(serving, &record, &observation))
            serve_json(serving, 200, ACTIVITY, render_actor(serving->gateway, serving->arena, &record),
                       CACHE_ACTOR);
        observe_answered(serving, &observation, OBSERVED_ACTOR, record.aid, NULL);
        return;
    }
    if (post_list(serving->gateway->store, serving->arena, record.aid, NULL, PROFILE_POSTS, &list) !=
        LOOKUP_FOUND) {
        serve_unavailable(serving);
        return;
    }
    struct page page = page_profile(serving, &record, &list);
    serve_html(serving, 200, &page);
}

bool serve_load_post(struct serving *serving, const struct local_id *id, struct account_record *record,
                     struct post_record *post)
{
    enum view view;
    if (!serve_account(serving, id->aid, PART_CONTENT, record, &view))
        return false;
    enum lookup found = post_load(serving->gateway->store, serving->arena, id->aid, id->oid, post);
    if (found == LOOKUP_DOWN) {
        serve_unavailable(serving);
        return false;
    }
    bool is_boost = found == LOOKUP_FOUND && post->boost[0];
    /* A held post does not exist outside yet. */
    if (found == LOOKUP_ABSENT || post->state == POST_HELD || is_boost != (id->kind == LOCAL_BOOST)) {
        serve_absent(serving);
        return false;
    }
    return true;
}

static void serve_tombstone(struct serving *serving, const struct account_record *record,
                            const struct post_record *post)
{
    if (wanted_by(serving) == WANTED_HTML)
        serve_deleted(serving);
    else
        serve_json(serving, 410, ACTIVITY, render_tombstone(serving->gateway, serving->arena, record, post),
                   CACHE_NOTE);
}

void serve_post(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    struct post_record post;
    struct observation observation;
    observe_request(serving, &observation);
    if (serve_blocked(serving, &observation))
        return;
    if (serve_rendering(serving, id, PART_CONTENT, CACHE_NOTE)) {
        observe_answered(serving, &observation, OBSERVED_POST, id->aid, id->oid);
        return;
    }
    if (!serve_load_post(serving, id, &record, &post)) {
        observe_gone(serving, &observation, &record, PART_CONTENT, id->oid);
        return;
    }
    if (post.state == POST_TOMBSTONE) {
        serve_tombstone(serving, &record, &post);
        observe_answered(serving, &observation, OBSERVED_GONE, id->aid, id->oid);
        return;
    }
    if (wanted_by(serving) == WANTED_HTML) {
        struct page page = page_post(serving, &record, &post);
        serve_html(serving, 200, &page);
        return;
    }
    if (!serve_permitted(serving, &record, &observation))
        return;
    serving->kept = id;
    // cppcheck-suppress autoVariables ; for the answer below
    serving->kept_account = &record;
    // cppcheck-suppress autoVariables
    serving->kept_post = &post;
    serve_json(serving, 200, ACTIVITY,
               render_note(serving->gateway, serving->arena, &record, &post, NULL, NULL), CACHE_NOTE);
    observe_answered(serving, &observation, OBSERVED_POST, id->aid, id->oid);
}

void serve_boost(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    struct post_record post;
    struct observation observation;
    observe_request(serving, &observation);
    if (!serve_load_post(serving, id, &record, &post)) {
        observe_gone(serving, &observation, &record, PART_CONTENT, id->oid);
        return;
    }
    bool gone = post.state == POST_TOMBSTONE;
    if (gone)
        serve_tombstone(serving, &record, &post);
    else if (wanted_by(serving) == WANTED_HTML)
        redirect(serving, post.boost);
    else if (serve_permitted(serving, &record, &observation))
        serve_json(serving, 200, ACTIVITY, render_announce(serving->gateway, serving->arena, &record, &post),
                   CACHE_NOTE);
    observe_answered(serving, &observation, gone ? OBSERVED_GONE : OBSERVED_POST, id->aid, id->oid);
}

/* FEP-044f: a permission to quote lives as long as the post that may be quoted, and until it is taken back.
 */
void serve_quote(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    struct quote_record quote;
    struct post_record post;
    enum view view;
    if (!serve_account(serving, id->aid, PART_CONTENT, &record, &view))
        return;
    enum lookup found = quote_load(serving->gateway->store, serving->arena, id->aid, id->oid, &quote);
    if (found == LOOKUP_FOUND)
        found = post_load(serving->gateway->store, serving->arena, id->aid, quote.oid, &post);
    if (found != LOOKUP_FOUND) {
        if (found == LOOKUP_DOWN)
            serve_unavailable(serving);
        else
            serve_absent(serving);
        return;
    }
    const char *base = serving->host->base;
    const char *actor = url_actor(serving->arena, base, id->aid);
    const char *stamp = arena_format(serving->arena, "%s/q/%s", actor, id->oid);
    if (post.state != POST_LIVE || quote.ended) {
        serve_json(serving, 410, ACTIVITY,
                   tombstone_document(stamp, "QuoteAuthorization", quote.ended ? quote.ended : post.deleted),
                   CACHE_NOTE);
        return;
    }
    const struct quote_request request = {.quoted = url_object(serving->arena, base, id->aid, quote.oid),
                                          .quoted_author = actor,
                                          .quoting = quote.quoting,
                                          .actor = quote.actor};
    struct observation observation;
    observe_request(serving, &observation);
    if (serve_permitted(serving, &record, &observation))
        serve_json(serving, 200, ACTIVITY, quote_stamp_document(stamp, &request), CACHE_NOTE);
}
