/* Every public GET route of the fediverse side: one function a theme, each answers its request. All run in
 * tasks. */
#ifndef DRAWBRIDGE_GATEWAY_FED_SERVE_H
#define DRAWBRIDGE_GATEWAY_FED_SERVE_H

#include <jansson.h>

#include "gateway/fed/local.h"
#include "gateway/gateway.h"
#include "gateway/http/server.h"
#include "gateway/store/posts.h"

struct serving {
    struct gateway *gateway;
    struct http_request *request;
    const struct config_host *host;
    struct arena *arena;
    uint64_t read_from; /* serve_cache_now before the first read */
    /* set by who serves that id's own document, with the records that it is made from: the answer may be kept
     */
    const struct local_id *kept;
    const struct account_record *kept_account;
    const struct post_record *kept_post;
    bool is_private; /* the answer is for who signed the request, and for nobody's cache */
};

void serve_webfinger(struct serving *serving);
void serve_host_meta(struct serving *serving, bool json);
void serve_nodeinfo_links(struct serving *serving);
void serve_nodeinfo(struct serving *serving, const char *version);
void serve_instance_actor(struct serving *serving);
void serve_instance_outbox(struct serving *serving);
void serve_actor(struct serving *serving, const struct local_id *id);
void serve_account_part(struct serving *serving, const struct local_id *id);
void serve_post(struct serving *serving, const struct local_id *id);
void serve_boost(struct serving *serving, const struct local_id *id);
void serve_quote(struct serving *serving, const struct local_id *id);
void serve_post_part(struct serving *serving, const struct local_id *id);
/* False: the request does not ask for the proof of a puppet's name. Needs no host of ours. */
bool serve_puppet_proof(struct serving *serving);
void serve_home_page(struct serving *serving);
void serve_about_page(struct serving *serving);
void serve_profile_page(struct serving *serving, const char *name);
/* The pages' style sheet and icon. */
void serve_style(struct serving *serving);
void serve_icon(struct serving *serving);

/* ---- shared by the above
 * -------------------------------------------------------------------------------------- */

#define ACTIVITY "application/activity+json"

enum cache_policy {
    CACHE_ACTOR,
    CACHE_NOTE,
    CACHE_DISCOVERY,
    CACHE_INSTANCE,
    CACHE_SHORT,
    CACHE_NEVER,
    CACHE_PRIVATE
};

/* A document as it is sent. */
struct served {
    const char *body, *type;
    size_t length;
    enum cache_policy policy;
    char tag[40]; /* strong ETag; "" for none */
    bool noindex;
};

/* Answers with it; 304 to a client that has it. */
void serve_document(struct http_request *request, int status, const struct served *document);
/* Answers with a JSON document (the reference is taken; NULL answers 503) with ETag, Vary and the policy's
 * Cache-Control; 304 when the client has it. */
void serve_json(struct serving *serving, int status, const char *type, json_t *document,
                enum cache_policy policy);
/* Other text, with the policy's Cache-Control and an ETag. */
struct served_text {
    const char *type, *body;
    enum cache_policy policy;
    bool noindex;
};
void serve_text(struct serving *serving, const struct served_text *text);
struct page;
/* Answers with a page (503 when there is none). */
void serve_html(struct serving *serving, int status, const struct page *page);
#define PAGE_POLICY                                                                                          \
    "default-src 'none'; img-src 'self' https: http:; media-src https: http:; style-src 'self'; "            \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
/* refusal.c: what is not served. */
void serve_unavailable(struct serving *serving);
void serve_absent(struct serving *serving);  /* never was, or is not to be seen */
void serve_left(struct serving *serving);    /* an account that left */
void serve_deleted(struct serving *serving); /* a post, to people */
void serve_hidden(struct serving *serving);  /* by the platform, for now */
/* Answers with the document of an account (`part` PART_ACTOR) or a post (PART_CONTENT) as it was rendered
 * lately, if it is still true and is what is asked for. Waits. */
bool serve_rendering(struct serving *serving, const struct local_id *id, enum public_part part,
                     enum cache_policy policy);
/* Loads the account and answers the request itself unless the view is VIEW_ALL (or VIEW_STUB, which it hands
 * back). True when the caller goes on. */
bool serve_account(struct serving *serving, const char *aid, enum public_part part,
                   struct account_record *record, enum view *view);
/* The account behind a NAME of this host whose pages may be seen; answers itself when there is none. */
bool serve_named_account(struct serving *serving, const char *name, struct account_record *record);
struct observation;
/* True, and answered 403, when a server that is blocked asks, as far as its own signature says so. */
bool serve_blocked(struct serving *serving, const struct observation *observation);
/* Whether this request may have documents of the account: all may who are not blocked, unless it wants
 * authorized fetches or only listed servers are dealt with; then who signed, as far as that can be checked,
 * and *observation says who it was. Answers 401, 403 or 503 itself when not. Before any document in JSON. */
bool serve_permitted(struct serving *serving, const struct account_record *record,
                     struct observation *observation);
/* Loads a post (or a repost, for its kind of id) that may be shown or was deleted; answers itself when not.
 */
bool serve_load_post(struct serving *serving, const struct local_id *id, struct account_record *record,
                     struct post_record *post);

#endif
