/* Reports (Flag, PROTOCOL §3.3) in the store (docs/store.md): what other servers say of accounts here, and
 * what people here say of people elsewhere. A bounded queue that waits for the operator. All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_STORE_REPORTS_H
#define DRAWBRIDGE_GATEWAY_STORE_REPORTS_H

#include "gateway/store/accounts.h"

enum {
    REPORT_POSTS_MAX = 20,
    REPORT_COMMENT_MAX = 5000, /* bytes */
    REPORT_NOTE_MAX = 500,
    REPORT_ID_SIZE = 24,
    REPORT_PAGE = 50,
    REPORTS_OPEN_MAX = 10000,
    REPORTS_OPEN_MAX_OF_SOURCE = 100, /* of one server, or of one account here */
};

struct report {
    const char *id; /* decimal */
    bool outgoing;  /* about somebody elsewhere, by somebody here */
    bool open;
    const char *aid;      /* of ours: whom it is about, or who reports; "" : the operator, or unknown here */
    const char *platform; /* of that account; "" */
    const char *by;       /* incoming: the actor that signed it; outgoing: "owner", "operator", "platform" */
    const char *server;   /* the other server: "m.example" */
    const char *subject;  /* id of the actor whom it is about */
    const char *posts[REPORT_POSTS_MAX];
    size_t post_count;
    const char *comment;
    const char *passed, *passed_why; /* handed on: "", "queued", "sent", "refused" */
    const char *closed_by, *note;
    int64_t time, last, closed, passed_at, times;
};

enum report_outcome {
    REPORT_KEPT,
    REPORT_AGAIN,   /* an open one says the same */
    REPORT_FULL,    /* too many are open */
    REPORT_CROWDED, /* too many of this source are */
    REPORT_DOWN,
};
/* Keeps a new one; `pass`: it is handed on at once. Its id goes to `id` when it is kept or there already. */
enum report_outcome report_add(struct store *store, const struct report *report, bool pass, const char *trace,
                               char id[REPORT_ID_SIZE]);
/* In the arena. */
enum lookup report_load(struct store *store, struct arena *arena, const char *id, struct report *out);
/* *done is false when it was so before. */
enum lookup report_close(struct store *store, const char *id, const char *who, const char *note, bool *done);
enum lookup report_forward(struct store *store, const char *id, const char *trace, bool *done);
/* What became of handing it on. False: the store is away. */
bool report_passed(struct store *store, const char *id, const char *state, const char *why);

struct report_page {
    struct report reports[REPORT_PAGE];
    size_t count;
    int64_t total;
    const char *next; /* NULL: the end */
};
/* The newest first; `cursor`: where the page before ended, NULL: the first page. LOOKUP_ABSENT: it is
 * none. */
enum lookup report_list(struct store *store, struct arena *arena, bool open, const char *cursor,
                        struct report_page *out);

#endif
