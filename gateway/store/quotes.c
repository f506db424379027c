#include "gateway/store/quotes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTE_BUDGET = 1 << 14 };

void quote_oid_make(const char *aid, const char *oid, const char *quoting, char out[OID_LENGTH + 1])
{
    struct arena *arena = arena_new(QUOTE_BUDGET);
    oid_make(aid, arena_format(arena, "quote %s %s", oid, quoting), 0, out);
    arena_free(arena);
}

enum lookup quote_give(struct store *store, const char *aid, const char *quote_oid,
                       const struct quote_record *quote, int64_t now, bool *given)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, quote->oid);
    arguments_text(arguments, quote_oid);
    arguments_text(arguments, quote->quoting);
    arguments_text(arguments, quote->actor);
    arguments_text(arguments, quote->request);
    arguments_number(arguments, now);
    struct reply *reply = store_script(store, "quote_give", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    *given = strcmp(reply_text(reply), "given") == 0;
    reply_free(reply);
    return result;
}

static const char *field(const struct reply *reply, const char *name, struct arena *arena)
{
    const char *value = reply_field(reply, name);
    return arena_string(arena, value ? value : "");
}

enum lookup quote_load(struct store *store, struct arena *arena, const char *aid, const char *quote_oid,
                       struct quote_record *out)
{
    struct reply *reply =
        store_call(store, "HGETALL", arena_format(arena, "quote:%s:%s", aid, quote_oid), (char *)NULL);
    enum lookup result = reply_failed(reply)       ? LOOKUP_DOWN
                         : reply_count(reply) == 0 ? LOOKUP_ABSENT
                                                   : LOOKUP_FOUND;
    *out = (struct quote_record){
        .oid = field(reply, "oid", arena),
        .quoting = field(reply, "quoting", arena),
        .actor = field(reply, "actor", arena),
        .request = field(reply, "request", arena),
        .ended = strtoll(field(reply, "ended", arena), NULL, 10),
    };
    reply_free(reply);
    return result;
}

enum lookup quote_end(struct store *store, const char *aid, const char *quote_oid, int64_t now)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, quote_oid);
    arguments_number(arguments, now);
    struct reply *reply = store_script(store, "quote_end", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    reply_free(reply);
    return result;
}

enum lookup quote_page_load(struct store *store, struct arena *arena, const char *aid, const char *actor,
                            const char *domain, struct quote_page *page)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, actor);
    arguments_text(arguments, domain);
    arguments_text(arguments, page->cursor);
    struct reply *reply = store_script(store, "quotes_of", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    page->count = 0;
    (void)snprintf(page->cursor, sizeof page->cursor, "%s", reply_text(reply_at(reply, 0)));
    for (size_t i = 1; i + 1 < reply_count(reply) && page->count < QUOTE_PAGE_MAX; i += 2) {
        page->quote_oids[page->count] = arena_string(arena, reply_text(reply_at(reply, i)));
        page->actors[page->count++] = arena_string(arena, reply_text(reply_at(reply, i + 1)));
    }
    reply_free(reply);
    return result;
}

enum lookup quote_list(struct store *store, struct arena *arena, const char *aid, const char *oid,
                       const char **out, size_t maximum, size_t *count)
{
    struct reply *reply = store_call(store, "SRANDMEMBER", arena_format(arena, "quotes:%s:%s", aid, oid),
                                     arena_format(arena, "%zu", maximum), (char *)NULL);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    *count = 0;
    for (size_t i = 0; i < reply_count(reply) && i < maximum; i++)
        out[(*count)++] = arena_string(arena, reply_text(reply_at(reply, i)));
    reply_free(reply);
    return result;
}

/* ---- permissions that we ask for
 * ----------------------------------------------------------------------------------- */

enum lookup post_ask(struct store *store, const char *aid, const char *oid, int64_t now, int64_t wait_ms,
                     bool *fresh)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, oid);
    arguments_number(arguments, now);
    arguments_number(arguments, wait_ms);
    struct reply *reply = store_script(store, "post_ask", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    *fresh = reply_number(reply) == 1;
    reply_free(reply);
    return result;
}

enum lookup post_stamp(struct store *store, const char *aid, const char *oid, const char *stamp, int64_t now)
{
    char hash[23];
    id_hash(stamp ? stamp : "", hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, oid);
    arguments_text(arguments, stamp);
    arguments_text(arguments, hash);
    arguments_number(arguments, now);
    struct reply *reply = store_script(store, "post_stamp", arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    reply_free(reply);
    return result;
}

enum lookup post_of_stamp(struct store *store, struct arena *arena, const char *stamp, const char **place)
{
    char hash[23];
    id_hash(stamp, hash);
    struct reply *reply = store_call(store, "GET", arena_format(arena, "stamp:%s", hash), (char *)NULL);
    enum lookup result = reply_failed(reply)              ? LOOKUP_DOWN
                         : reply_kind(reply) == REPLY_NIL ? LOOKUP_ABSENT
                                                          : LOOKUP_FOUND;
    *place = arena_string(arena, reply_text(reply));
    reply_free(reply);
    return result;
}

enum lookup post_keep_loss(struct store *store, const char *aid, const char *oid, const char *loss)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, loss ? "HSET" : "HDEL");
    arguments_format(arguments, "post:%s:%s", aid, oid);
    arguments_text(arguments, "loss");
    if (loss)
        arguments_text(arguments, loss);
    struct reply *reply = store_run(store, arguments);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    reply_free(reply);
    return result;
}
