#include "gateway/admin/preview.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/fed/links.h"
#include "gateway/fed/local.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/render.h"
#include "gateway/upstream/upstream.h"
#include "mapping/buffer.h"
#include "mapping/inbound.h"
#include "mapping/marker.h"

/* Stands in for the AID that an account gets when it is switched on. */
#define AID_TO_COME "preview222222"

struct preview {
    struct gateway *gateway;
    struct arena *arena;
    const char *platform;
    struct account_record record;
    struct post_record post;
    struct note_surroundings around;
    json_t *document, *stays, *loss;
};

/* ---- whose it is, and whether it leaves
 * -------------------------------------------------------------------------------- */

static void stay(struct preview *preview, const char *sentence)
{
    (void)json_array_append_new(preview->stays, json_string(sentence));
}

/* Of an account that was never switched on the platform tells; without it, the name alone must do. */
static void describe_stranger(struct preview *preview, const char *native)
{
    struct account_record *record = &preview->record;
    const char *why = NULL;
    char *name = arena_alloc(preview->arena, NAME_LENGTH_MAX + 1);
    *record = (struct account_record){.aid = AID_TO_COME, .platform = preview->platform, .native = native};
    if (!upstream_account(preview->gateway, preview->platform, native, preview->arena, &record->account,
                          &why))
        record->account = (struct account){.id = native, .handle = native, .bio = {.text = ""}};
    record->host = config_host_for(preview->gateway->config, preview->platform, native)->authority;
    name_from_handle(record->account.handle, record->aid, false, name);
    record->name = name;
}

static bool find_account(struct preview *preview, const char *native)
{
    char aid[AID_LENGTH + 1];
    enum lookup found = account_of_native(preview->gateway->store, preview->platform, native, aid);
    if (found == LOOKUP_FOUND)
        found = account_load(preview->gateway->store, preview->arena, aid, &preview->record);
    if (found == LOOKUP_ABSENT)
        describe_stranger(preview, native);
    if (found == LOOKUP_FOUND && preview->record.consent == CONSENT_PAUSED)
        stay(preview, "the account is paused");
    else if (found == LOOKUP_ABSENT || preview->record.consent != CONSENT_ON)
        stay(preview, "the owner did not switch the fediverse on");
    else if (preview->record.account.status != ACCOUNT_ACTIVE)
        stay(preview, "the platform hides the account for now");
    return found != LOOKUP_DOWN;
}

static void judge(struct preview *preview)
{
    const struct post *post = &preview->post.post;
    const struct account *account = &preview->record.account;
    if (post->visibility != VISIBILITY_PUBLIC && post->visibility != VISIBILITY_UNLISTED)
        stay(preview, "only public and unlisted posts leave");
    if (!post->federate)
        stay(preview, "the platform says that this post does not leave");
    if (post_has_marker(post, preview->record.home_marker))
        stay(preview, "it carries the marker by which its owner keeps posts home");
    if (!account->backfill && account->federated_since && post->created < account->federated_since)
        stay(preview, "it is older than the owner's consent");
}

static bool find_post(struct preview *preview, const struct post *post)
{
    struct store *store = preview->gateway->store;
    char *oid = arena_alloc(preview->arena, OID_LENGTH + 1);
    enum lookup found = post_oid(store, preview->record.aid, post->id, oid);
    if (found == LOOKUP_FOUND)
        found = post_load(store, preview->arena, preview->record.aid, oid, &preview->post);
    if (found == LOOKUP_ABSENT)
        preview->post = (struct post_record){.aid = preview->record.aid,
                                             .oid = oid,
                                             .published = post->created ? post->created : clock_now_ms(),
                                             .boost = "",
                                             .boost_author = "",
                                             .root = "",
                                             .stamp = ""};
    preview->post.state = POST_LIVE;
    preview->post.native = post->id;
    preview->post.post = *post;
    preview->post.updated = post->edited;
    return found != LOOKUP_DOWN;
}

/* ---- the document
 * ------------------------------------------------------------------------------------------------------- */

static void settle_poll(struct preview *preview)
{
    bool votable = false;
    if (!preview->post.post.poll)
        return;
    struct poll *poll = arena_alloc(preview->arena, sizeof *poll);
    *poll = *preview->post.post.poll;
    if (upstream_takes_votes(preview->gateway, preview->platform, &votable))
        poll->votable = votable;
    preview->post.post.poll = poll;
}

