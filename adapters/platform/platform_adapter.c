#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/platform/platform.h"

enum { URL_MAX = 1024, PAGE_MAX = 100, TEXT_MAX = 500, MEDIA_MAX = 4 };

/* What every platform of the contract has, also before discovery. */
static const unsigned level_0 = ADAPTER_ACCOUNTS_FEDERATED | ADAPTER_POSTS | ADAPTER_POST_IDS |
                                ADAPTER_IDEMPOTENT | ADAPTER_ASSERTS_CONSENT;
static const unsigned level_2 = ADAPTER_PUSH_POST | ADAPTER_PUSH_DELETE | ADAPTER_PUPPETS;

/* A copy without slashes at the end; NULL unless it is `scheme` and an authority, perhaps with a path. */
static char *copy_url(const char *text, const char *scheme)
{
    size_t length = text ? strlen(text) : 0;
    size_t front = strlen(scheme);
    while (length && text[length - 1] == '/')
        length--;
    if (length <= front || length > URL_MAX || strncmp(text, scheme, front) != 0)
        return NULL;
    for (size_t i = front; i < length; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7F ||
            strchr("@?#\"<>\\^`{|}", text[i]))
            return NULL;
    char *copy = strndup(text, length);
    if (!copy)
        abort();
    return copy;
}

/* HTTPS only; plain HTTP where the operator himself wrote it (§7.2: loopback), which the gateway's guard
 * watches over. */
static char *copy_web_url(const char *text, bool plain)
{
    char *copy = copy_url(text, "https://");
    return copy || !plain ? copy : copy_url(text, "http://");
}

static bool read_carrier(const char *text, enum platform_events *out)
{
    static const char *const names[] = {
        [EVENTS_WEBSOCKET] = "websocket", [EVENTS_POLL] = "poll", [EVENTS_WEBHOOK] = "webhook"};
    *out = EVENTS_ANY;
    for (int i = EVENTS_WEBSOCKET; text && i <= EVENTS_WEBHOOK; i++)
        if (strcmp(text, names[i]) == 0)
            *out = (enum platform_events)i;
    return !text || *out != EVENTS_ANY;
}

static struct adapter *open_adapter(const json_t *settings, char *error, size_t error_size)
{
    enum platform_events events;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)settings, name, value)
    {
        if (strcmp(name, "url") == 0 || strcmp(name, "events") == 0)
            continue;
        (void)snprintf(error, error_size, "the adapter platform knows no %s; there are: url, events", name);
        return NULL;
    }
    if (!read_carrier(json_string_value(json_object_get(settings, "events")), &events)) {
        (void)snprintf(
            error, error_size,
            "events is no carrier of events; set it to websocket, poll or webhook, or leave it away");
        return NULL;
    }
    char *base = copy_web_url(json_string_value(json_object_get(settings, "url")), true);
    if (!base) {
        (void)snprintf(error, error_size,
                       "url is missing or no web address; set it to the https:// address below which "
                       "/.well-known/drawbridge is found");
        return NULL;
    }
    struct adapter *adapter = calloc(1, sizeof *adapter);
    if (!adapter)
        abort();
    *adapter = (struct adapter){
        .base = base,
        .events = events,
        .capabilities = level_0,
        .limits = {.text_max = TEXT_MAX, .text_unit = UNIT_GRAPHEMES, .media_max = MEDIA_MAX},
        .page_max = PAGE_MAX,
    };
    return adapter;
}

static void close_adapter(struct adapter *adapter)
{
    if (!adapter)
        return;
    free(adapter->base);
    free(adapter->api);
    free(adapter->stream);
    free(adapter);
}

static unsigned capabilities(const struct adapter *adapter)
{
    return adapter->capabilities;
}

static struct adapter_limits limits(const struct adapter *adapter)
{
    return adapter->limits;
}

/* ---- discovery (§7.3)
 * --------------------------------------------------------------------------------------------- */

static bool lists(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        if (one && strcmp(one, word) == 0)
            return true;
    }
    return false;
}

static size_t limit(const json_t *value, size_t otherwise)
{
    int64_t number = 0;
    return platform_number(value, &number) ? (size_t)number : otherwise;
}

