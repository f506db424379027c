/* The way back: activity.json (what another server sent: an activity, an object, an actor or a key) and
 * context.json (optional: our people, the platform's length policy, "as": "actor" or "key") → read.json (what
 * the outer shape says), platform.json (what the platform is given; spans drawn into the text as {kind
 * target|text}) and loss.json. */
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "mapping/buffer.h"
#include "mapping/inbound.h"

enum { PEOPLE_MAX = 16, DRAWN_MAX = 1 << 20 };

struct case_data {
    const struct golden_case *golden;
    struct arena *arena;
    json_t *document, *context;
    struct loss loss;
    struct inbound_person people[PEOPLE_MAX];
    size_t people_count;
};

/* ---- values as JSON; what is absent or nothing is left out
 * ---------------------------------------------------------- */

static void put_text(json_t *object, const char *name, const char *value)
{
    if (value)
        (void)json_object_set_new(object, name, json_string(value));
}

static void put_time(json_t *object, const char *name, int64_t time)
{
    char text[TIME_TEXT_MAX];
    time_format(time, text);
    if (time)
        put_text(object, name, text);
}

static void put_flag(json_t *object, const char *name, bool value)
{
    if (value)
        (void)json_object_set_new(object, name, json_true());
}

static void put_number(json_t *object, const char *name, uint64_t value)
{
    if (value)
        (void)json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void put_texts(json_t *object, const char *name, const char *const *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(values[i]));
    if (count)
        (void)json_object_set_new(object, name, list);
    else
        json_decref(list);
}

static void put_visibility(json_t *object, enum visibility visibility)
{
    static const char *const names[] = {"public", "unlisted", "followers", "direct"};
    put_text(object, "visibility", names[visibility]);
}

static void open_span(struct buffer *out, const struct span *span)
{
    static const char *const names[] = {"link",   "mention", "remote", "tag", "emoji", "bold",
                                        "italic", "strike",  "code",   "pre", "quote"};
    buffer_format(out, "{%s", names[span->kind]);
    if (span->target)
        buffer_format(out, " %s", span->target);
    if (span->label)
        buffer_format(out, " %s", span->label);
    buffer_add_char(out, '|');
}

static void put_rich_text(json_t *object, const char *name, const struct rich_text *text)
{
    struct buffer out;
    buffer_init(&out, DRAWN_MAX);
    size_t ends[MODEL_SPANS_MAX] = {0};
    size_t open = 0;
    size_t next = 0;
    for (size_t at = 0; at <= text->length; at++) {
        for (; open && ends[open - 1] <= at; open--)
            buffer_add_char(&out, '}');
        for (; next < text->span_count && text->spans[next].start == at; next++) {
            open_span(&out, &text->spans[next]);
            ends[open++] = text->spans[next].end;
        }
        if (at < text->length)
            buffer_add_char(&out, text->text[at]);
    }
    put_text(object, name, buffer_text(&out));
    buffer_clear(&out);
}

static void put_media(json_t *object, const struct media *media, size_t count)
{
    static const char *const kinds[] = {"image", "video", "audio", "file"};
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();
        put_text(item, "kind", kinds[media[i].kind]);
        put_text(item, "url", media[i].url);
        put_text(item, "type", media[i].type);
        put_text(item, "alt", media[i].alt);
        put_text(item, "blurhash", media[i].blurhash);
        put_text(item, "thumbnail", media[i].thumbnail_url);
        put_number(item, "width", media[i].width);
        put_number(item, "height", media[i].height);
        put_number(item, "duration_ms", media[i].duration_ms);
        put_number(item, "bytes", media[i].bytes);
        if (media[i].has_focus)
            (void)json_object_set_new(item, "focus", json_pack("[ff]", media[i].focus_x, media[i].focus_y));
        (void)json_array_append_new(list, item);
    }
    if (count)
        (void)json_object_set_new(object, "media", list);
    else
        json_decref(list);
}

static void put_poll(json_t *object, const struct poll *poll)
{
    if (!poll)
        return;
    json_t *options = json_array();
    for (size_t i = 0; i < poll->option_count; i++)
        (void)json_array_append_new(
            options, json_pack("[sI]", poll->options[i].name, (json_int_t)poll->options[i].votes));
    json_t *value = json_pack("{so}", "options", options);
    put_time(value, "ends", poll->ends);
    put_time(value, "closed", poll->closed);
    put_number(value, "voters", poll->voters);
    put_flag(value, "multiple", poll->multiple);
    (void)json_object_set_new(object, "poll", value);
}

