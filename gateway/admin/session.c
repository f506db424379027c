#include "gateway/admin/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/client/fetch.h"
#include "gateway/fed/signer.h"
#include "gateway/upstream/upstream.h"
#include "gateway/worker.h"

enum { STORE_WAIT_MS = 5000, TASKS_MAX = 64, FETCHES_MAX = 8 };

struct session {
    struct gateway gateway;
    session_command command;
    int count, code;
    char **words;
};

static void session_task(void *context)
{
    struct session *session = context;
    struct gateway *gateway = &session->gateway;
    if (store_wait(gateway->store, STORE_WAIT_MS)) {
        session->code = session->command(gateway, session->count, session->words);
    } else {
        (void)fprintf(
            stderr,
            "drawbridge: the store does not answer; start it with 'drawbridge serve -c %s', or check "
            "[redis] url\n",
            gateway->config->file);
        session->code = SESSION_FAILED;
    }
    loop_stop(gateway->loop);
}

/* What a command needs that asks others: requests, keys that sign them, platforms. */
static bool open_outside(struct gateway *gateway, char *error, size_t error_size)
{
    const struct config *config = gateway->config;
    char agent[512];
    (void)snprintf(agent, sizeof agent, "drawbridge/%s (+%s/)", DRAWBRIDGE_VERSION, config->public_url);
    const struct fetch_options options = {.lab = config->lab,
                                          .allow_private = config->allow_private,
                                          .ca_file = config->ca_file,
                                          .user_agent = agent,
                                          .per_host_max = FETCHES_MAX,
                                          .total_max = FETCHES_MAX};
    gateway->crypto = crypto_pool_new(gateway->loop, 1);
    gateway->fetch = fetch_client_new(gateway->loop, &options, error, error_size);
    return gateway->fetch && upstream_open(gateway, error, error_size);
}

static void close_outside(struct gateway *gateway)
{
    if (!gateway->crypto)
        return;
    upstream_free(gateway);
    fetch_client_free(gateway->fetch);
    signers_free(gateway);
    crypto_pool_free(gateway->crypto);
}

static int run(const struct config *config, session_command command, bool asks, int count, char **words)
{
    struct session session = {.gateway = {.config = config, .worker_id = "cli"},
                              .command = command,
                              .count = count,
                              .code = SESSION_FAILED,
                              .words = words};
    struct gateway *gateway = &session.gateway;
    char error[512] = "";
    char *url = worker_store_url(config);
    gateway->loop = loop_new();
    gateway->tasks = task_pool_new(gateway->loop, TASKS_MAX);
    gateway->store = store_new(gateway->loop, url, error, sizeof error);
    free(url);
    if (gateway->store && (!asks || open_outside(gateway, error, sizeof error)) &&
        task_spawn(gateway->tasks, session_task, &session))
        loop_run(gateway->loop);
    else
        (void)fprintf(stderr, "drawbridge: %s\n", error);
    close_outside(gateway);
    store_free(gateway->store);
    task_pool_free(gateway->tasks);
    loop_free(gateway->loop);
    return session.code;
}

int session_run(const struct config *config, session_command command, int count, char **words)
{
    return run(config, command, false, count, words);
}

int session_run_asking(const struct config *config, session_command command, int count, char **words)
{
    return run(config, command, true, count, words);
}
