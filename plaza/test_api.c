#include "plaza/test_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/fields.h"
#include "plaza/follows.h"
#include "plaza/polls.h"
#include "plaza/reports.h"
#include "plaza/threads.h"

static bool find_user(struct plaza *plaza, struct request *request, const char *handle,
                      struct account *account)
{
    if (account_by_handle(&plaza->database, handle, account))
        return true;
    answer_problem(request, 404, "user_unknown", NULL, "There is no member of that name.");
    return false;
}

static void answer_user(struct plaza *plaza, struct request *request, int status,
                        const struct account *account)
{
    answer_json(request, status, account_json(plaza, account));
}

static void answer_post(struct plaza *plaza, struct request *request, int status, int64_t id)
{
    sqlite3_stmt *row = database_query(&plaza->database, POST_SELECT "WHERE post.id = ?", "i", id);
    if (database_row(&plaza->database, &row))
        answer_json(request, status, post_row_json(plaza, row));
    database_finish(&row);
}

static void answer_outcome(struct request *request, enum post_outcome outcome, const char *field)
{
    switch (outcome) {
    case POST_OK:
        break;
    case POST_NOT_FOUND:
        answer_problem(request, 404, "post_unknown", NULL, "There is no such post.");
        break;
    case POST_GONE:
        answer_problem(request, 410, "gone", NULL, "The post was deleted.");
        break;
    case POST_NOT_YOURS:
        answer_problem(request, 403, "not_yours", NULL, "The post is somebody else's.");
        break;
    case POST_EMPTY:
        answer_problem(request, 422, "empty", "text", "The text is empty.");
        break;
    case POST_TOO_LONG:
        answer_problem(request, 422, "too_long", "text", "The text is too long.");
        break;
    case POST_BAD_FIELD:
        answer_problem(request, 422, "invalid", field, "A field is not as it must be.");
        break;
    case POST_PARENT_UNKNOWN:
        answer_problem(request, 404, "parent_unknown", "reply_to", "What it answers is not there.");
        break;
    }
}

/* ---- members ---- */

static void post_user(struct plaza *plaza, struct request *request)
{
    json_t *body = request_json(request);
    struct fields fields = {.object = body};
    struct account account;
    const char *handle = body ? field_text(&fields, "handle", HANDLE_MAX) : NULL;
    const char *name = body ? field_text_or_null(&fields, "name", NAME_BYTES_MAX) : NULL;
    if (body && fields_good(&fields, request)) {
        int64_t id = account_create(&plaza->database, handle, name ? name : handle);
        if (id && account_by_id(&plaza->database, id, &account))
            answer_user(plaza, request, 201, &account);
        else
            answer_problem(request, 409, "taken", "handle", "The handle is taken or malformed.");
    }
    json_decref(body);
}

static void get_user(struct plaza *plaza, struct request *request)
{
    struct account account;
    if (find_user(plaza, request, request->captures[0], &account))
        answer_user(plaza, request, 200, &account);
}

static void set_federation(struct plaza *plaza, struct request *request, struct account *account,
                           struct fields *fields)
{
    bool on = field_bool(fields, "on", account->federation);
    if (fields_good(fields, request))
        account_set_federation(plaza, account, on);
}

static void set_handle(struct plaza *plaza, struct request *request, struct account *account,
                       struct fields *fields)
{
    const char *handle = field_text(fields, "handle", HANDLE_MAX);
    if (fields_good(fields, request) && !account_rename(plaza, account, handle))
        answer_problem(request, 409, "taken", "handle", "The handle is taken or malformed.");
}

static void set_status(struct plaza *plaza, struct request *request, struct account *account,
                       struct fields *fields)
{
    const char *status = field_text(fields, "status", 16);
    if (fields_good(fields, request) && !account_set_status(plaza, account, status))
        answer_problem(request, 422, "invalid", "status", "active, suspended, deactivated or deleted");
}

