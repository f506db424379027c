#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky.h"

enum {
    URL_MAX = 1024,
    TEXT_MAX = 300,
    TEXT_MAX_BYTES = 3000,
    MEDIA_MAX = 4,
    SWEEP_HOURS = 4,
    POINTS_HOUR = 5000,
    POINTS_DAY = 35000,
    /* A new server at Bluesky's relay may have 100 accounts at first (PLATFORMS §1.6). */
    TOTAL = 90,
    HOUR = 20,
    DAY = 50,
    SERVER_DAY = 10,
    PUPPETS_MAX = 1000000,
    DOMAIN_MAX = 120
};

static const char setting_names[] =
    "source, jetstream, firehose, appview, plc, web, other_bridge, identifier, reply_mode, pds, "
    "puppet_domain, puppets_total, puppets_per_hour, puppets_per_day, puppets_per_server";

/* A copy without slashes at the end; NULL unless it is one of the schemes and an authority, nothing else. */
static char *copy_base(const char *text, const char *secure, const char *plain)
{
    size_t length = text ? strlen(text) : 0;
    while (length && text[length - 1] == '/')
        length--;
    size_t front = text && strncmp(text, secure, strlen(secure)) == 0 ? strlen(secure)
                   : text && strncmp(text, plain, strlen(plain)) == 0 ? strlen(plain)
                                                                      : 0;
    if (!front || length <= front || length > URL_MAX)
        return NULL;
    for (size_t i = front; i < length; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7F ||
            strchr("/@?#\"<>\\^`{|}", text[i]))
            return NULL;
    char *copy = strndup(text, length);
    if (!copy)
        abort();
    return copy;
}

static const char *setting(const json_t *settings, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(settings, name));
    return text && text[0] ? text : otherwise;
}

static bool read_base(const json_t *settings, const char *name, const char *otherwise, bool stream,
                      char **out, char *error, size_t error_size)
{
    *out = copy_base(setting(settings, name, otherwise), stream ? "wss://" : "https://",
                     stream ? "ws://" : "http://");
    if (!*out)
        (void)snprintf(error, error_size,
                       "%s is no address; write it as %s and leave away any path, or leave it out", name,
                       stream ? "wss://HOST" : "https://HOST");
    return *out != NULL;
}

/* auto: a firehose where one is named, since nobody stands between it and the accounts; else Jetstream. */
static bool read_source(const json_t *settings, enum bluesky_source *out, char *error, size_t error_size)
{
    const char *source = setting(settings, "source", "auto");
    bool named = setting(settings, "firehose", NULL) != NULL;
    if (strcmp(source, "auto") == 0)
        *out = named ? SOURCE_FIREHOSE : SOURCE_JETSTREAM;
    else if (strcmp(source, "jetstream") == 0)
        *out = SOURCE_JETSTREAM;
    else if (strcmp(source, "jetstream2") == 0)
        *out = SOURCE_JETSTREAM_2;
    else if (strcmp(source, "firehose") == 0)
        *out = SOURCE_FIREHOSE;
    else
        (void)snprintf(error, error_size,
                       "source = %.40s is unknown; set it to auto, jetstream, jetstream2 or firehose",
                       source);
    return !error[0];
}

static bool known_settings(const json_t *settings, char *error, size_t error_size)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)settings, name, value)
    {
        size_t length = strlen(name);
        bool known = false;
        for (const char *at = setting_names; !known && at && (at = strstr(at, name)); at += length)
            known = (at == setting_names || at[-1] == ' ') && (at[length] == ',' || !at[length]);
        if (known)
            continue;
        (void)snprintf(error, error_size, "the adapter bluesky knows no %.40s; there are: %s", name,
                       setting_names);
        return false;
    }
    return true;
}

static void close_adapter(struct adapter *adapter)
{
    if (!adapter)
        return;
    free(adapter->plc);
    free(adapter->appview);
    free(adapter->web);
    free(adapter->stream);
    free(adapter->other_bridge);
    free(adapter->identifier);
    free(adapter->relay);
    free(adapter->pds);
    free(adapter->login_url);
    free(adapter->refresh_url);
    EVP_MD_CTX_free(adapter->hashing);
    free(adapter->puppets.pds);
    free(adapter->puppets.domain);
    free(adapter->puppets.handle_domain);
    bluesky_homes_free(adapter->homes);
    free(adapter);
}

