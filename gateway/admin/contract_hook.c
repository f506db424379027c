/* What the service POSTs: a listener that takes webhooks as a gateway would, and can refuse or withhold its
 * answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/admin/contract.h"
#include "gateway/http/server.h"

enum {
    BODY_MAX = 1 << 20,
    HEADER_MAX = 16384,
    CONNECTIONS_MAX = 64,
    TIMEOUT_MS = 30000,
    IDLE_MS = 75000,
    QUEUE_MAX = 2000,
    FIRST_MS = 40000,
    QUIET_MS = 500,
    QUIET_TRIES = 20,
};

struct contract_hooks {
    struct http_server *server;
    struct webhook_secret secret;
    enum contract_hook_mode mode;
    struct contract_hook *first, **last;
    size_t queued;
    struct http_request *held; /* its answer is withheld */
    struct task *waiting;
    struct loop_timer *timer;
};

void contract_hook_free(struct contract_hook *hook)
{
    if (!hook)
        return;
    json_decref(hook->batch);
    free(hook->body);
    free(hook);
}

static void answer(struct http_request *request, int status, const char *retry_after)
{
    struct http_answer out = {.status = status};
    if (retry_after)
        out.headers[0] = (struct http_header){"Retry-After", retry_after};
    http_answer(request, &out);
}

/* ---- what comes ---- */

static struct contract_hook *read_hook(const struct contract_hooks *hooks, const struct http_request *request)
{
    struct contract_hook *hook = calloc(1, sizeof *hook);
    struct webhook_message message = {
        .id = http_request_header(request, "webhook-id"),
        .timestamp = http_request_header(request, "webhook-timestamp"),
        .signatures = http_request_header(request, "webhook-signature"),
    };
    message.body = http_request_body(request, &message.length);
    const char *type = http_request_header(request, "content-type");
    if (!hook || !(hook->body = malloc(message.length + 1)))
        abort();
    if (message.length)
        memcpy(hook->body, message.body, message.length);
    hook->length = message.length;
    hook->wrong = strcmp(http_request_method(request), "POST") != 0
                      ? "the request is no POST"
                      : webhook_verify(&hooks->secret, &message, time(NULL));
    if (!hook->wrong && (!type || strncmp(type, "application/json", 16) != 0))
        hook->wrong = "its Content-Type is not application/json";
    (void)snprintf(hook->id, sizeof hook->id, "%s", message.id ? message.id : "");
    hook->batch = json_loadb(hook->body, hook->length, JSON_REJECT_DUPLICATES, NULL);
    return hook;
}

static void wake(void *context)
{
    struct contract_hooks *hooks = context;
    struct task *task = hooks->waiting;
    hooks->waiting = NULL;
    loop_timer_cancel(hooks->timer);
    if (task)
        task_resume(task);
}

static void drop_oldest(struct contract_hooks *hooks)
{
    struct contract_hook *oldest = hooks->first;
    hooks->first = oldest->next;
    if (!hooks->first)
        hooks->last = &hooks->first;
    hooks->queued--;
    contract_hook_free(oldest);
}

static void arrived(void *context, struct http_request *request)
{
    struct contract_hooks *hooks = context;
    struct contract_hook *hook = read_hook(hooks, request);
    hook->refused = hooks->mode == CONTRACT_HOOKS_REFUSED;
    if (hooks->queued == QUEUE_MAX)
        drop_oldest(hooks);
    *hooks->last = hook;
    hooks->last = &hook->next;
    hooks->queued++;
    if (hook->refused)
        answer(request, 503, "1");
    else if (hooks->mode == CONTRACT_HOOKS_HELD && !hooks->held)
        hooks->held = request;
    else
        answer(request, 202, NULL);
    wake(hooks);
}

/* ---- taking it ---- */

