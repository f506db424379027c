#include "gateway/upstream/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/upstream/session.h"
#include "mapping/ids.h"
#include "mapping/source.h"

enum { INTAKE_PARALLEL = 32, PUSH_PARALLEL = 16 };

struct upstream {
    struct platform platforms[CONFIG_PLATFORMS_MAX];
    size_t count;
};

struct platform *upstream_find(struct gateway *gateway, const char *name)
{
    for (size_t i = 0; gateway->upstream && i < gateway->upstream->count; i++)
        if (strcmp(gateway->upstream->platforms[i].config->name, name) == 0)
            return &gateway->upstream->platforms[i];
    return NULL;
}

static bool open_platform(struct platform *platform, char *error, size_t error_size)
{
    char reason[256] = "";
    platform->class = adapter_class_find(platform->config->adapter);
    if (!platform->class) {
        (void)snprintf(error, error_size, "[platform %s] adapter = %s is unknown; there are: %s",
                       platform->config->name, platform->config->adapter, adapter_class_names());
        return false;
    }
    platform->adapter = platform->class->open(platform->config->settings, reason, sizeof reason);
    if (!platform->adapter)
        (void)snprintf(error, error_size, "[platform %s] cannot be opened: %s", platform->config->name,
                       reason);
    return platform->adapter != NULL;
}

static void start_platform(struct platform *platform)
{
    char queue[PLATFORM_NAME_MAX + 16];
    (void)snprintf(queue, sizeof queue, "intake:%s", platform->config->name);
    platform->intake = work_start(platform->gateway, queue, INTAKE_PARALLEL, intake_handle, platform);
    (void)snprintf(queue, sizeof queue, "push:%s", platform->config->name);
    platform->push = work_start(platform->gateway, queue, PUSH_PARALLEL, push_handle, platform);
    stream_start(platform);
}

bool upstream_open(struct gateway *gateway, char *error, size_t error_size)
{
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (!upstream)
        abort();
    gateway->upstream = upstream;
    for (size_t i = 0; i < gateway->config->platform_count; i++) {
        struct platform *platform = &upstream->platforms[upstream->count++];
        *platform = (struct platform){.gateway = gateway, .config = &gateway->config->platforms[i]};
        if (!open_platform(platform, error, error_size))
            return false;
    }
    return true;
}

bool upstream_start(struct gateway *gateway, char *error, size_t error_size)
{
    if (!upstream_open(gateway, error, error_size))
        return false;
    for (size_t i = 0; i < gateway->upstream->count; i++)
        start_platform(&gateway->upstream->platforms[i]);
    return true;
}

void upstream_free(struct gateway *gateway)
{
    if (!gateway->upstream)
        return;
    for (size_t i = 0; i < gateway->upstream->count; i++) {
        struct platform *platform = &gateway->upstream->platforms[i];
        if (platform->intake) {
            stream_free(platform);
            work_free(platform->intake);
            work_free(platform->push);
        }
        session_free(platform);
        lately_free(platform);
        if (platform->adapter)
            platform->class->close(platform->adapter);
    }
    free(gateway->upstream);
    gateway->upstream = NULL;
}

void upstream_push_kick(struct gateway *gateway, const char *name)
{
    struct platform *platform = upstream_find(gateway, name);
    /* A command opens platforms to ask them, without queues of its own: the gateway that serves works those
     * off. */
    if (platform && platform->push)
        work_kick(platform->push);
}

bool upstream_sweep(struct gateway *gateway, const char *name, const char *native, const char *aid)
{
    struct platform *platform = upstream_find(gateway, name);
    return !platform || reconcile_native(platform, native, aid);
}

bool upstream_depart(struct gateway *gateway, const char *name, const char *native, const char *aid,
                     const char *trace)
{
    struct platform *platform = upstream_find(gateway, name);
    /* It may be back. */
    return !platform || (reconcile_native(platform, native, aid) && consent_depart(platform, aid, trace));
}

bool upstream_limits(struct gateway *gateway, const char *name, struct adapter_limits *out)
{
    struct platform *platform = upstream_find(gateway, name);
    if (!platform)
        return false;
    *out = platform->class->limits(platform->adapter);
    return true;
}

/* ---- questions
 * ------------------------------------------------------------------------------------------------- */

static const char *reason_of(const struct operation_result *result, struct arena *arena)
{
    if (result->answer == ANSWER_GONE)
        return "the platform says that it was deleted";
    if (result->answer == ANSWER_UNKNOWN)
        return "the platform does not know it, or does not show it to us; write the id that its API gives it";
    return arena_string(arena, result->reason ? result->reason : "the platform does not answer as it should");
}

/* The operation's own arena ends with it: what it found goes through the neutral form. */
bool upstream_post(struct gateway *gateway, const char *name, const char *native, struct arena *arena,
                   struct post *out, const char **why)
{
    struct platform *platform = upstream_find(gateway, name);
    *why = "there is no such platform in the configuration";
    if (!platform)
        return false;
    struct operation *operation =
        platform_operation(platform, &(struct operation_input){.kind = OPERATION_POST, .post = native});
    const struct operation_result *result = platform_result(platform, operation);
    bool good = result->answer == ANSWER_OK && result->post_count == 1;
    json_t *source = good ? source_from_post(&result->posts[0]) : NULL;
    good = good && source_to_post(source, arena, out);
    if (!good)
        *why = reason_of(result, arena);
    json_decref(source);
    platform->class->operation_free(operation);
    return good;
}

bool upstream_account(struct gateway *gateway, const char *name, const char *native, struct arena *arena,
                      struct account *out, const char **why)
{
    struct platform *platform = upstream_find(gateway, name);
    *why = "there is no such platform in the configuration";
    if (!platform)
        return false;
    struct operation *operation =
        platform_operation(platform, &(struct operation_input){.kind = OPERATION_ACCOUNT, .account = native});
    const struct operation_result *result = platform_result(platform, operation);
    bool good = result->answer == ANSWER_OK && result->account_count == 1;
    json_t *source = good ? source_from_account(&result->accounts[0]) : NULL;
    good = good && source_to_account(source, arena, out);
    if (!good)
        *why = reason_of(result, arena);
    json_decref(source);
    platform->class->operation_free(operation);
    return good;
}

bool upstream_read_post(struct gateway *gateway, const char *name, const json_t *document,
                        struct arena *arena, struct post *out)
{
    const struct platform *platform = upstream_find(gateway, name);
    return platform && platform->class->read_post && platform->class->read_post(document, arena, out);
}

static bool can(struct gateway *gateway, const char *name, unsigned capability, bool *out)
{
    struct platform *platform = upstream_find(gateway, name);
    unsigned capabilities = 0;
    bool good = platform && platform_capabilities(platform, &capabilities);
    *out = (capabilities & capability) != 0;
    return good;
}

bool upstream_takes_votes(struct gateway *gateway, const char *name, bool *out)
{
    return can(gateway, name, ADAPTER_PUSH_VOTE, out);
}

bool upstream_shows_timeline(struct gateway *gateway, const char *name, bool *out)
{
    return can(gateway, name, ADAPTER_TIMELINE, out);
}
