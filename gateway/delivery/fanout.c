/* From one activity to the inboxes it goes to, page by page: the cursor is in the store, so that any worker
 * goes on where another stopped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/engine.h"
#include "gateway/ledger/exposure.h"
#include "gateway/log.h"

enum { HOSTS_PAGE = 250 };

void fanout_forget(struct delivery *delivery)
{
    if (delivery->fan_hosts)
        host_list_clear(delivery->fan_hosts);
    free(delivery->fan_hosts);
    delivery->fan_hosts = NULL;
    delivery->fan_for[0] = '\0';
}

/* The hosts of the source that the cursor is in; read once for all its pages. */
static const struct host_list *hosts_of(struct delivery *delivery, const char *activity, char source,
                                        const struct reply *fields)
{
    char name[sizeof delivery->fan_for];
    (void)snprintf(name, sizeof name, "%c%s", source, activity);
    if (strcmp(name, delivery->fan_for) == 0)
        return delivery->fan_hosts;
    fanout_forget(delivery);
    const char *account = reply_text(reply_at(fields, 1));
    const char *post = reply_text(reply_at(fields, 2));
    struct host_list *list = calloc(1, sizeof *list);
    if (!list)
        abort();
    bool good = source == 'e' ? exposure_of_post(delivery->gateway, account, post, list)
                              : exposure_of_account(delivery->gateway, account, list);
    if (!good) {
        free(list);
        return NULL;
    }
    delivery->fan_hosts = list;
    memcpy(delivery->fan_for, name, sizeof name);
    return list;
}

static void add_page(struct arguments *arguments, const struct host_list *list, const char *cursor)
{
    uint32_t position = (uint32_t)strtoul(cursor + strcspn(cursor, " "), NULL, 10);
    size_t from = 0;
    while (from < list->count && list->numbers[from] <= position)
        from++;
    size_t end = list->count - from > HOSTS_PAGE ? from + HOSTS_PAGE : list->count;
    arguments_text(arguments, end == list->count ? "1" : "0");
    for (size_t i = from; i < end; i++)
        arguments_number(arguments, list->numbers[i]);
}

static bool next_page(struct delivery *delivery, const char *activity)
{
    struct store *store = delivery->gateway->store;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HMGET");
    arguments_format(arguments, "activity:%s", activity);
    arguments_text(arguments, "cursor");
    arguments_text(arguments, "an");
    arguments_text(arguments, "p");
    struct reply *fields = store_run(store, arguments);
    if (reply_failed(fields)) {
        reply_free(fields);
        return false;
    }
    const char *cursor = reply_text(reply_at(fields, 0));
    bool by_hosts = cursor[0] == 'e' || cursor[0] == 'x';
    const struct host_list *list = by_hosts ? hosts_of(delivery, activity, cursor[0], fields) : NULL;
    bool good = !by_hosts || list;
    if (good) {
        arguments = arguments_new();
        arguments_text(arguments, activity);
        arguments_text(arguments, cursor);
        arguments_number(arguments, clock_now_ms());
        arguments_number(arguments, AUDIENCE_PAGE);
        if (list)
            add_page(arguments, list, cursor);
        struct reply *reply = store_script(store, "delivery_fanout", arguments);
        good = !reply_failed(reply);
        reply_free(reply);
        delivery_kick(delivery->gateway);
    }
    reply_free(fields);
    return good;
}

bool fanout_round(struct gateway *gateway)
{
    /* The first by priority, then by age: all workers help with the same one, so the order of activities is
     * kept. */
    struct reply *first = store_call(gateway->store, "ZRANGE", "fanouts", "0", "0", (char *)NULL);
    bool more = !reply_failed(first) && reply_count(first) == 1;
    if (more)
        more = next_page(gateway->delivery, reply_text(reply_at(first, 0)));
    else
        fanout_forget(gateway->delivery);
    reply_free(first);
    return more;
}