static struct adapter_limits read_limits(const json_t *object)
{
    static const struct {
        const char *name;
        enum text_unit unit;
    } units[] = {{"bytes", UNIT_BYTES},
                 {"code_points", UNIT_CODE_POINTS},
                 {"utf16", UNIT_UTF16},
                 {"graphemes", UNIT_GRAPHEMES}};
    const json_t *text = json_object_get(object, "text");
    const json_t *media = json_object_get(object, "media");
    const char *unit = json_string_value(json_object_get(text, "unit"));
    struct adapter_limits out = {
        .text_max = limit(json_object_get(text, "max"), TEXT_MAX),
        .text_unit = UNIT_BYTES, /* the strictest, when the platform names one that we do not know */
        .text_max_bytes = limit(json_object_get(text, "max_bytes"), 0),
        .media_max = limit(json_object_get(media, "per_post"), MEDIA_MAX),
        .alt_max = limit(json_object_get(media, "alt_max"), 0),
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (!unit ? units[i].unit == UNIT_GRAPHEMES : strcmp(unit, units[i].name) == 0)
            out.text_unit = units[i].unit;
    if (!out.text_max)
        out.text_max = TEXT_MAX;
    return out;
}

static unsigned read_capabilities(const json_t *document, bool stream)
{
    const json_t *features = json_object_get(document, "features");
    int64_t level = 0;
    unsigned out = level_0;
    if (!platform_number(json_object_get(document, "level"), &level))
        level = 0;
    if (stream)
        out |= ADAPTER_STREAM;
    if (level >= 2 || lists(features, "remote_posts"))
        out |= level_2;
    if (level >= 3 || lists(features, "remote_relations"))
        out |= ADAPTER_PUSH_RELATION;
    if (lists(features, "polls"))
        out |= ADAPTER_PUSH_VOTE;
    if (lists(features, "reactions"))
        out |= ADAPTER_PUSH_EMOJI;
    if (lists(features, "mentions"))
        out |= ADAPTER_PUSH_MENTION;
    if (lists(features, "timeline"))
        out |= ADAPTER_TIMELINE;
    if (lists(features, "reports"))
        out |= ADAPTER_PUSH_REPORT;
    return out;
}

/* Which carrier is used: the operator's, or the best that the platform offers. False: none. */
static bool choose_carrier(const struct adapter *adapter, const json_t *features, enum stream_carrier *out)
{
    static const struct {
        enum platform_events wanted;
        const char *feature;
        enum stream_carrier carrier;
    } carriers[] = {{EVENTS_WEBSOCKET, "events.ws", CARRIER_WEBSOCKET},
                    {EVENTS_POLL, "events.poll", CARRIER_POLL},
                    {EVENTS_WEBHOOK, "events.webhook", CARRIER_WEBHOOK}};
    for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++)
        if ((adapter->events == EVENTS_ANY || adapter->events == carriers[i].wanted) &&
            lists(features, carriers[i].feature)) {
            *out = carriers[i].carrier;
            return true;
        }
    return false;
}

const char *platform_discovered(struct adapter *adapter, const json_t *document)
{
    if (!lists(json_object_get(document, "contract"), "1"))
        return "the platform does not speak version 1 of the contract";
    bool plain = strncmp(adapter->base, "http://", 7) == 0;
    char *api = copy_web_url(json_string_value(json_object_get(document, "api")), plain);
    if (!api)
        return "the platform names no https:// address of its API";
    const char *address = json_string_value(json_object_get(document, "stream"));
    char *stream = NULL;
    bool has_stream = choose_carrier(adapter, json_object_get(document, "features"), &adapter->carrier);
    if (!has_stream && adapter->events != EVENTS_ANY) {
        free(api);
        return "the platform does not offer the carrier that events names in the configuration";
    }
    if (has_stream && adapter->carrier == CARRIER_WEBSOCKET) {
        stream = copy_url(address, "wss://");
        if (!stream && plain)
            stream = copy_url(address, "ws://");
        if (!stream) {
            free(api);
            return "the platform offers events.ws and names no wss:// address of its stream";
        }
    }
    free(adapter->api);
    free(adapter->stream);
    adapter->api = api;
    adapter->stream = stream;
    adapter->capabilities = read_capabilities(document, has_stream);
    const json_t *object = json_object_get(document, "limits");
    adapter->limits = read_limits(object);
    size_t page = limit(json_object_get(object, "page_max"), PAGE_MAX);
    adapter->page_max = page && page < PAGE_MAX ? (unsigned)page : PAGE_MAX;
    adapter->no_post_ids = false;
    return NULL;
}

const struct adapter_class platform_class = {
    .name = "platform",
    .capabilities = capabilities,
    .open = open_adapter,
    .close = close_adapter,
    .limits = limits,
    .read_post = platform_read_post,
    .operation_new = platform_operation_new,
    .operation_step = platform_operation_step,
    .operation_request = platform_operation_request,
    .operation_result = platform_operation_result,
    .operation_free = platform_operation_free,
    .stream_new = platform_stream_new,
    .stream_plan = platform_stream_plan,
    .stream_feed = platform_stream_feed,
    .stream_closed = platform_stream_closed,
    .stream_free = platform_stream_free,
};
