/* Level 3: likes and boosts. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/contract.h"

static json_t *relation_json(struct contract *contract, const char *kind, const char *target, int64_t rev)
{
    return json_pack("{s:s, s:{s:s, s:I}, s:{s:s}, s:n, s:I}", "kind", kind, "actor", "key", contract->actor,
                     "rev", (json_int_t)contract->actor_rev, "target", "local", target, "emoji", "rev",
                     (json_int_t)rev);
}

static int64_t likes_of(struct contract *contract)
{
    json_t *post = contract_get(contract, "/posts/%s", contract->post);
    int64_t likes = contract_number(json_object_get(post, "counts"), "likes");
    json_decref(post);
    return likes;
}

static void check_likes(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    (void)snprintf(key, sizeof key, "rr_%s-like", contract->run);
    int64_t before = likes_of(contract);
    for (int i = 0; i < 2; i++)
        json_decref(contract_must(contract, "PUT", 200, NULL,
                                  relation_json(contract, "like", contract->post, 1), "/remote-relations/%s",
                                  key));
    int64_t after = likes_of(contract);
    if (before >= 0 && after > before + 1)
        contract_wrong(contract, "one like put twice counts %lld times", (long long)(after - before));
    for (int i = 0; i < 2; i++)
        json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-relations/%s", key));
    json_decref(contract_must(contract, "PUT", 200, NULL, relation_json(contract, "like", contract->post, 2),
                              "/remote-relations/%s", key));
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-relations/%s", key));
}

static void check_targets(struct contract *contract)
{
    json_decref(contract_must(contract, "PUT", 404, "parent_unknown",
                              relation_json(contract, "repost", "no-such-post", 1),
                              "/remote-relations/rr_%s-lost", contract->run));
}

const struct contract_check contract_checks_social[] = {
    {"likes", 3, "§6", "a like is put, put again, taken back and given again", check_likes,
     FEATURE_REMOTE_RELATIONS},
    {"like-target", 3, "§6", "a boost needs what it boosts", check_targets, FEATURE_REMOTE_RELATIONS},
    {0}};
