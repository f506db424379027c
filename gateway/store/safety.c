#include "gateway/store/safety.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLOCK_SKEW_MAX_MS = 2000 };

__attribute__((format(printf, 2, 3))) static void warn(struct store_safety *out, const char *format, ...)
{
    if (out->count >= SAFETY_WARNINGS_MAX)
        return;
    va_list list;
    va_start(list, format);
    (void)vsnprintf(out->warnings[out->count++], SAFETY_TEXT_MAX, format, list);
    va_end(list);
}

/* One setting of Redis into `value`; "" when Redis does not say. False: the store is away. */
static bool read_setting(struct store *store, const char *name, char *value, size_t size)
{
    struct reply *reply = store_call(store, "CONFIG", "GET", name, (char *)NULL);
    const char *text = reply_field(reply, name);
    (void)snprintf(value, size, "%s", text ? text : "");
    bool answered = reply_kind(reply) != REPLY_DOWN;
    reply_free(reply);
    return answered;
}

static bool check_persistence(struct store *store, struct store_safety *out)
{
    char append[32];
    char sync[32];
    if (!read_setting(store, "appendonly", append, sizeof append) ||
        !read_setting(store, "appendfsync", sync, sizeof sync))
        return false;
    if (strcmp(append, "no") == 0)
        warn(out, "Redis does not write what it holds to disk as it comes (appendonly no): a restart loses "
                  "followers, keys and deletes; set appendonly yes and appendfsync always");
    else if (append[0] && sync[0] && strcmp(sync, "always") != 0)
        warn(out,
             "Redis writes to disk later than it says that it has (appendfsync %s): a crash loses what was "
             "already acknowledged; set appendfsync always",
             sync);
    return true;
}

static bool check_eviction(struct store *store, struct store_safety *out)
{
    char policy[32];
    if (!read_setting(store, "maxmemory-policy", policy, sizeof policy))
        return false;
    if (!policy[0])
        warn(out, "Redis does not let us read its configuration (CONFIG is refused): make sure that it has "
                  "appendonly yes, appendfsync always and maxmemory-policy noeviction");
    else if (strcmp(policy, "noeviction") != 0)
        warn(out,
             "Redis may throw away what it holds when its memory is full (maxmemory-policy %s); set "
             "maxmemory-policy noeviction",
             policy);
    return true;
}

static bool check_clock(struct store *store, struct store_safety *out)
{
    struct reply *reply = store_call(store, "TIME", (char *)NULL);
    bool answered = reply_kind(reply) != REPLY_DOWN;
    int64_t theirs = reply_number(reply_at(reply, 0)) * 1000 + reply_number(reply_at(reply, 1)) / 1000;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    int64_t ahead = theirs - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    if (reply_count(reply) == 2 && (ahead > CLOCK_SKEW_MAX_MS || ahead < -CLOCK_SKEW_MAX_MS))
        warn(out,
             "the clock of Redis is %lld seconds %s of the one here: signatures carry a time and would be "
             "refused; keep both machines on NTP",
             llabs((long long)ahead) / 1000, ahead > 0 ? "ahead" : "behind");
    reply_free(reply);
    return answered;
}

bool store_check_safety(struct store *store, struct store_safety *out)
{
    *out = (struct store_safety){0};
    return check_persistence(store, out) && check_eviction(store, out) && check_clock(store, out);
}
