/* Outbox, followers, pinned posts; likes, shares, replies and conversation of a post (PROTOCOL §1.7, §4.2).
 * Who likes, boosts and follows is nobody's business: of those there is a count only. Whom an account follows
 * is its owner's to show. */
#include <stdlib.h>
#include <string.h>

#include "gateway/fed/render.h"
#include "gateway/fed/serve.h"
#include "gateway/fed/threads.h"
#include "gateway/ledger/observe.h"
#include "mapping/outbound.h"

#define CONTEXT "https://www.w3.org/ns/activitystreams"

enum { OUTBOX_PAGE = 20, PINNED_MAX = 8, REPLIES_MAX = 100 };

static json_t *collection(const char *type, const char *id, int64_t total)
{
    json_t *document = json_pack("{ss ss ss}", "@context", CONTEXT, "id", id, "type", type);
    if (total >= 0)
        (void)json_object_set_new(document, "totalItems", json_integer(total));
    return document;
}

static bool load_live(struct serving *serving, const char *aid, const char *oid, struct post_record *post,
                      bool *down)
{
    enum lookup found = post_load(serving->gateway->store, serving->arena, aid, oid, post);
    *down |= found == LOOKUP_DOWN;
    return found == LOOKUP_FOUND && post->state == POST_LIVE;
}

static json_t *note_of(struct serving *serving, const struct account_record *record, const char *oid,
                       bool *down)
{
    struct post_record post;
    if (!load_live(serving, record->aid, oid, &post, down) || post.boost[0])
        return NULL;
    return render_note(serving->gateway, serving->arena, record, &post, NULL, NULL);
}

/* The Create or Announce that a post came with; NULL when it cannot be shown. */
static json_t *activity_of(struct serving *serving, const struct account_record *record, const char *oid,
                           bool *down)
{
    struct post_record post;
    if (!load_live(serving, record->aid, oid, &post, down))
        return NULL;
    if (post.boost[0])
        return render_announce(serving->gateway, serving->arena, record, &post);
    json_t *note = render_note(serving->gateway, serving->arena, record, &post, NULL, NULL);
    json_t *create = note ? create_activity(note) : NULL;
    json_decref(note);
    return create;
}

/* "PUBLISHED-OID": the post after which the page begins; "0": the first page. */
static bool read_place(struct serving *serving, const char *text, struct post_place *out)
{
    char *end = NULL;
    long long published = strtoll(text, &end, 10);
    bool good = end != text && published >= 0 &&
                (*end == '\0' || (*end == '-' && oid_is_valid(end + 1, strlen(end + 1))));
    *out = (struct post_place){published, good && *end ? arena_string(serving->arena, end + 1) : ""};
    return good;
}

/* Embedded documents share the richest context among them: that of a note. */
static void append_sharing(json_t *items, json_t *document, json_t **context)
{
    json_t *own = json_object_get(document, "@context");
    if (!*context || (json_is_array(own) && !json_is_array(*context))) {
        json_decref(*context);
        *context = json_incref(own);
    }
    (void)json_object_del(document, "@context");
    (void)json_array_append_new(items, document);
}

/* What a page shows whole: whoever asked for it may hold all of that. */
struct shown {
    const char *oids[OUTBOX_PAGE];
    size_t count;
};

static json_t *outbox_items(struct serving *serving, const struct account_record *record,
                            const struct post_page *page, json_t **context, struct shown *shown, bool *down)
{
    json_t *items = json_array();
    for (size_t i = 0; i < page->count; i++) {
        json_t *activity = activity_of(serving, record, page->oids[i], down);
        if (!activity)
            continue;
        shown->oids[shown->count++] = page->oids[i];
        append_sharing(items, activity, context);
    }
    return items;
}