static bool announces(const struct preview *preview)
{
    return preview->post.boost && preview->post.boost[0];
}

/* A repost without words that was not told yet: what it would announce. */
static void settle_boost(struct preview *preview)
{
    const struct post *post = &preview->post.post;
    if (announces(preview) || post->body.length || (!post->repost_of.native && !post->repost_of.remote))
        return;
    struct links *links = links_new(preview->gateway, preview->arena, preview->platform);
    const struct outbound_link *link = links_add_reference(links, &post->repost_of);
    if (link && link->id) {
        preview->post.boost = link->id;
        preview->post.boost_author = link->author ? link->author : "";
    }
}

static json_t *render(struct preview *preview)
{
    struct gateway *gateway = preview->gateway;
    struct loss loss = {.entries = preview->loss};
    if (announces(preview))
        return render_announce(gateway, preview->arena, &preview->record, &preview->post);
    json_t *note =
        render_note(gateway, preview->arena, &preview->record, &preview->post, &preview->around, &loss);
    json_t *activity = NULL;
    const char *object = json_string_value(json_object_get(note, "id"));
    if (note && preview->post.sent_revision)
        activity = update_activity(note, account_actor_id(gateway, preview->arena, &preview->record),
                                   arena_format(preview->arena, "%s#update-%llu", object,
                                                (unsigned long long)preview->post.post.revision));
    else if (note)
        activity = create_activity(note);
    json_decref(note);
    return activity;
}

/* ---- as text
 * ------------------------------------------------------------------------------------------------------------
 */

static void add_line(struct buffer *out, const char *before, const char *text)
{
    if (!text || !*text)
        return;
    buffer_add_string(out, before);
    buffer_add_string(out, text);
    buffer_add_string(out, "\n");
}

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void add_lists(struct buffer *out, const json_t *note)
{
    size_t index;
    const json_t *one;
    const json_t *choices = json_object_get(note, "oneOf");
    json_array_foreach(choices ? choices : json_object_get(note, "anyOf"), index, one)
        add_line(out, "○ ", member(one, "name"));
    json_array_foreach(json_object_get(note, "attachment"), index, one)
    {
        buffer_format(out, "[%s] ", member(one, "type") ? member(one, "type") : "Attachment");
        add_line(out, member(one, "name") ? "" : "(no description) ",
                 member(one, "name") ? member(one, "name") : member(one, "url"));
    }
}

static json_t *as_text(struct preview *preview)
{
    enum { TEXT_MAX = 1 << 20 };
    const json_t *object = json_object_get(preview->document, "object");
    struct buffer out;
    buffer_init(&out, TEXT_MAX);
    if (json_is_string(object)) {
        add_line(&out, "↻ ", json_string_value(object));
    } else {
        const char *html = member(object, "content");
        struct rich_text text =
            text_from_html(preview->arena, html ? html : "", NULL, NULL, 0, MODEL_TEXT_MAX, NULL);
        bool article = strcmp(member(object, "type"), "Article") == 0;
        add_line(&out, "", member(object, "name"));
        if (!article)
            add_line(&out, "⚠ ", member(object, "summary"));
        add_line(&out, "", text.text);
        add_lists(&out, object);
    }
    json_t *result = json_stringn(buffer_text(&out), out.length);
    buffer_clear(&out);
    return result;
}

/* ---- where it goes
 * ------------------------------------------------------------------------------------------------------ */

static json_t *host_entry(json_t *hosts, struct arena *arena, const char *url)
{
    const char *origin = url_origin(arena, url);
    const char *authority = origin ? strstr(origin, "://") : NULL;
    if (!authority)
        return NULL;
    json_t *entry = json_object_get(hosts, authority + 3);
    if (entry)
        return entry;
    entry = json_pack("{ss si s[]}", "host", authority + 3, "followers", 0, "why");
    (void)json_object_set_new(hosts, authority + 3, entry);
    return entry;
}

static void add_why(json_t *entry, const char *why)
{
    json_t *list = json_object_get(entry, "why");
    size_t index;
    const json_t *one;
    json_array_foreach(list, index, one) if (strcmp(json_string_value(one), why) == 0) return;
    (void)json_array_append_new(list, json_string(why));
}