static void set_profile(struct plaza *plaza, struct request *request, struct account *account,
                        struct fields *fields)
{
    const char *name = field_text_or_null(fields, "name", NAME_BYTES_MAX);
    const char *bio = field_text_or_null(fields, "bio", BIO_BYTES_MAX);
    bool replies = field_bool(fields, "replies", account->replies);
    bool discoverable = field_bool(fields, "discoverable", account->discoverable);
    if (!fields_good(fields, request))
        return;
    struct account before = *account;
    account_set_profile(plaza, account, name ? name : before.name, bio ? bio : before.bio);
    account_set_wishes(plaza, account, replies, discoverable);
}

static void change_user(struct plaza *plaza, struct request *request,
                        void (*change)(struct plaza *, struct request *, struct account *, struct fields *))
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        change(plaza, request, &account, &fields);
        if (!request->status)
            answer_user(plaza, request, 200, &account);
    }
    json_decref(body);
}

static void post_federation(struct plaza *plaza, struct request *request)
{
    change_user(plaza, request, set_federation);
}

static void put_handle(struct plaza *plaza, struct request *request)
{
    change_user(plaza, request, set_handle);
}

static void put_status(struct plaza *plaza, struct request *request)
{
    change_user(plaza, request, set_status);
}

static void put_profile(struct plaza *plaza, struct request *request)
{
    change_user(plaza, request, set_profile);
}

/* ---- posts ---- */

static struct post_draft read_draft(struct fields *fields)
{
    return (struct post_draft){
        .text = field_text(fields, "text", 1 << 20),
        .warning = field_text_or_null(fields, "warning", 1 << 20),
        .language = field_text_or_null(fields, "language", 255),
        .visibility = field_text_or_null(fields, "visibility", 255),
        .image_url = field_text_or_null(fields, "image_url", 1 << 20),
        .image_alt = field_text_or_null(fields, "image_alt", 1 << 20),
        .parent = field_text_or_null(fields, "reply_to", 255),
        .quote = field_text_or_null(fields, "quote_of", URL_BYTES_MAX),
        .poll = field_text_or_null(fields, "poll", 4096), /* one option a line */
        .poll_multiple = field_bool(fields, "poll_multiple", false),
        .poll_minutes = json_integer_value(json_object_get(fields->object, "poll_minutes")),
    };
}

/* Answers with the new post; its number, or 0. */
static int64_t create(struct plaza *plaza, struct request *request, const struct account *author,
                      struct fields *fields)
{
    struct post_draft draft = read_draft(fields);
    int64_t id = 0;
    const char *field = NULL;
    if (!fields_good(fields, request))
        return 0;
    enum post_outcome outcome = post_create(plaza, author, &draft, &id, &field);
    if (outcome != POST_OK) {
        answer_outcome(request, outcome, field);
        return 0;
    }
    answer_post(plaza, request, 201, id);
    return id;
}

static void post_post(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        (void)create(plaza, request, &account, &fields);
    }
    json_decref(body);
}

/* The author of the post in the path: tests act for whoever wrote it. */
static bool find_author(struct plaza *plaza, struct request *request, int64_t *id, struct account *author)
{
    struct post_head head;
    *id = text_numbered_id(request->captures[0], "p_");
    if (*id && post_head(&plaza->database, *id, &head) &&
        account_by_id(&plaza->database, head.account, author))
        return true;
    answer_outcome(request, POST_NOT_FOUND, NULL);
    return false;
}

static void put_post(struct plaza *plaza, struct request *request)
{
    struct account author;
    int64_t id;
    json_t *body = request_json(request);
    if (body && find_author(plaza, request, &id, &author)) {
        struct fields fields = {.object = body};
        struct post_draft draft = read_draft(&fields);
        const char *field = NULL;
        if (fields_good(&fields, request)) {
            enum post_outcome outcome = post_edit(plaza, &author, id, &draft, &field);
            if (outcome == POST_OK)
                answer_post(plaza, request, 200, id);
            else
                answer_outcome(request, outcome, field);
        }
    }
    json_decref(body);
}

