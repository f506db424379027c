#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/store/store_private.h"

enum { COMMAND_NAME_MAX = 32, ROUNDS_MAX = 1000 };

struct request {
    struct store *store;
    struct destination destination;
    char command[COMMAND_NAME_MAX]; /* or the script's name; for logs */
    struct arguments *arguments;    /* of a script: kept until it ran, since it may have to be sent again */
    const char *hash, *text;        /* of the script, else NULL */
    bool loaded;                    /* the script was sent to Redis with this request */
    struct reply *decided;
    struct request *next;
};

/* ---- requests
 * ------------------------------------------------------------------------------------------------------- */

/* The reply changes hands. */
static void request_end(struct request *request, struct reply *reply)
{
    struct destination destination = request->destination;
    arguments_free(request->arguments);
    free(request);
    if (destination.task) {
        *destination.kept = reply;
        task_resume(destination.task);
        return;
    }
    if (destination.answer) {
        destination.answer->reply = reply;
        if (destination.answer->waiting)
            task_resume(destination.answer->waiting);
        return;
    }
    if (destination.done)
        destination.done(destination.context, reply);
    else
        (void)reply_failed(reply); /* nobody looks at it: an error is at least logged */
    reply_free(reply);
}

static void tell_decided(void *context)
{
    struct store *store = context;
    store->decided_set = false;
    struct request *request = store->decided;
    store->decided = NULL;
    store->decided_last = &store->decided;
    while (request) {
        struct request *next = request->next;
        request_end(request, request->decided);
        request = next;
    }
}

/* Nobody hears a reply while he still asks. */
static void request_decide(struct request *request, struct reply *reply)
{
    struct store *store = request->store;
    request->decided = reply;
    request->next = NULL;
    *store->decided_last = request;
    store->decided_last = &request->next;
    if (!store->decided_set)
        loop_timer_set(store->decided_timer, 0);
    store->decided_set = true;
}

static void request_send(struct request *request);

/* The answer to SCRIPT LOAD tells nothing that the EVALSHA behind it does not. */
static void script_loaded(void *context, const redisReply *reply)
{
    (void)context;
    (void)reply;
}

static bool load_script(struct request *request)
{
    struct arguments *none = arguments_new();
    size_t length = 0;
    char *wire = arguments_wire(none, (const char *[]){"SCRIPT", "LOAD", request->text, NULL}, &length);
    bool sent = connection_send(request->store->commands, wire, length, script_loaded, NULL);
    free(wire);
    arguments_free(none);
    return sent;
}

static void request_answered(void *context, const redisReply *reply)
{
    struct request *request = context;
    bool unknown = reply && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0;
    if (unknown && request->hash && !request->loaded) {
        request->loaded = true; /* once; a Redis that forgets at once is broken */
        if (load_script(request)) {
            request_send(request);
            return;
        }
    }
    request_end(request, reply_copy(reply, request->command));
}

static void request_send(struct request *request)
{
    const char *const run[] = {"EVALSHA", request->hash, "0", NULL};
    size_t length = 0;
    char *wire = arguments_wire(request->arguments, request->hash ? run : run + 3, &length);
    if (!connection_send(request->store->commands, wire, length, request_answered, request))
        request_decide(request, reply_copy(NULL, request->command));
    free(wire);
}

void store_send(struct store *store, const char *script, struct arguments *arguments,
                const struct destination *destination)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        abort();
    request->store = store;
    request->destination = *destination;
    request->arguments = arguments;
    if (script)
        (void)snprintf(request->command, sizeof request->command, "%s.lua", script);
    else
        arguments_name(arguments, request->command, sizeof request->command);
    if (arguments_failed(arguments))
        request_decide(request, reply_refusal(request->command, "its arguments are longer than 4 MiB"));
    else if (script && !scripts_find(store->scripts, script, &request->hash, &request->text))
        request_decide(request, reply_refusal(request->command, "there is no such script"));
    else
        request_send(request);
}

static struct reply *send_and_wait(struct store *store, const char *script, struct arguments *arguments)
{
    struct reply *reply = NULL;
    store_send(store, script, arguments, &(struct destination){.task = task_current(), .kept = &reply});
    task_park();
    return reply;
}

