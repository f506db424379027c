#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/engine.h"
#include "mapping/ids.h"
#include "mapping/inbound.h"

enum { ADDRESS_BUDGET = 16384, SEEN_EVERY_MS = 10000, FORGET_CALLS_MAX = 10000 };

static bool is_address(const char *url)
{
    for (const unsigned char *at = (const unsigned char *)url; *at; at++)
        if (*at <= ' ' || *at == 0x7f)
            return false;
    return url[0] != '\0';
}

bool delivery_follower_add(struct gateway *gateway, const char *aid, const char *actor_id,
                           const char *follow_id, const char *inbox, const char *shared_inbox)
{
    /* PROTOCOL §5.1: a shared inbox counts only on the actor's own origin. */
    bool shared = shared_inbox && is_address(shared_inbox) && url_same_origin(shared_inbox, actor_id);
    struct arena *arena = arena_new(ADDRESS_BUDGET);
    const char *origin = url_origin(arena, actor_id);
    char hash[23];
    id_hash(actor_id, hash);
    if (!origin || !is_address(inbox)) {
        arena_free(arena);
        return true; /* it can never be reached */
    }
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, actor_id);
    arguments_text(arguments, hash);
    arguments_text(arguments, follow_id);
    arguments_text(arguments, origin);
    arguments_text(arguments, shared ? shared_inbox : inbox);
    arguments_text(arguments, shared ? "1" : "0");
    arguments_number(arguments, clock_now_ms());
    arena_free(arena);
    struct reply *reply = store_script(gateway->store, "follower_add", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

bool delivery_follower_remove(struct gateway *gateway, const char *aid, const char *actor_id)
{
    char hash[23];
    id_hash(actor_id, hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, actor_id);
    arguments_text(arguments, hash);
    struct reply *reply = store_script(gateway->store, "follower_remove", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

bool delivery_follower_forget(struct gateway *gateway, const char *actor_id)
{
    char hash[23];
    id_hash(actor_id, hash);
    bool good = true;
    int64_t left = 1;
    for (int calls = 0; good && left > 0 && calls < FORGET_CALLS_MAX; calls++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, actor_id);
        arguments_text(arguments, hash);
        struct reply *reply = store_script(gateway->store, "follower_forget", arguments);
        good = !reply_failed(reply);
        left = reply_number(reply);
        reply_free(reply);
    }
    return good;
}

/* ---- hosts that show that they live */

static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261U;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    return hash;
}

static void told(void *context, const struct reply *reply)
{
    (void)context;
    (void)reply_failed(reply); /* not told this time: the next request tells again */
}

void delivery_host_seen(struct gateway *gateway, const char *actor_id)
{
    struct arena *arena = arena_new(ADDRESS_BUDGET);
    const char *origin = url_origin(arena, actor_id);
    struct delivery *delivery = gateway->delivery;
    uint32_t hash = origin ? hash_text(origin) : 0;
    size_t slot = hash % SEEN_SLOTS;
    int64_t now = loop_monotonic_ms();
    bool fresh = origin && delivery &&
                 (delivery->seen[slot].origin != hash || now - delivery->seen[slot].at >= SEEN_EVERY_MS);
    if (fresh) {
        delivery->seen[slot].origin = hash;
        delivery->seen[slot].at = now;
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, origin);
        arguments_number(arguments, clock_now_ms());
        store_script_start(gateway->store, "delivery_seen", arguments, told, NULL);
    }
    arena_free(arena);
}
