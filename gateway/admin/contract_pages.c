/* Level 0: posts, their pages, edits and deletes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/contract.h"

enum { PAGES_MAX = 200, POSTS_WANTED = 5, CURSOR_TEXT_MAX = 3100 };

/* Everything that RFC 3986 does not let stand in a query as it is. */
static void escape(const char *text, char out[CURSOR_TEXT_MAX])
{
    size_t length = 0;
    for (; *text && length + 4 < CURSOR_TEXT_MAX; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= 'a' && byte <= 'z') || strchr("-._~", byte);
        length += (size_t)snprintf(out + length, CURSOR_TEXT_MAX - length, plain ? "%c" : "%%%02X", byte);
    }
    out[length] = '\0';
}

json_t *contract_list(struct contract *contract, const char *path, const char *query, int limit)
{
    json_t *all = json_array();
    char after[CURSOR_TEXT_MAX] = "";
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        json_t *page = contract_get(contract, "%s?%s&limit=%d%s%s", path, query, limit,
                                    after[0] ? "&after=" : "", after);
        const json_t *items = json_object_get(page, "items");
        const json_t *next = json_object_get(page, "next");
        size_t count = json_array_size(items);
        const char *wrong = !page                           ? ""
                            : !json_is_array(items)         ? "has no array 'items'"
                            : (int64_t)count > limit        ? "has more items than its limit"
                            : !next                         ? "has no 'next' (null at the end)"
                            : !json_is_null(next) && !count ? "is empty and not the last"
                                                            : NULL;
        if (wrong) {
            if (*wrong)
                contract_wrong(contract, "GET %s?%s&limit=%d: the page %s", path, query, limit, wrong);
            json_decref(page);
            json_decref(all);
            return NULL;
        }
        (void)json_array_extend(all, (json_t *)(uintptr_t)items);
        escape(json_is_string(next) ? json_string_value(next) : "", after);
        json_decref(page);
        if (!after[0])
            return all;
    }
    return all; /* what is checked of it holds for the beginning too */
}

static int by_text(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static bool holds_twice(const json_t *list)
{
    size_t count = json_array_size(list);
    const char **ids = calloc(count + 1, sizeof *ids);
    bool twice = false;
    if (!ids)
        abort();
    for (size_t i = 0; i < count; i++)
        ids[i] = contract_text(json_array_get(list, i), "id");
    qsort(ids, count, sizeof *ids, by_text);
    for (size_t i = 1; i < count; i++)
        twice = twice || strcmp(ids[i - 1], ids[i]) == 0;
    free(ids);
    return twice;
}

static const char *id_at(const json_t *list, size_t index)
{
    return contract_text(json_array_get(list, index), "id");
}

static json_t *posts_of(struct contract *contract, const char *order, int limit)
{
    char path[CONTRACT_ID_MAX + 32];
    char query[32];
    (void)snprintf(path, sizeof path, "/accounts/%s/posts", contract->account);
    (void)snprintf(query, sizeof query, "order=%s", order);
    return contract_list(contract, path, query, limit);
}

/* Text whose bytes, UTF-16 units and characters differ before the tag. */
static const char sample[] = "Grüße, a 🦉 and a tag #drawbridge number %d";

static void prepare_posts(struct contract *contract)
{
    for (int i = 0; i < POSTS_WANTED; i++) {
        char text[sizeof sample + 16];
        (void)snprintf(text, sizeof text, sample, i);
        json_t *made = i == 0 ? contract_sandbox(contract, "post", "{s:s, s:s, s:{s:s, s:s}}", "account",
                                                 contract->account, "text", text, "image", "url",
                                                 "https://media.example/owl.jpg", "alt", "An owl")
                              : contract_sandbox(contract, "post", "{s:s, s:s}", "account", contract->account,
                                                 "text", text);
        if (!contract->post[0])
            (void)snprintf(contract->post, sizeof contract->post, "%s", contract_text(made, "id"));
        json_decref(made);
    }
}

static void check_posts(struct contract *contract)
{
    if (contract->features & FEATURE_SANDBOX)
        prepare_posts(contract);
    json_t *list = posts_of(contract, "newest", 100);
    size_t index;
    const json_t *post;
    json_array_foreach(list, index, post)
    {
        char where[CONTRACT_ID_MAX + 16];
        (void)snprintf(where, sizeof where, "post %s", contract_text(post, "id"));
        if (contract_shape_post(contract, post, where) &&
            strcmp(contract_text(post, "author"), contract->account) != 0)
            contract_wrong(contract, "%s: its author is not the account whose posts were asked for", where);
    }
    if (list && !json_array_size(list))
        contract_skip(contract, "the account has no public post; write some and check again");
    else if (list && contract_good(contract)) {
        const char *id = contract->post[0] ? contract->post : id_at(list, 0);
        json_t *one = contract_get(contract, "/posts/%s", id);
        if (one && strcmp(contract_text(one, "id"), id) != 0)
            contract_wrong(contract, "GET /posts/%s answered another post", id);
        if (!contract->post[0])
            (void)snprintf(contract->post, sizeof contract->post, "%s", id);
        json_decref(one);
    }
    json_decref(list);
}

static void check_media(struct contract *contract)
{
    json_t *post = contract_get(contract, "/posts/%s", contract->post);
    const json_t *media = json_array_get(json_object_get(post, "media"), 0);
    if (post && !media)
        contract_wrong(contract, "the sandbox's post with an image has no media");
    else if (media && strcmp(contract_text(media, "alt"), "An owl") != 0)
        contract_wrong(contract, "the image's alternative text is not told in 'alt'");
    json_decref(post);
}

static void check_paging(struct contract *contract)
{
    json_t *newest = posts_of(contract, "newest", 100);
    json_t *oldest = posts_of(contract, "oldest", 2);
    size_t count = json_array_size(newest);
    if (newest && oldest) {
        if (holds_twice(oldest))
            contract_wrong(contract, "paging with limit=2: a post comes twice");
        if (json_array_size(oldest) < count)
            contract_wrong(contract,
                           "paging with limit=2 gives %zu posts, one page of 100 gives %zu: some are lost "
                           "between pages",
                           json_array_size(oldest), count);
        else if (count && count < 100 && strcmp(id_at(newest, 0), id_at(oldest, count - 1)) != 0)
            contract_wrong(contract, "order=newest does not begin with the last post of order=oldest");
    }
    json_decref(newest);
    json_decref(oldest);
}

/* ---- the list of ids ---- */

static json_t *ids_of(struct contract *contract, int limit)
{
    json_t *found = json_object();
    char after[CURSOR_TEXT_MAX] = "";
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        json_t *page = contract_get(contract, "/accounts/%s/post-ids?limit=%d%s%s", contract->account, limit,
                                    after[0] ? "&after=" : "", after);
        size_t index;
        const json_t *pair;
        if (!page) {
            json_decref(found);
            return NULL;
        }
        json_array_foreach(json_object_get(page, "items"), index, pair)
        {
            if (contract_is_id(json_array_get(pair, 0)) && json_is_integer(json_array_get(pair, 1)))
                (void)json_object_set(found, json_string_value(json_array_get(pair, 0)),
                                      json_array_get(pair, 1));
            else
                contract_wrong(contract, "post-ids: items[%zu] must be [id, rev]", index);
        }
        escape(contract_text(page, "next"), after);
        json_decref(page);
        if (!after[0])
            break;
    }
    return found;
}

