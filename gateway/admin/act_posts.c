/* Posts of an account as their owner sees them: what was changed on the way, where they are, what became of
 * their Deletes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/clock.h"
#include "gateway/fed/local.h"
#include "gateway/fed/render.h"
#include "gateway/ledger/exposure.h"
#include "gateway/ledger/ledger.h"
#include "gateway/ledger/ledger_view.h"
#include "gateway/store/posts.h"
#include "gateway/upstream/keep_home.h"
#include "mapping/utf8_text.h"

enum { PAGE = 20, SERVERS_PAGE = 200, TEXT_SHOWN = 280, TEXT_WHOLE = 100000 };

/* ---- lists: a cursor is "TIME-OID" of the last one shown ---- */

static bool read_cursor(struct act *act, struct post_place *place)
{
    const char *cursor = act_word(act, "cursor");
    char *end = NULL;
    *place = (struct post_place){.published = cursor ? strtoll(cursor, &end, 10) : 0, .oid = ""};
    if (!cursor)
        return true;
    place->oid = *end == '-' ? end + 1 : "";
    return end != cursor && oid_is_valid(place->oid, strlen(place->oid));
}

static const char *id_of(struct act *act, const struct post_record *post)
{
    const char *base = account_base(act->gateway, &act->account);
    return post->boost && post->boost[0] ? url_boost(act->arena, base, act->account.aid, post->oid)
                                         : url_object(act->arena, base, act->account.aid, post->oid);
}

/* What the mapping changed; a new reference. */
static json_t *loss_of(const struct post_record *post)
{
    json_t *loss = post->loss && post->loss[0] ? json_loads(post->loss, 0, NULL) : NULL;
    return json_is_array(loss) ? loss : (json_decref(loss), json_array());
}

static const char *words_of(struct act *act, const struct post_record *post, size_t maximum)
{
    const struct post *source = &post->post;
    if (post->boost && post->boost[0])
        return arena_format(act->arena, "repost of %s", post->boost);
    const char *text = source->body.length || !source->title ? source->body.text : source->title;
    bool all = strlen(text) <= maximum;
    return arena_format(act->arena, "%s%s", utf8_clean_copy(act->arena, text, maximum), all ? "" : "…");
}

static bool count_servers(struct act *act, const struct post_record *post, json_int_t *count)
{
    struct host_list hosts;
    if (!exposure_of_post(act->gateway, arena_format(act->arena, "%" PRId64, act->account.number),
                          arena_format(act->arena, "%" PRId64, post->number), &hosts))
        return false;
    *count = (json_int_t)hosts.count;
    host_list_clear(&hosts);
    return true;
}

/* NULL: the store is away. */
static json_t *live_row(struct act *act, const struct post_record *post)
{
    json_int_t servers = 0;
    if (!count_servers(act, post, &servers))
        return NULL;
    json_t *loss = loss_of(post);
    json_t *row =
        json_pack("{s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:o}", "id", id_of(act, post), "post", post->oid,
                  "published", (json_int_t)post->published, "text", words_of(act, post, TEXT_SHOWN),
                  "servers", servers, "changed", (json_int_t)json_array_size(loss), "likes",
                  (json_int_t)post->likes, "shares", (json_int_t)post->shares, "loss", loss);
    if (post->post.url)
        (void)json_object_set_new(row, "url", json_string(post->post.url));
    return row;
}

/* How many of the servers that were asked have answered, and how many are waited for. */
static void put_sums(json_t *out, const json_t *counts)
{
    int64_t waiting = 0;
    int64_t answered = 0;
    ledger_answers(counts, &waiting, &answered);
    (void)json_object_set_new(out, "waiting", json_integer(waiting));
    (void)json_object_set_new(out, "answered", json_integer(answered));
}

static json_t *deleted_row(struct act *act, const struct post_record *post)
{
    const char *why = NULL;
    const char *id = id_of(act, post);
    json_t *ledger = ledger_query(act->gateway, id, &why);
    if (!ledger)
        return NULL;
    json_t *row = json_pack("{s:s, s:s, s:I, s:I, s:O?}", "id", id, "post", post->oid, "published",
                            (json_int_t)post->published, "deleted", (json_int_t)post->deleted, "servers",
                            json_object_get(ledger, "counts"));
    put_sums(row, json_object_get(ledger, "counts"));
    json_decref(ledger);
    return row;
}

static enum act_outcome list(struct act *act, bool deleted)
{
    struct post_place place;
    struct post_page page = {.count = 0};
    struct store *store = act->gateway->store;
    if (!read_cursor(act, &place))
        return act_fails(act, ACT_INVALID, "cursor", "a cursor is what 'next' of the page before said");
    const struct post_place *before = act_word(act, "cursor") ? &place : NULL;
    bool good = (deleted ? post_list_deleted : post_list)(store, act->arena, act->account.aid, before, PAGE,
                                                          &page) == LOOKUP_FOUND;
    json_t *items = json_array();
    for (size_t i = 0; good && i < page.count; i++) {
        struct post_record post;
        enum lookup found = post_load(store, act->arena, act->account.aid, page.oids[i], &post);
        bool shown = found == LOOKUP_FOUND && (post.state == POST_TOMBSTONE) == deleted;
        json_t *row = shown ? (deleted ? deleted_row : live_row)(act, &post) : NULL;
        good = found == LOOKUP_ABSENT || !shown || row;
        if (row)
            (void)json_array_append_new(items, row);
    }
    act->result = json_pack("{s:I, s:o}", "total", (json_int_t)act->account.post_count, "items", items);
    if (good && page.count == PAGE)
        (void)json_object_set_new(act->result, "next",
                                  json_string(arena_format(act->arena, "%" PRId64 "-%s",
                                                           page.published[PAGE - 1], page.oids[PAGE - 1])));
    if (deleted)
        (void)json_object_del(act->result, "total");
    return good ? ACT_DONE : act_away(act);
}

