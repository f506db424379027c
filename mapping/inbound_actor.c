#include "mapping/inbound.h"

#include <string.h>
#include <strings.h>

#include "mapping/json_shapes.h"
#include "mapping/url_text.h"
#include "mapping/utf8_text.h"

enum {
    USERNAME_MAX = 128,
    NAME_MAX = 512,
    SUMMARY_MAX = 20480,
    PEM_MIN = 10,
    PEM_MAX = 5000,
    MEDIA_TYPE_MAX = 128,
};

static const char *const actor_types[] = {"Person", "Service", "Application", "Group", "Organization", NULL};

/* ---- keys
 * -----------------------------------------------------------------------------------------------------------
 */

static bool key_read(const json_t *value, struct arena *arena, struct inbound_key *out)
{
    *out = (struct inbound_key){0};
    const char *id = json_string_value(json_object_get(value, "id"));
    const char *pem = json_string_value(json_object_get(value, "publicKeyPem"));
    const char *multibase = json_string_value(json_object_get(value, "publicKeyMultibase"));
    size_t length = pem ? strlen(pem) : multibase ? strlen(multibase) : 0;
    if (!url_is_id(id) || length < PEM_MIN || length > PEM_MAX)
        return false;
    out->id = arena_string(arena, id);
    out->owner = shape_id(json_object_get(value, "owner"), arena);
    if (!out->owner)
        out->owner = shape_id(json_object_get(value, "controller"), arena);
    if (pem)
        out->pem = arena_string(arena, pem);
    else
        out->multibase = arena_string(arena, multibase);
    return true;
}

static void read_keys(const json_t *list, struct arena *arena, struct inbound_actor *out)
{
    for (size_t i = 0; i < shape_count(list) && out->key_count < INBOUND_KEYS_MAX; i++)
        if (key_read(shape_item(list, i), arena, &out->keys[out->key_count]))
            out->key_count++;
}

const char *inbound_key_read(const json_t *document, struct arena *arena, struct inbound_key *out)
{
    *out = (struct inbound_key){0};
    if (!json_is_object(document))
        return "it is no JSON object";
    if (!key_read(document, arena, out))
        return "it has no id or no public key";
    if (!url_has_origin(out->id))
        return "the key's id is no web address";
    return out->owner ? NULL : "the key says no owner";
}

/* ---- actors
 * ---------------------------------------------------------------------------------------------------------
 */

/* The part of a FEP-2c59 `webfinger` before the '@', where there is no preferredUsername. */
static const char *webfinger_user(const json_t *document, struct arena *arena)
{
    const char *handle = json_string_value(json_object_get(document, "webfinger"));
    if (!handle)
        return NULL;
    handle += strncmp(handle, "acct:", 5) == 0 ? 5 : 0;
    handle += *handle == '@';
    return arena_copy(arena, handle, strcspn(handle, "@"));
}

static const char *username_of(const json_t *document, struct arena *arena)
{
    const char *name = shape_text(json_object_get(document, "preferredUsername"));
    if (!name)
        name = webfinger_user(document, arena);
    const char *clean = utf8_clean_line(arena, name, USERNAME_MAX);
    /* A name that had to be changed to be shown is nobody's name. */
    return clean && strcmp(clean, name) == 0 && !strpbrk(clean, "@/?#:\\<>\" ") ? clean : NULL;
}

static const char *web_id(const json_t *value, struct arena *arena)
{
    const char *id = shape_id(value, arena);
    return url_has_origin(id) ? id : NULL;
}

static const char *own_web_id(const json_t *value, const char *owner, struct arena *arena)
{
    const char *id = shape_id(value, arena);
    return id && url_same_origin(id, owner) ? id : NULL;
}

/* Elsewhere than on the actor's own server it could be anybody's inbox. */
static const char *shared_inbox_of(const json_t *document, const char *id, struct arena *arena)
{
    const char *inbox =
        own_web_id(json_object_get(json_object_get(document, "endpoints"), "sharedInbox"), id, arena);
    return inbox ? inbox : own_web_id(json_object_get(document, "sharedInbox"), id, arena);
}

/* The widest of several (PeerTube lists sizes), else the first. */
static void read_icon(const json_t *icons, struct arena *arena, struct inbound_actor *out)
{
    uint64_t widest = 0;
    for (size_t i = 0; i < shape_count(icons); i++) {
        const json_t *icon = shape_item(icons, i);
        const json_t *place =
            json_is_object(icon) && json_object_get(icon, "url") ? json_object_get(icon, "url") : icon;
        const char *url = shape_url(place, false, arena);
        uint64_t width = shape_number(icon, "width", UINT32_MAX);
        if (!url || (out->icon_url && width <= widest))
            continue;
        widest = width;
        out->icon_url = url;
        out->icon_type =
            utf8_clean_line(arena, json_string_value(json_object_get(icon, "mediaType")), MEDIA_TYPE_MAX);
    }
}

