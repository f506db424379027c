/* Feature timeline: who follows whom, and posts for those who follow. All that was put is deleted at the end.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"

static json_t *followed_json(struct contract *contract, const char *account, const char *state, int64_t rev)
{
    return json_pack("{s:s, s:{s:s, s:I}, s:{s:s}, s:s, s:n, s:I}", "kind", "followed", "actor", "key",
                     contract->actor, "rev", (json_int_t)contract->actor_rev, "target", "account", account,
                     "state", state, "emoji", "rev", (json_int_t)rev);
}

static json_t *post_json(struct contract *contract, const char *key, int64_t rev, const char *text)
{
    char ap_id[600];
    (void)snprintf(ap_id, sizeof ap_id, "https://elsewhere.example/notes/%s", key);
    return json_pack("{s:I, s:{s:s, s:I}, s:s, s:s, s:n, s:s, s:n, s:s, s:[], s:s, s:[], s:[], s:b}", "rev",
                     (json_int_t)rev, "actor", "key", contract->actor, "rev", (json_int_t)contract->actor_rev,
                     "ap_id", ap_id, "url", ap_id, "in_reply_to", "created", "2026-08-22T10:00:00.000Z",
                     "edited", "text", text, "spans", "visibility", "public", "mentions", "media", "timeline",
                     1);
}

static void put_followed(struct contract *contract, const char *state, int64_t rev)
{
    json_decref(contract_must(contract, "PUT", 200, NULL,
                              followed_json(contract, contract->account, state, rev),
                              "/remote-relations/rr_%s-followed", contract->run));
}

static json_t *put_post(struct contract *contract, int status, const char *name, int64_t rev,
                        const char *text)
{
    char key[CONTRACT_ID_MAX + 1];
    (void)snprintf(key, sizeof key, "rp_%s-%s", contract->run, name);
    return contract_must(contract, "PUT", status, NULL, post_json(contract, key, rev, text),
                         "/remote-posts/%s", key);
}

static void remove_post(struct contract *contract, const char *name)
{
    json_decref(
        contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-posts/rp_%s-%s", contract->run, name));
}

static void check_timeline(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    (void)snprintf(key, sizeof key, "rp_%s-timeline", contract->run);
    put_followed(contract, "asked", 1);
    put_followed(contract, "accepted", 2);
    json_decref(put_post(contract, 200, "timeline", 20, "Good morning 🦉"));
    contract_must_show(contract, key, "Good morning 🦉");
    json_decref(put_post(contract, 200, "timeline", 30, "Good day"));
    contract_must_show(contract, key, "Good day");
    remove_post(contract, "timeline");
    contract_must_show(contract, key, NULL);
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-relations/rr_%s-followed",
                              contract->run));
}

/* Who only asked, who was refused, and who follows no more gets nothing. */
static void check_nobody(struct contract *contract)
{
    put_followed(contract, "asked", 3);
    json_decref(put_post(contract, 403, "asked", 20, "For nobody yet"));
    put_followed(contract, "rejected", 4);
    json_decref(put_post(contract, 403, "rejected", 20, "For nobody"));
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-relations/rr_%s-followed",
                              contract->run));
    json_decref(put_post(contract, 403, "ended", 20, "For nobody any more"));
}

static void check_member(struct contract *contract)
{
    json_decref(contract_must(contract, "PUT", 404, "account_unknown",
                              followed_json(contract, "no-such-account", "accepted", 1),
                              "/remote-relations/rr_%s-nobody", contract->run));
}

enum { NEEDS = FEATURE_TIMELINE | FEATURE_REMOTE_POSTS | FEATURE_REMOTE_RELATIONS | FEATURE_ACCOUNT };

const struct contract_check contract_checks_timeline[] = {
    {"timeline", 2, "§6.1", "a post of somebody whom a member follows is put, edited and deleted",
     check_timeline, NEEDS},
    {"timeline-nobody", 2, "§6.1", "a post of somebody whom nobody follows is not taken", check_nobody,
     NEEDS},
    {"followed-member", 2, "§6.1", "only a member can follow", check_member, NEEDS},
    {0}};
