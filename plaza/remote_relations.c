/* Likes and boosts. The gateway makes one key for (person, kind, post), so a key that was deleted may come
 * again: somebody likes, takes it back and likes once more. */
#include <string.h>

#include "plaza/posts.h"
#include "plaza/remote.h"

static void answer_relation(struct request *request, int status, const char *key, int64_t rev, bool applied)
{
    answer_json(request, status,
                json_make("{s:s, s:s, s:I, s:b}", "key", key, "local_id", key, "rev", (json_int_t)rev,
                          "applied", applied));
}

static void store(struct plaza *plaza, struct request *request, const char *key, const char *kind,
                  int64_t rev, const json_t *body)
{
    struct database *database = &plaza->database;
    int64_t stored = database_number(database, -1, "SELECT rev FROM remote_relation WHERE key = ?", "t", key);
    if (stored >= rev) {
        answer_relation(request, 200, key, stored, false);
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
    database_run(
        database,
        "INSERT OR REPLACE INTO remote_relation(key, rev, kind, actor, target) VALUES(?, ?, ?, ?, ?)",
        "titit", key, rev, kind, actor, target);
    answer_relation(request, stored < 0 ? 201 : 200, key, rev, true);
}

void remote_relation_put(struct plaza *plaza, struct request *request)
{
    const char *key = request->captures[0];
    json_t *body = request_json(request);
    if (!body)
        return;
    struct fields fields = {.object = body};
    const char *kind = field_text(&fields, "kind", 16);
    int64_t rev = field_number(&fields, "rev");
    if (kind && strcmp(kind, "like") != 0 && strcmp(kind, "repost") != 0)
        field_is_bad(&fields, "kind", "unsupported");
    if (!text_is_id(key))
        field_is_bad(&fields, "key", "invalid");
    if (fields_good(&fields, request))
        store(plaza, request, key, kind, rev, body);
    json_decref(body);
}

void remote_relation_delete(struct plaza *plaza, struct request *request)
{
    database_run(&plaza->database, "DELETE FROM remote_relation WHERE key = ?", "t", request->captures[0]);
    answer_empty(request, 204);
}
