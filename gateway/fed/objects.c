/* Actors, notes, tombstones and collections as JSON; the same ids as pages for people (PROTOCOL §1.4–1.7). */
#include <stdlib.h>
#include <string.h>

#include "gateway/fed/pages.h"
#include "gateway/fed/render.h"
#include "gateway/fed/serve.h"
#include "gateway/http/negotiate.h"
#include "gateway/ledger/observe.h"
#include "mapping/outbound.h"

#define ACTIVITY "application/activity+json"
#define CONTEXT "https://www.w3.org/ns/activitystreams"

enum { OUTBOX_PAGE = 20, PINNED_MAX = 8 };

static enum wanted wanted_by(const struct serving *serving)
{
    return negotiate(http_request_header(serving->request, "accept"), WANTED_ACTIVITY);
}

static void redirect(struct serving *serving, const char *url)
{
    http_answer(serving->request,
                &(struct http_answer){.status = 303, .headers = {{"Location", url}, {"Vary", "Accept"}}});
}

void serve_actor(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    enum view view;
    if (!serve_account(serving, id->aid, PART_ACTOR, &record, &view))
        return;
    struct observation observation;
    observe_request(serving, &observation);
    if (view == VIEW_STUB)
        serve_json(serving, 200, ACTIVITY, render_actor_stub(serving->gateway, serving->arena, &record),
                   CACHE_ACTOR);
    else if (wanted_by(serving) == WANTED_HTML)
        redirect(serving, url_profile(serving->arena, serving->host->base, record.name));
    else {
        serving->kept = id;
        serve_json(serving, 200, ACTIVITY, render_actor(serving->gateway, serving->arena, &record),
                   CACHE_ACTOR);
    }
    observe_answered(serving, &observation, OBSERVED_ACTOR, id->aid, NULL);
}

void serve_profile_page(struct serving *serving, const char *name)
{
    char aid[AID_LENGTH + 1];
    char lower[NAME_LENGTH_MAX + 1] = "";
    size_t length = strlen(name);
    struct account_record record;
    enum view view;
    if (length == 0 || length > NAME_LENGTH_MAX) {
        serve_absent(serving);
        return;
    }
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    enum lookup found = account_of_name(serving->gateway->store, serving->host->authority, lower, aid);
    if (found == LOOKUP_DOWN) {
        serve_unavailable(serving);
        return;
    }
    if (found == LOOKUP_ABSENT) {
        serve_absent(serving);
        return;
    }
    if (!serve_account(serving, aid, PART_DISCOVERY, &record, &view))
        return;
    const char *actor = url_actor(serving->arena, serving->host->base, aid);
    if (negotiate(http_request_header(serving->request, "accept"), WANTED_HTML) == WANTED_ACTIVITY) {
        serve_json(serving, 200, ACTIVITY, render_actor(serving->gateway, serving->arena, &record),
                   CACHE_ACTOR);
        return;
    }
    struct post_page page;
    if (post_list(serving->gateway->store, serving->arena, aid, 0, OUTBOX_PAGE, &page) != LOOKUP_FOUND) {
        serve_unavailable(serving);
        return;
    }
    const char *html = page_profile(serving, &record, &page);
    if (html)
        serve_html(serving, 200, html, actor);
    else
        serve_unavailable(serving);
}

/* Loads a post that may be shown; answers itself when not. */
static bool load_post(struct serving *serving, const struct local_id *id, struct account_record *record,
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
    /* A held post does not exist outside yet. */
    if (found == LOOKUP_ABSENT || post->state == POST_HELD) {
        serve_absent(serving);
        return false;
    }
    return true;
}

void serve_post(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    struct post_record post;
    if (!load_post(serving, id, &record, &post))
        return;
    struct observation observation;
    observe_request(serving, &observation);
    if (post.state == POST_TOMBSTONE) {
        serve_json(serving, 410, ACTIVITY, render_tombstone(serving->gateway, serving->arena, &record, &post),
                   CACHE_NOTE);
        observe_answered(serving, &observation, OBSERVED_TOMBSTONE, id->aid, id->oid);
        return;
    }
    if (wanted_by(serving) == WANTED_HTML) {
        const char *html = page_post(serving, &record, &post);
        serve_html(serving, 200, html, url_object(serving->arena, serving->host->base, id->aid, id->oid));
        return;
    }
    serving->kept = id;
    serve_json(serving, 200, ACTIVITY, render_note(serving->gateway, serving->arena, &record, &post, NULL),
               CACHE_NOTE);
    observe_answered(serving, &observation, OBSERVED_POST, id->aid, id->oid);
}

