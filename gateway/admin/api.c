#include "gateway/admin/admin.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/admin/acts.h"
#include "gateway/admin/tokens.h"
#include "gateway/fed/json_guard.h"
#include "gateway/ledger/ledger.h"

enum { WORD_MAX = 512, NAME_SHOWN = 64 };

/* "*" takes one segment: the account. What else an act wants is in the query or in the body. */
static const struct {
    const char *method, *path, *act;
} routes[] = {
    {"GET", "/v1/accounts", "account.list"},
    {"POST", "/v1/accounts", "account.add"},
    {"GET", "/v1/accounts/*", "account.show"},
    {"PATCH", "/v1/accounts/*", "account.set"},
    {"POST", "/v1/accounts/*/link", "account.link"},
    {"POST", "/v1/accounts/*/pause", "account.pause"},
    {"POST", "/v1/accounts/*/resume", "account.resume"},
    {"POST", "/v1/accounts/*/leave", "account.leave"},
    {"GET", "/v1/accounts/*/leaving", "account.leaving"},
    {"GET", "/v1/accounts/*/receipt", "account.receipt"},
    {"POST", "/v1/accounts/*/return", "account.return"},
    {"GET", "/v1/accounts/*/posts", "post.list"},
    {"GET", "/v1/accounts/*/posts/deleted", "post.deleted"},
    {"GET", "/v1/accounts/*/post", "post.show"},
    {"GET", "/v1/accounts/*/post/receipt", "post.receipt"},
    {"POST", "/v1/accounts/*/post/withdraw", "post.withdraw"},
    {"GET", "/v1/accounts/*/audit", "account.audit"},
    {"GET", "/v1/accounts/*/where", "where.list"},
    {"GET", "/v1/accounts/*/followers", "follower.list"},
    {"POST", "/v1/accounts/*/followers/remove", "follower.remove"},
    {"GET", "/v1/accounts/*/requests", "follower.requests"},
    {"POST", "/v1/accounts/*/requests/approve", "follower.approve"},
    {"POST", "/v1/accounts/*/requests/refuse", "follower.refuse"},
    {"GET", "/v1/accounts/*/following", "following.list"},
    {"POST", "/v1/accounts/*/following", "following.add"},
    {"PATCH", "/v1/accounts/*/following", "following.set"},
    {"POST", "/v1/accounts/*/following/remove", "following.remove"},
    {"POST", "/v1/accounts/*/move", "account.move"},
    {"GET", "/v1/accounts/*/aliases", "alias.list"},
    {"POST", "/v1/accounts/*/aliases", "alias.add"},
    {"POST", "/v1/accounts/*/aliases/remove", "alias.remove"},
    {"GET", "/v1/accounts/*/blocks", "block.list"},
    {"POST", "/v1/accounts/*/blocks", "block.add"},
    {"POST", "/v1/accounts/*/blocks/remove", "block.remove"},
    {"GET", "/v1/accounts/*/replies", "reply.list"},
    {"GET", "/v1/accounts/*/replies/held", "reply.held"},
    {"POST", "/v1/accounts/*/replies/approve", "reply.approve"},
    {"POST", "/v1/accounts/*/replies/remove", "reply.remove"},
    {"POST", "/v1/accounts/*/reports", "report.add"},
    {"GET", "/v1/reports", "report.list"},
    {"GET", "/v1/reports/show", "report.show"},
    {"POST", "/v1/reports/close", "report.close"},
    {"POST", "/v1/reports/forward", "report.forward"},
    {"GET", "/v1/hosts", "host.list"},
    {"GET", "/v1/hosts/show", "host.show"},
    {"POST", "/v1/hosts/revive", "host.revive"},
    {"GET", "/v1/health", "health.show"},
    {"GET", "/v1/operator/audit", "operator.audit"},
    {"POST", "/v1/names/release", "name.release"},
    {"GET", "/v1/domains", "domain.list"},
    {"GET", "/v1/domains/show", "domain.show"},
    {"POST", "/v1/domains/block", "domain.block"},
    {"POST", "/v1/domains/limit", "domain.limit"},
    {"POST", "/v1/domains/allow", "domain.allow"},
    {"POST", "/v1/domains/remove", "domain.remove"},
    {"GET", "/v1/tokens", "token.list"},
    {"POST", "/v1/tokens", "token.add"},
    {"POST", "/v1/tokens/remove", "token.remove"},
};

