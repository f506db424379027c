/* Level 2: people of other servers and their replies. Every key holds the run's random part, and all that was
 * put is deleted at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/contract.h"

enum { RACERS = 10 };

static json_t *actor_json(struct contract *contract, int64_t rev, const char *name)
{
    char ap_id[128];
    char acct[64];
    (void)snprintf(ap_id, sizeof ap_id, "https://elsewhere.example/users/%s", contract->run);
    (void)snprintf(acct, sizeof acct, "check_%s@elsewhere.example", contract->run);
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:n, s:s, s:b, s:s, s:n, s:n, s:b, s:s}", "rev",
                     (json_int_t)rev, "ap_id", ap_id, "acct", acct, "name", name, "url", ap_id, "bio", "text",
                     "A person of the contract check", "html", "<p>A person of the contract check</p>",
                     "avatar", "kind", "person", "bot", 0, "software", "mastodon", "moved_to", "created",
                     "limited", 0, "member_of_the_future", "ignored");
}

/* A reply of the run's person to the run's post, or to `remote`. */
static json_t *post_json(struct contract *contract, const char *key, int64_t rev, const char *text,
                         const char *remote)
{
    char ap_id[600];
    (void)snprintf(ap_id, sizeof ap_id, "https://elsewhere.example/notes/%s", key);
    json_t *parent = remote ? json_pack("{s:n, s:s}", "local", "remote", remote)
                            : json_pack("{s:s, s:n}", "local", contract->post, "remote");
    return json_pack(
        "{s:I, s:{s:s, s:I}, s:s, s:s, s:o, s:{s:s}, s:s, s:n, s:s, s:[], s:n, s:[s], s:b, s:n, s:s,"
        " s:[], s:[], s:n, s:n, s:{s:s, s:n}, s:s}",
        "rev", (json_int_t)rev, "actor", "key", contract->actor, "rev", (json_int_t)contract->actor_rev,
        "ap_id", ap_id, "url", ap_id, "in_reply_to", parent, "root", "local", contract->post, "created",
        "2026-08-22T10:00:00.000Z", "edited", "text", text, "spans", "html", "lang", "en", "sensitive", 0,
        "warning", "visibility", "public", "mentions", "media", "quote_of", "poll", "moderation", "state",
        "ok", "score", "member_of_the_future", "ignored");
}

static void key_of(const struct contract *contract, const char *kind, const char *name,
                   char key[CONTRACT_ID_MAX + 1])
{
    (void)snprintf(key, CONTRACT_ID_MAX + 1, "%s_%s-%s", kind, contract->run, name);
}

static json_t *put_post(struct contract *contract, int status, const char *code, const char *key,
                        json_t *body)
{
    return contract_must(contract, "PUT", status, code, body, "/remote-posts/%s", key);
}

static void must_apply(struct contract *contract, const json_t *answer, bool applied, const char *what)
{
    const json_t *told = json_object_get(answer, "applied");
    if (answer && !json_is_boolean(told))
        contract_wrong(contract, "%s: the answer must say \"applied\": true or false", what);
    else if (answer && json_is_true(told) != applied)
        contract_wrong(contract, "%s: the answer says \"applied\": %s, must be %s", what,
                       applied ? "false" : "true", applied ? "true" : "false");
    if (answer && !contract_is_id(json_object_get(answer, "local_id")))
        contract_wrong(contract, "%s: the answer must have a 'local_id'", what);
}

static void must_be_same(struct contract *contract, const json_t *one, const json_t *other, const char *what)
{
    if (one && other && strcmp(contract_text(one, "local_id"), contract_text(other, "local_id")) != 0)
        contract_wrong(contract,
                       "%s: the local_id changed from %s to %s; the key in the address is the identity", what,
                       contract_text(one, "local_id"), contract_text(other, "local_id"));
}

