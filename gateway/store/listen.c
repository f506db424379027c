/* Messages between workers: a connection of its own, since one that listens takes no other command. */
#include <stdlib.h>
#include <string.h>

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

struct listening {
    struct connection *connection;
    struct channel *channels, **last;
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

static void heard(void *context, const redisReply *reply)
{
    struct listening *listening = context;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 3 ||
        reply->element[0]->type != REDIS_REPLY_STRING || reply->element[1]->type != REDIS_REPLY_STRING)
        return;
    struct channel *channel = channel_find(listening, reply->element[1]->str);
    if (!channel)
        return;
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

static void changed(void *context, bool up)
{
    struct listening *listening = context;
    listening->awaiting = false;
    for (struct channel *channel = listening->channels; channel; channel = channel->next) {
        channel->live = false;
        if (up)
            subscribe(listening, channel);
    }
}

static void beat(void *context)
{
    struct listening *listening = context;
    loop_timer_set(listening->heartbeat, listening->heartbeat_ms);
    if (!connection_is_up(listening->connection))
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
