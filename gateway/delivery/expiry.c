/* Followers on hosts that are dead for long: nothing is sent to them any more, so they are followers no more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/log.h"

enum { PAGES_MAX = 100000, CURSOR_SIZE = 24, NAME_SIZE = 64, ACCOUNTS_PAGE = 100 };
static const int64_t EXPIRES_MS = (int64_t)90 * 86400 * 1000;

/* The host that is dead the longest, "" when none is for so long. */
static void longest_dead(struct gateway *gateway, char host[CURSOR_SIZE])
{
    char until[CURSOR_SIZE];
    (void)snprintf(until, sizeof until, "%" PRId64, clock_now_ms() - EXPIRES_MS);
    struct reply *reply = store_call(gateway->store, "ZRANGEBYSCORE", "dead_hosts", "-inf", until, "LIMIT",
                                     "0", "1", (char *)NULL);
    bool found = !reply_failed(reply) && reply_count(reply) == 1;
    (void)snprintf(host, CURSOR_SIZE, "%s", found ? reply_text(reply_at(reply, 0)) : "");
    reply_free(reply);
}

/* The followers of one account on that host. False when the store is away: again later. */
static bool expire_account(struct gateway *gateway, const char *aid, const char *host)
{
    char cursor[CURSOR_SIZE] = "0";
    bool good = true;
    for (int pages = 0; good && pages < PAGES_MAX; pages++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, aid);
        arguments_text(arguments, host);
        arguments_text(arguments, cursor);
        struct reply *page = store_script(gateway->store, "followers_of_host", arguments);
        good = !reply_failed(page);
        for (size_t i = 1; good && i < reply_count(page); i++)
            good = delivery_follower_remove(gateway, aid, reply_text(reply_at(page, i)));
        (void)snprintf(cursor, sizeof cursor, "%s", reply_text(reply_at(page, 0)));
        reply_free(page);
        if (strcmp(cursor, "0") == 0)
            break;
    }
    return good;
}

/* Where the walk through the accounts stands is kept with the host, so that any worker goes on with it. */
static void keep_cursor(struct gateway *gateway, const char *host, const char *cursor)
{
    char key[NAME_SIZE];
    (void)snprintf(key, sizeof key, "host:%s", host);
    if (strcmp(cursor, "0") != 0) {
        reply_free(store_call(gateway->store, "HSET", key, "expiry", cursor, (char *)NULL));
        return;
    }
    reply_free(store_call(gateway->store, "HDEL", key, "expiry", (char *)NULL));
    reply_free(store_call(gateway->store, "ZREM", "dead_hosts", host, (char *)NULL));
    log_write(LOG_INFO, "the followers on a host that is dead for ninety days were let go", "host", host,
              (char *)NULL);
}

void delivery_followers_expire(struct gateway *gateway)
{
    char host[CURSOR_SIZE];
    char key[NAME_SIZE];
    char cursor[CURSOR_SIZE];
    longest_dead(gateway, host);
    if (host[0] == '\0')
        return;
    (void)snprintf(key, sizeof key, "host:%s", host);
    struct reply *reply = store_call(gateway->store, "HGET", key, "expiry", (char *)NULL);
    bool good = !reply_failed(reply);
    (void)snprintf(cursor, sizeof cursor, "%s", reply_kind(reply) == REPLY_TEXT ? reply_text(reply) : "0");
    reply_free(reply);
    char count[CURSOR_SIZE];
    (void)snprintf(count, sizeof count, "%d", ACCOUNTS_PAGE);
    reply = store_call(gateway->store, "HSCAN", "account_numbers", cursor, "COUNT", count, (char *)NULL);
    good = good && !reply_failed(reply);
    const struct reply *accounts = reply_at(reply, 1);
    for (size_t i = 1; good && i < reply_count(accounts); i += 2)
        good = expire_account(gateway, reply_text(reply_at(accounts, i)), host);
    if (good)
        keep_cursor(gateway, host, reply_text(reply_at(reply, 0)));
    reply_free(reply);
}