struct call {
    struct gateway *gateway;
    struct http_request *request;
    struct arena *arena;
    struct token_holder holder;
    const struct act_kind *kind;
    const char *account; /* the captured segment; NULL */
    json_t *words;
};

/* ---- answers ---- */

static void answer_json(struct call *call, int status, const char *type, const json_t *document,
                        const char *retry_after)
{
    char *text = json_dumps(document, JSON_COMPACT);
    if (!text)
        abort();
    http_answer(call->request, &(struct http_answer){
                                   .status = status,
                                   .content_type = type,
                                   .body = text,
                                   .length = strlen(text),
                                   .headers = {{"Cache-Control", "no-store"},
                                               {"X-Content-Type-Options", "nosniff"},
                                               {status == 401 ? "WWW-Authenticate"
                                                : retry_after ? "Retry-After"
                                                              : NULL,
                                                status == 401 ? "Bearer" : retry_after}},
                               });
    free(text);
}

static void problem(struct call *call, int status, const char *code, const char *field, const char *detail)
{
    json_t *document = json_pack("{s:s, s:i, s:s, s:s, s:s*}", "title", code, "status", status, "code", code,
                                 "detail", detail, "field", field);
    answer_json(call, status, "application/problem+json", document,
                status == 429 || status == 503 ? "5" : NULL);
    json_decref(document);
}

static void answer_file(struct call *call, const struct act *act)
{
    http_answer(call->request, &(struct http_answer){
                                   .status = 200,
                                   .content_type = act->file.type,
                                   .body = act->file.text,
                                   .length = act->file.length,
                                   .headers = {{"Cache-Control", "no-store"},
                                               {"X-Content-Type-Options", "nosniff"},
                                               {"Content-Disposition", act_disposition(act)}},
                               });
}

static void answer_outcome(struct call *call, const struct act *act, enum act_outcome outcome)
{
    switch (outcome) {
    case ACT_DONE:
        if (act->file.text)
            answer_file(call, act);
        else
            answer_json(call, 200, "application/json", act->result, NULL);
        break;
    case ACT_INVALID:
        problem(call, 422, "invalid", act->field, act->problem);
        break;
    case ACT_UNKNOWN:
        problem(call, 404, "unknown", act->field, act->problem);
        break;
    case ACT_REFUSED:
        problem(call, 409, "refused", act->field, act->problem);
        break;
    case ACT_AWAY:
        problem(call, 503, "away", act->field, act->problem);
        break;
    }
}

/* ---- who asks ---- */

static bool identify(struct call *call)
{
    const char *header = http_request_header(call->request, "authorization");
    const char *token = header && strncasecmp(header, "Bearer ", 7) == 0 ? header + 7 : "";
    enum lookup found = token_find(call->gateway->store, token, &call->holder);
    if (found == LOOKUP_DOWN)
        problem(call, 503, "away", NULL, "The store does not answer just now; try again.");
    if (found == LOOKUP_ABSENT)
        problem(call, 401, "token_unknown", NULL,
                "Send Authorization: Bearer with a token; 'drawbridge token add NAME' makes one.");
    if (found != LOOKUP_FOUND)
        return false;
    if (admin_take(call->gateway, call->holder.name))
        return true;
    problem(call, 429, "too_many", NULL, "This token asks too often; go on a little later.");
    return false;
}

/* ---- what is asked ---- */

/* True when the path is of the pattern; the segment of '*' goes to *capture. */
static bool matches(struct arena *arena, const char *pattern, const char *path, const char **capture)
{
    *capture = NULL;
    while (*pattern) {
        if (*pattern == '*') {
            size_t length = strcspn(path, "/");
            if (!length)
                return false;
            *capture = arena_copy(arena, path, length);
            path += length;
            pattern++;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

static bool find_route(struct call *call)
{
    const char *path = http_request_path(call->request);
    const char *method = http_request_method(call->request);
    bool known = false;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!matches(call->arena, routes[i].path, path, &call->account))
            continue;
        known = true;
        if (strcmp(method, routes[i].method) != 0)
            continue;
        call->kind = act_find(routes[i].act);
        return true;
    }
    if (known)
        problem(call, 405, "method", NULL,
                "The path is right, the method is not; see docs/admin/openapi.yaml.");
    else
        problem(call, 404, "path", NULL, "There is nothing here; see docs/admin/openapi.yaml.");
    return false;
}

static const struct act_parameter *parameter_of(const struct act_kind *kind, const char *name, size_t length)
{
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && kind->parameters[i].name; i++)
        if (strlen(kind->parameters[i].name) == length &&
            strncmp(kind->parameters[i].name, name, length) == 0)
            return &kind->parameters[i];
    return NULL;
}