struct contract_hook *contract_hook_next(struct contract *contract, int64_t timeout_ms)
{
    struct contract_hooks *hooks = contract->hooks;
    if (!hooks->first && timeout_ms > 0) {
        hooks->waiting = task_current();
        loop_timer_set(hooks->timer, timeout_ms);
        task_park();
    }
    struct contract_hook *hook = hooks->first;
    if (!hook)
        return NULL;
    hooks->first = hook->next;
    if (!hooks->first)
        hooks->last = &hooks->first;
    hooks->queued--;
    hook->next = NULL;
    return hook;
}

void contract_hooks_mode(struct contract *contract, enum contract_hook_mode mode)
{
    struct contract_hooks *hooks = contract->hooks;
    hooks->mode = mode;
    if (mode == CONTRACT_HOOKS_HELD || !hooks->held)
        return;
    answer(hooks->held, 202, NULL);
    hooks->held = NULL;
}

/* The event of the ping with that nonce in a batch, or NULL. */
static const json_t *find_ping(const json_t *batch, const char *nonce)
{
    size_t index;
    const json_t *event;
    json_array_foreach(json_object_get(batch, "events"), index, event)
    {
        if (strcmp(contract_text(json_object_get(event, "data"), "nonce"), nonce) == 0)
            return event;
    }
    return NULL;
}

int64_t contract_hooks_latest(struct contract *contract)
{
    char nonce[64];
    (void)snprintf(nonce, sizeof nonce, "%s-hook-%u", contract->run, ++contract->hook_pings);
    if (!contract_ping(contract, nonce))
        return -1;
    int64_t deadline = loop_monotonic_ms() + FIRST_MS;
    int64_t seq = -1;
    while (seq < 0 && loop_monotonic_ms() < deadline) {
        struct contract_hook *hook = contract_hook_next(contract, deadline - loop_monotonic_ms());
        const json_t *event = hook && !hook->refused ? find_ping(hook->batch, nonce) : NULL;
        seq = contract_number(event, "seq");
        contract_hook_free(hook);
    }
    if (seq < 0)
        contract_wrong(
            contract,
            "a ping was answered and no webhook with its event came to %s within %d s; the service "
            "must POST to http://%s/",
            contract->hook_listen, FIRST_MS / 1000, contract->hook_listen);
    return seq;
}

/* ---- opening and closing ---- */

bool contract_hooks_open(struct contract *contract, const struct webhook_secret *secret, char *error,
                         size_t error_size)
{
    const struct http_options options = {
        .listen = contract->hook_listen,
        .body_max = BODY_MAX,
        .header_max = HEADER_MAX,
        .connections_max = CONNECTIONS_MAX,
        .header_timeout_ms = TIMEOUT_MS,
        .body_timeout_ms = TIMEOUT_MS,
        .idle_timeout_ms = IDLE_MS,
        .scheme = "http",
    };
    struct contract_hooks *hooks = calloc(1, sizeof *hooks);
    if (!hooks)
        abort();
    hooks->secret = *secret;
    hooks->last = &hooks->first;
    hooks->timer = loop_timer_new(contract->loop, wake, hooks);
    hooks->server = http_server_new(contract->loop, &options, arrived, hooks, error, error_size);
    contract->hooks = hooks;
    return hooks->server != NULL;
}

void contract_hooks_settle(struct contract *contract)
{
    contract_hooks_mode(contract, CONTRACT_HOOKS_TAKEN);
    for (int i = 0; i < QUIET_TRIES; i++) {
        struct contract_hook *hook = contract_hook_next(contract, QUIET_MS);
        bool quiet = !hook;
        contract_hook_free(hook);
        if (quiet)
            return;
    }
}

void contract_hooks_close(struct contract *contract)
{
    struct contract_hooks *hooks = contract->hooks;
    if (!hooks)
        return;
    if (hooks->held)
        answer(hooks->held, 202, NULL);
    http_server_free(hooks->server);
    while (hooks->first)
        drop_oldest(hooks);
    loop_timer_free(hooks->timer);
    explicit_bzero(&hooks->secret, sizeof hooks->secret);
    free(hooks);
    contract->hooks = NULL;
}
