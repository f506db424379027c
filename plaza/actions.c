#include "plaza/actions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/page.h"
#include "plaza/polls.h"
#include "plaza/reports.h"

static const char *get(const json_t *form, const char *name)
{
    const char *value = json_string_value(json_object_get(form, name));
    return value ? value : "";
}

static bool is_on(const json_t *form, const char *name)
{
    return strcmp(get(form, name), "1") == 0;
}

/* The form of somebody who is signed in (new reference), or NULL after an answer. */
static json_t *member_form(struct plaza *plaza, struct request *request, struct visitor *visitor)
{
    json_t *form = visitor_form(plaza, request, visitor);
    if (!form || visitor->signed_in)
        return form;
    json_decref(form);
    page_message(request, visitor, 403, "Please sign in", "Only members can do this.");
    return NULL;
}

static void redirect_to_post(struct plaza *plaza, struct request *request, const char *target)
{
    char local[LOCAL_ID_SIZE];
    char path[128];
    int64_t thread = 0;
    if (post_resolve(&plaza->database, target, local, &thread) == POST_NOT_FOUND)
        snprintf(path, sizeof path, "/");
    else
        snprintf(path, sizeof path, "/posts/%" PRId64 "#%s", thread, local);
    answer_redirect(request, path);
}

/* ---- signing in ---- */

void action_sign_in(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    struct account account;
    json_t *form = visitor_form(plaza, request, &visitor);
    if (!form)
        return;
    if (account_by_handle(&plaza->database, get(form, "member"), &account) && account_is_active(&account)) {
        visitor_sign_in(plaza, request, &visitor, account.id);
        answer_redirect(request, "/");
    } else
        page_message(request, &visitor, 404, "No such member", "Nobody of that name can sign in.");
    json_decref(form);
}

void action_sign_out(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = visitor_form(plaza, request, &visitor);
    if (!form)
        return;
    visitor_sign_out(plaza, request, &visitor);
    answer_redirect(request, "/");
    json_decref(form);
}

/* ---- posts ---- */

static struct post_draft read_draft(const json_t *form)
{
    return (struct post_draft){
        .text = get(form, "text"),
        .warning = get(form, "warning"),
        .language = get(form, "language"),
        .visibility = get(form, "visibility"),
        .image_url = get(form, "image_url"),
        .image_alt = get(form, "image_alt"),
        .parent = get(form, "reply_to"),
        .quote = get(form, "quote_of"),
        .poll = get(form, "poll"),
        .poll_multiple = is_on(form, "poll_multiple"),
    };
}

static const char *sentence(enum post_outcome outcome)
{
    switch (outcome) {
    case POST_EMPTY:
        return "There is no text yet.";
    case POST_TOO_LONG:
        return "The text is too long: 1000 characters fit.";
    case POST_PARENT_UNKNOWN:
        return "What you answer or quote is not there any more.";
    case POST_NOT_YOURS:
        return "This post is somebody else's.";
    case POST_GONE:
        return "This post was deleted.";
    case POST_NOT_FOUND:
        return "There is no such post.";
    default:
        return "The warning, the language, the poll or the address of the image cannot be taken as it is.";
    }
}

static int status_of(enum post_outcome outcome)
{
    switch (outcome) {
    case POST_NOT_YOURS:
        return 403;
    case POST_NOT_FOUND:
    case POST_PARENT_UNKNOWN:
        return 404;
    case POST_GONE:
        return 410;
    default:
        return 422;
    }
}

/* Nothing that was written gets lost: the box comes again with it. */
static void ask_again(struct request *request, const struct visitor *visitor, enum post_outcome outcome,
                      const char *action, const struct post_draft *draft)
{
    page_begin(request, visitor, status_of(outcome), "Not posted");
    text_put(&request->answer, "<section class=\"card\"><p class=\"error\" role=\"alert\">");
    text_put_escaped(&request->answer, sentence(outcome));
    text_put(&request->answer, "</p>");
    compose_box(&request->answer, visitor, action, draft,
                draft->parent && *draft->parent ? draft->parent : NULL, "Post");
    text_put(&request->answer, "</section>");
    page_end(request);
}

void action_post(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    struct post_draft draft = read_draft(form);
    int64_t id = 0;
    const char *field = NULL;
    enum post_outcome outcome = post_create(plaza, &visitor.account, &draft, &id, &field);
    char target[LOCAL_ID_SIZE];
    snprintf(target, sizeof target, "p_%" PRId64, id);
    if (outcome != POST_OK)
        ask_again(request, &visitor, outcome, "/posts", &draft);
    else if (*draft.parent)
        redirect_to_post(plaza, request, target);
    else
        answer_redirect(request, "/");
    json_decref(form);
}

