#include "mapping/source.h"

#include <string.h>

static void put_text(json_t *object, const char *name, const char *value)
{
    if (value)
        (void)json_object_set_new(object, name, json_string(value));
}

static void put_number(json_t *object, const char *name, int64_t value)
{
    if (value)
        (void)json_object_set_new(object, name, json_integer(value));
}

static void put_flag(json_t *object, const char *name, bool value)
{
    if (value)
        (void)json_object_set_new(object, name, json_true());
}

static void put_list(json_t *object, const char *name, json_t *list)
{
    if (json_array_size(list))
        (void)json_object_set_new(object, name, list);
    else
        json_decref(list);
}

static void put_strings(json_t *object, const char *name, const char *const *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(values[i]));
    put_list(object, name, list);
}

static const char *get_text(const json_t *object, const char *name, struct arena *arena)
{
    return arena_string(arena, json_string_value(json_object_get(object, name)));
}

static int64_t get_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool get_flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static size_t get_strings(const json_t *object, const char *name, struct arena *arena, const char **out,
                          size_t maximum)
{
    const json_t *list = json_object_get(object, name);
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list) && count < maximum; i++) {
        const char *value = json_string_value(json_array_get(list, i));
        if (value)
            out[count++] = arena_string(arena, value);
    }
    return count;
}

/* ---- rich text: {"t": text, "s": [[start, end, kind, target, label]…]}
 * ---------------------------------------- */

static json_t *source_from_text(const struct rich_text *text)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "t", json_stringn(text->text ? text->text : "", text->length));
    json_t *spans = json_array();
    for (size_t i = 0; i < text->span_count; i++) {
        const struct span *span = &text->spans[i];
        json_t *one = json_array();
        (void)json_array_append_new(one, json_integer((json_int_t)span->start));
        (void)json_array_append_new(one, json_integer((json_int_t)span->end));
        (void)json_array_append_new(one, json_integer(span->kind));
        if (span->target || span->label)
            (void)json_array_append_new(one, span->target ? json_string(span->target) : json_null());
        if (span->label)
            (void)json_array_append_new(one, json_string(span->label));
        (void)json_array_append_new(spans, one);
    }
    put_list(object, "s", spans);
    return object;
}

static void source_to_text(const json_t *object, struct arena *arena, struct rich_text *out)
{
    const json_t *text = json_object_get(object, "t");
    out->length = json_string_length(text);
    out->text = out->length ? arena_copy(arena, json_string_value(text), out->length) : "";
    const json_t *spans = json_object_get(object, "s");
    size_t count = json_array_size(spans);
    if (count > MODEL_SPANS_MAX)
        count = MODEL_SPANS_MAX;
    struct span *list = arena_alloc(arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(spans, i);
        json_int_t start = json_integer_value(json_array_get(one, 0));
        json_int_t end = json_integer_value(json_array_get(one, 1));
        json_int_t kind = json_integer_value(json_array_get(one, 2));
        if (start < 0 || end < start || kind < SPAN_LINK || kind > SPAN_QUOTE)
            continue;
        list[out->span_count++] = (struct span){
            .start = (size_t)start,
            .end = (size_t)end,
            .kind = (enum span_kind)kind,
            .target = arena_string(arena, json_string_value(json_array_get(one, 3))),
            .label = arena_string(arena, json_string_value(json_array_get(one, 4))),
        };
    }
    out->spans = list;
}

/* ---- parts of a post
 * ---------------------------------------------------------------------------------------------- */

static json_t *source_from_media(const struct media *media)
{
    json_t *object = json_object();
    put_number(object, "kind", media->kind);
    put_text(object, "url", media->url);
    put_text(object, "type", media->type);
    put_text(object, "alt", media->alt);
    put_text(object, "blurhash", media->blurhash);
    put_text(object, "thumbnail", media->thumbnail_url);
    put_number(object, "width", media->width);
    put_number(object, "height", media->height);
    put_number(object, "duration", media->duration_ms);
    put_number(object, "bytes", (int64_t)media->bytes);
    if (media->has_focus)
        (void)json_object_set_new(object, "focus", json_pack("[ff]", media->focus_x, media->focus_y));
    return object;
}

