#include "gateway/admin/admin.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/loop.h"
#include "gateway/token_buckets.h"

enum {
    BODY_MAX = 65536,
    HEADER_MAX = 16384,
    CONNECTIONS_MAX = 256,
    HELD_MAX = 8 << 20,
    DEADLINE_MS = 10000,
    IDLE_MS = 60000,
    REQUEST_BUDGET = 64 << 20,
    PER_SECOND = 20,
    BURST = 60,
};

struct admin {
    struct http_server *http;
    struct token_buckets *buckets;
};

struct visit {
    struct gateway *gateway;
    struct http_request *request;
};

bool admin_take(struct gateway *gateway, const char *name)
{
    return token_buckets_take(gateway->admin->buckets, name, strlen(name), loop_monotonic_ms()) == 0;
}

static void visit_task(void *context)
{
    struct visit visit = *(struct visit *)context;
    free(context);
    struct arena *arena = arena_new(REQUEST_BUDGET);
    bool api = strncmp(http_request_path(visit.request), "/v1/", 4) == 0;
    (api ? api_serve : pages_serve)(visit.gateway, visit.request, arena);
    arena_free(arena);
}

static void admin_request(void *context, struct http_request *request)
{
    struct visit *visit = malloc(sizeof *visit);
    if (!visit)
        abort();
    *visit = (struct visit){.gateway = context, .request = request};
    if (task_spawn(visit->gateway->tasks, visit_task, visit))
        return;
    free(visit);
    http_answer_text(request, 503, "Too busy; ask again soon.\n");
}

bool admin_start(struct gateway *gateway, char *error, size_t error_size)
{
    const struct config *config = gateway->config;
    if (!config->admin_listen)
        return true;
    gateway->admin = calloc(1, sizeof *gateway->admin);
    if (!gateway->admin)
        abort();
    const struct http_options edge = {
        .listen = config->admin_listen,
        .body_max = BODY_MAX,
        .header_max = HEADER_MAX,
        .connections_max = CONNECTIONS_MAX,
        .held_max = HELD_MAX,
        .header_timeout_ms = DEADLINE_MS,
        .body_timeout_ms = DEADLINE_MS,
        .idle_timeout_ms = IDLE_MS,
        .trusted_proxies = config->trusted_proxies,
        .scheme = strncmp(config->admin_url, "https:", 6) == 0 ? "https" : "http",
    };
    gateway->admin->buckets = token_buckets_new(PER_SECOND, BURST);
    gateway->admin->http = http_server_new(gateway->loop, &edge, admin_request, gateway, error, error_size);
    return gateway->admin->http != NULL;
}

void admin_drain(struct gateway *gateway)
{
    if (gateway->admin && gateway->admin->http)
        http_server_drain(gateway->admin->http);
}

size_t admin_connections(const struct gateway *gateway)
{
    return gateway->admin && gateway->admin->http ? http_server_connections(gateway->admin->http) : 0;
}

void admin_free(struct gateway *gateway)
{
    if (!gateway->admin)
        return;
    if (gateway->admin->http)
        http_server_free(gateway->admin->http);
    token_buckets_free(gateway->admin->buckets);
    free(gateway->admin);
    gateway->admin = NULL;
}