void contract_must_show(struct contract *contract, const char *key, const char *text)
{
    if (!(contract->features & FEATURE_SANDBOX))
        return;
    json_t *shown = contract_sandbox(contract, "show", "{s:s}", "key", key);
    if (text && !shown)
        contract_wrong(contract, "the reply %s was taken and is not shown", key);
    else if (!text && shown)
        contract_wrong(contract, "the reply %s was deleted and is still shown", key);
    else if (text && strcmp(contract_text(shown, "text"), text) != 0)
        contract_wrong(contract, "the reply %s shows '%s', must show '%s'", key, contract_text(shown, "text"),
                       text);
    json_decref(shown);
}

static void check_actor(struct contract *contract)
{
    key_of(contract, "ra", "person", contract->actor);
    contract->actor_rev = 20;
    json_t *first = contract_must(contract, "PUT", 200, NULL, actor_json(contract, 20, "Alice 🦉"),
                                  "/remote-actors/%s", contract->actor);
    must_apply(contract, first, true, "a new person");
    json_t *again = contract_must(contract, "PUT", 200, NULL, actor_json(contract, 20, "Alice 🦉"),
                                  "/remote-actors/%s", contract->actor);
    must_apply(contract, again, false, "the same person twice");
    must_be_same(contract, first, again, "the same person twice");
    json_t *old = contract_must(contract, "PUT", 200, NULL, actor_json(contract, 10, "Old name"),
                                "/remote-actors/%s", contract->actor);
    must_apply(contract, old, false, "an older revision of a person");
    json_t *newer = contract_must(contract, "PUT", 200, NULL, actor_json(contract, 30, "Alice"),
                                  "/remote-actors/%s", contract->actor);
    must_apply(contract, newer, true, "a newer revision of a person");
    contract->actor_rev = 30;
    json_decref(first);
    json_decref(again);
    json_decref(old);
    json_decref(newer);
}

static void check_post(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    key_of(contract, "rp", "reply", key);
    json_t *first = put_post(contract, 200, NULL, key, post_json(contract, key, 20, "Nice find! 🦉", NULL));
    must_apply(contract, first, true, "a new reply");
    contract_must_show(contract, key, "Nice find! 🦉");
    json_t *again = put_post(contract, 200, NULL, key, post_json(contract, key, 20, "Nice find! 🦉", NULL));
    must_apply(contract, again, false, "the same reply twice");
    must_be_same(contract, first, again, "the same reply twice");
    json_t *edited = put_post(contract, 200, NULL, key, post_json(contract, key, 30, "Nice find!", NULL));
    must_apply(contract, edited, true, "an edit of a reply");
    must_be_same(contract, first, edited, "an edit of a reply");
    contract_must_show(contract, key, "Nice find!");
    json_decref(first);
    json_decref(again);
    json_decref(edited);
}

static void check_stale(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    key_of(contract, "rp", "stale", key);
    json_decref(put_post(contract, 200, NULL, key, post_json(contract, key, 30, "The newer text", NULL)));
    json_t *late =
        put_post(contract, 200, NULL, key, post_json(contract, key, 20, "A late older text", NULL));
    must_apply(contract, late, false, "a revision that comes late");
    if (late && contract_number(late, "rev") != 30)
        contract_wrong(contract, "a revision that comes late: the answer's rev must be the stored 30");
    contract_must_show(contract, key, "The newer text");
    json_decref(late);
}

static void check_delete(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    key_of(contract, "rp", "delete", key);
    json_decref(put_post(contract, 200, NULL, key, post_json(contract, key, 20, "Soon gone", NULL)));
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-posts/%s", key));
    contract_must_show(contract, key, NULL);
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-posts/%s", key));
    json_decref(
        put_post(contract, 410, "tombstoned", key, post_json(contract, key, 40, "Back from the dead", NULL)));
    contract_must_show(contract, key, NULL);
}

static void check_delete_first(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    key_of(contract, "rp", "early-delete", key);
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-posts/%s", key));
    json_decref(
        put_post(contract, 410, "tombstoned", key, post_json(contract, key, 20, "Late create", NULL)));
    key_of(contract, "ra", "early-delete", key);
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-actors/%s", key));
}

static json_t *with_actor(json_t *post, const char *key, int64_t rev)
{
    (void)json_object_set_new(post, "actor", json_pack("{s:s, s:I}", "key", key, "rev", (json_int_t)rev));
    return post;
}

