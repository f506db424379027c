#include "gateway/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/refusals.h"
#include "mapping/buffer.h"

enum { METRICS_MAX = 1 << 16, PAGES_MAX = 10000 };

static bool is_ours_alone(const struct http_request *request)
{
    static const char *const forwarded[] = {
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "x-real-ip"};
    const char *peer = http_request_peer(request);
    for (size_t i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++)
        if (http_request_header(request, forwarded[i]))
            return false;
    const char *authority = http_request_authority(request);
    if (strncmp(authority, "127.", 4) != 0 && strncmp(authority, "localhost", 9) != 0 &&
        strncmp(authority, "[::1]", 5) != 0)
        return false;
    return strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 || strncmp(peer, "::ffff:127.", 11) == 0;
}

static void add_heads(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_format(out, "# HELP drawbridge_%s %s\n# TYPE drawbridge_%s %s\n", name, help, name, type);
}

static int64_t number_of(struct serving *serving, const char *command, const char *key)
{
    struct reply *reply = store_call(serving->gateway->store, command, key, (char *)NULL);
    int64_t number = reply_kind(reply) == REPLY_TEXT ? strtoll(reply_text(reply), NULL, 10)
                     : reply_failed(reply)           ? 0
                                                     : reply_number(reply);
    reply_free(reply);
    return number;
}

static void add_number(struct serving *serving, struct buffer *out, const char *name, const char *type,
                       const char *help, const char *command, const char *key)
{
    add_heads(out, name, type, help);
    buffer_format(out, "drawbridge_%s %lld\n", name, (long long)number_of(serving, command, key));
}

/* How many of the Deletes that wait are for servers that are not reached. */
static int64_t unreachable_deletes(struct serving *serving)
{
    char cursor[24] = "0";
    int64_t waiting = 0;
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, cursor);
        struct reply *page = store_script(serving->gateway->store, "deletes_unreachable", arguments);
        (void)snprintf(cursor, sizeof cursor, "%s", reply_text(reply_at(page, 0)));
        waiting += reply_number(reply_at(page, 1));
        bool last = reply_failed(page) || strcmp(cursor, "0") == 0;
        reply_free(page);
        if (last)
            break;
    }
    return waiting;
}

static void add_deletes(struct serving *serving, struct buffer *out)
{
    static const struct {
        const char *letter, *state;
    } states[] = {{"a", "accepted"}, {"r", "refused"}, {"v", "observed"}, {"n", "no_inbox_known"}};
    add_heads(out, "deletes", "gauge", "Deletes by what is known of them, one for each post and server.");
    struct reply *counts = store_call(serving->gateway->store, "HGETALL", "delete_counts", (char *)NULL);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        const char *count = reply_failed(counts) ? NULL : reply_field(counts, states[i].letter);
        buffer_format(out, "drawbridge_deletes{state=\"%s\"} %s\n", states[i].state, count ? count : "0");
    }
    const char *waiting = reply_failed(counts) ? NULL : reply_field(counts, "q");
    int64_t unreachable = unreachable_deletes(serving);
    int64_t queued = waiting ? strtoll(waiting, NULL, 10) - unreachable : 0;
    buffer_format(out, "drawbridge_deletes{state=\"queued\"} %lld\n", (long long)(queued > 0 ? queued : 0));
    buffer_format(out, "drawbridge_deletes{state=\"unreachable\"} %lld\n", (long long)unreachable);
    reply_free(counts);
}

static void add_oldest(struct serving *serving, struct buffer *out)
{
    struct reply *oldest =
        store_call(serving->gateway->store, "ZRANGE", "deletes_owed", "0", "0", "WITHSCORES", (char *)NULL);
    int64_t since = !reply_failed(oldest) && reply_count(oldest) == 2
                        ? strtoll(reply_text(reply_at(oldest, 1)), NULL, 10)
                        : 0;
    add_heads(out, "oldest_unanswered_delete_seconds", "gauge",
              "Age of the oldest Delete that a server has not answered; 0 when all are.");
    buffer_format(out, "drawbridge_oldest_unanswered_delete_seconds %lld\n",
                  since ? (long long)(clock_now_ms() - since) / 1000 : 0LL);
    reply_free(oldest);
}

void metrics_serve(struct serving *serving)
{
    if (!is_ours_alone(serving->request)) {
        serve_absent(serving);
        return;
    }
    struct buffer out;
    buffer_init(&out, METRICS_MAX);
    add_deletes(serving, &out);
    add_number(serving, &out, "deletes_owed", "gauge", "Delete activities that a server has not answered.",
               "ZCARD", "deletes_owed");
    add_oldest(serving, &out);
    add_number(serving, &out, "lanes_ready", "gauge", "Lanes of deliveries that may be claimed.", "ZCARD",
               "ready");
    add_number(serving, &out, "deliveries_delayed", "gauge", "Deliveries that wait for a retry.", "ZCARD",
               "delays");
    add_number(serving, &out, "fanouts", "gauge", "Fan-outs under way.", "ZCARD", "fanouts");
    add_number(serving, &out, "hosts_dead", "gauge", "Servers that are taken for dead.", "ZCARD",
               "dead_hosts");
    add_number(serving, &out, "deliveries_reclaimed_total", "counter",
               "Deliveries taken over from workers that died.", "GET", "counter:reclaimed");
    add_number(serving, &out, "reports_open", "gauge", "Reports that wait for the operator.", "ZCARD",
               "reports_open");
    add_number(serving, &out, "reports_received_total", "counter", "Reports that other servers sent.", "GET",
               "counter:reports_in");
    add_number(serving, &out, "reports_made_total", "counter",
               "Reports of people here about people elsewhere.", "GET", "counter:reports_out");
    add_number(serving, &out, "reports_dropped_total", "counter",
               "Reports that were not kept because too many are open.", "GET", "counter:reports_dropped");
    add_number(serving, &out, "webhooks_refused_total", "counter",
               "Webhooks with a wrong signature or a body that is no batch of events.", "GET",
               "counter:webhooks_refused");
    refusals_write(serving->gateway, &out);
    http_answer(serving->request, &(struct http_answer){.status = 200,
                                                        .content_type = "text/plain; version=0.0.4",
                                                        .body = buffer_text(&out),
                                                        .length = out.length});
    buffer_clear(&out);
}
