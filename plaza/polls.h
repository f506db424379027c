/* Polls of members, and votes in them from here and from other servers. */
#ifndef PLAZA_POLLS_H
#define PLAZA_POLLS_H

#include "plaza/posts.h"

enum { POLL_OPTIONS_MAX = 8, OPTION_BYTES_MAX = 100 };

/* True for none, and for two to eight different options, one a line. */
bool poll_valid(const char *lines);
/* As it is stored; NULL for none. New reference. */
json_t *poll_new(const struct post_draft *draft);
/* The contract's poll (PLATFORMS §7.5) with the votes until now; null for none. New reference. */
json_t *poll_json(struct plaza *plaza, int64_t post, const char *stored);

/* The position of a choice by its name; -1 when there is none. */
int poll_choice(struct plaza *plaza, int64_t post, const char *name);
/* Casts a vote; `key` names it (polls of one choice: the voter's only one). POST_BAD_FIELD: no such choice,
 * or the poll is over. */
enum post_outcome poll_vote(struct plaza *plaza, int64_t post, const char *key, const char *voter,
                            int choice);
/* A member's vote. */
enum post_outcome poll_vote_as(struct plaza *plaza, const struct account *account, int64_t post,
                               const char *choice);

#endif