static bool read_identifier(struct adapter *adapter, const json_t *settings, char *error, size_t error_size)
{
    const char *identifier = setting(settings, "identifier", NULL);
    if (!identifier)
        return true;
    if (!bluesky_handle_valid(identifier) && !bluesky_did_valid(identifier)) {
        (void)snprintf(error, error_size,
                       "identifier = %.80s is no handle and no DID; write the handle of the account that "
                       "answers for remote people, as bridge.example.com",
                       identifier);
        return false;
    }
    adapter->identifier = strdup(identifier);
    if (!adapter->identifier)
        abort();
    return true;
}

/* ---- puppets
 * ----------------------------------------------------------------------------------------------------- */

static bool read_count(const json_t *settings, const char *name, unsigned otherwise, unsigned *out,
                       char *error, size_t error_size)
{
    const char *text = setting(settings, name, NULL);
    char *end = NULL;
    unsigned long value = text ? strtoul(text, &end, 10) : otherwise;
    *out = (unsigned)value;
    if (!text || (text[0] >= '0' && text[0] <= '9' && !*end && value <= PUPPETS_MAX))
        return true;
    (void)snprintf(error, error_size, "%s = %.40s is out of range; set it to a number from 0 to %d", name,
                   text, PUPPETS_MAX);
    return false;
}

static bool read_puppet_domain(struct bluesky_puppets *puppets, const json_t *settings, char *error,
                               size_t error_size)
{
    const char *domain = setting(settings, "puppet_domain", NULL);
    if (!domain)
        return true;
    if (!bluesky_handle_valid(domain) || strlen(domain) > DOMAIN_MAX) {
        (void)snprintf(error, error_size,
                       "puppet_domain = %.80s is no domain that handles can stand below; write it as "
                       "bridge.example.com (lower case), and let every name below it lead here",
                       domain);
        return false;
    }
    if (!puppets->wanted) {
        (void)snprintf(error, error_size,
                       "puppet_domain is of use with reply_mode = puppets only; set that, or remove it");
        return false;
    }
    bluesky_keep(&puppets->domain, domain);
    return true;
}

static bool read_puppets(struct bluesky_puppets *puppets, const json_t *settings, char *error,
                         size_t error_size)
{
    const char *mode = setting(settings, "reply_mode", "relay");
    const char *pds = setting(settings, "pds", NULL);
    puppets->wanted = strcmp(mode, "puppets") == 0;
    if (!puppets->wanted && strcmp(mode, "relay") != 0) {
        (void)snprintf(error, error_size, "reply_mode = %.40s is unknown; set it to relay or puppets", mode);
        return false;
    }
    if (puppets->wanted && !pds) {
        (void)snprintf(error, error_size,
                       "reply_mode = puppets needs a server of your own for their accounts; set pds to its "
                       "address, as https://pds.example.com, or reply_mode to relay");
        return false;
    }
    return (!pds || read_base(settings, "pds", NULL, false, &puppets->pds, error, error_size)) &&
           read_puppet_domain(puppets, settings, error, error_size) &&
           read_count(settings, "puppets_total", TOTAL, &puppets->limits.total, error, error_size) &&
           read_count(settings, "puppets_per_hour", HOUR, &puppets->limits.hour, error, error_size) &&
           read_count(settings, "puppets_per_day", DAY, &puppets->limits.day, error, error_size) &&
           read_count(settings, "puppets_per_server", SERVER_DAY, &puppets->limits.server_day, error,
                      error_size);
}