/* The inboxes of the followers, by host. */
static bool add_audience(struct preview *preview, json_t *hosts)
{
    struct store *store = preview->gateway->store;
    struct reply *counts =
        store_call(store, "HGETALL", arena_format(preview->arena, "audience_count:%s", preview->record.aid),
                   (char *)NULL);
    bool good = !reply_failed(counts);
    for (size_t i = 0; i + 1 < reply_count(counts); i += 2) {
        struct reply *inbox =
            store_call(store, "HGET", "inboxes", reply_text(reply_at(counts, i)), (char *)NULL);
        const char *address = strchr(reply_text(inbox), ' ');
        const char *url = address ? arena_copy(preview->arena, address + 1, strcspn(address + 1, " ")) : NULL;
        json_t *entry = url ? host_entry(hosts, preview->arena, url) : NULL;
        if (entry) {
            json_int_t followers = json_integer_value(json_object_get(entry, "followers"));
            (void)json_object_set_new(entry, "followers",
                                      json_integer(followers + reply_number(reply_at(counts, i + 1))));
            add_why(entry, "followers");
        }
        reply_free(inbox);
    }
    reply_free(counts);
    return good;
}

static void add_people(struct preview *preview, json_t *hosts)
{
    const struct note_people *people = &preview->around.people;
    for (size_t i = 0; i < people->count; i++) {
        json_t *entry = host_entry(hosts, preview->arena, people->actor_ids[i]);
        if (entry)
            add_why(entry, people->reasons[i] == 'm' ? "mentioned" : "answered or quoted");
    }
    json_t *entry =
        preview->post.boost_author[0] ? host_entry(hosts, preview->arena, preview->post.boost_author) : NULL;
    if (entry && !local_is_ours(preview->gateway->config, preview->post.boost_author))
        add_why(entry, "reposted");
    else if (entry && !json_array_size(json_object_get(entry, "why")))
        (void)json_object_del(hosts, json_string_value(json_object_get(entry, "host")));
}

static json_t *recipients(struct preview *preview)
{
    json_t *hosts = json_object();
    json_t *list = json_array();
    const char *name;
    json_t *entry;
    if (!add_audience(preview, hosts)) {
        json_decref(hosts);
        json_decref(list);
        return NULL;
    }
    add_people(preview, hosts);
    json_object_foreach(hosts, name, entry)(void) json_array_append(list, entry);
    json_decref(hosts);
    return list;
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------------ */

static const char *state_of(const struct preview *preview)
{
    if (json_array_size(preview->stays))
        return "stays";
    return preview->post.sent_revision ? "told" : "new";
}

/* What the owner was told of the post when it left last. */
static json_t *kept_loss(const struct preview *preview)
{
    json_t *kept = preview->post.loss ? json_loads(preview->post.loss, 0, NULL) : NULL;
    return kept ? kept : json_array();
}

static json_t *whole(struct preview *preview, json_t *where)
{
    return json_pack(
        "{ss ss so ss sO sO so so sO so}", "platform", preview->platform, "post", preview->post.native,
        "handle", json_sprintf("%s@%s", preview->record.name, preview->record.host), "state",
        state_of(preview), "stays", preview->stays, "activity", preview->document, "text", as_text(preview),
        "recipients", where, "loss", preview->loss, "told_loss", kept_loss(preview));
}

json_t *preview_make(struct gateway *gateway, struct arena *arena, const char *platform,
                     const struct post *post, const char **why)
{
    struct preview *preview = arena_alloc(arena, sizeof *preview);
    *preview = (struct preview){.gateway = gateway,
                                .arena = arena,
                                .platform = platform,
                                .stays = json_array(),
                                .loss = json_array()};
    json_t *result = NULL;
    *why = "the store does not answer";
    if (find_account(preview, post->author) && find_post(preview, post)) {
        judge(preview);
        settle_poll(preview);
        settle_boost(preview);
        preview->document = render(preview);
        json_t *where = recipients(preview);
        if (preview->document && where)
            result = whole(preview, where);
        else if (store_is_up(gateway->store) && json_array_size(preview->loss))
            *why = arena_string(arena,
                                json_string_value(json_object_get(json_array_get(preview->loss, 0), "why")));
        else
            *why = "it cannot be written as ActivityPub: only public and unlisted posts can";
        if (!result)
            json_decref(where);
    }
    json_decref(preview->document);
    json_decref(preview->stays);
    json_decref(preview->loss);
    return result;
}
