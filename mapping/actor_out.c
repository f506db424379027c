/* Actor documents: PROTOCOL §1.4, FEP-2c59 (webfinger), FEP-5feb (indexable), FEP-fffd (canonical link). */
#include <string.h>

#include "mapping/html_out.h"
#include "mapping/ids.h"
#include "mapping/json_out.h"
#include "mapping/tags_out.h"
#include "mapping/url_text.h"

enum {
    ACTOR_BUDGET = 1 << 20,
    ACTIVITY_MAX = 60 * 1024, /* Misskey's inbox ends at 64 KiB */
    ROUTE_MAX = 1024,         /* what an Update adds */
    NAME_MAX_BYTES = 500,
    FIELD_MAX_BYTES = 2000,
    SUMMARY_MAX = 20000,
};

/* What a profile that is too large does without, each level also what those before do. */
enum frugality { FRUGAL_NOT, FRUGAL_FIELDS, FRUGAL_TAGS, FRUGAL_BIO, FRUGAL_LEVELS };

static const char *authority_of(const char *base)
{
    const char *slashes = strstr(base, "://");
    return slashes ? slashes + 3 : base;
}

/* Lemmy takes no other types for people, and a Group would promise the behaviour of FEP-1b12. */
static const char *type_of(enum account_kind kind)
{
    switch (kind) {
    case ACCOUNT_BOT:
        return "Service";
    case ACCOUNT_GROUP:
        return "Organization";
    case ACCOUNT_PERSON:
        break;
    }
    return "Person";
}

static json_t *key_of(const char *actor_id, const char *pem)
{
    json_t *key = json_object();
    put_new(key, "id", json_sprintf("%s#main-key", actor_id));
    put_text(key, "owner", actor_id);
    put_text(key, "publicKeyPem", pem);
    return key;
}

static json_t *image_of(const char *url, const char *type)
{
    if (!url_is_https(url))
        return NULL;
    json_t *image = json_pack("{ss}", "type", "Image");
    put_text(image, "mediaType", type ? type : media_type_of(url, NULL));
    put_text(image, "url", url);
    return image;
}

static const char *platform_of(const struct outbound_actor *actor)
{
    return actor->platform_name ? actor->platform_name : "its platform";
}

/* ---- texts
 * ----------------------------------------------------------------------------------------------------------
 */

/* Who answers must know where the answer will be read (DESIGN §6: remote people consent too). */
static void add_origin(struct buffer *html, const struct outbound_actor *actor)
{
    const struct account *account = actor->account;
    const char *platform = platform_of(actor);
    buffer_add_string(html, "<p>Bridged from ");
    if (url_is_web(account->url))
        html_add_link(html, account->url, NULL, platform);
    else
        html_add_escaped(html, platform, strlen(platform), false);
    buffer_add_string(html, ". Replies to this account are also shown there.</p>");
}

static void put_summary(json_t *document, struct arena *arena, const struct outbound_actor *actor,
                        const struct link_scope *scope, enum frugality frugality)
{
    struct buffer html;
    struct rich_text bio = rich_text_normal(arena, &actor->account->bio);
    buffer_init(&html, SUMMARY_MAX);
    html_add_text(&html, arena, &bio, scope);
    if (html.failed || frugality >= FRUGAL_TAGS) {
        buffer_clear(&html);
        const char *plain = frugality < FRUGAL_BIO ? plain_text(arena, bio.text, SUMMARY_MAX / 8) : NULL;
        struct rich_text cut = {.text = plain ? plain : "", .length = plain ? strlen(plain) : 0};
        html_add_text(&html, arena, &cut, scope);
        bio.span_count = 0;
    }
    html.maximum = HTML_OUT_MAX;
    add_origin(&html, actor);
    put_text(document, "summary", buffer_text(&html));
    put_new(document, "tag", tags_of_text(arena, &bio, scope, NULL));
    buffer_clear(&html);
}

