/* Level 0: discovery, the token, errors, accounts and consent. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"

static void check_discovery(struct contract *contract)
{
    (void)contract_shape_discovery(contract, contract->discovery);
    bool secure = strncmp(contract->base, "https://", 8) == 0;
    if (secure && strncmp(contract->api, "https://", 8) != 0)
        contract_wrong(contract, "discovery: api must be an https:// address");
    if ((contract->features & FEATURE_WEBSOCKET) && !contract->stream[0])
        contract_wrong(contract, "discovery: events.ws is a feature, so stream must be a wss:// address");
    if (contract_number(contract->discovery, "level") >= 1 &&
        !(contract->features & (FEATURE_POLL | FEATURE_WEBSOCKET | FEATURE_WEBHOOK)))
        contract_wrong(contract, "discovery: level 1 needs one of the features events.poll, events.ws, "
                                 "events.webhook");
}

static void refuses_token(struct contract *contract, const char *token, const char *what)
{
    struct contract_answer answer = contract_ask(
        contract, &(struct contract_ask){.method = "GET", .path = "/accounts?federated=1", .token = token});
    contract_check_problem(contract, &answer, 401, NULL, what);
    contract_answer_clear(&answer);
}

static void check_token(struct contract *contract)
{
    refuses_token(contract, "", "a request without a token");
    refuses_token(contract, "dbg_0000000000000000000000000000000000000000000",
                  "a request with a wrong token");
}

static void check_errors(struct contract *contract)
{
    json_decref(contract_must(contract, "GET", 404, NULL, NULL, "/posts/no-such-post-%s", contract->run));
    json_decref(
        contract_must(contract, "GET", 404, NULL, NULL, "/accounts/no-such-account-%s", contract->run));
    json_decref(contract_must(contract, "GET", 400, NULL, NULL, "/accounts?federated=1&limit=many"));
    struct contract_answer answer = contract_ask(
        contract, &(struct contract_ask){.method = "POST", .path = "/ping", .raw = "{\"nonce\":"});
    contract_check_problem(contract, &answer, 400, NULL, "a POST with half a JSON object");
    contract_answer_clear(&answer);
}

/* ---- accounts ---- */

static void prepare_account(struct contract *contract)
{
    json_t *made = contract_sandbox(contract, "account", "{}");
    (void)snprintf(contract->hidden, sizeof contract->hidden, "%s", contract_text(made, "id"));
    json_decref(made);
}

static void check_consent(struct contract *contract)
{
    prepare_account(contract);
    if (!contract->hidden[0])
        return;
    json_decref(contract_must(contract, "GET", 404, NULL, NULL, "/accounts/%s", contract->hidden));
    json_decref(contract_must(contract, "GET", 404, NULL, NULL, "/accounts/%s/posts", contract->hidden));
    json_t *list = contract_list(contract, "/accounts", "federated=1", 100);
    size_t index;
    const json_t *account;
    json_array_foreach(list, index, account) if (strcmp(contract_text(account, "id"), contract->hidden) == 0)
        contract_wrong(contract, "the account %s never switched federation on and is in the list",
                       contract->hidden);
    json_decref(list);
    json_decref(contract_sandbox(contract, "federation", "{s:s, s:b}", "account", contract->hidden, "on", 1));
    json_t *seen = contract_get(contract, "/accounts/%s", contract->hidden);
    if (seen && strcmp(contract_text(json_object_get(seen, "federation"), "state"), "on") != 0)
        contract_wrong(contract, "the account %s switched federation on and is shown as off",
                       contract->hidden);
    json_decref(seen);
    (void)snprintf(contract->account, sizeof contract->account, "%s", contract->hidden);
}

static void check_one_account(struct contract *contract, const json_t *listed)
{
    char where[CONTRACT_ID_MAX + 16];
    (void)snprintf(where, sizeof where, "account %s", contract_text(listed, "id"));
    if (!contract_shape_account(contract, listed, where))
        return;
    if (strcmp(contract_text(json_object_get(listed, "federation"), "state"), "on") != 0)
        contract_wrong(contract, "%s is in the list of federated accounts and is not on", where);
}

static void check_accounts(struct contract *contract)
{
    json_t *list = contract_list(contract, "/accounts", "federated=1", 100);
    size_t index;
    const json_t *account;
    json_array_foreach(list, index, account) check_one_account(contract, account);
    account = json_array_get(list, 0);
    if (list && !account)
        contract_wrong(contract, "no account is federated; switch federation on for one and check again");
    if (account && contract_good(contract)) {
        const char *id = contract_text(account, "id");
        if (!contract->account[0])
            (void)snprintf(contract->account, sizeof contract->account, "%s", id);
        json_t *one = contract_get(contract, "/accounts/%s", id);
        if (one && strcmp(contract_text(one, "handle"), contract_text(account, "handle")) != 0)
            contract_wrong(contract, "account %s: the list and GET /accounts/%s differ", id, id);
        json_decref(one);
        json_t *found = contract_get(contract, "/accounts?handle=%s", contract_text(account, "handle"));
        if (found && strcmp(contract_text(json_array_get(json_object_get(found, "items"), 0), "id"), id) != 0)
            contract_wrong(contract, "GET /accounts?handle=%s must answer {\"items\": [the account]}",
                           contract_text(account, "handle"));
        json_decref(found);
    }
    json_decref(list);
}

static void check_etag(struct contract *contract)
{
    char path[CONTRACT_ID_MAX + 16];
    (void)snprintf(path, sizeof path, "/accounts/%s", contract->account);
    struct contract_answer first =
        contract_ask(contract, &(struct contract_ask){.method = "GET", .path = path});
    if (!first.etag[0]) {
        contract_skip(contract, "the service sends no ETag; with one, unchanged answers cost it nothing");
        contract_answer_clear(&first);
        return;
    }
    struct contract_answer again = contract_ask(
        contract, &(struct contract_ask){.method = "GET", .path = path, .if_none_match = first.etag});
    if (again.status != 304 && again.status != 200)
        contract_wrong(contract, "GET %s with If-None-Match: answered %d, must be 304", path, again.status);
    else if (again.status == 200 && strcmp(again.etag, first.etag) == 0)
        contract_wrong(contract, "GET %s with If-None-Match: the ETag is the same and the answer no 304",
                       path);
    contract_answer_clear(&first);
    contract_answer_clear(&again);
}

const struct contract_check contract_checks_read[] = {
    {"discovery", 0, "§3.1", "the discovery document says who the service is and what it can do",
     check_discovery, 0},
    {"token", 0, "§2.1", "without the right token nothing is told", check_token, 0},
    {"errors", 0, "§2.3", "errors are RFC 9457 problems with a code", check_errors, 0},
    {"consent", 0, "§3.2", "an account that never federated does not exist for the gateway", check_consent,
     FEATURE_SANDBOX},
    {"accounts", 0, "§3.2", "federated accounts are listed and found by id and handle", check_accounts, 0},
    {"etag", 0, "§2.4", "an unchanged answer is a 304", check_etag, FEATURE_ACCOUNT},
    {0}};
