/* Messages between workers: a connection of its own, since one that listens takes no other command. */
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/store/store_private.h"

/* A connection that only listens notices by itself neither that its peer is gone nor that it hangs; so it
 * subscribes anew now and then, and expects the confirmation. */
enum { HEARTBEAT_MS = 5000 };

struct listener {
    store_heard heard;
    void *context;
    struct listener *next;
};

struct channel {
    char *name;
    bool live; /* confirmed on this connection: nothing is missed from here on */
    struct listener *listeners, **last;
    struct channel *next;
};

/* Redis tells of changed keys on a channel, to a connection that has said before which it wants to hear of.
 */
#define CHANGES "__redis__:invalidate"

struct watch {
    const char *const *prefixes;
    store_changed changed; /* NULL: nobody watches */
    void *context;
    bool live;
};

struct listening {
    struct connection *connection;
    struct channel *channels, **last;
    struct watch watch;
    bool ready; /* what must be said before the first SUBSCRIBE was said */
    struct loop_timer *heartbeat;
    int64_t heartbeat_ms;
    bool awaiting; /* the confirmation of a heartbeat */
};

static struct channel *channel_find(struct listening *listening, const char *name)
{
    struct channel *channel = listening->channels;
    while (channel && strcmp(channel->name, name) != 0)
        channel = channel->next;
    return channel;
}

/* A listener may add others while he hears. */
static void tell_listeners(struct channel *channel, const char *message)
{
    for (struct listener *listener = channel->listeners; listener; listener = listener->next)
        listener->heard(listener->context, message);
}

static void tell_change(struct listening *listening, const redisReply *keys)
{
    struct watch *watch = &listening->watch;
    if (keys->type != REDIS_REPLY_ARRAY) {
        watch->changed(watch->context, NULL); /* all keys at once: FLUSHDB */
        return;
    }
    for (size_t i = 0; i < keys->elements; i++)
        if (keys->element[i]->type == REDIS_REPLY_STRING)
            watch->changed(watch->context, keys->element[i]->str);
}

static void heard(void *context, const redisReply *reply)
{
    struct listening *listening = context;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 3 ||
        reply->element[0]->type != REDIS_REPLY_STRING || reply->element[1]->type != REDIS_REPLY_STRING)
        return;
    struct channel *channel = channel_find(listening, reply->element[1]->str);
    if (!channel)
        return;
    if (listening->watch.live && strcmp(channel->name, CHANGES) == 0 &&
        strcmp(reply->element[0]->str, "message") == 0) {
        tell_change(listening, reply->element[2]);
        return;
    }
    if (strcmp(reply->element[0]->str, "message") == 0 && reply->element[2]->type == REDIS_REPLY_STRING) {
        tell_listeners(channel, reply->element[2]->str);
        return;
    }
    listening->awaiting = false;
    if (channel->live)
        return;
    channel->live = true;
    tell_listeners(channel, NULL);
}

static void subscribe(struct listening *listening, struct channel *channel)
{
    (void)connection_subscribe(listening->connection, channel->name, heard, listening);
}

static void subscribe_all(struct listening *listening)
{
    listening->ready = true;
    for (struct channel *channel = listening->channels; channel; channel = channel->next)
        subscribe(listening, channel);
}

static void tracking_answered(void *context, const redisReply *reply)
{
    struct listening *listening = context;
    if (!reply)
        return;
    struct watch *watch = &listening->watch;
    watch->live = reply->type == REDIS_REPLY_STATUS;
    if (!watch->live)
        log_write(LOG_INFO,
                  "Redis does not tell of changes (it is older than 6, or forbids CLIENT): answers are made "
                  "anew for each request",
                  "reason", reply->type == REDIS_REPLY_ERROR ? reply->str : NULL, (char *)NULL);
    else
        watch->changed(watch->context, NULL);
    subscribe_all(listening);
}