static void read_aliases(const json_t *list, struct arena *arena, struct inbound_actor *out)
{
    size_t maximum = sizeof out->also_known_as / sizeof out->also_known_as[0];
    for (size_t i = 0; i < shape_count(list) && out->also_known_as_count < maximum; i++) {
        const char *id = shape_id(shape_item(list, i), arena);
        if (id)
            out->also_known_as[out->also_known_as_count++] = id;
    }
}

static bool is_word_end(const char *text)
{
    unsigned char next = (unsigned char)*text;
    return !((next >= '0' && next <= '9') || (next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') ||
             next == '_' || next >= 0x80);
}

/* A hashtag in HTML as servers write it, also "#<span>nobridge</span>". */
static bool has_hashtag(const char *html, const char *tag)
{
    size_t length = strlen(tag);
    const char *at = html ? strchr(html, '#') : NULL;
    for (; at; at = strchr(at, '#')) {
        at++;
        while (*at == '<') {
            const char *end = strchr(at, '>');
            if (!end)
                return false;
            at = end + 1;
        }
        if (strncasecmp(at, tag, length) == 0 && is_word_end(at + length))
            return true;
    }
    return false;
}

/* X-Robots-Tag as a property (FEP-5e53): what speaks against keeping a copy. */
static bool forbids_copies(const char *robots)
{
    static const char *const words[] = {"none", "noindex", "noarchive"};
    for (size_t i = 0; robots && i < sizeof words / sizeof words[0]; i++) {
        const char *found = strcasestr(robots, words[i]);
        if (found && (found == robots || is_word_end(found - 1)) && is_word_end(found + strlen(words[i])))
            return true;
    }
    return false;
}

static bool refuses_bridges(const json_t *document, const char *summary_html)
{
    const json_t *privacy = json_object_get(document, "SPC");
    return has_hashtag(summary_html, "nobridge") || json_is_true(privacy) ||
           json_integer_value(privacy) == 1 ||
           forbids_copies(json_string_value(json_object_get(document, "xRobotsTag")));
}

static void read_profile(const json_t *document, struct arena *arena, struct inbound_actor *out)
{
    out->username = username_of(document, arena);
    out->name = utf8_clean_line(arena, shape_text_or_map(document, "name", "nameMap"), NAME_MAX);
    out->summary_html =
        utf8_clean_copy(arena, shape_text_or_map(document, "summary", "summaryMap"), SUMMARY_MAX);
    out->refuses_bridges = refuses_bridges(document, out->summary_html);
    const char *url = shape_url(json_object_get(document, "url"), true, arena);
    out->url = url && url_same_origin(url, out->id) ? url : NULL;
    read_icon(json_object_get(document, "icon"), arena, out);
    out->bot = out->type && (strcmp(out->type, "Service") == 0 || strcmp(out->type, "Application") == 0);
    out->suspended = shape_flag(document, "suspended");
    out->manually_approves = shape_flag(document, "manuallyApprovesFollowers");
    out->published = shape_time(document, "published");
}

const char *inbound_actor_read(const json_t *document, struct arena *arena, struct inbound_actor *out)
{
    *out = (struct inbound_actor){0};
    if (!json_is_object(document))
        return "it is no JSON object";
    const char *id = json_string_value(json_object_get(document, "id"));
    if (!url_is_id(id) || !url_has_origin(id))
        return "the id is missing or no web address";
    out->id = arena_string(arena, id);
    out->type = arena_string(arena, shape_type(document, actor_types));
    if (out->type && !shape_is_one_of(out->type, actor_types))
        return "it is no actor";
    read_keys(json_object_get(document, "publicKey"), arena, out);
    read_keys(json_object_get(document, "assertionMethod"), arena, out);
    if (!out->type && out->key_count == 0)
        return "the type is missing";
    read_profile(document, arena, out);
    out->inbox = web_id(json_object_get(document, "inbox"), arena);
    out->shared_inbox = shared_inbox_of(document, out->id, arena);
    out->outbox = web_id(json_object_get(document, "outbox"), arena);
    out->followers = web_id(json_object_get(document, "followers"), arena);
    out->featured = web_id(json_object_get(document, "featured"), arena);
    read_aliases(json_object_get(document, "alsoKnownAs"), arena, out);
    out->moved_to = web_id(json_object_get(document, "movedTo"), arena);
    return NULL;
}