static void source_to_media(const json_t *object, struct arena *arena, struct media *out)
{
    json_int_t kind = get_number(object, "kind");
    *out = (struct media){
        .kind = kind >= MEDIA_IMAGE && kind <= MEDIA_FILE ? (enum media_kind)kind : MEDIA_FILE,
        .url = get_text(object, "url", arena),
        .type = get_text(object, "type", arena),
        .alt = get_text(object, "alt", arena),
        .blurhash = get_text(object, "blurhash", arena),
        .thumbnail_url = get_text(object, "thumbnail", arena),
        .width = (uint32_t)get_number(object, "width"),
        .height = (uint32_t)get_number(object, "height"),
        .duration_ms = (uint32_t)get_number(object, "duration"),
        .bytes = (uint64_t)get_number(object, "bytes"),
    };
    const json_t *focus = json_object_get(object, "focus");
    out->has_focus = json_array_size(focus) == 2;
    out->focus_x = json_number_value(json_array_get(focus, 0));
    out->focus_y = json_number_value(json_array_get(focus, 1));
}

static json_t *source_from_reference(const struct reference *reference)
{
    json_t *object = json_object();
    put_text(object, "native", reference->native);
    put_text(object, "remote", reference->remote);
    put_text(object, "page", reference->page);
    return object;
}

static void put_reference(json_t *object, const char *name, const struct reference *reference)
{
    if (reference->native || reference->remote)
        (void)json_object_set_new(object, name, source_from_reference(reference));
}

static struct reference get_reference(const json_t *object, const char *name, struct arena *arena)
{
    const json_t *reference = json_object_get(object, name);
    return (struct reference){.native = get_text(reference, "native", arena),
                              .remote = get_text(reference, "remote", arena),
                              .page = get_text(reference, "page", arena)};
}

static json_t *source_from_poll(const struct poll *poll)
{
    json_t *object = json_object();
    json_t *options = json_array();
    for (size_t i = 0; i < poll->option_count; i++)
        (void)json_array_append_new(
            options, json_pack("[sI]", poll->options[i].name, (json_int_t)poll->options[i].votes));
    (void)json_object_set_new(object, "options", options);
    put_number(object, "ends", poll->ends);
    put_number(object, "closed", poll->closed);
    put_number(object, "voters", (int64_t)poll->voters);
    put_flag(object, "multiple", poll->multiple);
    put_flag(object, "votable", poll->votable);
    return object;
}

static const struct poll *source_to_poll(const json_t *object, struct arena *arena)
{
    if (!json_is_object(object))
        return NULL;
    struct poll *poll = arena_alloc(arena, sizeof *poll);
    const json_t *options = json_object_get(object, "options");
    for (size_t i = 0; i < json_array_size(options) && poll->option_count < MODEL_OPTIONS_MAX; i++) {
        const json_t *option = json_array_get(options, i);
        const char *name = json_string_value(json_array_get(option, 0));
        if (name)
            poll->options[poll->option_count++] =
                (struct poll_option){.name = arena_string(arena, name),
                                     .votes = (uint64_t)json_integer_value(json_array_get(option, 1))};
    }
    poll->ends = get_number(object, "ends");
    poll->closed = get_number(object, "closed");
    poll->voters = (uint64_t)get_number(object, "voters");
    poll->multiple = get_flag(object, "multiple");
    poll->votable = get_flag(object, "votable");
    return poll;
}

static json_t *source_from_card(const struct card *card)
{
    json_t *object = json_object();
    put_text(object, "url", card->url);
    put_text(object, "title", card->title);
    put_text(object, "description", card->description);
    put_text(object, "thumbnail", card->thumbnail_url);
    return object;
}

static const struct card *source_to_card(const json_t *object, struct arena *arena)
{
    if (!json_is_object(object))
        return NULL;
    struct card *card = arena_alloc(arena, sizeof *card);
    card->url = get_text(object, "url", arena);
    card->title = get_text(object, "title", arena);
    card->description = get_text(object, "description", arena);
    card->thumbnail_url = get_text(object, "thumbnail", arena);
    return card;
}

/* ---- posts
 * -------------------------------------------------------------------------------------------------------- */

json_t *source_from_post(const struct post *post)
{
    json_t *object = json_object();
    put_text(object, "id", post->id);
    put_text(object, "author", post->author);
    put_text(object, "url", post->url);
    put_number(object, "revision", (int64_t)post->revision);
    put_number(object, "digest", (int64_t)post->digest);
    put_number(object, "created", post->created);
    put_number(object, "edited", post->edited);
    put_text(object, "title", post->title);
    (void)json_object_set_new(object, "body", source_from_text(&post->body));
    put_text(object, "html", post->html);
    put_text(object, "warning", post->warning);
    put_flag(object, "sensitive", post->sensitive);
    put_flag(object, "stays_home", !post->federate);
    put_number(object, "visibility", post->visibility);
    put_reference(object, "reply_to", &post->reply_to);
    put_reference(object, "quote_of", &post->quote_of);
    put_reference(object, "repost_of", &post->repost_of);
    put_strings(object, "languages", post->languages, post->language_count);
    put_strings(object, "tags", post->tags, post->tag_count);
    json_t *media = json_array();
    for (size_t i = 0; i < post->media_count; i++)
        (void)json_array_append_new(media, source_from_media(&post->media[i]));
    put_list(object, "media", media);
    if (post->card)
        (void)json_object_set_new(object, "card", source_from_card(post->card));
    if (post->poll)
        (void)json_object_set_new(object, "poll", source_from_poll(post->poll));
    put_number(object, "reply_policy", post->reply_policy);
    put_flag(object, "not_quotable", !post->quotable);
    put_number(object, "likes", (int64_t)post->likes);
    put_number(object, "reposts", (int64_t)post->reposts);
    put_number(object, "replies", (int64_t)post->replies);
    return object;
}

