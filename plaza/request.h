/* One HTTP request and its answer, apart from how they came and go (server.c). */
#ifndef PLAZA_REQUEST_H
#define PLAZA_REQUEST_H

#include "plaza/plaza.h"

enum { BODY_MAX = 1 << 20, ANSWER_MAX = 4 << 20, CAPTURES_MAX = 3, CAPTURE_SIZE = 256, PATH_SIZE = 1024 };

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_OTHER };

struct request {
    enum method method;
    bool head_only;                            /* HEAD: a GET whose body stays away */
    char path[PATH_SIZE];                      /* decoded, without the query */
    json_t *query;                             /* object of strings */
    char captures[CAPTURES_MAX][CAPTURE_SIZE]; /* what the '*' of the route's pattern matched */
    char authorization[256], cookie[1024], if_none_match[128], content_type[128], fetch_site[32];
    struct text body;

    int status;
    const char *type; /* of the answer's body */
    struct text answer;
    char location[512], set_cookie[256];
    int retry_after_s; /* 0: none */
    bool cacheable;    /* an ETag is made and If-None-Match honoured */

    /* Long-poll: no answer yet; asked again when there are events or at the deadline. */
    bool waiting;
    int64_t deadline_ms, cursor, limit;
    int64_t ticket; /* of what waits for the gateway instead (handover.h); 0: none */
    /* Asks the server to cut every stream in the middle of a frame (tests only). */
    bool cut_streams;
    /* Events are counted anew: every stream must begin again. */
    bool restart_streams;
};

struct request *request_new(void);
void request_free(struct request *request);

/* A parameter of the query, NULL when absent; borrowed. */
const char *request_query(const struct request *request, const char *name);
/* The parameter as a number within bounds; `otherwise` when absent; -1 when malformed. Numbers above the
 * maximum become the maximum. */
int64_t request_query_number(const struct request *request, const char *name, int64_t otherwise,
                             int64_t maximum);
/* The body as a JSON object (new reference); NULL after a problem was answered. */
json_t *request_json(struct request *request);
/* The body as a form: an object of clean strings with LF line ends; NULL after a problem was answered. */
json_t *request_form(struct request *request);
/* "a=b&c=d" decoded; what is not clean UTF-8 makes the result NULL. */
json_t *parameters_parse(const char *text);

/* Answers. JSON is taken over. */
void answer_json(struct request *request, int status, json_t *json);
void answer_empty(struct request *request, int status);
/* RFC 9457; `code` and `field` are the contract's, `field` may be NULL. */
void answer_problem(struct request *request, int status, const char *code, const char *field,
                    const char *detail);
void answer_redirect(struct request *request, const char *path);

/* A route: '*' in the pattern stands for one segment of the path. */
struct route {
    enum method method;
    bool writes; /* needs the write lock */
    const char *pattern;
    void (*handle)(struct plaza *plaza, struct request *request);
};

/* Finds the route, runs it inside one transaction and keeps what it wrote if the answer is a success.
 * True: there are new events. No route: 404 or 405 was answered. */
bool routes_run(struct plaza *plaza, struct request *request, const struct route *routes, size_t count);

#endif