/* ---- collections
 * --------------------------------------------------------------------------------------------------- */

static json_t *collection(const char *type, const char *id, int64_t total)
{
    json_t *document = json_pack("{ss ss ss}", "@context", CONTEXT, "id", id, "type", type);
    if (total >= 0)
        (void)json_object_set_new(document, "totalItems", json_integer(total));
    return document;
}

static json_t *note_of(struct serving *serving, const struct account_record *record, const char *oid,
                       bool *down)
{
    struct post_record post;
    enum lookup found = post_load(serving->gateway->store, serving->arena, record->aid, oid, &post);
    if (found != LOOKUP_FOUND || post.state != POST_LIVE) {
        *down |= found == LOOKUP_DOWN;
        return NULL;
    }
    json_t *note = render_note(serving->gateway, serving->arena, record, &post, NULL);
    *down |= note == NULL;
    return note;
}

/* Embedded documents of a collection share its context. */
static void strip_context(json_t *document)
{
    (void)json_object_del(document, "@context");
}

static void serve_outbox_page(struct serving *serving, const struct account_record *record,
                              const char *outbox, const char *before_text)
{
    int64_t before = strtoll(before_text, NULL, 10);
    struct post_page page;
    if (before < 0 || post_list(serving->gateway->store, serving->arena, record->aid, before, OUTBOX_PAGE,
                                &page) != LOOKUP_FOUND) {
        serve_unavailable(serving);
        return;
    }
    bool down = false;
    json_t *items = json_array();
    json_t *context = NULL;
    for (size_t i = 0; i < page.count; i++) {
        json_t *note = note_of(serving, record, page.oids[i], &down);
        if (!note)
            continue;
        json_t *create = create_activity(note);
        json_decref(note);
        if (!context)
            context = json_incref(json_object_get(create, "@context"));
        strip_context(create);
        (void)json_array_append_new(items, create);
    }
    const char *id = arena_format(serving->arena, "%s?page=%s", outbox, before_text);
    json_t *document = collection("OrderedCollectionPage", id, -1);
    if (context)
        (void)json_object_set_new(document, "@context", context);
    (void)json_object_set_new(document, "partOf", json_string(outbox));
    (void)json_object_set_new(document, "orderedItems", items);
    if (page.count == OUTBOX_PAGE)
        (void)json_object_set_new(document, "next",
                                  json_string(arena_format(serving->arena, "%s?page=%lld", outbox,
                                                           (long long)page.published[page.count - 1])));
    if (down) {
        json_decref(document);
        document = NULL;
    }
    serve_json(serving, 200, ACTIVITY, document, CACHE_SHORT);
}

static void serve_outbox(struct serving *serving, const struct account_record *record, const char *id)
{
    char before[24];
    if (http_request_parameter(serving->request, "page", before, sizeof before)) {
        serve_outbox_page(serving, record, id, before);
        return;
    }
    json_t *document = collection("OrderedCollection", id, record->post_count);
    (void)json_object_set_new(document, "first", json_string(arena_format(serving->arena, "%s?page=0", id)));
    serve_json(serving, 200, ACTIVITY, document, CACHE_SHORT);
}

static void serve_featured(struct serving *serving, const struct account_record *record, const char *id)
{
    bool down = false;
    json_t *items = json_array();
    for (size_t i = 0; i < record->account.pinned_count && i < PINNED_MAX; i++) {
        char oid[OID_LENGTH + 1];
        enum lookup found = post_oid(serving->gateway->store, record->aid, record->account.pinned[i], oid);
        down |= found == LOOKUP_DOWN;
        json_t *note = found == LOOKUP_FOUND ? note_of(serving, record, oid, &down) : NULL;
        if (note)
            (void)json_array_append_new(items, note);
    }
    json_t *document = collection("OrderedCollection", id, (int64_t)json_array_size(items));
    (void)json_object_set_new(document, "orderedItems", items);
    if (down) {
        json_decref(document);
        document = NULL;
    }
    serve_json(serving, 200, ACTIVITY, document, CACHE_ACTOR);
}