bool source_to_post(const json_t *source, struct arena *arena, struct post *out)
{
    *out = (struct post){0};
    out->id = get_text(source, "id", arena);
    out->author = get_text(source, "author", arena);
    if (!out->id || !out->author)
        return false;
    out->url = get_text(source, "url", arena);
    out->revision = (uint64_t)get_number(source, "revision");
    out->digest = (uint64_t)get_number(source, "digest");
    out->created = get_number(source, "created");
    out->edited = get_number(source, "edited");
    out->title = get_text(source, "title", arena);
    source_to_text(json_object_get(source, "body"), arena, &out->body);
    out->html = get_text(source, "html", arena);
    out->warning = get_text(source, "warning", arena);
    out->sensitive = get_flag(source, "sensitive");
    out->federate = !get_flag(source, "stays_home");
    json_int_t visibility = get_number(source, "visibility");
    out->visibility = visibility >= VISIBILITY_PUBLIC && visibility <= VISIBILITY_DIRECT
                          ? (enum visibility)visibility
                          : VISIBILITY_DIRECT;
    out->reply_to = get_reference(source, "reply_to", arena);
    out->quote_of = get_reference(source, "quote_of", arena);
    out->repost_of = get_reference(source, "repost_of", arena);
    out->language_count = get_strings(source, "languages", arena, out->languages, MODEL_LANGUAGES_MAX);
    out->tag_count = get_strings(source, "tags", arena, out->tags, MODEL_TAGS_MAX);
    const json_t *media = json_object_get(source, "media");
    size_t count = json_array_size(media);
    if (count > MODEL_MEDIA_MAX)
        count = MODEL_MEDIA_MAX;
    struct media *list = arena_alloc(arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        source_to_media(json_array_get(media, i), arena, &list[i]);
    out->media = list;
    out->media_count = count;
    out->card = source_to_card(json_object_get(source, "card"), arena);
    out->poll = source_to_poll(json_object_get(source, "poll"), arena);
    json_int_t policy = get_number(source, "reply_policy");
    out->reply_policy =
        policy >= REPLY_EVERYONE && policy <= REPLY_NOBODY ? (enum reply_policy)policy : REPLY_NOBODY;
    out->quotable = !get_flag(source, "not_quotable");
    out->likes = (uint64_t)get_number(source, "likes");
    out->reposts = (uint64_t)get_number(source, "reposts");
    out->replies = (uint64_t)get_number(source, "replies");
    return true;
}

/* ---- accounts
 * ------------------------------------------------------------------------------------------------------- */

json_t *source_from_account(const struct account *account)
{
    json_t *object = json_object();
    put_text(object, "id", account->id);
    put_text(object, "handle", account->handle);
    put_text(object, "name", account->name);
    put_text(object, "url", account->url);
    (void)json_object_set_new(object, "bio", source_from_text(&account->bio));
    put_text(object, "avatar", account->avatar_url);
    put_text(object, "avatar_type", account->avatar_type);
    put_text(object, "banner", account->banner_url);
    put_text(object, "banner_type", account->banner_type);
    json_t *fields = json_array();
    for (size_t i = 0; i < account->field_count; i++)
        (void)json_array_append_new(fields,
                                    json_pack("[ss]", account->fields[i].name, account->fields[i].value));
    put_list(object, "fields", fields);
    put_number(object, "kind", account->kind);
    put_number(object, "status", account->status);
    put_number(object, "created", account->created);
    put_number(object, "revision", (int64_t)account->revision);
    put_number(object, "federation", account->federation);
    put_number(object, "since", account->federated_since);
    put_flag(object, "backfill", account->backfill);
    put_flag(object, "discoverable", account->discoverable);
    put_flag(object, "indexable", account->indexable);
    put_flag(object, "approve_followers", account->approve_followers);
    put_strings(object, "pinned", account->pinned, account->pinned_count);
    put_strings(object, "also_known_as", account->also_known_as, account->also_known_as_count);
    put_text(object, "moved_to", account->moved_to);
    return object;
}

static void source_to_fields(const json_t *fields, struct arena *arena, struct account *out)
{
    for (size_t i = 0; i < json_array_size(fields) && out->field_count < MODEL_FIELDS_MAX; i++) {
        const json_t *field = json_array_get(fields, i);
        const char *name = json_string_value(json_array_get(field, 0));
        const char *value = json_string_value(json_array_get(field, 1));
        if (name && value)
            out->fields[out->field_count++] = (struct profile_field){.name = arena_string(arena, name),
                                                                     .value = arena_string(arena, value)};
    }
}

bool source_to_account(const json_t *source, struct arena *arena, struct account *out)
{
    *out = (struct account){0};
    out->id = get_text(source, "id", arena);
    out->handle = get_text(source, "handle", arena);
    if (!out->id || !out->handle)
        return false;
    out->name = get_text(source, "name", arena);
    out->url = get_text(source, "url", arena);
    source_to_text(json_object_get(source, "bio"), arena, &out->bio);
    out->avatar_url = get_text(source, "avatar", arena);
    out->avatar_type = get_text(source, "avatar_type", arena);
    out->banner_url = get_text(source, "banner", arena);
    out->banner_type = get_text(source, "banner_type", arena);
    source_to_fields(json_object_get(source, "fields"), arena, out);
    json_int_t kind = get_number(source, "kind");
    out->kind = kind >= ACCOUNT_PERSON && kind <= ACCOUNT_GROUP ? (enum account_kind)kind : ACCOUNT_PERSON;
    json_int_t status = get_number(source, "status");
    out->status = status >= ACCOUNT_ACTIVE && status <= ACCOUNT_DELETED ? (enum account_status)status
                                                                        : ACCOUNT_SUSPENDED;
    out->created = get_number(source, "created");
    out->revision = (uint64_t)get_number(source, "revision");
    json_int_t wish = get_number(source, "federation");
    out->federation =
        wish == FEDERATION_ON || wish == FEDERATION_OFF ? (enum federation_wish)wish : FEDERATION_UNKNOWN;
    out->federated_since = get_number(source, "since");
    out->backfill = get_flag(source, "backfill");
    out->discoverable = get_flag(source, "discoverable");
    out->indexable = get_flag(source, "indexable");
    out->approve_followers = get_flag(source, "approve_followers");
    out->pinned_count = get_strings(source, "pinned", arena, out->pinned, 8);
    out->also_known_as_count = get_strings(source, "also_known_as", arena, out->also_known_as, 8);
    out->moved_to = get_text(source, "moved_to", arena);
    return true;
}

/* ---- events
 * ---------------------------------------------------------------------------------------------------------
 */

json_t *source_from_event(const struct event *event)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "kind", json_integer(event->kind));
    put_text(object, "key", event->key);
    put_text(object, "account", event->account);
    put_text(object, "subject", event->subject);
    put_number(object, "revision", (int64_t)event->revision);
    put_number(object, "time", event->time);
    if (event->accepted)
        (void)json_object_set_new(object, "accepted", json_true());
    put_text(object, "comment", event->comment);
    put_flag(object, "forward", event->forward);
    if (event->post)
        (void)json_object_set_new(object, "post", source_from_post(event->post));
    if (event->account_data)
        (void)json_object_set_new(object, "account_data", source_from_account(event->account_data));
    return object;
}

bool source_to_event(const json_t *source, struct arena *arena, struct event *out)
{
    *out = (struct event){0};
    json_int_t kind = get_number(source, "kind");
    out->key = get_text(source, "key", arena);
    if (!json_is_object(source) || !out->key || kind < EVENT_POST_CREATED || kind > EVENT_FOLLOW_DELETED)
        return false;
    out->kind = (enum event_kind)kind;
    out->account = get_text(source, "account", arena);
    out->subject = get_text(source, "subject", arena);
    out->revision = (uint64_t)get_number(source, "revision");
    out->time = get_number(source, "time");
    out->accepted = json_is_true(json_object_get(source, "accepted"));
    out->comment = get_text(source, "comment", arena);
    out->forward = get_flag(source, "forward");
    const json_t *post = json_object_get(source, "post");
    if (post) {
        struct post *copy = arena_alloc(arena, sizeof *copy);
        if (!source_to_post(post, arena, copy))
            return false;
        out->post = copy;
    }
    const json_t *account = json_object_get(source, "account_data");
    if (account) {
        struct account *copy = arena_alloc(arena, sizeof *copy);
        if (!source_to_account(account, arena, copy))
            return false;
        out->account_data = copy;
    }
    return true;
}
