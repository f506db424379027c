#include "gateway/fed/links.h"

#include <string.h>

#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/render.h"
#include "gateway/upstream/upstream.h"

struct links *links_new(struct gateway *gateway, struct arena *arena, const char *platform)
{
    struct links *links = arena_alloc(arena, sizeof *links);
    *links = (struct links){.gateway = gateway, .arena = arena, .platform = platform};
    return links;
}

static struct outbound_link *known_link(struct links *links, const char *native, const char *remote)
{
    for (size_t i = 0; i < links->count; i++) {
        struct outbound_link *link = &links->list[i];
        if ((native && link->native && strcmp(native, link->native) == 0) ||
            (remote && link->remote && strcmp(remote, link->remote) == 0))
            return link;
    }
    return NULL;
}

static struct outbound_link *add_link(struct links *links, const char *native, const char *remote)
{
    if (known_link(links, native, remote) || links->count == LINKS_MAX)
        return NULL;
    struct outbound_link *link = &links->list[links->count++];
    *link = (struct outbound_link){.native = native, .remote = remote};
    return link;
}

/* ---- people
 * ------------------------------------------------------------------------------------------------------ */

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

static void fill_own_person(struct links *links, struct outbound_link *link, const char *aid)
{
    struct account_record record;
    if (!load_visible(links, aid, &record))
        return;
    const char *base = account_base(links->gateway, &record);
    link->id = url_actor(links->arena, base, aid);
    link->handle = arena_format(links->arena, "%s@%s", record.name, record.host);
    link->url = url_profile(links->arena, base, record.name);
    link->ours = true;
}

/* Behind an account that speaks for somebody of the fediverse stands that person. */
static void fill_person_of_puppet(struct links *links, struct outbound_link *link, const char *native)
{
    struct remote_person person;
    const char *actor_id = NULL;
    enum lookup found =
        upstream_puppet_person(links->gateway, links->platform, links->arena, native, &actor_id);
    if (found == LOOKUP_FOUND)
        found = remote_person_find(links->gateway, links->arena, actor_id, NULL, &person);
    links->down |= found == LOOKUP_DOWN;
    if (found != LOOKUP_FOUND)
        return;
    link->id = person.actor_id;
    link->handle = person.handle;
    link->url = person.url;
}

static void link_native_account(struct links *links, const char *native)
{
    struct outbound_link *link = add_link(links, native, NULL);
    char aid[AID_LENGTH + 1];
    if (!link)
        return;
    enum lookup found = account_of_native(links->gateway->store, links->platform, native, aid);
    links->down |= found == LOOKUP_DOWN;
    if (found == LOOKUP_FOUND)
        fill_own_person(links, link, aid);
    else if (found == LOOKUP_ABSENT)
        fill_person_of_puppet(links, link, native);
}

/* An account of ours by its actor id or as name@host, from whatever platform. False: it is none. */
static bool link_own_person(struct links *links, struct outbound_link *link, const char *target,
                            const char *label)
{
    struct local_id id = local_parse(links->gateway->config, target);
    char aid[AID_LENGTH + 1];
    if (id.kind == LOCAL_ACTOR) {
        fill_own_person(links, link, id.aid);
        return true;
    }
    const char *name = target || !label ? NULL : label + (*label == '@');
    const char *at = name ? strrchr(name, '@') : NULL;
    if (!at || !config_host_find(links->gateway->config, at + 1))
        return false;
    enum lookup found = account_of_name(links->gateway->store, at + 1,
                                        arena_copy(links->arena, name, (size_t)(at - name)), aid);
    links->down |= found == LOOKUP_DOWN;
    if (found == LOOKUP_FOUND)
        fill_own_person(links, link, aid);
    return true;
}

static void link_remote_person(struct links *links, const char *target, const char *label)
{
    const char *name = target ? target : label;
    struct outbound_link *link = name ? add_link(links, NULL, name) : NULL;
    struct remote_person person;
    if (!link || link_own_person(links, link, target, label))
        return;
    enum lookup found = remote_person_find(links->gateway, links->arena, target, label, &person);
    links->down |= found == LOOKUP_DOWN;
    if (found != LOOKUP_FOUND)
        return;
    link->id = person.actor_id;
    link->handle = person.handle;
    link->url = person.url;
}

void links_add_text(struct links *links, const struct rich_text *text)
{
    for (size_t i = 0; i < text->span_count; i++) {
        const struct span *span = &text->spans[i];
        if (span->kind == SPAN_MENTION && span->target)
            link_native_account(links, span->target);
        else if (span->kind == SPAN_REMOTE_MENTION)
            link_remote_person(links, span->target, span->label);
    }
}

/* ---- posts
 * ------------------------------------------------------------------------------------------------------- */

/* "AID OID" taken apart; false when it is none. */
static bool read_place(struct links *links, const char *place, const char **aid, const char **oid)
{
    if (strlen(place) != AID_LENGTH + 1 + OID_LENGTH)
        return false;
    *aid = arena_copy(links->arena, place, AID_LENGTH);
    *oid = arena_string(links->arena, place + AID_LENGTH + 1);
    return true;
}

