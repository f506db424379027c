#include "gateway/routes.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/client/fetch.h"
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

static void answer_health(struct serving *serving, bool ready)
{
    bool good = !ready || (store_is_up(serving->gateway->store) && !serving->gateway->stopping);
    http_answer_text(serving->request, good ? 200 : 503,
                     good ? "ok\n" : "not ready: the store does not answer\n");
}

static bool route_well_known(struct serving *serving, const char *path)
{
    if (strcmp(path, "/.well-known/webfinger") == 0)
        serve_webfinger(serving);
    else if (strcmp(path, "/.well-known/host-meta") == 0)
        serve_host_meta(serving, false);
    else if (strcmp(path, "/.well-known/host-meta.json") == 0)
        serve_host_meta(serving, true);
    else if (strcmp(path, "/.well-known/nodeinfo") == 0)
        serve_nodeinfo_links(serving);
    else if (strcmp(path, "/nodeinfo/2.0") == 0)
        serve_nodeinfo(serving, "2.0");
    else if (strcmp(path, "/nodeinfo/2.1") == 0)
        serve_nodeinfo(serving, "2.1");
    else
        return false;
    return true;
}

static void route_get(struct serving *serving)
{
    const char *path = http_request_path(serving->request);
    struct local_id id = local_parse_path(serving->host, path);
    switch (id.kind) {
    case LOCAL_INSTANCE:
        serve_instance_actor(serving);
        return;
    case LOCAL_ACTOR:
        serve_actor(serving, &id);
        return;
    case LOCAL_PART:
        serve_account_part(serving, &id);
        return;
    case LOCAL_POST:
        serve_post(serving, &id);
        return;
    case LOCAL_POST_PART:
        serve_post_part(serving, &id);
        return;
    case LOCAL_BOOST:
        serve_boost(serving, &id);
        return;
    case LOCAL_QUOTE:
        serve_quote(serving, &id);
        return;
    case LOCAL_NONE:
        break;
    }
    if (strcmp(path, "/") == 0)
        serve_home_page(serving);
    else if (strncmp(path, "/@", 2) == 0)
        serve_profile_page(serving, path + 2);
    else if (strncmp(path, "/tags/", 6) == 0)
        serve_tag(serving, path + 6);
    else if (strncmp(path, "/emoji/", 7) == 0)
        serve_emoji(serving, path + 7);
    else if (strcmp(path, "/actor/outbox") == 0)
        serve_instance_outbox(serving);
    else if (!route_well_known(serving, path))
        serve_absent(serving);
}

static void route_post(struct serving *serving)
{
    const char *path = http_request_path(serving->request);
    struct local_id id = local_parse_path(serving->host, path);
    if (strcmp(path, "/inbox") == 0 || strcmp(path, "/actor/inbox") == 0)
        inbox_receive(serving, NULL);
    else if (id.kind == LOCAL_PART && strcmp(id.part, "inbox") == 0)
        inbox_receive(serving, id.aid);
    else
        http_answer_text(serving->request, 405, "Nothing takes a POST here; an inbox does.\n");
}

static void route(struct serving *serving)
{
    const char *path = http_request_path(serving->request);
    const char *method = http_request_method(serving->request);
    static const char hooks[] = "/hooks/contract/";
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (reads && strcmp(path, "/healthz") == 0) {
        answer_health(serving, false);
        return;
    }
    if (reads && strcmp(path, "/readyz") == 0) {
        answer_health(serving, true);
        return;
    }
    if (reads && strcmp(path, "/metrics") == 0) {
        metrics_serve(serving);
        return;
    }
    /* The platform may stand behind the reverse proxy with us; its signature is what counts. */
    if (strcmp(method, "POST") == 0 && strncmp(path, hooks, sizeof hooks - 1) == 0) {
        upstream_webhook(serving, path + sizeof hooks - 1);
        return;
    }
    if (!serving->host && reads && serve_puppet_proof(serving))
        return;
    if (!serving->host) {
        http_answer_text(serving->request, 421,
                         "This server does not serve that host; check the Host header.\n");
        return;
    }
    if (reads)
        route_get(serving);
    else if (strcmp(method, "POST") == 0)
        route_post(serving);
    else
        http_answer_text(serving->request, 405, "Only GET, HEAD and POST are known here.\n");
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