static void check_actor_known(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    char stranger[CONTRACT_ID_MAX + 1];
    key_of(contract, "rp", "unknown-actor", key);
    key_of(contract, "ra", "stranger", stranger);
    json_decref(put_post(contract, 424, "actor_unknown", key,
                         with_actor(post_json(contract, key, 20, "Who am I?", NULL), stranger, 1)));
    json_decref(put_post(contract, 409, "actor_stale", key,
                         with_actor(post_json(contract, key, 20, "I have changed", NULL), contract->actor,
                                    contract->actor_rev + 5)));
}

static void check_parents(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    char child[CONTRACT_ID_MAX + 1];
    key_of(contract, "rp", "reply", key);
    key_of(contract, "rp", "reply-to-reply", child);
    json_decref(put_post(contract, 200, NULL, child, post_json(contract, child, 20, "And I agree", key)));
    key_of(contract, "rp", "orphan", child);
    json_decref(put_post(contract, 404, "parent_unknown", child,
                         post_json(contract, child, 20, "To nothing", "rp_there-is-no-such-post")));
    char gone[CONTRACT_ID_MAX + 1];
    if (!(contract->features & FEATURE_SANDBOX) || !contract_deleted_post(contract, gone))
        return;
    json_t *orphan = post_json(contract, child, 20, "To what was deleted", NULL);
    (void)json_object_set_new(orphan, "in_reply_to", json_pack("{s:s, s:n}", "local", gone, "remote"));
    json_decref(put_post(contract, 410, "parent_gone", child, orphan));
}

static void check_limits(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    int64_t maximum = contract_limit(contract, "text", "max", 500);
    size_t length = (size_t)(maximum > 400000 ? 400000 : maximum) + 1;
    char *text = malloc(length + 1);
    if (!text)
        abort();
    memset(text, 'x', length);
    text[length] = '\0';
    key_of(contract, "rp", "long", key);
    json_t *problem = put_post(contract, 422, "too_long", key, post_json(contract, key, 20, text, NULL));
    if (problem && strcmp(contract_text(problem, "field"), "text") != 0)
        contract_wrong(contract, "422 too_long must name the field: \"field\": \"text\"");
    json_decref(problem);
    free(text);
    json_t *broken = post_json(contract, key, 20, "No actor", NULL);
    (void)json_object_del(broken, "actor");
    problem = put_post(contract, 422, NULL, key, broken);
    if (problem && strcmp(contract_text(problem, "field"), "actor") != 0)
        contract_wrong(contract, "a post without its actor: the problem must name the field \"actor\"");
    json_decref(problem);
}

/* ---- media ---- */

static json_t *image_json(int number)
{
    char url[96];
    (void)snprintf(url, sizeof url, "https://elsewhere.example/media/%d.jpg", number);
    return json_pack("{s:s, s:s, s:s, s:n, s:n, s:n, s:s, s:n, s:n, s:n}", "kind", "image", "url", url,
                     "type", "image/jpeg", "bytes", "width", "height", "alt", "An owl", "focus", "blurhash",
                     "thumb");
}

static void check_media(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    int64_t maximum = contract_limit(contract, "media", "per_post", 0);
    key_of(contract, "rp", "media", key);
    if (maximum > 0) {
        json_t *post = post_json(contract, key, 20, "With a picture", NULL);
        (void)json_array_append_new(json_object_get(post, "media"), image_json(1));
        json_decref(put_post(contract, 200, NULL, key, post));
    }
    key_of(contract, "rp", "much-media", key);
    json_t *post = post_json(contract, key, 20, "With too many pictures", NULL);
    for (int64_t i = 0; i <= maximum && i <= 100; i++)
        (void)json_array_append_new(json_object_get(post, "media"), image_json((int)i));
    json_t *problem = put_post(contract, 422, NULL, key, post);
    if (problem && strncmp(contract_text(problem, "code"), "media_", 6) != 0)
        contract_wrong(contract,
                       "%lld media where %lld are taken: the code is '%s'; it must begin with media_, so "
                       "that the reply comes once more with links to them in its text",
                       (long long)maximum + 1, (long long)maximum, contract_text(problem, "code"));
    json_decref(problem);
}

