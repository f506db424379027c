#include "gateway/admin/platform_signin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/admin/acts.h"
#include "gateway/fed/json_guard.h"
#include "gateway/limits.h"
#include "gateway/log.h"
#include "gateway/upstream/upstream.h"

enum { ONCE_SECONDS = 2 * WEBHOOK_WINDOW_S }; /* as long as a signature of either side of now holds */

static void answer_json(struct serving *serving, int status, const char *type, json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    if (!text)
        abort();
    http_answer(
        serving->request,
        &(struct http_answer){.status = status,
                              .content_type = type,
                              .body = text,
                              .length = strlen(text),
                              .headers = {{"Cache-Control", "no-store"},
                                          {"X-Content-Type-Options", "nosniff"},
                                          {status == 429 || status == 503 ? "Retry-After" : NULL, "5"}}});
    free(text);
}

static void problem(struct serving *serving, int status, const char *code, const char *detail)
{
    answer_json(
        serving, status, "application/problem+json",
        json_pack("{s:s, s:i, s:s, s:s}", "title", code, "status", status, "code", code, "detail", detail));
}

/* {"account": "u_42"} of the body, in the arena; NULL after a refusal. */
static const char *read_account(struct serving *serving)
{
    size_t length;
    const char *why = "the body is no JSON object with the member's id as \"account\"";
    const void *body = http_request_body(serving->request, &length);
    json_t *document = json_load_guarded(body ? body : "", body ? length : 0, &why);
    const char *account = json_string_value(json_object_get(document, "account"));
    bool good = account && *account && strlen(account) <= MODEL_NATIVE_ID_MAX;
    const char *copy = good ? arena_string(serving->arena, account) : NULL;
    json_decref(document);
    if (!copy)
        problem(serving, 422, "invalid",
                "Send the member's id as JSON: {\"account\": \"u_42\"}, and nothing longer than 255 bytes.");
    return copy;
}

/* Who overheard a request shall not get a link by sending it again. False after a refusal. */
static bool comes_once(struct serving *serving, const char *platform)
{
    char hash[23];
    const char *id = http_request_header(serving->request, "webhook-id");
    id_hash(arena_format(serving->arena, "%s %s", platform, id ? id : ""), hash);
    struct reply *reply =
        store_call(serving->gateway->store, "SET", arena_format(serving->arena, "signin_asked:%s", hash), "1",
                   "NX", "EX", arena_format(serving->arena, "%d", ONCE_SECONDS), (char *)NULL);
    bool down = reply_failed(reply);
    bool first = reply_kind(reply) != REPLY_NIL;
    reply_free(reply);
    if (down)
        problem(serving, 503, "away", "The store does not answer just now; try again.");
    else if (!first)
        problem(serving, 409, "used", "A request with this webhook-id came before; make a new id for each.");
    return !down && first;
}

static void answer_act(struct serving *serving, struct act *act, enum act_outcome outcome)
{
    if (outcome == ACT_DONE) {
        answer_json(serving, 200, "application/json", json_incref(act->result));
        return;
    }
    int status = outcome == ACT_AWAY ? 503 : outcome == ACT_UNKNOWN ? 404 : 409;
    problem(serving, status,
            outcome == ACT_AWAY      ? "away"
            : outcome == ACT_UNKNOWN ? "account_unknown"
                                     : "refused",
            act->problem);
}

static void make_link(struct serving *serving, const char *platform, const char *native)
{
    char aid[AID_LENGTH + 1];
    enum lookup found = account_of_native(serving->gateway->store, platform, native, aid);
    if (found != LOOKUP_FOUND) {
        problem(serving, found == LOOKUP_DOWN ? 503 : 404, found == LOOKUP_DOWN ? "away" : "account_unknown",
                found == LOOKUP_DOWN ? "The store does not answer just now; try again."
                                     : "No member of that id is here: the fediverse was never switched on, "
                                       "or the account left.");
        return;
    }
    struct act act = {.gateway = serving->gateway,
                      .arena = serving->arena,
                      .kind = act_find("account.link"),
                      .words = json_object(),
                      .who = arena_format(serving->arena, "platform %s", platform)};
    enum act_outcome outcome = act_run(&act, aid);
    answer_act(serving, &act, outcome);
    log_write(LOG_INFO, "the platform asked for a way in to the owner's pages", "platform", platform, "aid",
              aid, "given", outcome == ACT_DONE ? "yes" : "no", (char *)NULL);
    json_decref(act.result);
    json_decref((json_t *)(uintptr_t)act.words);
}

void platform_signin_serve(struct serving *serving, const char *platform)
{
    if (!upstream_is_from(serving, platform))
        return;
    const char *native = read_account(serving);
    if (!native)
        return;
    if (!limits_take_rare(serving->gateway, arena_format(serving->arena, "signin %s %s", platform, native)))
        problem(serving, 429, "too_many", "This member asks too often; go on a little later.");
    else if (comes_once(serving, platform))
        make_link(serving, platform, native);
}
