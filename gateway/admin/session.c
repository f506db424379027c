#include "gateway/admin/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/client/fetch.h"
#include "gateway/domains.h"
#include "gateway/fed/in_vain.h"
#include "gateway/fed/signer.h"
#include "gateway/upstream/upstream.h"
#include "gateway/worker.h"

enum { STORE_WAIT_MS = 5000, TASKS_MAX = 64 };

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
    if (store_wait(gateway->store, STORE_WAIT_MS) && domains_load(gateway)) {
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
    gateway->crypto = crypto_pool_new(gateway->loop, 1);
    gateway->store = store_new(gateway->loop, url, error, sizeof error);
    free(url);
    gateway->fetch = worker_fetch_client(gateway, error, sizeof error);
    if (gateway->store && gateway->fetch && (!asks || upstream_open(gateway, error, sizeof error)) &&
        task_spawn(gateway->tasks, session_task, &session))
        loop_run(gateway->loop);
    else
        (void)fprintf(stderr, "drawbridge: %s\n", error);
    if (asks)
        upstream_free(gateway);
    fetch_client_free(gateway->fetch);
    signers_free(gateway);
    domains_free(gateway);
    in_vain_free(gateway);
    store_free(gateway->store);
    crypto_pool_free(gateway->crypto);
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
