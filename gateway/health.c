#include "gateway/health.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"

enum { FLUSH_MS = 5000, MINUTE_MS = 60000, FIELDS = 10 };

static const char *const names[HEALTH_COUNTS] = {
    [HEALTH_DELIVERED] = "delivered", [HEALTH_REFUSED] = "refused", [HEALTH_RETRIED] = "retried",
    [HEALTH_UNREACHED] = "unreached", [HEALTH_LAG] = "lag",         [HEALTH_RECEIVED] = "received",
    [HEALTH_TURNED] = "turned",
};

struct health {
    struct gateway *gateway;
    struct loop_timer *timer;
    int64_t counts[HEALTH_COUNTS], sent[HEALTH_COUNTS]; /* sent: while an answer is under way */
    bool asking;
};

void health_add(struct gateway *gateway, enum health_count what, int64_t amount)
{
    if (gateway->health)
        gateway->health->counts[what] += amount;
}

/* ---- a worker's counts into the series ---- */

static void added(void *context, const struct reply *reply)
{
    struct health *health = context;
    bool failed = reply_failed(reply);
    health->asking = false;
    for (size_t i = 0; i < HEALTH_COUNTS; i++) {
        health->counts[i] += failed ? health->sent[i] : 0;
        health->sent[i] = 0;
    }
}

/* Also without any count, so that somebody looks at the queues. */
static void flush(void *context)
{
    struct health *health = context;
    loop_timer_set(health->timer, FLUSH_MS);
    if (health->asking)
        return;
    struct arguments *arguments = arguments_new();
    arguments_number(arguments, clock_now_ms() / MINUTE_MS);
    for (size_t i = 0; i < HEALTH_COUNTS; i++) {
        if (!health->counts[i])
            continue;
        arguments_text(arguments, names[i]);
        arguments_number(arguments, health->counts[i]);
        health->sent[i] = health->counts[i];
        health->counts[i] = 0;
    }
    health->asking = true;
    store_script_start(health->gateway->store, "health_add", arguments, added, health);
}

void health_start(struct gateway *gateway)
{
    struct health *health = calloc(1, sizeof *health);
    if (!health)
        abort();
    gateway->health = health;
    health->gateway = gateway;
    health->timer = loop_timer_new(gateway->loop, flush, health);
    loop_timer_set(health->timer, 0);
}

void health_free(struct gateway *gateway)
{
    if (!gateway->health)
        return;
    loop_timer_free(gateway->health->timer);
    free(gateway->health);
    gateway->health = NULL;
}

/* ---- reading ---- */

struct step {
    int64_t minutes, queue, inbox, delivered, failed, lag, received, turned;
};

static void add_minute(struct step *step, const struct reply *reply, size_t at)
{
    int64_t values[FIELDS];
    for (size_t i = 0; i < FIELDS; i++)
        values[i] = strtoll(reply_text(reply_at(reply, at + i)), NULL, 10);
    step->minutes++;
    step->queue += values[1];
    step->inbox += values[2];
    step->delivered += values[3];
    step->failed += values[4] + values[5] + values[6];
    step->lag += values[7];
    step->received += values[8];
    step->turned += values[9];
}

static json_t *step_json(const struct step *step, int64_t time)
{
    json_t *point = json_pack("{s:I}", "time", (json_int_t)time);
    if (!step->minutes)
        return point;
    double minutes = (double)step->minutes;
    (void)json_object_set_new(point, "queue", json_real((double)step->queue / minutes));
    (void)json_object_set_new(point, "inbox", json_real((double)step->inbox / minutes));
    (void)json_object_set_new(point, "delivered", json_real((double)step->delivered / minutes));
    (void)json_object_set_new(point, "failed", json_real((double)step->failed / minutes));
    (void)json_object_set_new(point, "received", json_real((double)step->received / minutes));
    (void)json_object_set_new(point, "turned_away", json_real((double)step->turned / minutes));
    if (step->delivered)
        (void)json_object_set_new(point, "lag_ms", json_real((double)step->lag / (double)step->delivered));
    return point;
}

json_t *health_series(struct gateway *gateway, unsigned hours)
{
    struct step steps[HEALTH_POINTS] = {0};
    /* The steps begin where a clock's do, so that a page that is loaded again shows the same ones. */
    int64_t last = clock_now_ms() / MINUTE_MS;
    int64_t first = (last / hours - HEALTH_POINTS + 1) * hours;
    struct arguments *arguments = arguments_new();
    arguments_number(arguments, first);
    arguments_number(arguments, last);
    struct reply *reply = store_script(gateway->store, "health_read", arguments);
    bool failed = reply_failed(reply);
    for (size_t i = 0; !failed && i + FIELDS <= reply_count(reply); i += FIELDS) {
        int64_t step = (strtoll(reply_text(reply_at(reply, i)), NULL, 10) - first) / hours;
        if (step >= 0 && step < HEALTH_POINTS)
            add_minute(&steps[step], reply, i);
    }
    reply_free(reply);
    json_t *points = failed ? NULL : json_array();
    for (size_t i = 0; points && i < HEALTH_POINTS; i++)
        (void)json_array_append_new(points, step_json(&steps[i], (first + (int64_t)i * hours) * MINUTE_MS));
    return points;
}

json_t *health_now(struct gateway *gateway)
{
    struct reply *reply = store_script(gateway->store, "health_now", arguments_new());
    json_t *now = reply_failed(reply) ? NULL : json_object();
    for (size_t i = 0; now && i + 1 < reply_count(reply); i += 2) {
        const struct reply *value = reply_at(reply, i + 1);
        int64_t number =
            reply_kind(value) == REPLY_TEXT ? strtoll(reply_text(value), NULL, 10) : reply_number(value);
        const char *name = reply_text(reply_at(reply, i));
        if (number || strcmp(name, "oldest_delete") != 0)
            (void)json_object_set_new(now, name, json_integer(number));
    }
    reply_free(reply);
    return now;
}