/* ---- what is made of a document
 * ------------------------------------------------------------------------------------- */

static json_t *refusal(const char *why)
{
    return json_pack("{ss}", "refused", why);
}

static json_t *activity_json(const struct inbound_activity *activity)
{
    json_t *object = json_object();
    put_text(object, "id", activity->id);
    put_text(object, "type", activity->type);
    put_text(object, "actor", activity->actor);
    put_text(object, "object_type", activity->object_type);
    put_flag(object, "embedded", activity->object != NULL);
    put_text(object, "object", activity->object_id);
    if (activity->object_count > 1)
        put_texts(object, "objects", activity->objects, activity->object_count);
    put_text(object, "target", activity->target);
    put_text(object, "instrument", activity->instrument);
    put_text(object, "result", activity->result);
    put_text(object, "content", activity->content);
    put_text(object, "emoji_url", activity->emoji_url);
    put_text(object, "inner_actor", activity->inner_actor);
    put_text(object, "inner_object", activity->inner_object);
    put_visibility(object, activity->visibility);
    put_time(object, "published", activity->published);
    return object;
}

static json_t *post_json(const struct inbound_note *note, const struct remote_post *post)
{
    json_t *object = json_object();
    put_text(object, "id", note->id);
    put_text(object, "owner", note->attributed_to);
    put_text(object, "reply_to", note->in_reply_to);
    put_text(object, "thread", note->context);
    put_text(object, "quotes", note->quote_of);
    put_flag(object, "vote", note->is_vote);
    put_visibility(object, note->visibility);
    if (!post) {
        put_text(object, "name", note->name);
        return object;
    }
    put_text(object, "url", post->url);
    put_text(object, "title", post->title);
    put_text(object, "warning", post->warning);
    put_flag(object, "sensitive", post->sensitive);
    put_rich_text(object, "text", &post->body);
    put_text(object, "html", post->html);
    put_texts(object, "languages", post->languages, post->language_count);
    put_texts(object, "mentions", post->mentions, post->mention_count);
    put_media(object, post->media, post->media_count);
    put_poll(object, post->poll);
    put_time(object, "created", post->created);
    put_time(object, "edited", post->edited);
    return object;
}

static json_t *key_json(const struct inbound_key *key)
{
    json_t *object = json_object();
    put_text(object, "id", key->id);
    put_text(object, "owner", key->owner);
    put_text(object, "pem", key->pem);
    put_text(object, "multibase", key->multibase);
    return object;
}

static json_t *actor_json(struct arena *arena, const struct inbound_actor *actor)
{
    const struct remote_author *author = remote_author_make(arena, actor, NULL, NULL);
    json_t *object = json_object();
    put_text(object, "id", author->actor_id);
    put_text(object, "type", actor->type);
    put_text(object, "handle", author->handle);
    put_text(object, "name", author->name);
    put_text(object, "url", author->url);
    put_rich_text(object, "bio", &author->bio);
    put_text(object, "bio_html", author->bio_html);
    put_text(object, "avatar", author->avatar_url);
    put_text(object, "avatar_type", author->avatar_type);
    put_flag(object, "bot", author->bot);
    put_time(object, "created", author->created);
    put_text(object, "inbox", actor->inbox);
    put_text(object, "shared_inbox", actor->shared_inbox);
    put_text(object, "outbox", actor->outbox);
    put_text(object, "followers", actor->followers);
    put_text(object, "featured", actor->featured);
    put_texts(object, "also_known_as", actor->also_known_as, actor->also_known_as_count);
    put_text(object, "moved_to", actor->moved_to);
    put_flag(object, "suspended", actor->suspended);
    put_flag(object, "approves_followers", actor->manually_approves);
    json_t *keys = json_array();
    for (size_t i = 0; i < actor->key_count; i++)
        (void)json_array_append_new(keys, key_json(&actor->keys[i]));
    (void)json_object_set_new(object, "keys", keys);
    return object;
}

/* ---- a case
 * ---------------------------------------------------------------------------------------------------------
 */

static void read_people(struct case_data *data)
{
    const json_t *people = json_object_get(data->context, "people");
    for (size_t i = 0; i < json_array_size(people) && i < PEOPLE_MAX; i++) {
        const json_t *person = json_array_get(people, i);
        data->people[data->people_count++] =
            (struct inbound_person){.actor_id = json_string_value(json_object_get(person, "actor")),
                                    .url = json_string_value(json_object_get(person, "url")),
                                    .native = json_string_value(json_object_get(person, "native"))};
    }
}

