#include "gateway/store/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/store/hiredis_loop.h"

enum {
    BACKOFF_FIRST_MS = 50,
    BACKOFF_MAX_MS = 1000,
    CONNECT_MS = 3000, /* until up */
    ANSWER_MS = 10000,
    UNANSWERED_MAX = 64 << 20,  /* bytes */
    READ_BUFFER_KEPT = 1 << 20, /* hiredis would make a new one for each answer above 16 KiB */
};

/* A command that waits for its answer. Redis answers in order, so the first is the oldest. */
struct flight {
    connection_answered answered;
    void *context;
    struct connection *connection;
    int64_t deadline;
    size_t length;
    struct flight *next;
};

struct subscription {
    connection_answered heard;
    void *context;
    struct subscription *next;
};

enum phase { PHASE_AWAY, PHASE_CONNECTING, PHASE_UP };

struct connection {
    struct loop *loop;
    const struct store_address *address;
    const char *purpose;
    struct connection_handler handler;
    redisAsyncContext *hiredis; /* NULL while away */
    enum phase phase;
    struct loop_timer *timer; /* away: the next attempt; connecting: its deadline; up: the oldest answer's */
    bool timer_set, told, freed;
    int64_t backoff_ms, answer_ms;
    struct flight *first, **last;
    size_t unanswered; /* bytes */
    struct subscription *subscriptions;
    char why[128]; /* why the last attempt or connection ended */
};

static void set_timer(struct connection *connection, int64_t after_ms)
{
    connection->timer_set = true;
    loop_timer_set(connection->timer, after_ms);
}

static void note_reason(struct connection *connection, const char *why)
{
    if (!connection->why[0])
        (void)snprintf(connection->why, sizeof connection->why, "%s", why && *why ? why : "it ended");
}

/* Says it once for each time that the store went away, not for each attempt. */
static void tell_away(struct connection *connection)
{
    if (!connection->told)
        log_write(LOG_WARNING, "the store is away; trying again", "connection", connection->purpose, "reason",
                  connection->why, (char *)NULL);
    connection->told = true;
}

/* hiredis is done with this connection (or soon is: it frees itself after its callback). */
static void gone(struct connection *connection)
{
    bool was_up = connection->phase == PHASE_UP;
    connection->hiredis = NULL;
    connection->phase = PHASE_AWAY;
    if (connection->freed)
        return;
    tell_away(connection);
    set_timer(connection, connection->backoff_ms);
    connection->backoff_ms =
        connection->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : connection->backoff_ms * 2;
    if (was_up)
        connection->handler.changed(connection->handler.context, false);
}

void connection_renew(struct connection *connection, const char *why)
{
    redisAsyncContext *hiredis = connection->hiredis;
    if (!hiredis)
        return;
    note_reason(connection, why);
    hiredis->data = NULL; /* its last callbacks shall not take it for the next connection */
    gone(connection);
    redisAsyncFree(hiredis);
}

/* ---- commands
 * ------------------------------------------------------------------------------------------------------- */

static void flight_landed(redisAsyncContext *hiredis, void *answer, void *context)
{
    struct flight *flight = context;
    struct connection *connection = flight->connection;
    connection->first = flight->next;
    if (!connection->first)
        connection->last = &connection->first;
    connection->unanswered -= flight->length;
    if (!answer && hiredis->data && connection->phase == PHASE_UP) {
        /* The connection ends, and these callbacks come before the one that says so. */
        note_reason(connection, hiredis->errstr);
        hiredis->data = NULL;
        gone(connection);
    }
    flight->answered(flight->context, answer);
    free(flight);
}

static bool send_now(struct connection *connection, const char *wire, size_t length,
                     connection_answered answered, void *context)
{
    if (connection->unanswered + length > UNANSWERED_MAX)
        return false;
    struct flight *flight = malloc(sizeof *flight);
    if (!flight)
        abort();
    *flight = (struct flight){.answered = answered,
                              .context = context,
                              .connection = connection,
                              .deadline = loop_monotonic_ms() + connection->answer_ms,
                              .length = length};
    if (redisAsyncFormattedCommand(connection->hiredis, flight_landed, flight, wire, length) != REDIS_OK) {
        free(flight);
        return false;
    }
    *connection->last = flight;
    connection->last = &flight->next;
    connection->unanswered += length;
    if (!connection->timer_set)
        set_timer(connection, connection->answer_ms);
    return true;
}

bool connection_send(struct connection *connection, const char *wire, size_t length,
                     connection_answered answered, void *context)
{
    return connection->phase == PHASE_UP && send_now(connection, wire, length, answered, context);
}

/* hiredis calls this with NULL when the connection ends; then the subscription is over. */
static void message_came(redisAsyncContext *hiredis, void *answer, void *context)
{
    (void)hiredis;
    struct subscription *subscription = context;
    if (answer)
        subscription->heard(subscription->context, answer);
}

static struct subscription *subscription_of(struct connection *connection, connection_answered heard,
                                            void *context)
{
    struct subscription *one = connection->subscriptions;
    while (one && (one->heard != heard || one->context != context))
        one = one->next;
    if (one)
        return one;
    one = calloc(1, sizeof *one);
    if (!one)
        abort();
    *one = (struct subscription){.heard = heard, .context = context, .next = connection->subscriptions};
    connection->subscriptions = one;
    return one;
}