static void add_field(json_t *fields, struct arena *arena, const char *name, const char *value)
{
    struct buffer html;
    const char *label = plain_text(arena, name, NAME_MAX_BYTES);
    const char *text = plain_text(arena, value, FIELD_MAX_BYTES);
    if (!label || !text)
        return;
    buffer_init(&html, HTML_OUT_MAX);
    const char *url = url_mended(arena, text);
    if (url)
        html_add_link(&html, url, "me nofollow noopener", strstr(text, "://") + 3);
    else
        html_add_escaped(&html, text, strlen(text), false);
    json_t *field = json_pack("{ss}", "type", "PropertyValue");
    put_text(field, "name", label);
    put_text(field, "value", buffer_text(&html));
    (void)json_array_append_new(fields, field);
    buffer_clear(&html);
}

static json_t *fields_of(struct arena *arena, const struct outbound_actor *actor, enum frugality frugality)
{
    const struct account *account = actor->account;
    json_t *fields = json_array();
    if (url_is_web(account->url))
        add_field(fields, arena, platform_of(actor), account->url);
    for (size_t i = 0; i < account->field_count && frugality < FRUGAL_FIELDS; i++)
        add_field(fields, arena, account->fields[i].name, account->fields[i].value);
    return fields;
}

/* The page of ours first: Mastodon drops an address on another host and takes the first string. */
static json_t *url_of(const struct outbound_actor *actor, const char *page)
{
    if (!url_is_web(actor->account->url))
        return json_string(page);
    return json_pack("[s {ss ss ss}]", page, "type", "Link", "rel", "canonical", "href", actor->account->url);
}

/* Whose pages may name this account as the author of what they link to: our own and the platform's. */
static json_t *attribution_domains(struct arena *arena, const struct outbound_actor *actor)
{
    const char *own = authority_of(actor->base);
    const char *page = url_is_web(actor->account->url) ? url_authority(arena, actor->account->url) : NULL;
    return string_list(own, page && strcmp(page, own) != 0 ? page : NULL);
}

static json_t *aliases_of(const struct account *account)
{
    json_t *aliases = json_array();
    for (size_t i = 0; i < account->also_known_as_count; i++)
        if (account->also_known_as[i])
            (void)json_array_append_new(aliases, json_string(account->also_known_as[i]));
    return aliases;
}

/* ---- documents
 * ------------------------------------------------------------------------------------------------------ */

static void put_part(json_t *document, struct arena *arena, const struct outbound_actor *actor,
                     const char *part)
{
    put_text(document, part, url_actor_part(arena, actor->base, actor->aid, part));
}

static void put_identity(json_t *document, struct arena *arena, const struct outbound_actor *actor)
{
    put_new(document, "@context", context_of_actor());
    put_text(document, "id", url_actor(arena, actor->base, actor->aid));
    put_text(document, "type", type_of(actor->account->kind));
    put_text(document, "preferredUsername", actor->name);
    put_part(document, arena, actor, "inbox");
}

static void put_collections(json_t *document, struct arena *arena, const struct outbound_actor *actor)
{
    put_part(document, arena, actor, "outbox");
    put_part(document, arena, actor, "followers");
    put_part(document, arena, actor, "following");
    put_part(document, arena, actor, "featured");
    put_new(document, "endpoints", json_pack("{so}", "sharedInbox", json_sprintf("%s/inbox", actor->base)));
}

/* What a suspended account no longer shows. */
static void put_profile(json_t *document, struct arena *arena, const struct outbound_actor *actor,
                        enum frugality frugality)
{
    const struct account *account = actor->account;
    struct link_scope scope = {.links = actor->links,
                               .count = actor->link_count,
                               .tag_base = arena_format(arena, "%s/tags/", actor->base),
                               .emoji_base = arena_format(arena, "%s/emoji/", actor->base)};
    const char *name = plain_text(arena, account->name, NAME_MAX_BYTES);
    put_text(document, "name", name ? name : actor->name);
    put_summary(document, arena, actor, &scope, frugality);
    put_new(document, "url", url_of(actor, url_profile(arena, actor->base, actor->name)));
    put_time(document, "published", actor->published);
    put_new(document, "icon", image_of(account->avatar_url, account->avatar_type));
    put_new(document, "image", image_of(account->banner_url, account->banner_type));
    put_new(document, "attachment", fields_of(arena, actor, frugality));
    put_new(document, "attributionDomains", attribution_domains(arena, actor));
    if (account->also_known_as_count)
        put_new(document, "alsoKnownAs", aliases_of(account));
}

