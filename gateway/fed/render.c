#include "gateway/fed/render.h"

#include <string.h>

#include "gateway/fed/links.h"
#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/threads.h"
#include "gateway/store/quotes.h"
#include "mapping/outbound.h"

enum { REPLIES_SHOWN = 5, REPLIES_READ = 20 };

const char *account_base(const struct gateway *gateway, const struct account_record *record)
{
    const struct config_host *host = config_host_find(gateway->config, record->host);
    return host ? host->base : gateway->config->hosts[0].base;
}

const char *account_actor_id(const struct gateway *gateway, struct arena *arena,
                             const struct account_record *record)
{
    return url_actor(arena, account_base(gateway, record), record->aid);
}

/* ---- documents
 * ----------------------------------------------------------------------------------------------------- */

static struct outbound_actor describe_actor(struct gateway *gateway, const struct account_record *record)
{
    return (struct outbound_actor){.account = &record->account,
                                   .base = account_base(gateway, record),
                                   .aid = record->aid,
                                   .name = record->name,
                                   .public_key_pem = record->public_key_pem,
                                   .platform_name = record->platform,
                                   .moved_to = record->account.moved_to,
                                   .suspended = record->account.status != ACCOUNT_ACTIVE,
                                   .published = record->account.created};
}

json_t *render_actor(struct gateway *gateway, struct arena *arena, const struct account_record *record)
{
    struct links *links = links_new(gateway, arena, record->platform);
    links_add_text(links, &record->account.bio);
    if (links->down)
        return NULL;
    struct outbound_actor actor = describe_actor(gateway, record);
    actor.links = links->list;
    actor.link_count = links->count;
    return actor_document(&actor);
}

json_t *render_actor_stub(struct gateway *gateway, struct arena *arena, const struct account_record *record)
{
    (void)arena;
    struct outbound_actor actor = describe_actor(gateway, record);
    actor.suspended = true;
    return actor_stub(&actor);
}

static void add_person(struct note_people *people, const char *actor_id, char reason)
{
    for (size_t i = 0; i < people->count; i++)
        if (strcmp(people->actor_ids[i], actor_id) == 0)
            return;
    if (people->count == RENDER_PEOPLE_MAX)
        return;
    people->actor_ids[people->count] = actor_id;
    people->reasons[people->count++] = reason;
}

/* Whoever wrote what is only quoted is asked by a request of its own, but gets the note too. */
static void gather_people(const struct links *links, struct note_people *people)
{
    for (size_t i = 0; i < links->count; i++) {
        const struct outbound_link *link = &links->list[i];
        if (link->ours)
            continue;
        if (link->author)
            add_person(people, link->author, 'r');
        else if (link->handle && link->id)
            add_person(people, link->id, 'm');
    }
}

/* Our own answers first: other servers read on from those of the same host only. */
static json_t *reply_ids(struct gateway *gateway, struct arena *arena, const struct post_record *post)
{
    struct thread_ids list;
    json_t *ids = json_array();
    if (!post->number) /* not even stored yet: nobody can have answered it */
        return ids;
    if (thread_replies(gateway, arena, post, REPLIES_READ, &list) != LOOKUP_FOUND)
        return ids;
    for (size_t i = 0; i < list.count && i < REPLIES_SHOWN; i++)
        (void)json_array_append_new(ids, json_string(list.ids[i]));
    return ids;
}

/* FEP-044f: who may be quoted says so with the post; among our own accounts nobody needs to be asked. */
static bool quote_permitted(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                            const struct local_id *quoted)
{
    struct post_record post;
    if (strcmp(quoted->aid, record->aid) == 0)
        return true;
    return post_load(gateway->store, arena, quoted->aid, quoted->oid, &post) == LOOKUP_FOUND &&
           post.state == POST_LIVE && post.post.quotable;
}

static void describe_quote(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                           const struct post_record *post, struct outbound_link *link,
                           struct note_quote *quote)
{
    *quote = (struct note_quote){.id = link->id, .author = link->author, .ours = link->ours};
    if (!link->ours) {
        link->stamp = post->stamp[0] ? post->stamp : NULL;
        return;
    }
    struct local_id id = local_parse(gateway->config, link->id);
    if (id.kind != LOCAL_POST || !quote_permitted(gateway, arena, record, &id))
        return;
    const char *own = url_object(arena, account_base(gateway, record), record->aid, post->oid);
    char *stamp_oid = arena_alloc(arena, OID_LENGTH + 1);
    quote_oid_make(id.aid, id.oid, own, stamp_oid);
    quote->aid = arena_string(arena, id.aid);
    quote->oid = arena_string(arena, id.oid);
    quote->stamp_oid = stamp_oid;
    link->stamp = arena_format(arena, "%s/q/%s", link->author, stamp_oid);
}

static void look_around(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                        const struct post_record *post, struct links *links, struct note_surroundings *around)
{
    *around = (struct note_surroundings){0};
    links_add_text(links, &post->post.body);
    (void)links_add_reference(links, &post->post.reply_to);
    (void)links_add_reference(links, &post->post.repost_of);
    struct outbound_link *quoted = links_add_reference(links, &post->post.quote_of);
    if (quoted && quoted->id)
        describe_quote(gateway, arena, record, post, quoted, &around->quote);
    gather_people(links, &around->people);
}

json_t *render_note(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                    const struct post_record *post, struct note_surroundings *around, struct loss *loss)
{
    struct links *links = links_new(gateway, arena, record->platform);
    struct note_surroundings *unwanted = arena_alloc(arena, sizeof *unwanted);
    look_around(gateway, arena, record, post, links, around ? around : unwanted);
    if (links->down)
        return NULL;
    json_t *replies = reply_ids(gateway, arena, post);
    struct outbound_note note = {.post = &post->post,
                                 .base = account_base(gateway, record),
                                 .aid = record->aid,
                                 .oid = post->oid,
                                 .name = record->name,
                                 .published = post->published,
                                 .updated = post->updated,
                                 .links = links->list,
                                 .link_count = links->count,
                                 .likes = post->likes,
                                 .shares = post->shares,
                                 .replies = replies,
                                 .platform_name = record->platform};
    struct loss ignored = {0};
    json_t *document = note_document(&note, loss ? loss : &ignored);
    json_decref(replies);
    return document;
}

json_t *render_announce(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                        const struct post_record *post)
{
    const char *base = account_base(gateway, record);
    return announce_activity(url_boost(arena, base, record->aid, post->oid),
                             url_actor(arena, base, record->aid), post->boost,
                             post->boost_author[0] ? post->boost_author : NULL,
                             url_actor_part(arena, base, record->aid, "followers"), post->published);
}

const char *post_url(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                     const struct post_record *post)
{
    const char *base = account_base(gateway, record);
    return post->boost[0] ? url_boost(arena, base, record->aid, post->oid)
                          : url_object(arena, base, record->aid, post->oid);
}

json_t *render_tombstone(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                         const struct post_record *post)
{
    return tombstone_document(post_url(gateway, arena, record, post), post->former_type, post->deleted);
}
