#include "gateway/routes.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/admin/platform_signin.h"
#include "gateway/client/fetch.h"
#include "gateway/fed/feed.h"
#include "gateway/fed/follow_dialog.h"
#include "gateway/fed/inbox.h"
#include "gateway/fed/serve.h"
#include "gateway/fed/serve_cache.h"
#include "gateway/fed/tags.h"
#include "gateway/metrics.h"
#include "gateway/upstream/upstream.h"

enum { REQUEST_BUDGET = 4 << 20 };

struct errand {
    struct gateway *gateway;
    struct http_request *request;
};

/* ---- routes that stand for several
 * -------------------------------------------------------------------------------------------------- */

static void get_health(struct serving *serving, const char *word)
{
    (void)word;
    http_answer_text(serving->request, 200, "ok\n");
}

static void get_ready(struct serving *serving, const char *word)
{
    (void)word;
    bool good = store_is_up(serving->gateway->store) && !serving->gateway->stopping;
    http_answer_text(serving->request, good ? 200 : 503,
                     good ? "ok\n" : "not ready: the store does not answer\n");
}

/* Documents with an id: what of them is meant, local.h reads from the path. */
static void get_object(struct serving *serving, const char *word)
{
    struct local_id id = local_parse_path(serving->host, http_request_path(serving->request));
    (void)word;
    switch (id.kind) {
    case LOCAL_INSTANCE:
        serve_instance_actor(serving);
        break;
    case LOCAL_ACTOR:
        serve_actor(serving, &id);
        break;
    case LOCAL_PART:
        serve_account_part(serving, &id);
        break;
    case LOCAL_POST:
        serve_post(serving, &id);
        break;
    case LOCAL_POST_PART:
        serve_post_part(serving, &id);
        break;
    case LOCAL_BOOST:
        serve_boost(serving, &id);
        break;
    case LOCAL_QUOTE:
        serve_quote(serving, &id);
        break;
    case LOCAL_NONE:
        serve_absent(serving);
        break;
    }
}

static void post_shared_inbox(struct serving *serving, const char *word)
{
    (void)word;
    inbox_receive(serving, NULL);
}

static void serve_nothing(struct serving *serving)
{
    if (serving->host)
        serve_absent(serving);
    else
        http_answer_text(serving->request, 421,
                         "This server does not serve that host; check the Host header.\n");
}

/* Under the names of puppets, which are none of our hosts. */
static void get_puppet_proof(struct serving *serving, const char *word)
{
    (void)word;
    if (!serve_puppet_proof(serving))
        serve_nothing(serving);
}

#define WITHOUT_WORD(name, call)                                                                             \
    static void name(struct serving *serving, const char *word)                                              \
    {                                                                                                        \
        (void)word;                                                                                          \
        call;                                                                                                \
    }
WITHOUT_WORD(get_metrics, metrics_serve(serving))
WITHOUT_WORD(get_webfinger, serve_webfinger(serving))
WITHOUT_WORD(get_host_meta, serve_host_meta(serving, false))
WITHOUT_WORD(get_host_meta_json, serve_host_meta(serving, true))
WITHOUT_WORD(get_nodeinfo_links, serve_nodeinfo_links(serving))
WITHOUT_WORD(get_nodeinfo_2_0, serve_nodeinfo(serving, "2.0"))
WITHOUT_WORD(get_nodeinfo_2_1, serve_nodeinfo(serving, "2.1"))
WITHOUT_WORD(get_instance_outbox, serve_instance_outbox(serving))
WITHOUT_WORD(get_home, serve_home_page(serving))
WITHOUT_WORD(get_about, serve_about_page(serving))
WITHOUT_WORD(get_style, serve_style(serving))
WITHOUT_WORD(get_icon, serve_icon(serving))

/* ---- the table
 * ---------------------------------------------------------------------------------------------------- */

/* All that is answered. '*' takes one segment, or the rest of one; the first goes to `serve`. HEAD is GET.
 * tests/trust/visibility.mjs reads this table and asks for every line of it. */