/* ---- the same key at once ---- */

struct racing {
    struct contract *contract;
    char key[CONTRACT_ID_MAX + 1];
    char local[RACERS][CONTRACT_ID_MAX + 1];
};

static void put_one(void *context, size_t index)
{
    struct racing *racing = context;
    char text[32];
    (void)snprintf(text, sizeof text, "Revision %zu", index);
    json_t *answer = put_post(racing->contract, 200, NULL, racing->key,
                              post_json(racing->contract, racing->key, (int64_t)index + 1, text, NULL));
    (void)snprintf(racing->local[index], sizeof racing->local[index], "%s",
                   contract_text(answer, "local_id"));
    json_decref(answer);
}

static void check_same_key_at_once(struct contract *contract)
{
    struct racing racing = {.contract = contract};
    key_of(contract, "rp", "race", racing.key);
    contract_parallel(contract, RACERS, RACERS, put_one, &racing);
    for (int i = 1; i < RACERS && contract_good(contract); i++)
        if (strcmp(racing.local[0], racing.local[i]) != 0)
            contract_wrong(contract, "one key put %d times at once became two posts, %s and %s", RACERS,
                           racing.local[0], racing.local[i]);
    json_t *last =
        put_post(contract, 200, NULL, racing.key, post_json(contract, racing.key, RACERS, "Again", NULL));
    if (last && contract_number(last, "rev") != RACERS)
        contract_wrong(contract, "revisions 1 to %d at once: %lld remained, must be the highest", RACERS,
                       (long long)contract_number(last, "rev"));
    json_decref(last);
}

static void check_actor_delete(struct contract *contract)
{
    char key[CONTRACT_ID_MAX + 1];
    key_of(contract, "rp", "reply", key);
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-actors/%s", contract->actor));
    contract_must_show(contract, key, NULL);
    json_decref(contract_must(contract, "DELETE", 204, NULL, NULL, "/remote-actors/%s", contract->actor));
    json_decref(contract_must(contract, "PUT", 410, "tombstoned", actor_json(contract, 90, "Back"),
                              "/remote-actors/%s", contract->actor));
    json_decref(put_post(contract, 410, NULL, key, post_json(contract, key, 90, "Back", NULL)));
}

const struct contract_check contract_checks_remote[] = {
    {"actor", 2, "§5.1", "a person is put, put again and renewed", check_actor, FEATURE_REMOTE_POSTS},
    {"reply", 2, "§5.2", "a reply is put, put again and edited", check_post, FEATURE_REMOTE_POSTS},
    {"stale", 2, "§5.2", "a revision that comes late changes nothing", check_stale, FEATURE_REMOTE_POSTS},
    {"reply-delete", 2, "§5.3", "a deleted reply stays deleted", check_delete, FEATURE_REMOTE_POSTS},
    {"delete-first", 2, "§5.3", "a delete before the create wins over it", check_delete_first,
     FEATURE_REMOTE_POSTS},
    {"reply-actor", 2, "§5.2", "a reply needs its person, in the revision that it names", check_actor_known,
     FEATURE_REMOTE_POSTS},
    {"parents", 2, "§5.2", "a reply needs what it answers", check_parents, FEATURE_REMOTE_POSTS},
    {"limits", 2, "§5.2", "what is too long or incomplete is 422 and names the field", check_limits,
     FEATURE_REMOTE_POSTS},
    {"reply-media", 2, "§5.4", "media are taken up to the limit", check_media, FEATURE_REMOTE_POSTS},
    {"same-key", 2, "§5.2", "one key at once is one post of the highest revision", check_same_key_at_once,
     FEATURE_REMOTE_POSTS},
    {0}};

const struct contract_check contract_checks_last[] = {{"actor-delete", 2, "§5.3",
                                                       "with a person all that came from them goes, for good",
                                                       check_actor_delete, FEATURE_REMOTE_POSTS},
                                                      {0}};