enum act_outcome act_post_list(struct act *act)
{
    return list(act, false);
}

enum act_outcome act_post_deleted(struct act *act)
{
    return list(act, true);
}

/* ---- one post ---- */

/* The post that the word names; it must be this account's, and have been outside. */
static enum act_outcome post_of(struct act *act, struct post_record *post)
{
    const char *word = act_word(act, "post");
    struct local_id id = local_parse(act->gateway->config, word);
    bool ours = (id.kind == LOCAL_POST || id.kind == LOCAL_BOOST) && strcmp(id.aid, act->account.aid) == 0;
    const char *oid = ours ? id.oid : word;
    *post = (struct post_record){.state = POST_HELD};
    enum lookup found = oid_is_valid(oid, strlen(oid))
                            ? post_load(act->gateway->store, act->arena, act->account.aid, oid, post)
                            : LOOKUP_ABSENT;
    if (found == LOOKUP_DOWN)
        return act_away(act);
    if (found == LOOKUP_ABSENT || post->state == POST_HELD)
        return act_fails(act, ACT_UNKNOWN, "post",
                         "the account has no such post outside; post.list and post.deleted name them");
    return ACT_DONE;
}

/* A page of the ledger's servers; "next" where there are more. */
static void put_servers(struct act *act, const json_t *hosts, size_t from)
{
    json_t *items = json_array();
    size_t count = json_array_size(hosts);
    for (size_t i = from; i < count && i < from + SERVERS_PAGE; i++)
        (void)json_array_append(items, json_array_get(hosts, i));
    (void)json_object_set_new(act->result, "items", items);
    (void)json_object_set_new(act->result, "total", json_integer((json_int_t)count));
    if (from + SERVERS_PAGE < count)
        (void)json_object_set_new(act->result, "next",
                                  json_string(arena_format(act->arena, "%zu", from + SERVERS_PAGE)));
}

static void put_post(struct act *act, const struct post_record *post)
{
    json_t *out = act->result;
    (void)json_object_set_new(out, "loss", loss_of(post));
    if (post->state == POST_TOMBSTONE)
        return;
    (void)json_object_set_new(out, "text", json_string(words_of(act, post, TEXT_WHOLE)));
    (void)json_object_set_new(out, "likes", json_integer((json_int_t)post->likes));
    (void)json_object_set_new(out, "shares", json_integer((json_int_t)post->shares));
    if (post->post.url)
        (void)json_object_set_new(out, "url", json_string(post->post.url));
}

enum act_outcome act_post_show(struct act *act)
{
    static const char *const members[] = {"id",      "handle",      "state",     "published",
                                          "deleted", "asked_until", "forgotten", "counts"};
    struct post_record post;
    const char *why = NULL;
    const char *cursor = act_word(act, "cursor");
    enum act_outcome outcome = post_of(act, &post);
    if (outcome != ACT_DONE)
        return outcome;
    if (cursor && (strspn(cursor, "0123456789") != strlen(cursor) || strlen(cursor) > 9))
        return act_fails(act, ACT_INVALID, "cursor", "a cursor is what 'next' of the page before said");
    json_t *ledger = ledger_query(act->gateway, id_of(act, &post), &why);
    if (!ledger)
        return act_fails(act, ACT_AWAY, NULL, "%s", why);
    act->result = json_pack("{s:s}", "post", post.oid);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (json_object_get(ledger, members[i]))
            (void)json_object_set(act->result, members[i], json_object_get(ledger, members[i]));
    put_post(act, &post);
    put_sums(act->result, json_object_get(ledger, "counts"));
    put_servers(act, json_object_get(ledger, "hosts"), cursor ? (size_t)atol(cursor) : 0);
    json_decref(ledger);
    return ACT_DONE;
}

enum act_outcome act_post_receipt(struct act *act)
{
    struct post_record post;
    enum act_outcome outcome = post_of(act, &post);
    return outcome == ACT_DONE ? act_receipt(act, id_of(act, &post), post.oid) : outcome;
}

enum act_outcome act_post_withdraw(struct act *act)
{
    struct post_record post;
    struct store *store = act->gateway->store;
    enum act_outcome outcome = post_of(act, &post);
    if (outcome != ACT_DONE)
        return outcome;
    if (post.state != POST_LIVE)
        return act_fails(act, ACT_REFUSED, "post", "the post is deleted already");
    enum post_outcome done;
    /* First that it stays home, so that no comparison with the platform brings it back. */
    if (!home_keep(act->gateway, act->arena, act->account.aid, &post.post) ||
        post_remove_and_tell(store, act->account.aid, post.oid, clock_now_ms(), &done) != LOOKUP_FOUND)
        return act_away(act);
    act->result = json_pack("{s:s, s:s}", "id", id_of(act, &post), "state", "deleted");
    return ACT_DONE;
}