static void serve_outbox_page(struct serving *serving, const struct account_record *record,
                              const char *outbox, const char *place_text)
{
    struct post_place place;
    struct post_page page;
    if (!read_place(serving, place_text, &place)) {
        serve_absent(serving);
        return;
    }
    if (post_list(serving->gateway->store, serving->arena, record->aid, place.published ? &place : NULL,
                  OUTBOX_PAGE, &page) != LOOKUP_FOUND) {
        serve_unavailable(serving);
        return;
    }
    bool down = false;
    json_t *context = NULL;
    struct shown shown = {.count = 0};
    struct observation observation;
    observe_request(serving, &observation);
    json_t *items = outbox_items(serving, record, &page, &context, &shown, &down);
    json_t *document = collection("OrderedCollectionPage",
                                  arena_format(serving->arena, "%s?page=%s", outbox, place_text), -1);
    if (context)
        (void)json_object_set_new(document, "@context", context);
    (void)json_object_set_new(document, "partOf", json_string(outbox));
    if (page.count == OUTBOX_PAGE)
        (void)json_object_set_new(document, "next",
                                  json_sprintf("%s?page=%lld-%s", outbox,
                                               (long long)page.published[page.count - 1],
                                               page.oids[page.count - 1]));
    (void)json_object_set_new(document, "orderedItems", items);
    if (down) {
        json_decref(document);
        document = NULL;
    }
    serve_json(serving, 200, ACTIVITY, document, CACHE_SHORT);
    observe_posts(serving, &observation, record->aid, shown.oids, down ? 0 : shown.count);
}

static void serve_outbox(struct serving *serving, const struct account_record *record, const char *id)
{
    char before[48];
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
    json_t *context = NULL;
    json_t *items = json_array();
    struct shown shown = {.count = 0};
    struct observation observation;
    observe_request(serving, &observation);
    for (size_t i = 0; i < record->account.pinned_count && i < PINNED_MAX; i++) {
        char oid[OID_LENGTH + 1];
        enum lookup found = post_oid(serving->gateway->store, record->aid, record->account.pinned[i], oid);
        down |= found == LOOKUP_DOWN;
        json_t *note = found == LOOKUP_FOUND ? note_of(serving, record, oid, &down) : NULL;
        if (!note)
            continue;
        append_sharing(items, note, &context);
        shown.oids[shown.count++] = arena_string(serving->arena, oid);
    }
    json_t *document = collection("OrderedCollection", id, (int64_t)json_array_size(items));
    if (context)
        (void)json_object_set_new(document, "@context", context);
    (void)json_object_set_new(document, "orderedItems", items);
    if (down) {
        json_decref(document);
        document = NULL;
    }
    serve_json(serving, 200, ACTIVITY, document, CACHE_ACTOR);
    observe_posts(serving, &observation, record->aid, shown.oids, down ? 0 : shown.count);
}

/* The instance actor says nothing; its document names the collection, so it is there. */
void serve_instance_outbox(struct serving *serving)
{
    json_t *document = collection("OrderedCollection",
                                  arena_format(serving->arena, "%s/actor/outbox", serving->host->base), 0);
    (void)json_object_set_new(document, "orderedItems", json_array());
    serve_json(serving, 200, ACTIVITY, document, CACHE_INSTANCE);
}

static void serve_empty(struct serving *serving, const char *type, const char *id, int64_t total)
{
    json_t *document = collection(type, id, total);
    serve_json(serving, 200, ACTIVITY, document, CACHE_ACTOR);
}

static json_t *following_items(const struct reply *fields)
{
    json_t *items = json_array();
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
        if (strncmp(reply_text(reply_at(fields, i + 1)), "accepted ", 9) == 0)
            (void)json_array_append_new(items, json_string(reply_text(reply_at(fields, i))));
    return items;
}

static void serve_following_page(struct serving *serving, const struct account_record *record,
                                 const char *following, const char *cursor)
{
    if (!*cursor || strspn(cursor, "0123456789") != strlen(cursor)) {
        serve_absent(serving);
        return;
    }
    struct reply *reply = store_call(serving->gateway->store, "HSCAN",
                                     arena_format(serving->arena, "following:%s", record->aid), cursor,
                                     "COUNT", "100", (char *)NULL);
    json_t *document = NULL;
    if (!reply_failed(reply)) {
        const char *next = reply_text(reply_at(reply, 0));
        document = collection("OrderedCollectionPage",
                              arena_format(serving->arena, "%s?page=%s", following, cursor), -1);
        (void)json_object_set_new(document, "partOf", json_string(following));
        if (strcmp(next, "0") != 0)
            (void)json_object_set_new(document, "next", json_sprintf("%s?page=%s", following, next));
        (void)json_object_set_new(document, "orderedItems", following_items(reply_at(reply, 1)));
    }
    reply_free(reply);
    serve_json(serving, 200, ACTIVITY, document, CACHE_ACTOR);
}