struct reply *store_run(struct store *store, struct arguments *arguments)
{
    return send_and_wait(store, NULL, arguments);
}

struct reply *store_script(struct store *store, const char *name, struct arguments *arguments)
{
    return send_and_wait(store, name, arguments);
}

struct reply *store_scripts(struct store *store, const char *name, struct arguments *arguments,
                            const char *behind, struct arguments *more)
{
    struct reply *reply = NULL;
    store_send(store, name, arguments, &(struct destination){.task = task_current(), .kept = &reply});
    if (more)
        store_script_start(store, behind, more, NULL, NULL);
    task_park();
    return reply;
}

void store_script_begin(struct store *store, const char *name, struct arguments *arguments,
                        struct store_answer *answer)
{
    *answer = (struct store_answer){.reply = NULL};
    store_send(store, name, arguments, &(struct destination){.answer = answer});
}

struct reply *store_script_end(struct store_answer *answer)
{
    answer->waiting = answer->reply ? NULL : task_current();
    if (answer->waiting)
        task_park();
    return answer->reply;
}

struct reply *store_call(struct store *store, ...)
{
    struct arguments *arguments = arguments_new();
    va_list list;
    va_start(list, store);
    for (const char *text = va_arg(list, const char *); text; text = va_arg(list, const char *))
        arguments_text(arguments, text);
    va_end(list);
    return send_and_wait(store, NULL, arguments);
}

void store_start(struct store *store, struct arguments *arguments, store_done done, void *context)
{
    store_send(store, NULL, arguments, &(struct destination){.done = done, .context = context});
}

void store_script_start(struct store *store, const char *name, struct arguments *arguments, store_done done,
                        void *context)
{
    store_send(store, name, arguments, &(struct destination){.done = done, .context = context});
}

/* ---- the connection
 * ------------------------------------------------------------------------------------------------- */

struct store_waiter {
    struct task *task;
    struct store_waiter *next;
    bool parked;
};

static void waiter_wake(struct store_waiter *waiter)
{
    if (waiter->parked)
        task_resume(waiter->task);
    waiter->parked = false;
}

static void waiter_timed_out(void *context)
{
    waiter_wake(context);
}

bool store_wait(struct store *store, int64_t timeout_ms)
{
    if (store_is_up(store))
        return true;
    struct store_waiter waiter = {.task = task_current(), .next = store->waiters, .parked = true};
    /* Until this function returns. */
    // cppcheck-suppress autoVariables
    store->waiters = &waiter;
    struct loop_timer *timer = loop_timer_new(store->loop, waiter_timed_out, &waiter);
    loop_timer_set(timer, timeout_ms);
    task_park();
    loop_timer_free(timer);
    struct store_waiter **one = &store->waiters;
    while (*one != &waiter)
        one = &(*one)->next;
    *one = waiter.next;
    return store_is_up(store);
}

static void commands_changed(void *context, bool up)
{
    struct store *store = context;
    for (struct store_waiter *waiter = store->waiters; up && waiter; waiter = waiter->next)
        waiter_wake(waiter);
}

bool store_is_up(const struct store *store)
{
    return connection_is_up(store->commands);
}

struct store *store_new(struct loop *loop, const char *url, char *error, size_t error_size)
{
    struct store_address address;
    if (!store_address_read(url, &address, error, error_size))
        return NULL;
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        abort();
    store->loop = loop;
    store->address = address;
    store->scripts = scripts_new();
    store->decided_last = &store->decided;
    store->decided_timer = loop_timer_new(loop, tell_decided, store);
    store->commands =
        connection_new(loop, &store->address, "commands",
                       &(struct connection_handler){.context = store, .changed = commands_changed});
    return store;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    listening_free(store->listening);
    connection_free(store->commands);
    for (int rounds = 0; store->decided && rounds < ROUNDS_MAX; rounds++)
        tell_decided(store); /* who hears it may ask again */
    loop_timer_free(store->decided_timer);
    scripts_free(store->scripts);
    store_address_clear(&store->address);
    free(store);
}