static json_t *write_actor(struct arena *arena, const struct outbound_actor *actor, enum frugality frugality)
{
    const struct account *account = actor->account;
    json_t *document = json_object();
    put_identity(document, arena, actor);
    put_collections(document, arena, actor);
    put_text(document, "webfinger", arena_format(arena, "%s@%s", actor->name, authority_of(actor->base)));
    if (actor->suspended) {
        put_text(document, "name", actor->name);
        put_text(document, "url", url_profile(arena, actor->base, actor->name));
        put_new(document, "suspended", json_true());
    } else {
        put_profile(document, arena, actor, frugality);
    }
    put_new(document, "manuallyApprovesFollowers", json_boolean(account->approve_followers));
    put_new(document, "discoverable", json_boolean(account->discoverable && !actor->suspended));
    put_new(document, "indexable", json_boolean(account->indexable && !actor->suspended));
    put_text(document, "movedTo", actor->moved_to);
    put_new(document, "publicKey", key_of(url_actor(arena, actor->base, actor->aid), actor->public_key_pem));
    return document;
}

json_t *actor_document(const struct outbound_actor *actor)
{
    for (enum frugality frugality = FRUGAL_NOT; frugality < FRUGAL_LEVELS; frugality++) {
        struct arena *arena = arena_new(ACTOR_BUDGET);
        json_t *document = write_actor(arena, actor, frugality);
        arena_free(arena);
        if (json_dumpb(document, NULL, 0, JSON_COMPACT) + ROUTE_MAX < ACTIVITY_MAX)
            return document;
        json_decref(document);
    }
    return NULL;
}

json_t *actor_stub(const struct outbound_actor *actor)
{
    struct arena *arena = arena_new(ACTOR_BUDGET);
    json_t *document = json_object();
    put_identity(document, arena, actor);
    put_new(document, "publicKey", key_of(url_actor(arena, actor->base, actor->aid), actor->public_key_pem));
    put_new(document, "suspended", json_true());
    arena_free(arena);
    return document;
}

/* FEP-521a */
static json_t *multikeys_of(const char *actor_id, const char *multibase)
{
    return json_pack("[{so ss ss ss}]", "id", json_sprintf("%s#ed25519-key", actor_id), "type", "Multikey",
                     "controller", actor_id, "publicKeyMultibase", multibase);
}

json_t *instance_actor_document(const char *base, const char *authority, const char *public_key_pem,
                                const char *proof_key)
{
    struct arena *arena = arena_new(ACTOR_BUDGET);
    const char *id = arena_format(arena, "%s/actor", base);
    json_t *document = json_object();
    put_new(document, "@context", context_of_instance());
    put_text(document, "id", id);
    put_text(document, "type", "Application");
    put_text(document, "preferredUsername", authority);
    put_text(document, "name", authority);
    put_text(document, "url", arena_format(arena, "%s/", base));
    put_text(document, "inbox", arena_format(arena, "%s/inbox", id));
    put_text(document, "outbox", arena_format(arena, "%s/outbox", id));
    put_new(document, "endpoints", json_pack("{so}", "sharedInbox", json_sprintf("%s/inbox", base)));
    put_text(document, "webfinger", arena_format(arena, "%s@%s", authority, authority));
    put_new(document, "manuallyApprovesFollowers", json_true());
    put_new(document, "discoverable", json_false());
    put_new(document, "indexable", json_false());
    put_new(document, "publicKey", key_of(id, public_key_pem));
    if (proof_key)
        put_new(document, "assertionMethod", multikeys_of(id, proof_key));
    arena_free(arena);
    return document;
}
