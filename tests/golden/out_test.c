/* The way out: source.json (the neutral model) and context.json (what the gateway knows) → activity.json and
 * loss.json. context.json's "make" says what to build; see makers[] below. */
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "mapping/outbound.h"
#include "mapping/source.h"

enum { LINKS_MAX = 128, ACTIVITY_MAX = 60 * 1024, LEVELS_MAX = 8 };

struct case_data {
    const struct golden_case *golden;
    struct arena *arena;
    const json_t *context, *source;
    struct loss *loss;
    struct outbound_link links[LINKS_MAX];
    size_t link_count;
};

static const char *text_of(const struct case_data *data, const char *name)
{
    return json_string_value(json_object_get(data->context, name));
}

static int64_t time_of(const struct case_data *data, const char *name)
{
    const char *text = text_of(data, name);
    return text ? time_parse(text) : 0;
}

static void read_links(struct case_data *data)
{
    const json_t *links = json_object_get(data->context, "links");
    for (size_t i = 0; i < json_array_size(links) && i < LINKS_MAX; i++) {
        const json_t *link = json_array_get(links, i);
#define MEMBER(name) json_string_value(json_object_get(link, name))
        data->links[data->link_count++] =
            (struct outbound_link){.native = MEMBER("native"),
                                   .remote = MEMBER("remote"),
                                   .id = MEMBER("id"),
                                   .handle = MEMBER("handle"),
                                   .url = MEMBER("url"),
                                   .author = MEMBER("author"),
                                   .author_handle = MEMBER("author_handle"),
                                   .context = MEMBER("context"),
                                   .stamp = MEMBER("stamp"),
                                   .ours = json_is_true(json_object_get(link, "ours"))};
#undef MEMBER
    }
}

/* "repeat" makes long texts of short files. */
static void repeat_body(const struct case_data *data, struct post *post)
{
    size_t times = (size_t)json_integer_value(json_object_get(data->context, "repeat"));
    size_t length = post->body.length;
    if (times < 2)
        return;
    char *text = arena_alloc(data->arena, length * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, post->body.text, length);
    post->body.text = text;
    post->body.length = length * times;
}

static json_t *make_note(struct case_data *data)
{
    struct post post;
    if (!source_to_post(data->source, data->arena, &post))
        return NULL;
    repeat_body(data, &post);
    struct outbound_note note = {
        .post = &post,
        .base = text_of(data, "base"),
        .aid = text_of(data, "aid"),
        .oid = text_of(data, "oid"),
        .name = text_of(data, "name"),
        .published = time_of(data, "published"),
        .updated = time_of(data, "updated"),
        .links = data->links,
        .link_count = data->link_count,
        .likes = (uint64_t)json_integer_value(json_object_get(data->context, "likes")),
        .shares = (uint64_t)json_integer_value(json_object_get(data->context, "shares")),
        .replies = json_object_get(data->context, "replies"),
        .platform_name = text_of(data, "platform"),
    };
    return note_document(&note, data->loss);
}

static json_t *make_create(struct case_data *data)
{
    json_t *note = make_note(data);
    json_t *activity = note ? create_activity(note) : NULL;
    json_decref(note);
    return activity;
}

static json_t *make_update(struct case_data *data)
{
    json_t *note = make_note(data);
    json_t *activity = note ? update_activity(note, json_string_value(json_object_get(note, "attributedTo")),
                                              text_of(data, "id"))
                            : NULL;
    json_decref(note);
    return activity;
}

static json_t *make_quote_request(struct case_data *data)
{
    json_t *note = make_note(data);
    json_t *activity = note ? quote_request_activity(text_of(data, "id"), note, text_of(data, "object"),
                                                     text_of(data, "author"))
                            : NULL;
    json_decref(note);
    return activity;
}

static bool read_actor(struct case_data *data, struct account *account, struct outbound_actor *out)
{
    if (!source_to_account(data->source, data->arena, account))
        return false;
    *out = (struct outbound_actor){
        .account = account,
        .base = text_of(data, "base"),
        .aid = text_of(data, "aid"),
        .name = text_of(data, "name"),
        .public_key_pem = text_of(data, "key"),
        .platform_name = text_of(data, "platform"),
        .moved_to = text_of(data, "moved_to"),
        .suspended = json_is_true(json_object_get(data->context, "suspended")),
        .links = data->links,
        .link_count = data->link_count,
        .published = account->created,
    };
    return true;
}

static json_t *make_actor(struct case_data *data)
{
    struct account account;
    struct outbound_actor actor;
    return read_actor(data, &account, &actor) ? actor_document(&actor) : NULL;
}

static json_t *make_actor_update(struct case_data *data)
{
    json_t *actor = make_actor(data);
    json_t *activity =
        actor ? update_activity(actor, json_string_value(json_object_get(actor, "id")), text_of(data, "id"))
              : NULL;
    json_decref(actor);
    return activity;
}

static json_t *make_stub(struct case_data *data)
{
    struct account account;
    struct outbound_actor actor;
    return read_actor(data, &account, &actor) ? actor_stub(&actor) : NULL;
}

static json_t *make_instance_actor(struct case_data *data)
{
    return instance_actor_document(text_of(data, "base"), text_of(data, "authority"), text_of(data, "key"),
                                   text_of(data, "proof_key"));
}

static json_t *make_delete(struct case_data *data)
{
    return delete_activity(text_of(data, "actor"), text_of(data, "object"), text_of(data, "followers"));
}

