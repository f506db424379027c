/* A conversation as people see it: local and remote posts together, who likes and boosts them. The pages and
 * the test API show the same data. */
#ifndef PLAZA_THREADS_H
#define PLAZA_THREADS_H

#include "plaza/accounts.h"

/* The posts of a thread in reading order (each after what it answers): an array of
 *   {id, key, parent, depth, deleted, text, spans, warning, language, visibility, created, edited, url,
 *    author: PERSON, media: [{url, alt}], likes: [PERSON], reposts: [PERSON],
 *    reactions: [{emoji, person: PERSON}], quote, repost: id or address, poll: as in the contract, pinned}
 * PERSON is {id, shown, name, url, remote, limited}: `shown` is "@alice" for a member, and always the full
 * "@alice@mastodon.example" for somebody of another server. `key` is the gateway's for remote posts, else
 * null. People whom the owner of the thread blocked are left out. A deleted post is listed, emptied, only
 * while something answers it. New reference. */
json_t *thread_json(struct plaza *plaza, int64_t thread);

/* What people of other servers wrote that answers nothing here but names the member or quotes them: the
 * newest first, each as above. New reference. */
json_t *mentions_json(struct plaza *plaza, int64_t account);

/* What people whom the member follows wrote: the newest first, each as above. New reference. */
json_t *home_json(struct plaza *plaza, int64_t account);

/* The newest threads of active members: public ones of everybody, or all of one account (0: everybody).
 * An array of thread numbers, newest first. New reference. */
json_t *threads_recent(struct plaza *plaza, int64_t account, int64_t limit);

#endif
