#include "gateway/fed/render.h"

#include <string.h>

#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "mapping/outbound.h"

enum { LINKS_MAX = 96, REPLIES_SHOWN = 5 };

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

/* ---- what a text points at
 * -------------------------------------------------------------------------------------- */

struct links {
    struct gateway *gateway;
    struct arena *arena;
    const char *platform;
    struct outbound_link list[LINKS_MAX];
    size_t count;
    bool down;
};

static struct outbound_link *add_link(struct links *links, const char *native, const char *remote)
{
    for (size_t i = 0; i < links->count; i++) {
        struct outbound_link *link = &links->list[i];
        if ((native && link->native && strcmp(native, link->native) == 0) ||
            (remote && link->remote && strcmp(remote, link->remote) == 0))
            return NULL;
    }
    if (links->count == LINKS_MAX)
        return NULL;
    struct outbound_link *link = &links->list[links->count++];
    *link = (struct outbound_link){.native = native, .remote = remote};
    return link;
}

static bool load_visible(struct links *links, const char *aid, struct account_record *record)
{
    enum lookup found = account_load(links->gateway->store, links->arena, aid, record);
    if (found == LOOKUP_DOWN)
        links->down = true;
    if (found != LOOKUP_FOUND)
        return false;
    const struct config_host *host = config_host_find(links->gateway->config, record->host);
    return account_view(record, host, PART_CONTENT) == VIEW_ALL;
}

static void link_native_account(struct links *links, const char *native)
{
    struct outbound_link *link = add_link(links, native, NULL);
    char aid[AID_LENGTH + 1];
    struct account_record record;
    if (!link)
        return;
    enum lookup found = account_of_native(links->gateway->store, links->platform, native, aid);
    links->down |= found == LOOKUP_DOWN;
    if (found != LOOKUP_FOUND || !load_visible(links, aid, &record))
        return;
    const char *base = account_base(links->gateway, &record);
    link->id = url_actor(links->arena, base, aid);
    link->handle = arena_format(links->arena, "%s@%s", record.name, record.host);
    link->url = url_profile(links->arena, base, record.name);
    link->ours = true;
}

static void link_remote_person(struct links *links, const char *target, const char *label)
{
    const char *name = target ? target : label;
    struct outbound_link *link = name ? add_link(links, NULL, name) : NULL;
    struct remote_person person;
    if (!link)
        return;
    enum lookup found = remote_person_find(links->gateway, links->arena, target, label, &person);
    links->down |= found == LOOKUP_DOWN;
    if (found != LOOKUP_FOUND)
        return;
    link->id = person.actor_id;
    link->handle = person.handle;
    link->url = person.url;
}

static void link_spans(struct links *links, const struct rich_text *text)
{
    for (size_t i = 0; i < text->span_count; i++) {
        const struct span *span = &text->spans[i];
        if (span->kind == SPAN_MENTION && span->target)
            link_native_account(links, span->target);
        else if (span->kind == SPAN_REMOTE_MENTION)
            link_remote_person(links, span->target, span->label);
    }
}

static void link_native_post(struct links *links, const char *native)
{
    struct outbound_link *link = add_link(links, native, NULL);
    struct account_record record;
    if (!link)
        return;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "native_post:%s", links->platform);
    arguments_text(arguments, native);
    struct reply *reply = store_run(links->gateway->store, arguments);
    links->down |= reply_failed(reply);
    const char *place = arena_string(links->arena, reply_text(reply)); /* "AID OID" */
    reply_free(reply);
    if (strlen(place) != AID_LENGTH + 1 + OID_LENGTH)
        return;
    const char *aid = arena_copy(links->arena, place, AID_LENGTH);
    if (!load_visible(links, aid, &record))
        return;
    const char *base = account_base(links->gateway, &record);
    link->id = url_object(links->arena, base, aid, place + AID_LENGTH + 1);
    link->author = url_actor(links->arena, base, aid);
    link->author_handle = arena_format(links->arena, "%s@%s", record.name, record.host);
    link->ours = true;
}

static void link_remote_post(struct links *links, const char *key)
{
    struct outbound_link *link = add_link(links, NULL, key);
    struct remote_object object;
    if (!link)
        return;
    enum lookup found = remote_object_find(links->gateway, links->arena, key, &object);
    links->down |= found == LOOKUP_DOWN;
    if (found != LOOKUP_FOUND || object.gone)
        return;
    link->id = object.id;
    link->url = object.id;
    link->author = object.actor;
    struct remote_person person;
    if (remote_person_find(links->gateway, links->arena, object.actor, NULL, &person) == LOOKUP_FOUND)
        link->author_handle = person.handle;
}

static void link_reference(struct links *links, const struct reference *reference)
{
    if (reference->native)
        link_native_post(links, reference->native);
    if (reference->remote)
        link_remote_post(links, reference->remote);
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
    struct links *links = arena_alloc(arena, sizeof *links);
    *links = (struct links){.gateway = gateway, .arena = arena, .platform = record->platform};
    link_spans(links, &record->account.bio);
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

static void gather_people(const struct links *links, struct note_people *people)
{
    for (size_t i = 0; people && i < links->count; i++) {
        const struct outbound_link *link = &links->list[i];
        if (link->ours)
            continue;
        if (link->author)
            add_person(people, link->author, 'r');
        else if (link->handle && link->id)
            add_person(people, link->id, 'm');
    }
}

static json_t *reply_ids(struct gateway *gateway, struct arena *arena, const struct post_record *post)
{
    json_t *ids = json_array();
    struct reply *reply =
        store_call(gateway->store, "SRANDMEMBER", arena_format(arena, "replies:%s:%s", post->aid, post->oid),
                   arena_format(arena, "%d", REPLIES_SHOWN), (char *)NULL);
    for (size_t i = 0; i < reply_count(reply); i++) {
        struct remote_object object;
        const char *hash = arena_format(arena, "rp_%s", reply_text(reply_at(reply, i)));
        if (remote_object_find(gateway, arena, hash, &object) == LOOKUP_FOUND && !object.gone)
            (void)json_array_append_new(ids, json_string(object.id));
    }
    reply_free(reply);
    return ids;
}

json_t *render_note(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                    const struct post_record *post, struct note_people *people)
{
    struct links *links = arena_alloc(arena, sizeof *links);
    *links = (struct links){.gateway = gateway, .arena = arena, .platform = record->platform};
    link_spans(links, &post->post.body);
    link_reference(links, &post->post.reply_to);
    link_reference(links, &post->post.quote_of);
    if (links->down)
        return NULL;
    gather_people(links, people);
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
    struct loss loss = {0};
    json_t *document = note_document(&note, &loss);
    json_decref(replies);
    return document;
}

json_t *render_tombstone(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                         const struct post_record *post)
{
    return tombstone_document(url_object(arena, account_base(gateway, record), record->aid, post->oid),
                              post->former_type, post->deleted);
}
