/* What the gateway pushes: people of other servers, their posts, likes and boosts (PLATFORMS §7.7, §7.8).
 * Revisions and tombstones make any order of requests converge. */
#ifndef PLAZA_REMOTE_H
#define PLAZA_REMOTE_H

#include "plaza/fields.h"

/* /v1/remote-actors/KEY */
void remote_actor_put(struct plaza *plaza, struct request *request);
void remote_actor_delete(struct plaza *plaza, struct request *request);
/* /v1/remote-posts/KEY */
void remote_post_put(struct plaza *plaza, struct request *request);
void remote_post_delete(struct plaza *plaza, struct request *request);
/* /v1/remote-relations/KEY */
void remote_relation_put(struct plaza *plaza, struct request *request);
void remote_relation_delete(struct plaza *plaza, struct request *request);

/* Shared by the three. A key that was deleted before: 410 was answered. */
bool remote_tombstoned(struct plaza *plaza, struct request *request, const char *key);
void remote_remember_deleted(struct plaza *plaza, const char *key);
/* The local number of the person in the body's `actor` {key, rev}; 0 after 424, 409 or 410 was answered. */
int64_t remote_actor_of(struct plaza *plaza, struct request *request, const json_t *reference);
/* Whether the owners of the local post `target` and of its thread take a reply or a reaction from this
 * person; false after 403 was answered. */
bool remote_welcome(struct plaza *plaza, struct request *request, const char *target, int64_t thread,
                    int64_t actor, bool reply);
/* A target or parent {local} or {remote} to its local id and thread; false after 404, 410 or 422. */
bool remote_target(struct plaza *plaza, struct request *request, const json_t *reference, const char *field,
                   char *local, size_t size, int64_t *thread);

#endif
