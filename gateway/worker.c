#include "gateway/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/admin/admin.h"
#include "gateway/client/fetch.h"
#include "gateway/client/websocket.h"
#include "gateway/delivery/delivery.h"
#include "gateway/domains.h"
#include "gateway/fed/flags.h"
#include "gateway/fed/in_vain.h"
#include "gateway/fed/inbox.h"
#include "gateway/fed/serve_cache.h"
#include "gateway/fed/signer.h"
#include "gateway/fed/verify.h"
#include "gateway/gateway.h"
#include "gateway/hardening.h"
#include "gateway/health.h"
#include "gateway/http/server.h"
#include "gateway/jobs.h"
#include "gateway/ledger/watch.h"
#include "gateway/limits.h"
#include "gateway/log.h"
#include "gateway/refusals.h"
#include "gateway/routes.h"
#include "gateway/store/safety.h"
#include "gateway/upstream/upstream.h"

enum {
    TASKS_MAX = 8192,
    BODY_MAX = 1 << 20,
    HEADER_MAX = 16384,
    CONNECTIONS_MAX = 20000,
    HELD_MAX = 128 << 20,
    HEADER_TIMEOUT_MS = 10000,
    BODY_TIMEOUT_MS = 30000,
    IDLE_TIMEOUT_MS = 75000,
    FETCHES_MAX = 8192,
    FETCHES_PER_HOST = 16,
    STORE_WAIT_MS = 60000,
    DRAIN_MS = 25000,
    DRAIN_TICK_MS = 50,
};

struct worker {
    struct gateway gateway;
    struct loop_signal *terminate, *interrupt;
    struct loop_timer *drain;
    int64_t drain_until;
    bool first;
};

char *worker_store_url(const struct config *config)
{
    char *url = NULL;
    if (config->redis_url)
        url = strdup(config->redis_url);
    else if (asprintf(&url, "unix://%s/redis.sock", config->data_dir) < 0)
        url = NULL;
    if (!url)
        abort();
    return url;
}

/* Half of the files that may be open are for the way out: peers, the platform, the store. */
static size_t connections_max(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 > CONNECTIONS_MAX)
        return CONNECTIONS_MAX;
    return (size_t)limit.rlim_cur / 2;
}

static void make_worker_id(char out[33])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* ---- the rooms
 * -------------------------------------------------------------------------------------------------- */

struct fetch_client *worker_fetch_client(struct gateway *gateway, char *error, size_t error_size)
{
    const struct config *config = gateway->config;
    char agent[512];
    (void)snprintf(agent, sizeof agent, "drawbridge/%s (+%s/)", DRAWBRIDGE_VERSION, config->public_url);
    const struct fetch_options fetches = {
        .lab = config->lab,
        .allow_private = config->allow_private,
        .ca_file = config->ca_file,
        .user_agent = agent,
        .per_host_max = FETCHES_PER_HOST,
        .total_max = FETCHES_MAX,
        .refusal = domains_refusal,
        .refusal_context = gateway,
    };
    return fetch_client_new(gateway->loop, &fetches, error, error_size);
}

static void count_refused(void *context, const char *why)
{
    refusals_add(context, REFUSED_REQUEST, why);
}

static bool open_rooms(struct gateway *gateway, char *error, size_t error_size)
{
    const struct config *config = gateway->config;
    char *store_url = worker_store_url(config);
    gateway->store = store_new(gateway->loop, store_url, error, error_size);
    free(store_url);
    if (!gateway->store)
        return false;
    gateway->fetch = worker_fetch_client(gateway, error, error_size);
    if (!gateway->fetch)
        return false;
    gateway->websockets = websocket_client_new(gateway->loop, config->ca_file);
    const struct http_options edge = {
        .listen = config->listen,
        .body_max = BODY_MAX,
        .header_max = HEADER_MAX,
        .connections_max = connections_max(),
        .held_max = HELD_MAX,
        .admit = limits_admit,
        .refused = count_refused,
        .header_timeout_ms = HEADER_TIMEOUT_MS,
        .body_timeout_ms = BODY_TIMEOUT_MS,
        .idle_timeout_ms = IDLE_TIMEOUT_MS,
        .trusted_proxies = config->trusted_proxies,
        .scheme = strncmp(config->public_url, "https:", 6) == 0 ? "https" : "http",
    };
    gateway->http = http_server_new(gateway->loop, &edge, route_request, gateway, error, error_size);
    return gateway->http && admin_start(gateway, error, error_size);
}