static json_t *make_actor_delete(struct case_data *data)
{
    return delete_actor_activity(text_of(data, "actor"), text_of(data, "followers"));
}

static json_t *make_tombstone(struct case_data *data)
{
    return tombstone_document(text_of(data, "object"), text_of(data, "type"), time_of(data, "deleted"));
}

static json_t *answer(struct case_data *data, bool accept)
{
    return follow_answer(accept, text_of(data, "id"), text_of(data, "actor"), text_of(data, "follow"),
                         text_of(data, "follower"), text_of(data, "object"));
}

static json_t *make_accept(struct case_data *data)
{
    return answer(data, true);
}

static json_t *make_reject(struct case_data *data)
{
    return answer(data, false);
}

static json_t *make_announce(struct case_data *data)
{
    return announce_activity(text_of(data, "id"), text_of(data, "actor"), text_of(data, "object"),
                             text_of(data, "author"), text_of(data, "followers"), time_of(data, "published"));
}

static json_t *make_undo(struct case_data *data)
{
    json_t *announce = make_announce(data);
    json_t *undo = undo_activity(announce, text_of(data, "undo"));
    json_decref(announce);
    return undo;
}

static json_t *make_move(struct case_data *data)
{
    return move_activity(text_of(data, "id"), text_of(data, "actor"), text_of(data, "target"),
                         text_of(data, "followers"));
}

static json_t *make_pin(struct case_data *data)
{
    return pin_activity(text_of(data, "id"), text_of(data, "actor"), text_of(data, "object"),
                        text_of(data, "target"), text_of(data, "followers"),
                        strcmp(text_of(data, "make"), "pin") == 0);
}

static struct quote_request quote_of(const struct case_data *data)
{
    return (struct quote_request){.id = text_of(data, "request"),
                                  .actor = text_of(data, "requester"),
                                  .quoted = text_of(data, "object"),
                                  .quoted_author = text_of(data, "actor"),
                                  .quoting = text_of(data, "quoting")};
}

static json_t *make_quote_answer(struct case_data *data)
{
    struct quote_request request = quote_of(data);
    return quote_answer(text_of(data, "id"), &request, text_of(data, "stamp"));
}

static json_t *make_quote_stamp(struct case_data *data)
{
    struct quote_request request = quote_of(data);
    return quote_stamp_document(text_of(data, "stamp"), &request);
}

static const struct {
    const char *name;
    json_t *(*make)(struct case_data *data);
} makers[] = {
    {"note", make_note},
    {"create", make_create},
    {"update", make_update},
    {"actor", make_actor},
    {"actor_update", make_actor_update},
    {"stub", make_stub},
    {"instance_actor", make_instance_actor},
    {"delete", make_delete},
    {"actor_delete", make_actor_delete},
    {"tombstone", make_tombstone},
    {"accept", make_accept},
    {"reject", make_reject},
    {"announce", make_announce},
    {"undo", make_undo},
    {"move", make_move},
    {"pin", make_pin},
    {"unpin", make_pin},
    {"quote_request", make_quote_request},
    {"quote_answer", make_quote_answer},
    {"quote_stamp", make_quote_stamp},
};

/* ---- what holds for everything that leaves
 * -------------------------------------------------------------------------- */

static unsigned levels_of(const json_t *value)
{
    unsigned deepest = 0;
    if (json_is_object(value)) {
        const char *name;
        json_t *member;
        json_object_foreach((json_t *)(uintptr_t)value, name, member)
        {
            unsigned levels = levels_of(member);
            deepest = levels > deepest ? levels : deepest;
        }
        return deepest + 1;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        unsigned levels = levels_of(json_array_get(value, i));
        deepest = levels > deepest ? levels : deepest;
    }
    return json_is_array(value) ? deepest + 1 : 0;
}

static bool is_within_limits(const struct golden_case *golden, const json_t *activity)
{
    size_t length = 0;
    char *text = document_text(activity, &length);
    bool clean = text_is_clean(text, length);
    free(text);
    if (length >= ACTIVITY_MAX)
        return golden_fail(golden, "the activity is larger than 60 KiB");
    if (levels_of(activity) > LEVELS_MAX)
        return golden_fail(golden, "the activity is deeper than 8 levels");
    return clean || golden_fail(golden, "the activity is no clean UTF-8");
}

static json_t *make(struct case_data *data)
{
    const char *wanted = text_of(data, "make");
    for (size_t i = 0; wanted && i < sizeof makers / sizeof makers[0]; i++)
        if (strcmp(makers[i].name, wanted) == 0)
            return makers[i].make(data);
    (void)golden_fail(data->golden, "context.json has no known \"make\"");
    return NULL;
}

static bool check(const struct golden_case *golden)
{
    json_t *context = golden_read(golden, "context.json");
    json_t *source = golden_read(golden, "source.json");
    struct loss loss = {.entries = json_array()};
    struct case_data data = {
        .golden = golden, .arena = golden->arena, .context = context, .source = source, .loss = &loss};
    read_links(&data);
    json_t *activity = make(&data);
    bool good = activity ? is_within_limits(golden, activity)
                         : json_array_size(loss.entries) ||
                               golden_fail(golden, "nothing came out, and nobody was told why");
    good = golden_expect(golden, "activity.json", activity) && good;
    good = golden_expect(golden, "loss.json", loss.entries) && good;
    json_decref(context);
    json_decref(source);
    return good;
}

int main(int argc, char **argv)
{
    return golden_run(check, argc, argv);
}
