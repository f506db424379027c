#include "plaza/reads.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/fault.h"
#include "plaza/posts.h"

enum { POST_IDS_MAX = 1000 };

/* ---- accounts ---- */

static bool parse_page(struct request *request, const char *prefix, int64_t maximum, int64_t *limit,
                       int64_t *after)
{
    const char *cursor = request_query(request, "after");
    *limit = request_query_number(request, "limit", maximum < 50 ? maximum : 50, maximum);
    *after = cursor && *cursor ? text_numbered_id(cursor, prefix) : 0;
    if (*limit >= 1 && (!cursor || !*cursor || *after))
        return true;
    answer_problem(request, 400, "bad_parameter", *limit < 1 ? "limit" : "after",
                   "A parameter cannot be read.");
    return false;
}

void read_account(struct plaza *plaza, struct request *request)
{
    struct account account;
    int64_t id = text_numbered_id(request->captures[0], "u_");
    /* Who never switched the fediverse on does not exist for the gateway. */
    if (!id || !account_by_id(&plaza->database, id, &account) ||
        (!account.federated_before && !fault_is(FAULT_CONSENT_LEAK))) {
        answer_problem(request, 404, "account_unknown", NULL, "There is no such account in the fediverse.");
        return;
    }
    request->cacheable = true;
    answer_json(request, 200, account_json(plaza, &account));
}

static void answer_page(struct request *request, json_t *items, const char *next)
{
    request->cacheable = true;
    answer_json(request, 200,
                json_make("{s:o, s:o}", "items", items, "next", next ? json_string(next) : json_null()));
}

static void list_by_handle(struct plaza *plaza, struct request *request, const char *handle)
{
    struct account account;
    json_t *items = json_array();
    if (account_by_handle(&plaza->database, handle, &account) && account.federated_before)
        json_array_append_new(items, account_json(plaza, &account));
    answer_page(request, items, NULL);
}

void read_accounts(struct plaza *plaza, struct request *request)
{
    const char *handle = request_query(request, "handle");
    int64_t limit;
    int64_t after;
    if (handle) {
        list_by_handle(plaza, request, handle);
        return;
    }
    if (!parse_page(request, "u_", PAGE_MAX, &limit, &after))
        return;
    sqlite3_stmt *row = database_query(
        &plaza->database, "SELECT id FROM account WHERE federation = 1 AND id > ? ORDER BY id LIMIT ?", "ii",
        after, limit + 1);
    json_t *items = json_array();
    char next[ACCOUNT_ID_SIZE] = "";
    while (database_row(&plaza->database, &row)) {
        struct account account;
        if ((int64_t)json_array_size(items) == limit) {
            snprintf(next, sizeof next, "u_%" PRId64, after);
            break;
        }
        after = column_number(row, 0);
        if (account_by_id(&plaza->database, after, &account))
            json_array_append_new(items, account_json(plaza, &account));
    }
    database_finish(&row);
    answer_page(request, items, next[0] ? next : NULL);
}

/* ---- posts ---- */

static void answer_posts(struct plaza *plaza, struct request *request, sqlite3_stmt *row, int64_t limit)
{
    json_t *items = json_array();
    char next[LOCAL_ID_SIZE] = "";
    int64_t last = 0;
    while (database_row(&plaza->database, &row)) {
        if ((int64_t)json_array_size(items) == limit) {
            if (fault_is(FAULT_PAGE_GAP))
                last = column_number(row, 0);
            snprintf(next, sizeof next, "p_%" PRId64, last);
            break;
        }
        last = column_number(row, 0);
        json_array_append_new(items, post_row_json(plaza, row));
    }
    database_finish(&row);
    answer_page(request, items, next[0] ? next : NULL);
}

static bool federated_account(struct plaza *plaza, struct request *request, int64_t *id)
{
    struct account account;
    *id = text_numbered_id(request->captures[0], "u_");
    if (*id && account_by_id(&plaza->database, *id, &account) && account.federation)
        return true;
    answer_problem(request, 404, "account_unknown", NULL, "There is no such account in the fediverse.");
    return false;
}

