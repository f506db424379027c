/* Likes, boosts, reactions and votes. The gateway makes one key for (person, kind, post), so a key that was
 * deleted may come again: somebody likes, takes it back and likes once more. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plaza/follows.h"
#include "plaza/polls.h"
#include "plaza/remote.h"

static void answer_relation(struct request *request, int status, const char *key, int64_t rev, bool applied)
{
    answer_json(request, status,
                json_make("{s:s, s:s, s:I, s:b}", "key", key, "local_id", key, "rev", (json_int_t)rev,
                          "applied", applied));
}

struct relation {
    const char *key, *kind, *emoji, *choice;
    int64_t rev;
};

static bool is_kind(const struct relation *relation, const char *kind)
{
    return strcmp(relation->kind, kind) == 0;
}

static int64_t stored_revision(struct plaza *plaza, const struct relation *relation)
{
    return database_number(&plaza->database, -1,
                           is_kind(relation, "emoji")  ? "SELECT rev FROM remote_reaction WHERE key = ?"
                           : is_kind(relation, "vote") ? "SELECT 1 FROM vote WHERE key = ?"
                                                       : "SELECT rev FROM remote_relation WHERE key = ?",
                           "t", relation->key);
}

/* False after an answer. */
static bool store_vote(struct plaza *plaza, struct request *request, const struct relation *relation,
                       int64_t actor, const char *target)
{
    char voter[LOCAL_ID_SIZE];
    int64_t post = text_numbered_id(target, "p_");
    snprintf(voter, sizeof voter, "a_%" PRId64, actor);
    if (poll_vote(plaza, post, relation->key, voter, poll_choice(plaza, post, relation->choice)) == POST_OK)
        return true;
    answer_problem(request, 403, "poll_closed", "choice", "The poll has no such choice, or it is over.");
    return false;
}

static void store(struct plaza *plaza, struct request *request, const struct relation *relation,
                  const json_t *body)
{
    struct database *database = &plaza->database;
    int64_t stored = stored_revision(plaza, relation);
    if (stored >= relation->rev) {
        answer_relation(request, 200, relation->key, stored, false);
        return;
    }
    char target[LOCAL_ID_SIZE];
    int64_t thread = 0;
    int64_t actor = remote_actor_of(plaza, request, json_object_get(body, "actor"));
    if (!actor ||
        !remote_target(plaza, request, json_object_get(body, "target"), "target", target, sizeof target,
                       &thread) ||
        !remote_welcome(plaza, request, target, thread, actor, false))
        return;
    if (is_kind(relation, "vote")) {
        if (!store_vote(plaza, request, relation, actor, target))
            return;
    } else if (is_kind(relation, "emoji")) {
        database_run(
            database,
            "INSERT OR REPLACE INTO remote_reaction(key, rev, actor, target, emoji) VALUES(?, ?, ?, ?, ?)",
            "tiitt", relation->key, relation->rev, actor, target, relation->emoji);
    } else {
        database_run(
            database,
            "INSERT OR REPLACE INTO remote_relation(key, rev, kind, actor, target) VALUES(?, ?, ?, ?, ?)",
            "titit", relation->key, relation->rev, relation->kind, actor, target);
    }
    answer_relation(request, stored < 0 ? 201 : 200, relation->key, relation->rev, true);
}

static bool is_known(const char *kind)
{
    static const char *const kinds[] = {"like", "repost", "emoji", "vote"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

void remote_relation_put(struct plaza *plaza, struct request *request)
{
    json_t *body = request_json(request);
    if (!body)
        return;
    struct fields fields = {.object = body};
    struct relation relation = {.key = request->captures[0],
                                .kind = field_text(&fields, "kind", 16),
                                .rev = field_number(&fields, "rev")};
    bool followed = relation.kind && is_kind(&relation, "followed");
    if (relation.kind && !followed && !is_known(relation.kind))
        field_is_bad(&fields, "kind", "unsupported");
    else if (relation.kind && is_kind(&relation, "emoji"))
        relation.emoji = field_text(&fields, "emoji", 64);
    else if (relation.kind && is_kind(&relation, "vote"))
        relation.choice = field_text(&fields, "choice", OPTION_BYTES_MAX);
    if (!text_is_id(relation.key))
        field_is_bad(&fields, "key", "invalid");
    if (fields_good(&fields, request) && followed)
        followed_put(plaza, request, relation.key, body);
    else if (fields_good(&fields, request) && relation.kind)
        store(plaza, request, &relation, body);
    json_decref(body);
}

/* A vote is cast for good. */
void remote_relation_delete(struct plaza *plaza, struct request *request)
{
    database_run(&plaza->database, "DELETE FROM remote_relation WHERE key = ?", "t", request->captures[0]);
    database_run(&plaza->database, "DELETE FROM remote_reaction WHERE key = ?", "t", request->captures[0]);
    database_run(&plaza->database, "DELETE FROM followed WHERE key = ?", "t", request->captures[0]);
    answer_empty(request, 204);
}
