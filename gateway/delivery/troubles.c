#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/engine.h"
#include "gateway/fed/remote.h"
#include "gateway/log.h"
#include "mapping/ids.h"
#include "mapping/inbound.h"

enum { TROUBLE_BUDGET = 4 << 20, HEIRS_MAX = 16, MISSING_DAYS = 3 };

struct trouble {
    struct gateway *gateway;
    struct arena *arena;
    const char *aid, *actor_id, *inbox, *url;
};

static void move_inbox(struct trouble *trouble, const char *url)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, trouble->inbox);
    arguments_text(arguments, url);
    struct reply *reply = store_script(trouble->gateway->store, "inbox_move", arguments);
    if (!reply_failed(reply) && reply_number(reply) == 1)
        log_write(LOG_INFO, "an inbox has a new address", "actor", trouble->actor_id, "before", trouble->url,
                  "now", url, (char *)NULL);
    reply_free(reply);
}

static bool has_number(const struct trouble *trouble)
{
    return strspn(trouble->inbox, "0123456789") == strlen(trouble->inbox);
}

/* A 404 may be a mistake: only one that was met on three days counts as gone. */
static bool is_missing_for_long(const struct trouble *trouble)
{
    char hash[23];
    id_hash(trouble->actor_id, hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, hash);
    arguments_number(arguments, clock_now_ms());
    struct reply *reply = store_script(trouble->gateway->store, "actor_missing", arguments);
    bool long_enough = !reply_failed(reply) && reply_number(reply) >= MISSING_DAYS;
    reply_free(reply);
    return long_enough;
}

/* The actor is gone. False when the store is away. */
static bool let_go(const struct trouble *trouble)
{
    if (!delivery_follower_forget(trouble->gateway, trouble->actor_id))
        return false;
    log_write(LOG_INFO, "a follower is gone", "actor", trouble->actor_id, (char *)NULL);
    remote_actor_forget(trouble->gateway, trouble->arena, trouble->actor_id);
    return true;
}

/* Another follower behind the same shared inbox, who is asked next; false when there is none. */
static bool find_heir(struct trouble *trouble)
{
    if (!has_number(trouble))
        return false;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, trouble->inbox);
    arguments_text(arguments, trouble->aid);
    struct reply *reply = store_script(trouble->gateway->store, "inbox_heir", arguments);
    const char *heir = reply_failed(reply) ? "" : reply_text(reply);
    bool found = heir[0] != '\0' && strcmp(heir, trouble->actor_id) != 0;
    trouble->actor_id = arena_string(trouble->arena, heir);
    reply_free(reply);
    return found;
}

static void look_into(void *context)
{
    struct trouble trouble = *(struct trouble *)context;
    struct inbound_actor actor;
    const char *why = NULL;
    enum remote_outcome outcome;
    int heirs = 0;
    do {
        outcome = remote_actor(trouble.gateway, trouble.arena, trouble.actor_id, 0, &actor, &why);
        if (outcome == REMOTE_MISSING && is_missing_for_long(&trouble))
            outcome = REMOTE_GONE;
    } while (outcome == REMOTE_GONE && heirs++ < HEIRS_MAX && let_go(&trouble) && find_heir(&trouble));
    switch (outcome) {
    case REMOTE_OK: {
        bool shared = actor.shared_inbox && url_same_origin(actor.shared_inbox, actor.id);
        const char *url = shared ? actor.shared_inbox : actor.inbox;
        /* An inbox that stands in lanes as its URL belongs to one answer only: nothing to mend. */
        if (has_number(&trouble) && !strpbrk(url, " \t\r\n"))
            move_inbox(&trouble, url);
        break;
    }
    case REMOTE_GONE:
    case REMOTE_MISSING:
    case REMOTE_REFUSED:
    case REMOTE_LATER:
        break;
    }
    trouble.gateway->delivery->troubles--;
    arena_free(trouble.arena);
}

void inbox_trouble(struct gateway *gateway, const char *aid, const char *actor_id, const char *inbox,
                   const char *url)
{
    if (actor_id[0] == '\0' || gateway->stopping || gateway->delivery->troubles >= TROUBLES_MAX)
        return;
    struct arena *arena = arena_new(TROUBLE_BUDGET);
    struct trouble *trouble = arena_alloc(arena, sizeof *trouble);
    *trouble = (struct trouble){.gateway = gateway,
                                .arena = arena,
                                .aid = arena_string(arena, aid),
                                .actor_id = arena_string(arena, actor_id),
                                .inbox = arena_string(arena, inbox),
                                .url = arena_string(arena, url)};
    gateway->delivery->troubles++;
    if (task_spawn(gateway->tasks, look_into, trouble))
        return;
    gateway->delivery->troubles--;
    arena_free(arena);
}