static void close_rooms(struct gateway *gateway)
{
    watch_free(gateway);
    jobs_free(gateway);
    flags_stop(gateway);
    delivery_free(gateway);
    websocket_client_free(gateway->websockets); /* its last words go to the streams of upstream/ */
    upstream_free(gateway);
    inbox_stop(gateway);
    http_server_free(gateway->http);
    admin_free(gateway);
    fetch_client_free(gateway->fetch);
    key_cache_free(gateway);
    in_vain_free(gateway);
    signers_free(gateway);
    store_free(gateway->store);
    health_free(gateway);
    domains_free(gateway);
    limits_free(gateway); /* the store's last answers went there */
    refusals_free(gateway);
    serve_cache_free(gateway);
    crypto_pool_free(gateway->crypto);
    task_pool_free(gateway->tasks);
}

/* ---- stopping
 * --------------------------------------------------------------------------------------------------- */

static bool is_at_rest(const struct gateway *gateway)
{
    return task_pool_count(gateway->tasks) == 0 && http_server_connections(gateway->http) == 0 &&
           admin_connections(gateway) == 0 && fetch_client_pending(gateway->fetch) == 0 &&
           delivery_pending(gateway) == 0;
}

static void look_whether_drained(void *context)
{
    struct worker *worker = context;
    bool rest = is_at_rest(&worker->gateway);
    if (!rest && loop_monotonic_ms() < worker->drain_until) {
        loop_timer_set(worker->drain, DRAIN_TICK_MS);
        return;
    }
    if (!rest)
        log_write(LOG_WARNING, "stopping although not all that was in flight ended; it is done again later",
                  (char *)NULL);
    loop_stop(worker->gateway.loop);
}

static void stop(void *context)
{
    struct worker *worker = context;
    if (worker->gateway.stopping)
        return;
    worker->gateway.stopping = true;
    worker->drain_until = loop_monotonic_ms() + DRAIN_MS;
    if (worker->gateway.http)
        http_server_drain(worker->gateway.http);
    admin_drain(&worker->gateway);
    loop_timer_set(worker->drain, 0);
}

/* ---- running
 * ---------------------------------------------------------------------------------------------------- */

static void tell_unsafe(struct gateway *gateway)
{
    struct store_safety safety;
    if (!store_check_safety(gateway->store, &safety))
        return;
    for (size_t i = 0; i < safety.count; i++)
        log_write(LOG_WARNING, safety.warnings[i], (char *)NULL);
}

/* What needs the store's first answer. */
static void start_task(void *context)
{
    struct worker *worker = context;
    if (!store_wait(worker->gateway.store, STORE_WAIT_MS))
        log_write(LOG_WARNING, "the store does not answer yet; waiting for it", (char *)NULL);
    if (worker->first && store_is_up(worker->gateway.store))
        tell_unsafe(&worker->gateway);
}

static bool start(struct worker *worker, char *error, size_t error_size)
{
    struct gateway *gateway = &worker->gateway;
    if (!open_rooms(gateway, error, error_size))
        return false;
    serve_cache_start(gateway);
    domains_start(gateway);
    limits_start(gateway);
    refusals_start(gateway);
    inbox_start(gateway);
    delivery_start(gateway);
    jobs_start(gateway);
    flags_start(gateway);
    health_start(gateway);
    watch_start(gateway);
    if (!upstream_start(gateway, error, error_size))
        return false;
    return task_spawn(gateway->tasks, start_task, worker);
}

int worker_run(const struct config *config, bool first)
{
    struct worker *worker = calloc(1, sizeof *worker);
    char error[512] = "the worker cannot start";
    if (!worker)
        abort();
    (void)signal(SIGPIPE, SIG_IGN);
    hardening_prepare_worker(config);
    struct gateway *gateway = &worker->gateway;
    worker->first = first;
    gateway->config = config;
    make_worker_id(gateway->worker_id);
    gateway->loop = loop_new();
    gateway->tasks = task_pool_new(gateway->loop, TASKS_MAX);
    gateway->crypto = crypto_pool_new(gateway->loop, 2);
    worker->drain = loop_timer_new(gateway->loop, look_whether_drained, worker);
    worker->terminate = loop_signal_new(gateway->loop, SIGTERM, stop, worker);
    worker->interrupt = loop_signal_new(gateway->loop, SIGINT, stop, worker);
    if (!start(worker, error, sizeof error)) {
        log_write(LOG_ERROR, "the gateway cannot start", "reason", error, (char *)NULL);
        return WORKER_CANNOT_START; /* the process ends here; nothing durable is half done */
    }
    hardening_confine_worker(config);
    log_write(LOG_INFO, "the worker serves", "listen", config->listen, "public_url", config->public_url,
              (char *)NULL);
    loop_run(gateway->loop);
    bool rest = is_at_rest(gateway);
    if (rest)
        close_rooms(gateway);
    loop_timer_free(worker->drain);
    loop_signal_free(worker->terminate);
    loop_signal_free(worker->interrupt);
    if (rest)
        loop_free(gateway->loop);
    log_write(LOG_INFO, "the worker ends", (char *)NULL);
    if (rest)
        free(worker);
    return 0;
}
