/* Feature reports: what other servers report of members is taken, what members report is told. There is no
 * way to take a report back; each says in its comment what it is. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"

enum { TOLD_MS = 10000 };
static const char comment[] = "A report of the contract check: nothing to do.";

static void put_report(struct contract *contract, const char *name, json_t *posts, const char *what)
{
    char path[CONTRACT_ID_MAX + 1];
    (void)snprintf(path, sizeof path, "/reports/rf_%s-%s", contract->run, name);
    json_t *body =
        json_pack("{s:s, s:o, s:s, s:s, s:s}", "account", contract->account, "posts", posts, "server",
                  "elsewhere.example", "comment", comment, "created", "2026-08-22T10:00:00.000Z");
    struct contract_answer answer =
        contract_ask(contract, &(struct contract_ask){.method = "PUT", .path = path, .body = body});
    if (!answer.status)
        contract_wrong(contract, "PUT %s (%s): no answer: %s", path, what, answer.error);
    else if (answer.status < 200 || answer.status > 299)
        contract_wrong(contract, "PUT %s (%s): answered %d, must be any 2xx", path, what, answer.status);
    contract_answer_clear(&answer);
}

static void check_taken(struct contract *contract)
{
    char gone[CONTRACT_ID_MAX + 1];
    put_report(contract, "post", json_pack("[s]", contract->post), "of a post");
    put_report(contract, "post", json_pack("[s]", contract->post), "the same key again");
    put_report(contract, "account", json_array(), "of an account, without posts");
    if ((contract->features & FEATURE_SANDBOX) && contract_deleted_post(contract, gone))
        put_report(contract, "gone", json_pack("[s]", gone), "of a post that is deleted by now");
}

/* What a member reports comes as report.created, with the words that were said. */
static void check_told(struct contract *contract)
{
    struct contract_reader reader;
    int64_t from = contract_latest(contract);
    if (from < 0)
        return;
    json_decref(contract_sandbox(contract, "report", "{s:s, s:s, s:s, s:b}", "account", contract->account,
                                 "key", contract->actor, "comment", comment, "forward", 0));
    contract_reader_open(&reader, contract, contract_carrier(contract), from);
    int64_t deadline = loop_monotonic_ms() + TOLD_MS;
    bool came = false;
    while (!came && loop_monotonic_ms() < deadline && contract_good(contract)) {
        json_t *event = contract_reader_next(&reader, 1000);
        const json_t *data = json_object_get(event, "data");
        came = event && strcmp(contract_text(event, "type"), "report.created") == 0 &&
               strcmp(contract_text(json_object_get(event, "subject"), "remote"), contract->actor) == 0;
        if (came && strcmp(contract_text(event, "account"), contract->account) != 0)
            contract_wrong(contract, "report.created: 'account' must be the member who reports");
        if (came && strcmp(contract_text(data, "comment"), comment) != 0)
            contract_wrong(contract, "report.created: data.comment is not what the member wrote");
        if (came && !json_is_false(json_object_get(data, "forward")))
            contract_wrong(contract,
                           "report.created: data.forward must be false where the member did not choose "
                           "that their server hears of it");
        json_decref(event);
    }
    if (!came && contract_good(contract))
        contract_wrong(contract, "a member reported %s and no event report.created came", contract->actor);
    contract_reader_close(&reader);
}

enum { NEEDS = FEATURE_REPORTS | FEATURE_ACCOUNT };

const struct contract_check contract_checks_reports[] = {
    {"reports", 2, "§6.2", "a report of another server is taken, also again, also of what is gone",
     check_taken, NEEDS},
    {"report-told", 2, "§6.2", "what a member reports is told, and not forwarded without their word",
     check_told, NEEDS | FEATURE_REMOTE_POSTS | FEATURE_SANDBOX},
    {0}};
