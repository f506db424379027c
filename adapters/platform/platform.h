/* The open platform contract, version 1 (PLATFORMS §7): what a platform offers that wants to federate. Levels
 * L0 (read), L1 (events by websocket, long-poll or webhook), L2 (replies) and the relations of L3. */
#ifndef DRAWBRIDGE_ADAPTERS_PLATFORM_PLATFORM_H
#define DRAWBRIDGE_ADAPTERS_PLATFORM_PLATFORM_H

#include "adapters/adapter.h"

enum { PLATFORM_RESPONSE_MAX = 1 << 20, PLATFORM_URL_MAX = 2048, PLATFORM_CURSOR_MAX = 1024 };

/* Numbers on the wire stay below 2^53, so that every JSON library reads them alike. */
#define PLATFORM_NUMBER_MAX (((int64_t)1 << 53) - 1)

enum platform_events { EVENTS_ANY, EVENTS_WEBSOCKET, EVENTS_POLL, EVENTS_WEBHOOK };

struct adapter {
    char *base; /* scheme and authority (and path) before /.well-known/drawbridge, no slash at the end */
    /* learned by discovery; NULL before */
    char *api, *stream;
    enum platform_events events; /* the carrier that the operator wants */
    enum stream_carrier carrier; /* the one that is used */
    unsigned capabilities;
    struct adapter_limits limits;
    unsigned page_max;
    bool no_post_ids; /* the platform has no list of ids alone: posts are listed instead */
};

extern const struct adapter_class platform_class;

/* platform_adapter.c. NULL on success, else what is wrong with the document. */
const char *platform_discovered(struct adapter *adapter, const json_t *document);

/* platform_value.c: single values of untrusted JSON; strings are copied to the arena, NULL when absent or
 * not as they must be. */
const char *platform_text(const json_t *value, size_t length_max, struct arena *arena);
/* What people wrote: what is too long is cut between two characters, a control character is a space (so that
 * the offsets of spans stay). NULL only when it is no string. */
const char *platform_words(const json_t *value, size_t length_max, struct arena *arena);
const char *platform_id(const json_t *value, struct arena *arena);
const char *platform_url(const json_t *value, struct arena *arena);
int64_t platform_time(const json_t *value);
bool platform_number(const json_t *value, int64_t *out);
bool platform_id_valid(const char *text);

/* platform_json_in.c. False: it lacks what it needs, or something in it is not as it must be. */
bool platform_read_account(const json_t *object, struct arena *arena, struct account *out);
bool platform_read_post(const json_t *object, struct arena *arena, struct post *out);

/* platform_event.c. `key` (epoch:seq) becomes the event's. What cannot be understood becomes EVENT_OTHER. */
void platform_read_event(const json_t *object, const char *key, struct arena *arena, struct event *out);

/* platform_json_out.c: new references. */
json_t *platform_author_json(const struct remote_author *author);
json_t *platform_post_json(const struct remote_post *post);
json_t *platform_relation_json(const struct remote_relation *relation);
json_t *platform_report_json(const struct remote_report *report);

/* platform_answer.c: what an HTTP answer means (§7.8). `code` is the problem's, "" when there is none. */
struct platform_answer {
    enum answer answer;
    bool wants_author;  /* 409 actor_stale, 424 actor_unknown */
    bool missing_route; /* the platform does not have this request at all */
    char reason[200];
    int64_t retry_after_ms; /* -1: none */
};
void platform_answer(const struct adapter_response *response, bool is_delete, const json_t *body,
                     struct platform_answer *out);
/* The body as JSON, or NULL. */
json_t *platform_body(struct adapter_bytes body);

/* platform_operation.c, platform_stream.c: the parts of the class. */
struct operation *platform_operation_new(struct adapter *adapter, const struct operation_input *input);
enum operation_state platform_operation_step(struct operation *operation,
                                             const struct adapter_response *response);
const struct adapter_request *platform_operation_request(const struct operation *operation);
const struct operation_result *platform_operation_result(const struct operation *operation);
void platform_operation_free(struct operation *operation);

struct stream *platform_stream_new(struct adapter *adapter, struct adapter_bytes cursor);
const struct stream_plan *platform_stream_plan(const struct stream *stream);
bool platform_stream_feed(struct stream *stream, struct adapter_bytes message, bool binary,
                          const struct stream_sink *sink);
struct stream_close platform_stream_closed(struct stream *stream, int http_status, int close_code,
                                           struct adapter_bytes reason);
void platform_stream_free(struct stream *stream);

#endif