void read_posts(struct plaza *plaza, struct request *request)
{
    int64_t id;
    int64_t limit;
    int64_t after;
    if (!federated_account(plaza, request, &id) || !parse_page(request, "p_", PAGE_MAX, &limit, &after))
        return;
    const char *order = request_query(request, "order");
    bool oldest = order && strcmp(order, "oldest") == 0;
    if (order && !oldest && strcmp(order, "newest") != 0) {
        answer_problem(request, 400, "bad_parameter", "order", "The order is newest or oldest.");
        return;
    }
    const char *sql = oldest ? POST_SELECT "WHERE post.account = ? AND post.id > ? AND" POST_EXPORTED
                                           "ORDER BY post.id LIMIT ?"
                             : POST_SELECT "WHERE post.account = ? AND post.id < ? AND" POST_EXPORTED
                                           "ORDER BY post.id DESC LIMIT ?";
    int64_t from = oldest || after ? after : INT64_MAX;
    answer_posts(plaza, request, database_query(&plaza->database, sql, "iii", id, from, limit + 1), limit);
}

void read_post_ids(struct plaza *plaza, struct request *request)
{
    int64_t id;
    int64_t limit;
    int64_t after;
    if (!federated_account(plaza, request, &id) || !parse_page(request, "p_", POST_IDS_MAX, &limit, &after))
        return;
    if (!request_query(request, "limit"))
        limit = POST_IDS_MAX;
    sqlite3_stmt *row =
        database_query(&plaza->database,
                       "SELECT post.id, post.rev FROM post JOIN account ON account.id = post.account"
                       " WHERE post.account = ? AND post.id > ? AND" POST_EXPORTED "ORDER BY post.id LIMIT ?",
                       "iii", id, after, limit + 1);
    json_t *items = json_array();
    char post[LOCAL_ID_SIZE] = "";
    bool more = false;
    while (!more && database_row(&plaza->database, &row)) {
        more = (int64_t)json_array_size(items) == limit;
        if (more)
            break;
        snprintf(post, sizeof post, "p_%" PRId64, column_number(row, 0));
        json_array_append_new(
            items, json_make("[s, I]", post,
                             fault_is(FAULT_IDS_STALE) ? (json_int_t)1 : (json_int_t)column_number(row, 1)));
    }
    database_finish(&row);
    answer_page(request, items, more ? post : NULL);
}

/* 404 and 410 as the contract tells them apart: never there for the gateway, or deleted. */
static bool find_exported(struct plaza *plaza, struct request *request, int64_t *id)
{
    struct post_head head;
    *id = text_numbered_id(request->captures[0], "p_");
    bool found = *id && post_head(&plaza->database, *id, &head);
    if (found && head.deleted && head.announced && !fault_is(FAULT_DELETED_404)) {
        answer_problem(request, 410, "gone", NULL, "This post was deleted.");
        return false;
    }
    if (found && !head.deleted && post_exported(&plaza->database, &head))
        return true;
    answer_problem(request, 404, "post_unknown", NULL, "There is no such post in the fediverse.");
    return false;
}

void read_post(struct plaza *plaza, struct request *request)
{
    int64_t id;
    if (!find_exported(plaza, request, &id))
        return;
    sqlite3_stmt *row = database_query(&plaza->database, POST_SELECT "WHERE post.id = ?", "i", id);
    if (database_row(&plaza->database, &row)) {
        request->cacheable = true;
        answer_json(request, 200, post_row_json(plaza, row));
    }
    database_finish(&row);
}

void read_replies(struct plaza *plaza, struct request *request)
{
    int64_t id;
    int64_t limit;
    int64_t after;
    if (!find_exported(plaza, request, &id) || !parse_page(request, "p_", PAGE_MAX, &limit, &after))
        return;
    answer_posts(plaza, request,
                 database_query(&plaza->database,
                                POST_SELECT "WHERE post.parent = 'p_' || ? AND post.id > ? AND" POST_EXPORTED
                                            "ORDER BY post.id LIMIT ?",
                                "iii", id, after, limit + 1),
                 limit);
}
