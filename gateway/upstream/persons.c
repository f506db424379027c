/* People of the fediverse and what they wrote, as platforms show them: told of what becomes of them, and
 * asked who is behind an account or a post there. */
#include <string.h>

#include "gateway/fed/remote.h"
#include "gateway/upstream/platform.h"
#include "mapping/ids.h"

static bool queue(struct gateway *gateway, const char *platform, const char *what, const char *key,
                  const char *trace)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "XADD");
    arguments_format(arguments, "work:push:%s", platform);
    arguments_text(arguments, "*");
    arguments_text(arguments, "chain");
    arguments_text(arguments, key);
    arguments_text(arguments, "data");
    arguments_format(arguments, "%s %s", what, key);
    arguments_text(arguments, "trace");
    arguments_text(arguments, trace);
    struct reply *reply = store_run(gateway->store, arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    upstream_push_kick(gateway, platform);
    return good;
}

static enum lookup exists(struct gateway *gateway, const char *key)
{
    struct reply *reply = store_call(gateway->store, "EXISTS", key, (char *)NULL);
    enum lookup found = reply_failed(reply)        ? LOOKUP_DOWN
                        : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                   : LOOKUP_ABSENT;
    reply_free(reply);
    return found;
}

bool upstream_forget_person(struct gateway *gateway, const char *actor_id, const char *trace)
{
    char key[KEY_LENGTH + 1];
    remote_key_make("ra", actor_id, NULL, key);
    struct arena *arena = arena_new(4096);
    enum lookup shown = exists(gateway, arena_format(arena, "puppet:%s", key));
    bool good = shown != LOOKUP_DOWN;
    for (size_t i = 0; good && shown == LOOKUP_FOUND && i < gateway->config->platform_count; i++)
        good = queue(gateway, gateway->config->platforms[i].name, "author", key, trace);
    arena_free(arena);
    return good;
}

bool upstream_refresh_person(struct gateway *gateway, const char *actor_id, const char *trace)
{
    char key[KEY_LENGTH + 1];
    remote_key_make("ra", actor_id, NULL, key);
    struct arena *arena = arena_new(4096);
    bool good = true;
    for (size_t i = 0; good && i < gateway->config->platform_count; i++) {
        const char *platform = gateway->config->platforms[i].name;
        enum lookup found = exists(gateway, arena_format(arena, "puppet_account:%s:%s", platform, key));
        good = found == LOOKUP_ABSENT ||
               (found == LOOKUP_FOUND && queue(gateway, platform, "profile", key, trace));
    }
    arena_free(arena);
    return good;
}

static enum lookup read_field(struct gateway *gateway, struct arena *arena, const char *key,
                              const char *field, const char **out)
{
    struct reply *reply = store_call(gateway->store, "HGET", key, field, (char *)NULL);
    enum lookup found = reply_failed(reply)              ? LOOKUP_DOWN
                        : reply_kind(reply) == REPLY_NIL ? LOOKUP_ABSENT
                                                         : LOOKUP_FOUND;
    *out = found == LOOKUP_FOUND ? arena_string(arena, reply_text(reply)) : NULL;
    reply_free(reply);
    return found;
}

enum lookup upstream_puppet_person(struct gateway *gateway, const char *platform, struct arena *arena,
                                   const char *native, const char **actor_id)
{
    const char *key = NULL;
    *actor_id = NULL;
    enum lookup found = read_field(gateway, arena, arena_format(arena, "puppets:%s", platform), native, &key);
    return found == LOOKUP_FOUND
               ? read_field(gateway, arena, arena_format(arena, "puppet_account:%s:%s", platform, key),
                            "actor", actor_id)
               : found;
}

enum lookup upstream_remote_post(struct gateway *gateway, const char *platform, struct arena *arena,
                                 const char *native, const char **key)
{
    const char *hash = NULL;
    enum lookup found =
        read_field(gateway, arena, arena_format(arena, "remote_native:%s", platform), native, &hash);
    *key = found == LOOKUP_FOUND ? arena_format(arena, "rp_%s", hash) : NULL;
    return found;
}

int64_t upstream_puppet_count(struct gateway *gateway, const char *platform, const char *server)
{
    struct arena *arena = arena_new(1024);
    struct reply *reply =
        server
            ? store_call(gateway->store, "HGET", arena_format(arena, "puppet_servers:%s", platform), server,
                         (char *)NULL)
            : store_call(gateway->store, "HLEN", arena_format(arena, "puppets:%s", platform), (char *)NULL);
    int64_t count = reply_failed(reply) ? 0 : reply_number(reply);
    reply_free(reply);
    arena_free(arena);
    return count;
}

unsigned upstream_puppet_limit(struct gateway *gateway, const char *name)
{
    struct platform *platform = upstream_find(gateway, name);
    return platform && platform->class->puppet_limits
               ? platform->class->puppet_limits(platform->adapter).total
               : 0;
}

static bool covers(const struct platform *platform, const char *name)
{
    const char *domain =
        platform && platform->class->puppet_domain ? platform->class->puppet_domain(platform->adapter) : NULL;
    size_t length = strlen(name);
    size_t end = domain ? strlen(domain) : 0;
    return domain && length > end + 1 && name[length - end - 1] == '.' &&
           strcmp(name + length - end, domain) == 0;
}

bool upstream_puppet_named(struct gateway *gateway, struct arena *arena, const char *name,
                           const char **native, bool *down)
{
    bool covered = false;
    for (size_t i = 0; !covered && i < gateway->config->platform_count; i++)
        covered = covers(upstream_find(gateway, gateway->config->platforms[i].name), name);
    *native = NULL;
    *down = covered && read_field(gateway, arena, "puppet_names", name, native) == LOOKUP_DOWN;
    return covered;
}

bool upstream_speaks(struct gateway *gateway, const char *name, bool *out)
{
    struct platform *platform = upstream_find(gateway, name);
    unsigned capabilities = 0;
    bool good = !platform || platform_capabilities(platform, &capabilities);
    *out = (capabilities & (ADAPTER_SPEAKER | ADAPTER_PUPPET_ACCOUNTS)) != 0;
    return good;
}
