/* Any stored post or account as what leaves: within 60 KiB, clean UTF-8, and no HTML outside the allow-list.
 */
#include <stdlib.h>
#include <string.h>

#include "mapping/outbound.h"
#include "mapping/source.h"

enum { BUDGET = 64 << 20, DOCUMENT_MAX = 200000, ACTIVITY_MAX = 60 * 1024 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_html(const char *html)
{
    static const char *const names[] = {"p",    "br",  "a",          "span", "strong", "em", "del",
                                        "code", "pre", "blockquote", "ul",   "ol",     "li", NULL};
    for (const char *at = html ? strchr(html, '<') : NULL; at; at = strchr(at + 1, '<')) {
        const char *name = at + 1 + (at[1] == '/');
        size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz");
        bool known = false;
        for (size_t i = 0; names[i] && !known; i++)
            known = strlen(names[i]) == length && memcmp(names[i], name, length) == 0;
        require(known && (name[length] == '>' || name[length] == ' '));
    }
}

static void check_activity(json_t *activity)
{
    size_t length = 0;
    char *text = document_text(activity, &length);
    require(length < ACTIVITY_MAX && text_is_clean(text, length));
    free(text);
    json_decref(activity);
}

static const struct outbound_link links[] = {
    {.native = "1002",
     .id = "https://b.example/u/b",
     .handle = "bob@b.example",
     .url = "https://b.example/@bob"},
    {.native = "76",
     .id = "https://b.example/u/a/p/1",
     .url = "https://p.example/76",
     .author = "https://b.example/u/b",
     .author_handle = "bob@b.example",
     .context = "https://b.example/u/a/p/1/context"},
    {.remote = "https://m.example/users/bob",
     .id = "https://m.example/users/bob",
     .handle = "<b>\"@m.example",
     .url = "https://m.example/\"><i>"},
    {.remote = "https://m.example/users/bob/statuses/9",
     .id = "https://m.example/users/bob/statuses/9",
     .stamp = "https://m.example/stamps/1",
     .author = "https://m.example/users/bob"},
};

static void check_post(struct arena *arena, const json_t *source)
{
    struct post post;
    if (!source_to_post(source, arena, &post))
        return;
    struct loss loss = {.entries = json_array()};
    const struct outbound_note note = {.post = &post,
                                       .base = "https://b.example",
                                       .aid = "abcdefghij234",
                                       .oid = "ponmlkjihgfedcba",
                                       .name = "alice",
                                       .published = post.created,
                                       .updated = post.edited,
                                       .links = links,
                                       .link_count = sizeof links / sizeof links[0],
                                       .platform_name = "<p>"};
    json_t *document = note_document(&note, &loss);
    if (document) {
        check_html(json_string_value(json_object_get(document, "content")));
        check_activity(create_activity(document));
    } else {
        require(json_array_size(loss.entries) > 0);
    }
    json_decref(document);
    json_decref(loss.entries);
}

static void check_account(struct arena *arena, const json_t *source)
{
    struct account account;
    if (!source_to_account(source, arena, &account))
        return;
    const struct outbound_actor actor = {.account = &account,
                                         .base = "https://b.example",
                                         .aid = "abcdefghij234",
                                         .name = "alice",
                                         .public_key_pem = "PEM",
                                         .links = links,
                                         .link_count = sizeof links / sizeof links[0]};
    json_t *document = actor_document(&actor);
    require(document != NULL);
    check_html(json_string_value(json_object_get(document, "summary")));
    check_activity(update_activity(document, "https://b.example/u/abcdefghij234", "https://b.example/#1"));
    json_decref(document);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size > DOCUMENT_MAX)
        return 0;
    json_t *document = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (!document)
        return 0;
    struct arena *arena = arena_new(BUDGET);
    check_post(arena, document);
    check_account(arena, document);
    arena_free(arena);
    json_decref(document);
    return 0;
}