/* How many the account follows; whom, only where its owner wants that to be seen. */
static void serve_following(struct serving *serving, const struct account_record *record, const char *url)
{
    char page[24];
    bool asked = http_request_parameter(serving->request, "page", page, sizeof page);
    if (asked && !record->show_following) {
        serve_absent(serving);
    } else if (asked) {
        serve_following_page(serving, record, url, page);
    } else {
        json_t *document = collection("OrderedCollection", url, record->following_count);
        if (record->show_following)
            (void)json_object_set_new(document, "first", json_sprintf("%s?page=0", url));
        serve_json(serving, 200, ACTIVITY, document, CACHE_ACTOR);
    }
}

void serve_account_part(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    enum view view;
    struct observation observation;
    observe_request(serving, &observation);
    if (!serve_account(serving, id->aid, PART_CONTENT, &record, &view) ||
        !serve_permitted(serving, &record, &observation))
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
        serve_following(serving, &record, url);
    }
}

static json_t *ids_json(const struct thread_ids *list)
{
    json_t *items = json_array();
    for (size_t i = 0; i < list->count; i++)
        (void)json_array_append_new(items, json_string(list->ids[i]));
    return items;
}

static void serve_ids(struct serving *serving, enum lookup found, json_t *document, const char *items,
                      const struct thread_ids *list)
{
    if (found != LOOKUP_FOUND) {
        json_decref(document);
        serve_unavailable(serving);
        return;
    }
    (void)json_object_set_new(document, "totalItems", json_integer((json_int_t)list->count));
    (void)json_object_set_new(document, items, ids_json(list));
    serve_json(serving, 200, ACTIVITY, document, CACHE_SHORT);
}

static void serve_replies(struct serving *serving, const struct post_record *post, const char *url)
{
    struct thread_ids *list = arena_alloc(serving->arena, sizeof *list);
    enum lookup found = thread_replies(serving->gateway, serving->arena, post, REPLIES_MAX, list);
    serve_ids(serving, found, collection("Collection", url, -1), "items", list);
}

static void serve_context(struct serving *serving, const struct account_record *record,
                          const struct post_record *post, const char *url)
{
    struct thread_ids *list = arena_alloc(serving->arena, sizeof *list);
    /* A conversation that another post began has its address there. */
    if (post->root[0]) {
        serve_absent(serving);
        return;
    }
    enum lookup found = thread_context(serving->gateway, serving->arena, record, post, list);
    json_t *document = collection("OrderedCollection", url, -1);
    (void)json_object_set_new(document, "attributedTo",
                              json_string(url_actor(serving->arena, serving->host->base, record->aid)));
    serve_ids(serving, found, document, "orderedItems", list);
}

void serve_post_part(struct serving *serving, const struct local_id *id)
{
    struct account_record record;
    struct post_record post;
    if (!serve_load_post(serving, id, &record, &post))
        return;
    if (post.state == POST_TOMBSTONE) {
        serve_json(serving, 410, ACTIVITY, render_tombstone(serving->gateway, serving->arena, &record, &post),
                   CACHE_NOTE);
        return;
    }
    struct observation observation;
    observe_request(serving, &observation);
    if (!serve_permitted(serving, &record, &observation))
        return;
    const char *object = url_object(serving->arena, serving->host->base, id->aid, id->oid);
    const char *url = arena_format(serving->arena, "%s/%s", object, id->part);
    if (strcmp(id->part, "replies") == 0)
        serve_replies(serving, &post, url);
    else if (strcmp(id->part, "likes") == 0)
        serve_empty(serving, "Collection", url, (int64_t)post.likes);
    else if (strcmp(id->part, "shares") == 0)
        serve_empty(serving, "Collection", url, (int64_t)post.shares);
    else if (strcmp(id->part, "context") == 0)
        serve_context(serving, &record, &post, url);
    else
        serve_absent(serving);
}