static void serve_empty(struct serving *serving, const char *type, const char *id, int64_t total)
{
    json_t *document = collection(type, id, total);
    serve_json(serving, 200, ACTIVITY, document, CACHE_ACTOR);
}

void serve_account_part(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    enum view view;
    static const char *const parts[] = {"inbox", "outbox", "followers", "following", "featured"};
    bool known = false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        known |= strcmp(parts[i], id->part) == 0;
    if (!known) {
        serve_absent(serving);
        return;
    }
    if (!serve_account(serving, id->aid, PART_CONTENT, &record, &view))
        return;
    const char *url = url_actor_part(serving->arena, serving->host->base, id->aid, id->part);
    if (strcmp(id->part, "outbox") == 0) {
        serve_outbox(serving, &record, url);
    } else if (strcmp(id->part, "featured") == 0) {
        serve_featured(serving, &record, url);
    } else if (strcmp(id->part, "followers") == 0) {
        /* The count only: who follows is nobody's business (PROTOCOL §1.7). */
        serve_empty(serving, "OrderedCollection", url, record.follower_count);
    } else {
        json_t *document = collection("OrderedCollection", url, 0);
        (void)json_object_set_new(document, "orderedItems", json_array());
        serve_json(serving, 200, ACTIVITY, document, CACHE_ACTOR);
    }
}

static void serve_replies(struct serving *serving, const struct local_id *id, const char *url)
{
    struct reply *reply =
        store_call(serving->gateway->store, "SMEMBERS",
                   arena_format(serving->arena, "replies:%s:%s", id->aid, id->oid), (char *)NULL);
    if (reply_failed(reply)) {
        reply_free(reply);
        serve_unavailable(serving);
        return;
    }
    json_t *items = json_array();
    for (size_t i = 0; i < reply_count(reply) && i < 100; i++) {
        struct reply *object =
            store_call(serving->gateway->store, "HMGET",
                       arena_format(serving->arena, "remote_object:%s", reply_text(reply_at(reply, i))), "id",
                       "state", (char *)NULL);
        if (strcmp(reply_text(reply_at(object, 1)), "live") == 0)
            (void)json_array_append_new(items, json_string(reply_text(reply_at(object, 0))));
        reply_free(object);
    }
    reply_free(reply);
    json_t *document = collection("Collection", url, (int64_t)json_array_size(items));
    (void)json_object_set_new(document, "items", items);
    serve_json(serving, 200, ACTIVITY, document, CACHE_SHORT);
}

void serve_post_part(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    struct post_record post;
    if (!load_post(serving, id, &record, &post))
        return;
    if (post.state == POST_TOMBSTONE) {
        serve_json(serving, 410, ACTIVITY, render_tombstone(serving->gateway, serving->arena, &record, &post),
                   CACHE_NOTE);
        return;
    }
    const char *object = url_object(serving->arena, serving->host->base, id->aid, id->oid);
    const char *url = arena_format(serving->arena, "%s/%s", object, id->part);
    if (strcmp(id->part, "replies") == 0) {
        serve_replies(serving, id, url);
    } else if (strcmp(id->part, "likes") == 0) {
        serve_empty(serving, "Collection", url, (int64_t)post.likes);
    } else if (strcmp(id->part, "shares") == 0) {
        serve_empty(serving, "Collection", url, (int64_t)post.shares);
    } else if (strcmp(id->part, "context") == 0) {
        json_t *document = collection("OrderedCollection", url, 1);
        (void)json_object_set_new(document, "attributedTo",
                                  json_string(url_actor(serving->arena, serving->host->base, id->aid)));
        (void)json_object_set_new(document, "orderedItems", json_pack("[s]", object));
        serve_json(serving, 200, ACTIVITY, document, CACHE_SHORT);
    } else {
        serve_absent(serving);
    }
}