static int64_t post_number(const struct request *request)
{
    char id[CAPTURE_SIZE + 2];
    snprintf(id, sizeof id, "p_%s", request->captures[0]);
    return text_numbered_id(id, "p_");
}

void action_edit(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    struct post_draft draft = read_draft(form);
    int64_t id = post_number(request);
    const char *field = NULL;
    enum post_outcome outcome = post_edit(plaza, &visitor.account, id, &draft, &field);
    char target[LOCAL_ID_SIZE];
    char action[64];
    snprintf(target, sizeof target, "p_%" PRId64, id);
    snprintf(action, sizeof action, "/posts/%" PRId64 "/edit", id);
    if (outcome == POST_OK)
        redirect_to_post(plaza, request, target);
    else if (status_of(outcome) == 422)
        ask_again(request, &visitor, outcome, action, &draft);
    else
        page_message(request, &visitor, status_of(outcome), "Not changed", sentence(outcome));
    json_decref(form);
}

void action_delete(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    enum post_outcome outcome = post_delete(plaza, &visitor.account, post_number(request));
    if (outcome == POST_OK)
        answer_redirect(request, "/");
    else
        page_message(request, &visitor, status_of(outcome), "Not deleted", sentence(outcome));
    json_decref(form);
}

void action_like(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    enum post_outcome outcome = post_like(plaza, &visitor.account, get(form, "target"), is_on(form, "on"));
    if (outcome == POST_OK)
        redirect_to_post(plaza, request, get(form, "target"));
    else
        page_message(request, &visitor, status_of(outcome), "Not liked", sentence(outcome));
    json_decref(form);
}

void action_repost(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    int64_t id = 0;
    if (!form)
        return;
    enum post_outcome outcome = post_repost(plaza, &visitor.account, get(form, "target"), &id);
    if (outcome == POST_OK)
        redirect_to_post(plaza, request, get(form, "target"));
    else
        page_message(request, &visitor, status_of(outcome), "Not shown again", sentence(outcome));
    json_decref(form);
}

void action_pin(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    enum post_outcome outcome =
        post_pin(plaza, &visitor.account, text_numbered_id(get(form, "target"), "p_"), is_on(form, "on"));
    if (outcome == POST_OK)
        redirect_to_post(plaza, request, get(form, "target"));
    else
        page_message(request, &visitor, status_of(outcome), "Not pinned", sentence(outcome));
    json_decref(form);
}

void action_vote(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    if (poll_vote_as(plaza, &visitor.account, text_numbered_id(get(form, "target"), "p_"),
                     get(form, "choice")) == POST_OK)
        redirect_to_post(plaza, request, get(form, "target"));
    else
        page_message(request, &visitor, 422, "Not voted", "The poll has no such choice, or it is over.");
    json_decref(form);
}

void action_report(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    const char *comment = get(form, "comment");
    if (!visitor.account.federation)
        page_message(request, &visitor, 403, "Not reported",
                     "Your fediverse switch is off: nobody there can be told.");
    else if (!*comment || strlen(comment) > REPORT_COMMENT_MAX)
        page_message(request, &visitor, 422, "Not reported", "Say what is wrong, in at most 5000 bytes.");
    else if (report_make(plaza, &visitor.account, get(form, "key"), comment, is_on(form, "forward")))
        page_message(
            request, &visitor, 200, "Reported",
            is_on(form, "forward")
                ? "Whoever runs the bridge has it, and their server, which does not learn who reported."
                : "Whoever runs the bridge has it. Their server does not.");
    else
        page_message(request, &visitor, 404, "Not reported", "What you report is not here any more.");
    json_decref(form);
}

/* ---- settings ---- */

void action_block(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    if (account_block(plaza, &visitor.account, get(form, "key"), is_on(form, "on")))
        answer_redirect(request, "/settings");
    else
        page_message(request, &visitor, 404, "No such person", "That person is not known here any more.");
    json_decref(form);
}

void action_federation(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    account_set_federation(plaza, &visitor.account, is_on(form, "on"));
    answer_redirect(request, "/settings");
    json_decref(form);
}

void action_wishes(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    account_set_wishes(plaza, &visitor.account, is_on(form, "replies"), is_on(form, "discoverable"));
    answer_redirect(request, "/settings");
    json_decref(form);
}

void action_profile(struct plaza *plaza, struct request *request)
{
    struct visitor visitor;
    json_t *form = member_form(plaza, request, &visitor);
    if (!form)
        return;
    const char *name = get(form, "name");
    const char *bio = get(form, "bio");
    if (!*name || strlen(name) > NAME_BYTES_MAX || strlen(bio) > BIO_BYTES_MAX)
        page_message(request, &visitor, 422, "Not changed",
                     "The name is empty, or the name or the bio is too long.");
    else {
        account_set_profile(plaza, &visitor.account, name, bio);
        answer_redirect(request, "/settings");
    }
    json_decref(form);
}
