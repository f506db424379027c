#include "plaza/sandbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/fields.h"
#include "plaza/outbox.h"
#include "plaza/posts.h"
#include "plaza/reports.h"

struct errand {
    struct plaza *plaza;
    struct request *request;
    struct fields *fields;
};

static void answer_id(struct request *request, const char *prefix, int64_t id)
{
    char text[ACCOUNT_ID_SIZE];
    snprintf(text, sizeof text, "%s%" PRId64, prefix, id);
    answer_json(request, 200, json_make("{s:b, s:s}", "ok", 1, "id", text));
}

static void answer_good(struct request *request)
{
    answer_json(request, 200, json_make("{s:b}", "ok", 1));
}

static void not_there(struct request *request, const char *field)
{
    answer_problem(request, 404, "not_found", field, "The sandbox knows nothing of that name.");
}

/* ---- members ---- */

static void do_account(const struct errand *errand)
{
    char token[TOKEN_TEXT_SIZE];
    char made[HANDLE_MAX + 1];
    const char *handle = field_text_or_null(errand->fields, "handle", HANDLE_MAX);
    if (!fields_good(errand->fields, errand->request))
        return;
    token_new(token);
    snprintf(made, sizeof made, "check_%.12s", token);
    int64_t id = account_create(&errand->plaza->database, handle ? handle : made, handle ? handle : made);
    if (id)
        answer_id(errand->request, "u_", id);
    else
        answer_problem(errand->request, 409, "taken", NULL, "No account could be made.");
}

static bool find_account(const struct errand *errand, struct account *account)
{
    const char *native = field_text(errand->fields, "account", 255);
    if (!fields_good(errand->fields, errand->request))
        return false;
    int64_t id = text_numbered_id(native, "u_");
    if (id && account_by_id(&errand->plaza->database, id, account))
        return true;
    not_there(errand->request, "account");
    return false;
}

static void do_federation(const struct errand *errand)
{
    struct account account;
    if (!find_account(errand, &account))
        return;
    account_set_federation(errand->plaza, &account, field_bool(errand->fields, "on", true));
    if (fields_good(errand->fields, errand->request))
        answer_id(errand->request, "u_", account.id);
}

/* ---- posts ---- */

static void answer_outcome(const struct errand *errand, enum post_outcome outcome, int64_t id,
                           const char *field)
{
    if (outcome == POST_OK)
        answer_id(errand->request, "p_", id);
    else if (outcome == POST_NOT_FOUND || outcome == POST_GONE || outcome == POST_PARENT_UNKNOWN)
        not_there(errand->request, "post");
    else
        answer_problem(errand->request, 422, "invalid", field ? field : "text", "The post is not taken.");
}

static void do_post(const struct errand *errand)
{
    struct account account;
    struct post_draft draft = {.text = field_text(errand->fields, "text", POST_BYTES_MAX)};
    const json_t *image = json_object_get(errand->fields->object, "image");
    int64_t id = 0;
    const char *field = NULL;
    draft.image_url = json_string_value(json_object_get(image, "url"));
    draft.image_alt = json_string_value(json_object_get(image, "alt"));
    if (!find_account(errand, &account))
        return;
    enum post_outcome outcome = post_create(errand->plaza, &account, &draft, &id, &field);
    answer_outcome(errand, outcome, id, field);
}

/* The sandbox acts for whoever wrote the post. */
static bool find_post(const struct errand *errand, int64_t *id, struct account *author)
{
    struct post_head head;
    const char *native = field_text(errand->fields, "post", 255);
    if (!fields_good(errand->fields, errand->request))
        return false;
    *id = text_numbered_id(native, "p_");
    if (*id && post_head(&errand->plaza->database, *id, &head) &&
        account_by_id(&errand->plaza->database, head.account, author))
        return true;
    not_there(errand->request, "post");
    return false;
}

static void do_edit(const struct errand *errand)
{
    struct account author;
    struct post_draft draft = {.text = field_text(errand->fields, "text", POST_BYTES_MAX)};
    int64_t id;
    const char *field = NULL;
    if (!find_post(errand, &id, &author))
        return;
    enum post_outcome outcome = post_edit(errand->plaza, &author, id, &draft, &field);
    answer_outcome(errand, outcome, id, field);
}

static void do_delete(const struct errand *errand)
{
    struct account author;
    int64_t id;
    if (find_post(errand, &id, &author))
        answer_outcome(errand, post_delete(errand->plaza, &author, id), id, NULL);
}

static void do_report(const struct errand *errand)
{
    struct account account;
    const char *key = field_text(errand->fields, "key", 255);
    const char *comment = field_text(errand->fields, "comment", REPORT_COMMENT_MAX);
    bool forward = field_bool(errand->fields, "forward", false);
    if (!find_account(errand, &account))
        return;
    if (report_make(errand->plaza, &account, key, comment, forward))
        answer_good(errand->request);
    else
        not_there(errand->request, "key");
}

/* ---- events ---- */

static void do_expire(const struct errand *errand)
{
    outbox_forget_all(&errand->plaza->database);
    answer_good(errand->request);
}

static void do_epoch(const struct errand *errand)
{
    struct plaza *plaza = errand->plaza;
    outbox_new_epoch(&plaza->database);
    database_meta(&plaza->database, "epoch", plaza->epoch, sizeof plaza->epoch);
    errand->request->restart_streams = true;
    answer_good(errand->request);
}

/* ---- what came from other servers ---- */

static void do_show(const struct errand *errand)
{
    const char *key = field_text(errand->fields, "key", 255);
    if (!fields_good(errand->fields, errand->request))
        return;
    sqlite3_stmt *row = database_query(&errand->plaza->database,
                                       "SELECT remote_post.text, remote_post.rev, acct FROM remote_post"
                                       " JOIN remote_actor ON remote_actor.id = remote_post.actor"
                                       " WHERE remote_post.key = ? AND deleted IS NULL",
                                       "t", key);
    if (database_row(&errand->plaza->database, &row))
        answer_json(errand->request, 200,
                    json_make("{s:b, s:s, s:I, s:s}", "ok", 1, "text", column_text(row, 0), "rev",
                              (json_int_t)column_number(row, 1), "acct", column_text(row, 2)));
    else
        not_there(errand->request, "key");
    database_finish(&row);
}

static const struct {
    const char *name;
    void (*run)(const struct errand *errand);
} errands[] = {{"account", do_account}, {"federation", do_federation}, {"post", do_post},   {"edit", do_edit},
               {"delete", do_delete},   {"expire", do_expire},         {"epoch", do_epoch}, {"show", do_show},
               {"report", do_report}};

void sandbox_post(struct plaza *plaza, struct request *request)
{
    if (!plaza->options.test_api) {
        answer_problem(request, 404, "not_found", NULL, "This is no test installation.");
        return;
    }
    json_t *body = request_json(request);
    if (!body)
        return;
    struct fields fields = {.object = body};
    const struct errand errand = {.plaza = plaza, .request = request, .fields = &fields};
    const char *what = field_text(&fields, "do", 32);
    if (fields_good(&fields, request)) {
        for (size_t i = 0; i < sizeof errands / sizeof errands[0]; i++)
            if (strcmp(errands[i].name, what) == 0)
                errands[i].run(&errand);
        if (!request->status)
            answer_problem(request, 422, "unsupported", "do", "The sandbox does not know how to do that.");
    }
    json_decref(body);
}