static void delete_post(struct plaza *plaza, struct request *request)
{
    struct account author;
    int64_t id;
    if (!find_author(plaza, request, &id, &author))
        return;
    answer_empty(request, 204);
    answer_outcome(request, post_delete(plaza, &author, id), NULL);
}

/* The post as people see it, with all that answers it: {…, "replies": […]}; 410 when it is deleted. */
static void get_post(struct plaza *plaza, struct request *request)
{
    char local[LOCAL_ID_SIZE];
    int64_t thread = 0;
    enum post_outcome outcome = post_resolve(&plaza->database, request->captures[0], local, &thread);
    if (outcome != POST_OK) {
        answer_outcome(request, outcome, NULL);
        return;
    }
    json_t *posts = thread_json(plaza, thread);
    json_t *found = NULL;
    json_t *replies = json_array();
    json_int_t depth = 0;
    size_t index;
    json_t *post;
    json_array_foreach(posts, index, post)
    {
        json_int_t level = json_integer_value(json_object_get(post, "depth"));
        if (found && level <= depth)
            break;
        if (found)
            json_array_append(replies, post);
        else if (strcmp(json_string_value(json_object_get(post, "id")), local) == 0) {
            found = json_incref(post);
            depth = level;
        }
    }
    json_decref(posts);
    if (!found) {
        json_decref(replies);
        answer_outcome(request, POST_NOT_FOUND, NULL);
        return;
    }
    json_object_set_new(found, "replies", replies);
    answer_json(request, 200, found);
}

static void post_like_as(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        const char *target = field_text(&fields, "target", 255);
        bool on = field_bool(&fields, "on", true);
        if (fields_good(&fields, request)) {
            answer_empty(request, 204);
            answer_outcome(request, post_like(plaza, &account, target, on), NULL);
        }
    }
    json_decref(body);
}

/* {target}: the new repost. Deleting that post takes it back. */
static void post_repost_as(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        const char *target = field_text(&fields, "target", URL_BYTES_MAX);
        int64_t id = 0;
        if (fields_good(&fields, request)) {
            enum post_outcome outcome = post_repost(plaza, &account, target, &id);
            if (outcome == POST_OK)
                answer_post(plaza, request, 201, id);
            answer_outcome(request, outcome, NULL);
        }
    }
    json_decref(body);
}

/* {post, on} */
static void post_pin_as(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        const char *post = field_text(&fields, "post", 255);
        bool on = field_bool(&fields, "on", true);
        if (fields_good(&fields, request)) {
            answer_empty(request, 204);
            answer_outcome(request, post_pin(plaza, &account, text_numbered_id(post, "p_"), on), NULL);
        }
    }
    json_decref(body);
}

/* {post, choice} */
static void post_vote_as(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        const char *post = field_text(&fields, "post", 255);
        const char *choice = field_text(&fields, "choice", OPTION_BYTES_MAX);
        if (fields_good(&fields, request)) {
            answer_empty(request, 204);
            answer_outcome(request, poll_vote_as(plaza, &account, text_numbered_id(post, "p_"), choice),
                           "choice");
        }
    }
    json_decref(body);
}

static void get_mentions(struct plaza *plaza, struct request *request)
{
    struct account account;
    if (find_user(plaza, request, request->captures[0], &account))
        answer_json(request, 200, json_make("{s:o}", "items", mentions_json(plaza, account.id)));
}

static void get_home(struct plaza *plaza, struct request *request)
{
    struct account account;
    if (find_user(plaza, request, request->captures[0], &account))
        answer_json(request, 200, json_make("{s:o}", "items", home_json(plaza, account.id)));
}

/* {acct}: follow; {key}: no more */
static void post_follow_as(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        const char *acct = field_text_or_null(&fields, "acct", 320);
        const char *key = field_text_or_null(&fields, "key", 255);
        if (fields_good(&fields, request)) {
            answer_empty(request, 204);
            if (!(acct ? follow_wish(plaza, &account, acct) : key && follow_end(plaza, &account, key)))
                answer_problem(request, 422, "invalid", acct ? "acct" : "key", "Nobody can be followed so.");
        }
    }
    json_decref(body);
}