static bool read_settings(struct adapter *adapter, const json_t *settings, char *error, size_t error_size)
{
    static const char *const streams[][2] = {
        [SOURCE_JETSTREAM] = {"jetstream", "wss://jetstream2.us-east.bsky.network"},
        [SOURCE_JETSTREAM_2] = {"jetstream", "wss://jetstream.us-east.bsky.network"},
        [SOURCE_FIREHOSE] = {"firehose", "wss://bsky.network"},
    };
    if (!known_settings(settings, error, error_size) ||
        !read_source(settings, &adapter->source, error, error_size) ||
        !read_base(settings, streams[adapter->source][0], streams[adapter->source][1], true, &adapter->stream,
                   error, error_size) ||
        !read_base(settings, "plc", "https://plc.directory", false, &adapter->plc, error, error_size) ||
        !read_base(settings, "appview", "https://public.api.bsky.app", false, &adapter->appview, error,
                   error_size) ||
        !read_base(settings, "web", "https://bsky.app", false, &adapter->web, error, error_size))
        return false;
    if (!read_identifier(adapter, settings, error, error_size) ||
        !read_puppets(&adapter->puppets, settings, error, error_size))
        return false;
    const char *bridge = setting(settings, "other_bridge", "ap.brid.gy");
    if (strcmp(bridge, "none") == 0)
        return true;
    if (!bluesky_handle_valid(bridge) && !bluesky_did_valid(bridge)) {
        (void)snprintf(error, error_size,
                       "other_bridge is no handle; write it as ap.brid.gy, or none to look for no bridge");
        return false;
    }
    adapter->other_bridge = strdup(bridge);
    if (!adapter->other_bridge)
        abort();
    return true;
}

static struct adapter *open_adapter(const json_t *settings, char *error, size_t error_size)
{
    struct adapter *adapter = calloc(1, sizeof *adapter);
    if (!adapter)
        abort();
    error[0] = '\0';
    adapter->homes = bluesky_homes_new();
    adapter->hashing = bluesky_hashing_new();
    if (read_settings(adapter, settings, error, error_size))
        return adapter;
    close_adapter(adapter);
    return NULL;
}

static unsigned capabilities(const struct adapter *adapter)
{
    const struct bluesky_puppets *puppets = &adapter->puppets;
    return ADAPTER_POSTS | ADAPTER_POST_IDS | ADAPTER_STREAM | ADAPTER_IDEMPOTENT | ADAPTER_PUSH_DELETE |
           ADAPTER_PUPPET_ACCOUNTS |
           (adapter->relay || puppets->wanted ? ADAPTER_PUSH_POST | ADAPTER_PUSH_QUOTE : 0) |
           (adapter->relay ? ADAPTER_SPEAKER : 0) |
           (puppets->wanted ? ADAPTER_PUPPETS | ADAPTER_PUSH_RELATION : 0);
}

static const struct adapter_session *session(const struct adapter *adapter)
{
    return adapter->relay ? &adapter->session : NULL;
}

static const char *puppet_domain(const struct adapter *adapter)
{
    return adapter->puppets.domain;
}

static struct adapter_puppet_limits puppet_limits(const struct adapter *adapter)
{
    return adapter->puppets.limits;
}

static struct adapter_limits limits(const struct adapter *adapter)
{
    (void)adapter;
    return (struct adapter_limits){.text_max = TEXT_MAX,
                                   .text_unit = UNIT_GRAPHEMES,
                                   .text_max_bytes = TEXT_MAX_BYTES,
                                   .media_max = MEDIA_MAX,
                                   .points_hour = POINTS_HOUR,
                                   .points_day = POINTS_DAY,
                                   .sweep_hours = SWEEP_HOURS};
}

const struct adapter_class bluesky_class = {
    .name = "bluesky",
    .capabilities = capabilities,
    .open = open_adapter,
    .close = close_adapter,
    .limits = limits,
    .attribution = bluesky_attribution,
    .puppet_handle = bluesky_puppet_handle,
    .puppet_domain = puppet_domain,
    .puppet_limits = puppet_limits,
    .session = session,
    .session_expired = bluesky_session_expired,
    .operation_new = bluesky_operation_new,
    .operation_step = bluesky_operation_step,
    .operation_request = bluesky_operation_request,
    .operation_result = bluesky_operation_result,
    .operation_free = bluesky_operation_free,
    .stream_new = bluesky_stream_new,
    .stream_plan = bluesky_stream_plan,
    .stream_feed = bluesky_stream_feed,
    .stream_closed = bluesky_stream_closed,
    .stream_watch = bluesky_stream_watch,
    .stream_free = bluesky_stream_free,
};
