#include <stdlib.h>

#include "gateway/delivery/engine.h"

static bool goes_on(const struct rounds *rounds)
{
    return !rounds->gateway->stopping || (rounds->drains && delivery_pending(rounds->gateway));
}

static void leave(const struct rounds *rounds)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, rounds->gateway->delivery->name);
    reply_free(store_script(rounds->gateway->store, "delivery_leave", arguments));
}

static void rounds_task(void *context)
{
    struct rounds *rounds = context;
    while (goes_on(rounds)) {
        rounds->kicked = false;
        if (rounds->round(rounds->gateway) || rounds->kicked)
            continue;
        rounds->parked = task_current();
        loop_timer_set(rounds->timer, rounds->idle_ms);
        task_park();
    }
    if (rounds->drains)
        leave(rounds);
    rounds->ended = true;
}

static void wake(void *context)
{
    struct rounds *rounds = context;
    struct task *task = rounds->parked;
    rounds->kicked = true;
    if (!task)
        return;
    rounds->parked = NULL;
    loop_timer_cancel(rounds->timer);
    task_resume(task);
}

void rounds_start(struct rounds *rounds, struct gateway *gateway, bool (*round)(struct gateway *gateway),
                  int64_t idle_ms, bool drains)
{
    *rounds = (struct rounds){.gateway = gateway, .round = round, .idle_ms = idle_ms, .drains = drains};
    rounds->timer = loop_timer_new(gateway->loop, wake, rounds);
    if (!task_spawn(gateway->tasks, rounds_task, rounds))
        abort();
}

void rounds_kick(struct rounds *rounds)
{
    if (!rounds->ended)
        wake(rounds);
}

void rounds_free(struct rounds *rounds)
{
    loop_timer_free(rounds->timer);
}
