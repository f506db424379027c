/* What belongs to a conversation that a post of ours began (FEP-7888, FEP-f228), and what answers a post
 * (FEP-7458). Only what everybody may see. All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_FED_THREADS_H
#define DRAWBRIDGE_GATEWAY_FED_THREADS_H

#include "gateway/gateway.h"
#include "gateway/store/posts.h"

enum { THREAD_IDS_MAX = 200 };

struct thread_ids {
    const char *ids[THREAD_IDS_MAX]; /* in the arena */
    size_t count;
};

/* Direct answers, our own first; looks at no more than `limit` of them. */
enum lookup thread_replies(struct gateway *gateway, struct arena *arena, const struct post_record *post,
                           size_t limit, struct thread_ids *out);
/* All posts of the conversation in the order of time, the first one itself included. `record` owns it. */
enum lookup thread_context(struct gateway *gateway, struct arena *arena, const struct account_record *record,
                           const struct post_record *post, struct thread_ids *out);

#endif