static size_t number_of(const struct case_data *data, const char *name)
{
    return (size_t)json_integer_value(json_object_get(data->context, name));
}

static size_t number_or(const struct case_data *data, const char *name, size_t otherwise)
{
    return json_object_get(data->context, name) ? number_of(data, name) : otherwise;
}

static int unit_of(const struct case_data *data)
{
    static const char *const names[] = {"bytes", "code points", "utf16", "graphemes"};
    const char *unit = json_string_value(json_object_get(data->context, "unit"));
    for (int i = 0; unit && i < 4; i++)
        if (strcmp(unit, names[i]) == 0)
            return i;
    return 3;
}

static json_t *make_post(struct case_data *data, const json_t *object, const json_t *activity)
{
    struct inbound_note note;
    const char *why = inbound_note_read(object, activity, data->arena, &note);
    if (why)
        return refusal(why);
    const char *native_quote = json_string_value(json_object_get(data->context, "quote_of"));
    const struct remote_post_input input = {.note = &note,
                                            .people = data->people,
                                            .people_count = data->people_count,
                                            .quote_of = {.native = native_quote},
                                            .text_max = number_of(data, "text_max"),
                                            .text_max_bytes = number_of(data, "text_max_bytes"),
                                            .text_unit = unit_of(data),
                                            .media_max = number_or(data, "media_max", MODEL_MEDIA_MAX),
                                            .alt_max = number_of(data, "alt_max")};
    return post_json(&note, remote_post_make(data->arena, &input, &data->loss));
}

static json_t *make_actor(struct case_data *data, const json_t *document)
{
    struct inbound_actor actor;
    const char *why = inbound_actor_read(document, data->arena, &actor);
    return why ? refusal(why) : actor_json(data->arena, &actor);
}

static json_t *make_key(struct case_data *data)
{
    struct inbound_key key;
    const char *why = inbound_key_read(data->document, data->arena, &key);
    return why ? refusal(why) : key_json(&key);
}

/* "repeat" makes long contents of short files. */
static void repeat_content(const struct case_data *data)
{
    json_t *object = json_object_get(data->document, "object");
    const char *content = json_string_value(json_object_get(object, "content"));
    size_t times = number_of(data, "repeat");
    if (times < 2 || !content)
        return;
    struct buffer out;
    buffer_init(&out, DRAWN_MAX);
    for (size_t i = 0; i < times; i++)
        buffer_add_string(&out, content);
    (void)json_object_set_new(object, "content", json_string(buffer_text(&out)));
    buffer_clear(&out);
}

static bool check_activity(struct case_data *data)
{
    struct inbound_activity activity;
    const char *why = inbound_activity_read(data->document, data->arena, &activity);
    bool good = golden_expect(data->golden, "read.json", why ? refusal(why) : activity_json(&activity));
    bool has_post = !why && activity.object &&
                    (strcmp(activity.type, "Create") == 0 || strcmp(activity.type, "Update") == 0);
    bool has_actor = has_post && activity.object_id && strcmp(activity.object_id, activity.actor) == 0;
    json_t *made = has_actor  ? make_actor(data, activity.object)
                   : has_post ? make_post(data, activity.object, data->document)
                              : NULL;
    return golden_expect(data->golden, "platform.json", made) && good;
}

static bool check_document(struct case_data *data)
{
    const char *as = json_string_value(json_object_get(data->context, "as"));
    if (as && strcmp(as, "actor") == 0)
        return golden_expect(data->golden, "platform.json", make_actor(data, data->document));
    if (as && strcmp(as, "key") == 0)
        return golden_expect(data->golden, "platform.json", make_key(data));
    if (as && strcmp(as, "object") == 0)
        return golden_expect(data->golden, "platform.json", make_post(data, data->document, NULL));
    return check_activity(data);
}

static bool check(const struct golden_case *this_case)
{
    struct case_data *data = arena_alloc(this_case->arena, sizeof *data);
    data->golden = this_case;
    data->arena = this_case->arena;
    data->document = golden_read(this_case, "activity.json");
    data->context = golden_read(this_case, "context.json");
    data->loss.entries = json_array();
    if (!data->document)
        return golden_fail(this_case, "activity.json is missing");
    read_people(data);
    repeat_content(data);
    bool good = check_document(data);
    good = golden_expect(this_case, "loss.json", data->loss.entries) && good;
    json_decref(data->document);
    json_decref(data->context);
    return good;
}

int main(int argc, char **argv)
{
    return golden_run(check, argc, argv);
}
