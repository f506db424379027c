#include <stdlib.h>
#include <string.h>

#include "gateway/delivery/engine.h"
#include "gateway/fed/remote.h"
#include "gateway/log.h"
#include "mapping/inbound.h"

enum { TROUBLE_BUDGET = 1 << 21 };

struct trouble {
    struct gateway *gateway;
    struct arena *arena;
    const char *actor_id, *inbox, *url;
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

static void look_into(void *context)
{
    struct trouble trouble = *(struct trouble *)context;
    struct inbound_actor actor;
    const char *why = NULL;
    switch (remote_actor(trouble.gateway, trouble.arena, trouble.actor_id, 0, &actor, &why)) {
    case REMOTE_GONE:
        if (delivery_follower_forget(trouble.gateway, trouble.actor_id))
            log_write(LOG_INFO, "a follower is gone", "actor", trouble.actor_id, (char *)NULL);
        remote_actor_forget(trouble.gateway, trouble.arena, trouble.actor_id);
        break;
    case REMOTE_OK: {
        bool shared = actor.shared_inbox && url_same_origin(actor.shared_inbox, actor.id);
        const char *url = shared ? actor.shared_inbox : actor.inbox;
        /* An inbox that stands in lanes as its URL belongs to one answer only: nothing to mend. */
        if (strspn(trouble.inbox, "0123456789") == strlen(trouble.inbox) && !strpbrk(url, " \t\r\n"))
            move_inbox(&trouble, url);
        break;
    }
    case REMOTE_REFUSED:
    case REMOTE_LATER:
        break;
    }
    trouble.gateway->delivery->troubles--;
    arena_free(trouble.arena);
}

void inbox_trouble(struct gateway *gateway, const char *actor_id, const char *inbox, const char *url)
{
    if (actor_id[0] == '\0' || gateway->stopping || gateway->delivery->troubles >= TROUBLES_MAX)
        return;
    struct arena *arena = arena_new(TROUBLE_BUDGET);
    struct trouble *trouble = arena_alloc(arena, sizeof *trouble);
    *trouble = (struct trouble){.gateway = gateway,
                                .arena = arena,
                                .actor_id = arena_string(arena, actor_id),
                                .inbox = arena_string(arena, inbox),
                                .url = arena_string(arena, url)};
    gateway->delivery->troubles++;
    if (task_spawn(gateway->tasks, look_into, trouble))
        return;
    gateway->delivery->troubles--;
    arena_free(arena);
}
