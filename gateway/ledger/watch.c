#include "gateway/ledger/watch.h"

#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/lease.h"
#include "gateway/ledger/copies.h"
#include "gateway/ledger/notices.h"
#include "gateway/ledger/software.h"
#include "gateway/task.h"

enum { LOOK_EVERY_MS = 1000, SLICE_MS = 250, NOTICES_EVERY_MS = 30000 };

struct watch {
    struct gateway *gateway;
    struct lease lease;
    int64_t notices_due;
};

static void look(struct watch *watch)
{
    (void)software_ask(watch->gateway);
    if (watch->gateway->config->look_at_copies)
        (void)copies_look(watch->gateway);
    if (clock_now_ms() < watch->notices_due)
        return;
    watch->notices_due = clock_now_ms() + NOTICES_EVERY_MS;
    notices_write(watch->gateway);
}

static void watch_task(void *context)
{
    struct watch *watch = context;
    while (!watch->gateway->stopping) {
        if (lease_take(watch->gateway, &watch->lease))
            look(watch);
        for (int slept = 0; slept < LOOK_EVERY_MS && !watch->gateway->stopping; slept += SLICE_MS)
            task_sleep(SLICE_MS);
    }
    lease_give_up(watch->gateway, &watch->lease);
}

void watch_start(struct gateway *gateway)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        abort();
    gateway->watch = watch;
    watch->gateway = gateway;
    watch->lease.name = "ledger:watch";
    if (!task_spawn(gateway->tasks, watch_task, watch))
        abort();
}

void watch_free(struct gateway *gateway)
{
    free(gateway->watch);
    gateway->watch = NULL;
}