/* What is not known or too long is refused, as in a body: who asks for a page shall not get another one. */
static bool read_query(struct call *call)
{
    char value[WORD_MAX];
    for (const char *at = http_request_query(call->request); *at;
         at += strcspn(at, "&"), at += strspn(at, "&")) {
        size_t length = strcspn(at, "=&");
        const struct act_parameter *parameter = parameter_of(call->kind, at, length);
        if (!parameter) {
            const char *name = arena_copy(call->arena, at, length < NAME_SHOWN ? length : NAME_SHOWN);
            problem(call, 422, "invalid", name,
                    arena_format(call->arena, "%s knows no %s", call->kind->name, name));
            return false;
        }
        if (!http_request_parameter(call->request, parameter->name, value, sizeof value)) {
            problem(
                call, 422, "invalid", parameter->name,
                arena_format(call->arena, "%s is a text of at most %d bytes", parameter->name, WORD_MAX - 1));
            return false;
        }
        (void)json_object_set_new(call->words, parameter->name, json_string(value));
    }
    return true;
}

static bool read_body(struct call *call)
{
    size_t length;
    const char *type = http_request_header(call->request, "content-type");
    const void *body = http_request_body(call->request, &length);
    const char *why = "the body is no JSON object";
    if (!type || strncasecmp(type, "application/json", 16) != 0) {
        problem(call, 415, "type", NULL, "Send the body as Content-Type: application/json.");
        return false;
    }
    json_t *document = json_load_guarded(body, length, &why);
    if (json_is_object(document)) {
        (void)json_object_update(call->words, document);
        json_decref(document);
        return true;
    }
    json_decref(document);
    problem(call, 400, "body", NULL, arena_format(call->arena, "The body is refused: %s.", why));
    return false;
}

/* An owner's token knows its own account only: any other is as if it were not there. */
static bool may_ask(struct call *call, char aid[AID_LENGTH + 1])
{
    const char *why = NULL;
    aid[0] = '\0';
    if (call->kind->scope == ACT_OPERATOR) {
        if (call->holder.aid[0])
            problem(call, 403, "scope", NULL, "That is for the operator; this token speaks for one account.");
        return !call->holder.aid[0];
    }
    bool found = call->account && ledger_account(call->gateway, call->account, aid, &why);
    if (!found && call->account && aid_is_valid(call->account, strlen(call->account))) {
        memcpy(aid, call->account, AID_LENGTH + 1);
        found = true;
    }
    if (found && (!call->holder.aid[0] || strcmp(call->holder.aid, aid) == 0))
        return true;
    problem(call, 404, "unknown", "account", "There is no such account here; write name@host.");
    return false;
}

static void run(struct call *call)
{
    char aid[AID_LENGTH + 1];
    bool reads = strcmp(http_request_method(call->request), "GET") == 0;
    if (!identify(call) || !find_route(call) || !may_ask(call, aid) ||
        !(reads ? read_query : read_body)(call))
        return;
    struct act act = {.gateway = call->gateway,
                      .arena = call->arena,
                      .kind = call->kind,
                      .words = call->words,
                      .who = arena_format(call->arena, "token %s", call->holder.name),
                      .by_owner = call->holder.aid[0] != '\0'};
    enum act_outcome outcome = act_run(&act, aid);
    answer_outcome(call, &act, outcome);
    act_end(&act);
}

void api_serve(struct gateway *gateway, struct http_request *request, struct arena *arena)
{
    struct call call = {.gateway = gateway, .request = request, .arena = arena, .words = json_object()};
    run(&call);
    json_decref(call.words);
}