bool connection_subscribe(struct connection *connection, const char *channel, connection_answered heard,
                          void *context)
{
    const char *words[] = {"SUBSCRIBE", channel};
    const size_t lengths[] = {9, strlen(channel)};
    return connection->phase == PHASE_UP &&
           redisAsyncCommandArgv(connection->hiredis, message_came,
                                 subscription_of(connection, heard, context), 2, words, lengths) == REDIS_OK;
}

/* ---- coming up
 * ------------------------------------------------------------------------------------------------------ */

static void greeted(void *context, const redisReply *reply)
{
    struct connection *connection = context;
    if (!reply || connection->phase != PHASE_CONNECTING)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        connection_renew(connection, reply->str);
        return;
    }
    if (reply->type != REDIS_REPLY_STATUS || strcmp(reply->str, "PONG") != 0)
        return; /* AUTH and SELECT said OK; the PING behind them decides */
    connection->phase = PHASE_UP;
    connection->backoff_ms = BACKOFF_FIRST_MS;
    connection->why[0] = '\0';
    loop_timer_cancel(connection->timer);
    connection->timer_set = false;
    if (connection->told)
        log_write(LOG_INFO, "the store is back", "connection", connection->purpose, (char *)NULL);
    connection->told = false;
    connection->handler.changed(connection->handler.context, true);
}

static void greet_with(struct connection *connection, const char *const *words, size_t count)
{
    size_t lengths[3];
    const char *list[3];
    for (size_t i = 0; i < count; i++) {
        list[i] = words[i];
        lengths[i] = strlen(words[i]);
    }
    char *wire = NULL;
    int length = redisFormatCommandArgv(&wire, (int)count, list, lengths);
    if (length < 0)
        abort();
    (void)send_now(connection, wire, (size_t)length, greeted, connection);
    redisFreeCommand(wire);
}

static void greet(struct connection *connection)
{
    const struct store_address *address = connection->address;
    char database[16];
    (void)snprintf(database, sizeof database, "%d", address->database);
    if (address->password && address->user)
        greet_with(connection, (const char *[]){"AUTH", address->user, address->password}, 3);
    else if (address->password)
        greet_with(connection, (const char *[]){"AUTH", address->password}, 2);
    if (address->database)
        greet_with(connection, (const char *[]){"SELECT", database}, 2);
    greet_with(connection, (const char *[]){"PING"}, 1);
}

static void connected(const redisAsyncContext *hiredis, int status)
{
    struct connection *connection = hiredis->data;
    if (!connection)
        return;
    if (status == REDIS_OK) {
        greet(connection);
        return;
    }
    note_reason(connection, hiredis->errstr); /* hiredis frees itself after this, without another word */
    gone(connection);
}

static void disconnected(const redisAsyncContext *hiredis, int status)
{
    (void)status;
    struct connection *connection = hiredis->data;
    if (!connection)
        return;
    note_reason(connection, hiredis->errstr);
    gone(connection);
}

static void attempt(struct connection *connection)
{
    const struct store_address *address = connection->address;
    redisAsyncContext *hiredis = address->path ? redisAsyncConnectUnix(address->path)
                                               : redisAsyncConnect(address->host, address->port);
    if (!hiredis)
        abort();
    connection->why[0] = '\0';
    if (hiredis->err) {
        note_reason(connection, hiredis->errstr);
        redisAsyncFree(hiredis);
        gone(connection);
        return;
    }
    if (!address->path)
        (void)redisEnableKeepAlive(&hiredis->c);
    hiredis->c.reader->maxbuf = READ_BUFFER_KEPT;
    connection->hiredis = hiredis;
    connection->phase = PHASE_CONNECTING;
    hiredis->data = connection;
    hiredis_attach(hiredis, connection->loop);
    (void)redisAsyncSetConnectCallback(hiredis, connected);
    (void)redisAsyncSetDisconnectCallback(hiredis, disconnected);
    set_timer(connection, CONNECT_MS);
}

static void watch_oldest(struct connection *connection)
{
    if (!connection->first)
        return;
    int64_t left = connection->first->deadline - loop_monotonic_ms();
    if (left <= 0)
        connection_renew(connection, "it did not answer a command in time");
    else
        set_timer(connection, left);
}

static void time_passed(void *context)
{
    struct connection *connection = context;
    connection->timer_set = false;
    switch (connection->phase) {
    case PHASE_AWAY:
        attempt(connection);
        break;
    case PHASE_CONNECTING:
        connection_renew(connection, "it did not answer in time");
        break;
    case PHASE_UP:
        watch_oldest(connection);
        break;
    }
}

struct connection *connection_new(struct loop *loop, const struct store_address *address, const char *purpose,
                                  const struct connection_handler *handler)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        abort();
    *connection = (struct connection){.loop = loop,
                                      .address = address,
                                      .purpose = purpose,
                                      .handler = *handler,
                                      .backoff_ms = BACKOFF_FIRST_MS,
                                      .answer_ms = ANSWER_MS};
    connection->last = &connection->first;
    connection->timer = loop_timer_new(loop, time_passed, connection);
    set_timer(connection, 0);
    return connection;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    connection->freed = true;
    connection_renew(connection, "");
    while (connection->subscriptions) {
        struct subscription *next = connection->subscriptions->next;
        free(connection->subscriptions);
        connection->subscriptions = next;
    }
    loop_timer_free(connection->timer);
    free(connection);
}

bool connection_is_up(const struct connection *connection)
{
    return connection->phase == PHASE_UP;
}

void connection_set_deadline(struct connection *connection, int64_t milliseconds)
{
    connection->answer_ms = milliseconds;
}