static void post_block_as(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        const char *key = field_text(&fields, "key", 255);
        bool on = field_bool(&fields, "on", true);
        if (fields_good(&fields, request)) {
            answer_empty(request, 204);
            if (!account_block(plaza, &account, key, on))
                answer_problem(request, 404, "actor_unknown", "key", "There is no such person.");
        }
    }
    json_decref(body);
}

static void post_report_as(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    if (body && find_user(plaza, request, request->captures[0], &account)) {
        struct fields fields = {.object = body};
        const char *key = field_text(&fields, "key", 255);
        const char *comment = field_text(&fields, "comment", REPORT_COMMENT_MAX);
        bool forward = field_bool(&fields, "forward", false);
        if (fields_good(&fields, request)) {
            answer_empty(request, 204);
            if (!report_make(plaza, &account, key, comment, forward))
                answer_problem(request, 404, "unknown", "key", "There is no such person or post.");
        }
    }
    json_decref(body);
}

static void get_reports(struct plaza *plaza, struct request *request)
{
    answer_json(request, 200, json_make("{s:o}", "items", reports_json(plaza)));
}

/* Both in one transaction, so they become visible together: the shortest life that a post can have. */
static void post_and_delete(struct plaza *plaza, struct request *request)
{
    struct account account;
    json_t *body = request_json(request);
    struct fields fields = {.object = body};
    const char *handle = body ? field_text(&fields, "user", HANDLE_MAX) : NULL;
    if (body && fields_good(&fields, request) && find_user(plaza, request, handle, &account)) {
        int64_t id = create(plaza, request, &account, &fields);
        if (id)
            (void)post_delete(plaza, &account, id);
    }
    json_decref(body);
}

static void cut_streams(struct plaza *plaza, struct request *request)
{
    (void)plaza;
    request->cut_streams = true;
    answer_empty(request, 204);
}

static const struct route routes[] = {
    {METHOD_POST, true, "/test/users", post_user},
    {METHOD_GET, false, "/test/users/*", get_user},
    {METHOD_POST, true, "/test/users/*/federation", post_federation},
    {METHOD_PUT, true, "/test/users/*/handle", put_handle},
    {METHOD_PUT, true, "/test/users/*/status", put_status},
    {METHOD_PUT, true, "/test/users/*/profile", put_profile},
    {METHOD_POST, true, "/test/users/*/posts", post_post},
    {METHOD_POST, true, "/test/users/*/likes", post_like_as},
    {METHOD_POST, true, "/test/users/*/reposts", post_repost_as},
    {METHOD_POST, true, "/test/users/*/pins", post_pin_as},
    {METHOD_POST, true, "/test/users/*/votes", post_vote_as},
    {METHOD_GET, false, "/test/users/*/mentions", get_mentions},
    {METHOD_GET, false, "/test/users/*/home", get_home},
    {METHOD_POST, true, "/test/users/*/follows", post_follow_as},
    {METHOD_POST, true, "/test/users/*/blocks", post_block_as},
    {METHOD_POST, true, "/test/users/*/reports", post_report_as},
    {METHOD_GET, false, "/test/reports", get_reports},
    {METHOD_GET, false, "/test/posts/*", get_post},
    {METHOD_PUT, true, "/test/posts/*", put_post},
    {METHOD_DELETE, true, "/test/posts/*", delete_post},
    {METHOD_POST, true, "/test/post-and-delete", post_and_delete},
    {METHOD_POST, false, "/test/cut-streams", cut_streams},
};

bool test_api_owns(const struct plaza *plaza, const char *path)
{
    return plaza->options.test_api && strncmp(path, "/test/", 6) == 0;
}

bool test_api_handle(struct plaza *plaza, struct request *request)
{
    return routes_run(plaza, request, routes, sizeof routes / sizeof *routes);
}