static void check_ids(struct contract *contract)
{
    if (contract->features & FEATURE_SANDBOX)
        json_decref(contract_sandbox(contract, "edit", "{s:s, s:s}", "post", contract->post, "text",
                                     "Edited for #drawbridge before the ids are read"));
    json_t *posts = posts_of(contract, "newest", 100);
    json_t *ids = posts ? ids_of(contract, 3) : NULL;
    size_t index;
    const json_t *post;
    if (ids)
        json_array_foreach(posts, index, post)
        {
            const char *id = contract_text(post, "id");
            const json_t *rev = json_object_get(ids, id);
            if (!rev)
                contract_wrong(contract,
                               "post %s is listed and missing in post-ids: the gateway would delete it", id);
            else if (json_integer_value(rev) != contract_number(post, "rev"))
                contract_wrong(contract, "post %s has rev %lld and post-ids says %lld", id,
                               (long long)contract_number(post, "rev"), (long long)json_integer_value(rev));
        }
    json_decref(posts);
    json_decref(ids);
}

static void check_edit(struct contract *contract)
{
    json_t *before = contract_get(contract, "/posts/%s", contract->post);
    json_decref(contract_sandbox(contract, "edit", "{s:s, s:s}", "post", contract->post, "text",
                                 "Edited once more for #drawbridge"));
    json_t *after = contract_get(contract, "/posts/%s", contract->post);
    if (before && after) {
        if (contract_number(after, "rev") <= contract_number(before, "rev"))
            contract_wrong(contract, "post %s was edited and its rev did not rise: the edit will not be seen",
                           contract->post);
        if (!json_is_string(json_object_get(after, "edited")))
            contract_wrong(contract, "post %s was edited and 'edited' does not say when", contract->post);
        if (strcmp(contract_text(after, "text"), "Edited once more for #drawbridge") != 0)
            contract_wrong(contract, "post %s was edited and GET shows the old text", contract->post);
    }
    json_decref(before);
    json_decref(after);
}

bool contract_deleted_post(struct contract *contract, char id[CONTRACT_ID_MAX + 1])
{
    json_t *made =
        contract_sandbox(contract, "post", "{s:s, s:s}", "account", contract->account, "text", "Soon gone");
    (void)snprintf(id, CONTRACT_ID_MAX + 1, "%s", contract_text(made, "id"));
    json_decref(made);
    json_t *deleted = id[0] ? contract_sandbox(contract, "delete", "{s:s}", "post", id) : NULL;
    json_decref(deleted);
    return deleted != NULL;
}

static void check_delete(struct contract *contract)
{
    char gone[CONTRACT_ID_MAX + 1];
    if (!contract_deleted_post(contract, gone))
        return;
    json_decref(contract_must(contract, "GET", 410, NULL, NULL, "/posts/%s", gone));
    json_t *ids = ids_of(contract, 100);
    if (json_object_get(ids, gone))
        contract_wrong(contract, "post %s was deleted and is still in post-ids", gone);
    json_decref(ids);
}

const struct contract_check contract_checks_pages[] = {
    {"posts", 0, "§3.3", "posts have what a post needs, offsets in UTF-8 bytes", check_posts,
     FEATURE_ACCOUNT},
    {"media", 0, "§3.3", "media are told with their alternative text", check_media,
     FEATURE_SANDBOX | FEATURE_ACCOUNT},
    {"paging", 0, "§3.4", "pages together are the whole list, in either order", check_paging,
     FEATURE_ACCOUNT},
    {"post-ids", 0, "§3.4", "post-ids is complete and has the revisions of now", check_ids, FEATURE_ACCOUNT},
    {"edit", 0, "§3.3", "an edit raises the revision", check_edit, FEATURE_SANDBOX | FEATURE_ACCOUNT},
    {"delete", 0, "§3.3", "a deleted post is 410 and in no list", check_delete,
     FEATURE_SANDBOX | FEATURE_ACCOUNT},
    {0}};