/* The connection hears of changes itself: so it hears of them exactly as long as it lives. */
static void ask_for_changes(void *context, const redisReply *reply)
{
    struct listening *listening = context;
    if (!reply)
        return;
    struct arguments *arguments = arguments_new();
    arguments_number(arguments, reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0);
    arguments_text(arguments, "BCAST");
    for (const char *const *prefix = listening->watch.prefixes; *prefix; prefix++) {
        arguments_text(arguments, "PREFIX");
        arguments_text(arguments, *prefix);
    }
    static const char *const words[] = {"CLIENT", "TRACKING", "ON", "REDIRECT", NULL};
    size_t length;
    char *wire = arguments_wire(arguments, words, &length);
    (void)connection_send(listening->connection, wire, length, tracking_answered, listening);
    free(wire);
    arguments_free(arguments);
}

static void begin(struct listening *listening)
{
    static const char client_id[] = "*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n";
    if (!listening->watch.changed)
        subscribe_all(listening);
    else
        (void)connection_send(listening->connection, client_id, sizeof client_id - 1, ask_for_changes,
                              listening);
}

static void changed(void *context, bool up)
{
    struct listening *listening = context;
    struct watch *watch = &listening->watch;
    bool watched = watch->live;
    listening->awaiting = false;
    listening->ready = false;
    watch->live = false;
    for (struct channel *channel = listening->channels; channel; channel = channel->next)
        channel->live = false;
    if (watched)
        watch->changed(watch->context, NULL);
    if (up)
        begin(listening);
}

static void beat(void *context)
{
    struct listening *listening = context;
    loop_timer_set(listening->heartbeat, listening->heartbeat_ms);
    if (!listening->ready || !listening->channels)
        return;
    if (listening->awaiting) {
        connection_renew(listening->connection, "it does not answer while we listen");
        return;
    }
    listening->awaiting = true;
    subscribe(listening, listening->channels);
}

void listening_set_heartbeat(struct listening *listening, int64_t milliseconds)
{
    listening->heartbeat_ms = milliseconds;
    loop_timer_set(listening->heartbeat, milliseconds);
}

static struct listening *listening_new(struct store *store)
{
    struct listening *listening = calloc(1, sizeof *listening);
    if (!listening)
        abort();
    listening->last = &listening->channels;
    listening->heartbeat = loop_timer_new(store->loop, beat, listening);
    listening_set_heartbeat(listening, HEARTBEAT_MS);
    listening->connection =
        connection_new(store->loop, &store->address, "messages",
                       &(struct connection_handler){.context = listening, .changed = changed});
    return listening;
}

static struct channel *channel_add(struct listening *listening, const char *name)
{
    struct channel *channel = calloc(1, sizeof *channel);
    if (!channel)
        abort();
    channel->name = strdup(name);
    if (!channel->name)
        abort();
    channel->last = &channel->listeners;
    *listening->last = channel;
    listening->last = &channel->next;
    if (listening->ready)
        subscribe(listening, channel);
    return channel;
}

void store_listen(struct store *store, const char *name, store_heard tell, void *context)
{
    if (!store->listening)
        store->listening = listening_new(store);
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        abort();
    *listener = (struct listener){.heard = tell, .context = context};
    struct channel *channel = channel_find(store->listening, name);
    if (!channel)
        channel = channel_add(store->listening, name);
    *channel->last = listener;
    channel->last = &listener->next;
}

static void hear_nothing(void *context, const char *message) {}

void store_watch(struct store *store, const char *const *prefixes, store_changed tell, void *context)
{
    if (store->listening)
        abort(); /* too late: this connection has subscribed already */
    store->listening = listening_new(store);
    store->listening->watch = (struct watch){.prefixes = prefixes, .changed = tell, .context = context};
    store_listen(store, CHANGES, hear_nothing, NULL);
}

bool store_is_watching(const struct store *store)
{
    return store->listening && store->listening->watch.live;
}

void store_tell(struct store *store, const char *channel, const char *message)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "PUBLISH");
    arguments_text(arguments, channel);
    arguments_text(arguments, message);
    store_start(store, arguments, NULL, NULL);
}

static void channel_free(struct channel *channel)
{
    while (channel->listeners) {
        struct listener *next = channel->listeners->next;
        free(channel->listeners);
        channel->listeners = next;
    }
    free(channel->name);
    free(channel);
}

void listening_free(struct listening *listening)
{
    if (!listening)
        return;
    connection_free(listening->connection);
    loop_timer_free(listening->heartbeat);
    while (listening->channels) {
        struct channel *next = listening->channels->next;
        channel_free(listening->channels);
        listening->channels = next;
    }
    free(listening);
}
