#include "gateway/store/renderings.h"

#include <string.h>

/* Every field that changes what is rendered; what never changes, and counts that are not shown, are left out.
 */
static const char *const account_fields[] = {
    "state", "name", "revision", "approves", "key_generation", "authorized_fetch", "aliases", "moved_to"};
static const char *const post_fields[] = {"state", "revision", "updated", "likes", "shares", "stamp"};

enum {
    ACCOUNT_FIELDS = sizeof account_fields / sizeof account_fields[0],
    POST_FIELDS = sizeof post_fields / sizeof post_fields[0],
};

static const char *stamp(const struct reply *reply, const char *const *names, size_t count,
                         struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        const char *value = reply_field(reply, names[i]);
        text = arena_format(arena, "%s%s%s", text, i ? " " : "", value ? value : "-");
    }
    return text;
}

const char *rendering_stamp_account(const struct reply *fields, struct arena *arena)
{
    return stamp(fields, account_fields, ACCOUNT_FIELDS, arena);
}

const char *rendering_stamp_post(const struct reply *fields, struct arena *arena)
{
    return stamp(fields, post_fields, POST_FIELDS, arena);
}

enum lookup rendering_find(struct store *store, const char *aid, const char *oid, struct rendering *out)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, oid);
    arguments_number(arguments, ACCOUNT_FIELDS);
    for (size_t i = 0; i < ACCOUNT_FIELDS; i++)
        arguments_text(arguments, account_fields[i]);
    for (size_t i = 0; i < POST_FIELDS && *oid; i++)
        arguments_text(arguments, post_fields[i]);
    struct reply *reply = store_script(store, "rendering", arguments);
    if (reply_kind(reply) != REPLY_LIST) {
        enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_ABSENT;
        reply_free(reply);
        return result;
    }
    *out = (struct rendering){.consent = consent_of(reply_text(reply_at(reply, 0))),
                              .host = reply_text(reply_at(reply, 1)),
                              .tag = reply_text(reply_at(reply, 2)),
                              .left_ms = reply_number(reply_at(reply, 3)),
                              .reply = reply};
    out->document = reply_bytes(reply_at(reply, 4), &out->length);
    return LOOKUP_FOUND;
}

void rendering_clear(struct rendering *rendering)
{
    reply_free(rendering->reply);
    rendering->reply = NULL;
}

void rendering_keep(struct store *store, const struct account_record *account, const struct post_record *post,
                    const char *tag, const char *document, size_t length)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, account->aid);
    arguments_text(arguments, post ? post->oid : "");
    arguments_format(arguments, "%s%s%s", account->rendered_from, post ? " " : "",
                     post ? post->rendered_from : "");
    arguments_text(arguments, tag);
    arguments_bytes(arguments, document, length);
    arguments_number(arguments, RENDERING_MS);
    store_script_start(store, "rendering_keep", arguments, NULL, NULL);
}