/* The conversation that a post of ours belongs to. */
static const char *context_of(struct links *links, const struct post_record *post)
{
    const char *aid = post->aid;
    const char *oid = post->oid;
    struct account_record record;
    if (post->root[0] && !read_place(links, post->root, &aid, &oid))
        return NULL;
    if (account_load(links->gateway->store, links->arena, aid, &record) != LOOKUP_FOUND)
        return NULL;
    return arena_format(links->arena, "%s/context",
                        url_object(links->arena, account_base(links->gateway, &record), aid, oid));
}

/* A post of ours that everybody may see, and that is a post and no repost. */
static bool load_shown(struct links *links, const char *aid, const char *oid, struct post_record *post)
{
    enum lookup found = post_load(links->gateway->store, links->arena, aid, oid, post);
    links->down |= found == LOOKUP_DOWN;
    return found == LOOKUP_FOUND && post->state == POST_LIVE && !post->boost[0];
}

static void fill_own_post(struct links *links, struct outbound_link *link, const char *aid, const char *oid)
{
    struct account_record record;
    struct post_record post;
    if (!load_visible(links, aid, &record) || !load_shown(links, aid, oid, &post))
        return;
    const char *base = account_base(links->gateway, &record);
    link->id = url_object(links->arena, base, aid, oid);
    link->author = url_actor(links->arena, base, aid);
    link->author_handle = arena_format(links->arena, "%s@%s", record.name, record.host);
    link->context = context_of(links, &post);
    link->ours = true;
}

static void fill_author(struct links *links, struct outbound_link *link, const char *actor_id)
{
    struct remote_person person;
    link->author = actor_id;
    if (remote_person_find(links->gateway, links->arena, actor_id, NULL, &person) == LOOKUP_FOUND)
        link->author_handle = person.handle;
}

static void fill_remote_object(struct links *links, struct outbound_link *link,
                               const struct remote_object *object)
{
    struct post_record root;
    link->id = object->id;
    link->url = object->id;
    if (object->oid[0] && load_shown(links, object->aid, object->oid, &root))
        link->context = context_of(links, &root);
    fill_author(links, link, object->actor);
}

/* A post that an account of ours wrote there for somebody of the fediverse stands for what that person wrote.
 */
static void fill_spoken_post(struct links *links, struct outbound_link *link, const char *native)
{
    struct remote_object object;
    const char *key = NULL;
    enum lookup found = upstream_remote_post(links->gateway, links->platform, links->arena, native, &key);
    if (found == LOOKUP_FOUND)
        found = remote_object_find(links->gateway, links->arena, key, &object);
    links->down |= found == LOOKUP_DOWN;
    if (found == LOOKUP_FOUND && !object.gone)
        fill_remote_object(links, link, &object);
}

static void link_native_post(struct links *links, const char *native)
{
    struct outbound_link *link = add_link(links, native, NULL);
    const char *aid = NULL;
    const char *oid = NULL;
    if (!link)
        return;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "native_post:%s", links->platform);
    arguments_text(arguments, native);
    struct reply *reply = store_run(links->gateway->store, arguments);
    links->down |= reply_failed(reply);
    bool found = read_place(links, reply_text(reply), &aid, &oid);
    reply_free(reply);
    if (found)
        fill_own_post(links, link, aid, oid);
    else if (!links->down)
        fill_spoken_post(links, link, native);
}

/* A post that is none of the replies to ours: it is asked for at its own server. */
static void link_foreign_post(struct links *links, struct outbound_link *link, const char *id)
{
    struct remote_note note;
    enum lookup found = remote_note_find(links->gateway, links->arena, id, &note);
    links->down |= found == LOOKUP_DOWN;
    if (found != LOOKUP_FOUND)
        return;
    link->id = note.id;
    link->url = note.url;
    link->context = note.context;
    fill_author(links, link, note.actor);
}

static void link_remote_post(struct links *links, const char *key)
{
    struct outbound_link *link = add_link(links, NULL, key);
    struct remote_object object;
    if (!link)
        return;
    struct local_id local = local_parse(links->gateway->config, key);
    if (local.kind == LOCAL_POST) {
        fill_own_post(links, link, local.aid, local.oid);
        return;
    }
    enum lookup found = remote_object_find(links->gateway, links->arena, key, &object);
    links->down |= found == LOOKUP_DOWN;
    if (found == LOOKUP_ABSENT && strncmp(key, "http", 4) == 0)
        link_foreign_post(links, link, key);
    if (found != LOOKUP_FOUND || object.gone)
        return;
    fill_remote_object(links, link, &object);
}

struct outbound_link *links_add_reference(struct links *links, const struct reference *reference)
{
    if (reference->native)
        link_native_post(links, reference->native);
    else if (reference->remote)
        link_remote_post(links, reference->remote);
    return known_link(links, reference->native, reference->native ? NULL : reference->remote);
}