static const struct route {
    const char *method, *path;
    void (*serve)(struct serving *serving, const char *word);
    bool any_host; /* also under a name that is not ours */
} routes[] = {
    {"GET", "/healthz", get_health, true},
    {"GET", "/readyz", get_ready, true},
    {"GET", "/metrics", get_metrics, true},
    /* The platform may stand behind the reverse proxy with us; its signature is what counts. */
    {"POST", "/hooks/contract/*", upstream_webhook, true},
    {"POST", "/hooks/contract/*/sign-in", platform_signin_serve, true},
    {"GET", "/.well-known/atproto-did", get_puppet_proof, true},
    {"GET", "/.well-known/webfinger", get_webfinger, false},
    {"GET", "/.well-known/host-meta", get_host_meta, false},
    {"GET", "/.well-known/host-meta.json", get_host_meta_json, false},
    {"GET", "/.well-known/nodeinfo", get_nodeinfo_links, false},
    {"GET", "/nodeinfo/2.0", get_nodeinfo_2_0, false},
    {"GET", "/nodeinfo/2.1", get_nodeinfo_2_1, false},
    {"GET", "/actor", get_object, false},
    {"GET", "/actor/outbox", get_instance_outbox, false},
    {"GET", "/actor/about", get_about, false},
    {"GET", "/actor/style.css", get_style, false},
    {"GET", "/actor/icon.svg", get_icon, false},
    {"GET", "/u/*", get_object, false},
    {"GET", "/u/*/inbox", get_object, false},
    {"GET", "/u/*/outbox", get_object, false},
    {"GET", "/u/*/followers", get_object, false},
    {"GET", "/u/*/following", get_object, false},
    {"GET", "/u/*/featured", get_object, false},
    {"GET", "/u/*/p/*", get_object, false},
    {"GET", "/u/*/p/*/replies", get_object, false},
    {"GET", "/u/*/p/*/likes", get_object, false},
    {"GET", "/u/*/p/*/shares", get_object, false},
    {"GET", "/u/*/p/*/context", get_object, false},
    {"GET", "/u/*/b/*", get_object, false},
    {"GET", "/u/*/q/*", get_object, false},
    {"GET", "/", get_home, false},
    {"GET", "/@*", serve_profile_page, false},
    {"GET", "/@*/feed.atom", serve_feed, false},
    {"GET", "/@*/follow", serve_follow_dialog, false},
    {"GET", "/tags/*", serve_tag, false},
    {"GET", "/emoji/*", serve_emoji, false},
    {"POST", "/inbox", post_shared_inbox, false},
    {"POST", "/actor/inbox", post_shared_inbox, false},
    {"POST", "/u/*/inbox", inbox_receive, false},
    {"POST", "/@*/follow", serve_follow_way, false},
};

/* A path may end in a fragment: some ask for ids as they are written. */
static bool matches(const char *pattern, const char *path, const char **word, size_t *length)
{
    *word = NULL;
    for (; *pattern; pattern++) {
        if (*pattern != '*') {
            if (*pattern != *path++)
                return false;
            continue;
        }
        size_t taken = strcspn(path, "/#");
        if (!taken)
            return false;
        if (!*word) {
            *word = path;
            *length = taken;
        }
        path += taken;
    }
    return *path == '\0' || *path == '#';
}

static const struct route *find_route(struct serving *serving, const char *method, const char **word)
{
    const char *path = http_request_path(serving->request);
    const char *begin;
    size_t length;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        const struct route *route = &routes[i];
        if (strcmp(route->method, method) != 0 || (!serving->host && !route->any_host) ||
            !matches(route->path, path, &begin, &length))
            continue;
        *word = begin ? arena_copy(serving->arena, begin, length) : NULL;
        return route;
    }
    return NULL;
}

static void route(struct serving *serving)
{
    const char *method = http_request_method(serving->request);
    const char *word;
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    const struct route *found = find_route(serving, reads ? "GET" : method, &word);
    if (found)
        found->serve(serving, word);
    else if (reads || !serving->host)
        serve_nothing(serving);
    else
        http_answer_text(serving->request, 405,
                         strcmp(method, "POST") == 0 ? "Nothing takes a POST here; an inbox does.\n"
                                                     : "Only GET, HEAD and POST are known here.\n");
}

static void errand_task(void *context)
{
    struct errand errand = *(struct errand *)context;
    free(context);
    struct serving serving = {
        .gateway = errand.gateway,
        .request = errand.request,
        .host = config_host_find(errand.gateway->config, http_request_authority(errand.request)),
        .arena = arena_new(REQUEST_BUDGET),
        .read_from = serve_cache_now(errand.gateway),
    };
    fetch_allow(FETCH_JOB_REQUESTS);
    route(&serving);
    arena_free(serving.arena);
}

void route_request(void *context, struct http_request *request)
{
    if (serve_cache_answer(context, request))
        return;
    struct errand *errand = malloc(sizeof *errand);
    if (!errand)
        abort();
    *errand = (struct errand){.gateway = context, .request = request};
    if (task_spawn(errand->gateway->tasks, errand_task, errand))
        return;
    free(errand);
    http_answer(request, &(struct http_answer){.status = 503,
                                               .content_type = "text/plain; charset=utf-8",
                                               .body = "Too busy; ask again soon.\n",
                                               .length = 26,
                                               .headers = {{"Retry-After", "5"}}});
}
