#include "gateway/config.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "gateway/config_private.h"

enum {
    WORKERS_MAX = 256,
    HOLD_SECONDS_MAX = 86400,
    NOTICE_DAYS = 7,
    NOTICE_DAYS_MAX = 180,
    HOLD_SECONDS = 30,
    PER_SECOND = 100,
    PER_SECOND_MAX = 100000,
    INBOX_QUEUE = 100000,
    INBOX_QUEUE_MAX = 999999,
    ANSWERS_MIB = 32,
    ANSWERS_MIB_MAX = 4096,
    MEMORY_MIB = 1024,
    MEMORY_MIB_MIN = 32,
    MEMORY_MIB_MAX = 65536,
};

static char *text_of(const struct config_source *source, const char *section, const char *name,
                     const char *otherwise)
{
    const struct config_entry *entry = config_entry_find(source, section, name);
    const char *text = entry && entry->value[0] ? entry->value : otherwise;
    return text ? config_copy(text) : NULL;
}

static bool read_number(struct config_source *source, const char *section, const char *name, unsigned minimum,
                        unsigned maximum, unsigned *out)
{
    const struct config_entry *entry = config_entry_find(source, section, name);
    if (!entry)
        return true;
    size_t length = strlen(entry->value);
    unsigned long value = strtoul(entry->value, NULL, 10);
    if (!length || length > 6 || strspn(entry->value, "0123456789") != length || value < minimum ||
        value > maximum)
        return config_fail(source, entry->where, "%s = %s is out of range; set it to a number from %u to %u",
                           name, entry->value, minimum, maximum);
    *out = (unsigned)value;
    return true;
}

/* One of two or more words; `out` is its position. */
static bool read_word(struct config_source *source, const char *section, const char *name,
                      const char *const *words, const char *choices, size_t *out)
{
    const struct config_entry *entry = config_entry_find(source, section, name);
    if (!entry)
        return true;
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(entry->value, words[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return config_fail(source, entry->where, "%s = %s is unknown; set it to %s", name, entry->value, choices);
}

/* An address to listen on: on loopback, or behind a known proxy. */
static bool check_listen(struct config_source *source, const char *section, const struct config *config,
                         const char *listen)
{
    const struct config_entry *entry = config_entry_find(source, section, "listen");
    const char *where = entry ? entry->where : section;
    bool loopback = true;
    const char *why = config_check_listen(listen, &loopback);
    if (why)
        return config_fail(source, where, "listen = %s cannot be used: %s; write it as 127.0.0.1:8080",
                           listen, why);
    if (!loopback && (!config->trusted_proxies || !strpbrk(config->trusted_proxies, "0123456789:")))
        return config_fail(source, where,
                           "listen = %s can be reached from other machines, and who stands in front is not "
                           "known; set trusted_proxies to the reverse proxy's addresses, or listen on "
                           "127.0.0.1",
                           listen);
    return true;
}

static bool read_listen(struct config_source *source, struct config *config)
{
    const struct config_entry *proxies = config_entry_find(source, "gateway", "trusted_proxies");
    config->listen = text_of(source, "gateway", "listen", "127.0.0.1:8080");
    config->trusted_proxies = text_of(source, "gateway", "trusted_proxies", NULL);
    const char *why = proxies ? config_check_networks(proxies->value) : NULL;
    if (why)
        return config_fail(source, proxies->where, "trusted_proxies cannot be used: %s", why);
    return check_listen(source, "gateway", config, config->listen);
}

static bool is_web_origin(const char *url)
{
    const char *authority = strncmp(url, "https://", 8) == 0  ? url + 8
                            : strncmp(url, "http://", 7) == 0 ? url + 7
                                                              : "";
    return *authority && !strpbrk(authority, "/?# @\"<>");
}

static bool read_admin(struct config_source *source, struct config *config)
{
    char url[512];
    config->admin_listen = text_of(source, "admin", "listen", NULL);
    const struct config_entry *entry = config_entry_find(source, "admin", "public_url");
    if (!config->admin_listen)
        return !entry || config_fail(source, entry->where, "public_url is of no use without [admin] listen");
    (void)snprintf(url, sizeof url, "http://%s", config->admin_listen);
    config->admin_url = text_of(source, "admin", "public_url", url);
    if (!is_web_origin(config->admin_url))
        return config_fail(
            source, entry ? entry->where : "admin",
            "public_url = %s is no address such as https://admin.social.example (nothing behind "
            "the host)",
            config->admin_url);
    return check_listen(source, "admin", config, config->admin_listen);
}

static bool read_gateway(struct config_source *source, struct config *config)
{
    static const char *const modes[] = {"production", "lab", NULL};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t mode = 0;
    config->workers = cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores;
    config->hold_seconds = HOLD_SECONDS;
    config->data_dir = text_of(source, "gateway", "data_dir", "/var/lib/drawbridge");
    config->node_name = text_of(source, "gateway", "node_name", "drawbridge");
    config->contact = text_of(source, "gateway", "contact", NULL);
    config->imprint = text_of(source, "gateway", "imprint", NULL);
    if (!read_word(source, "gateway", "mode", modes, "production or lab", &mode) ||
        !read_number(source, "gateway", "workers", 1, WORKERS_MAX, &config->workers) ||
        !read_number(source, "gateway", "hold_seconds", 0, HOLD_SECONDS_MAX, &config->hold_seconds))
        return false;
    config->lab = mode == 1;
    return read_listen(source, config);
}

static bool read_redis(struct config_source *source, struct config *config)
{
    const struct config_entry *file = config_entry_find(source, "redis", "url_file");
    const struct config_entry *entry = file ? file : config_entry_find(source, "redis", "url");
    config->redis_url = file ? config_secret_read(source, file) : text_of(source, "redis", "url", NULL);
    if (!config->redis_url)
        return !source->error[0];
    if (strncmp(config->redis_url, "redis://", 8) != 0 && strncmp(config->redis_url, "unix://", 7) != 0)
        return config_fail(
            source, entry->where,
            "the URL of Redis must start with redis:// or unix://; write redis://HOST:PORT/0 or "
            "unix:///PATH");
    return !source->error[0];
}

static bool read_fetch(struct config_source *source, struct config *config)
{
    const struct config_entry *allow = config_entry_find(source, "fetch", "allow_private");
    const struct config_entry *file = config_entry_find(source, "fetch", "ca_file");
    config->allow_private = text_of(source, "fetch", "allow_private", NULL);
    config->ca_file = text_of(source, "fetch", "ca_file", NULL);
    const char *why = allow ? config_check_networks(allow->value) : NULL;
    if (why)
        return config_fail(source, allow->where, "allow_private cannot be used: %s", why);
    if (config->ca_file && access(config->ca_file, R_OK) != 0)
        return config_fail(source, file->where,
                           "ca_file %s cannot be read; name a file of PEM certificates, or remove it",
                           config->ca_file);
    return true;
}

static bool read_limits(struct config_source *source, struct config *config)
{
    config->limits.address_per_second = PER_SECOND;
    config->limits.host_per_second = PER_SECOND;
    config->limits.inbox_queue = INBOX_QUEUE;
    config->limits.answers_mib = ANSWERS_MIB;
    config->limits.memory_mib = MEMORY_MIB;
    return read_number(source, "limits", "address_per_second", 0, PER_SECOND_MAX,
                       &config->limits.address_per_second) &&
           read_number(source, "limits", "host_per_second", 0, PER_SECOND_MAX,
                       &config->limits.host_per_second) &&
           read_number(source, "limits", "inbox_queue", 1, INBOX_QUEUE_MAX, &config->limits.inbox_queue) &&
           read_number(source, "limits", "answers_mib", 0, ANSWERS_MIB_MAX, &config->limits.answers_mib) &&
           read_number(source, "limits", "memory_mib", MEMORY_MIB_MIN, MEMORY_MIB_MAX,
                       &config->limits.memory_mib);
}

static bool read_federation(struct config_source *source, struct config *config)
{
    static const char *const modes[] = {"open", "allowlist", NULL};
    size_t mode = 0;
    if (!read_word(source, "federation", "mode", modes, "open or allowlist", &mode))
        return false;
    config->listed_only = mode == 1;
    return true;
}

static bool read_ledger(struct config_source *source, struct config *config)
{
    static const char *const answers[] = {"off", "on", NULL};
    size_t looks = 0;
    config->notice_days = NOTICE_DAYS;
    if (!read_word(source, "ledger", "look_at_copies", answers, "on or off", &looks) ||
        !read_number(source, "ledger", "notice_days", 1, NOTICE_DAYS_MAX, &config->notice_days))
        return false;
    config->look_at_copies = looks == 1;
    return true;
}

static bool read_log(struct config_source *source, struct config *config)
{
    static const char *const formats[] = {"text", "json", NULL};
    static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
    size_t format = 0;
    size_t level = 1;
    if (!read_word(source, "log", "format", formats, "text or json", &format) ||
        !read_word(source, "log", "level", levels, "debug, info, warning or error", &level))
        return false;
    config->log_json = format == 1;
    config->log_level = config_copy(levels[level]);
    return true;
}

/* ---- platforms
 * ------------------------------------------------------------------------------------------------------ */

static void free_secret(char *secret)
{
    if (secret)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

static bool is_ours(const char *name)
{
    static const char *const names[] = {"adapter",        "host",
                                        "token",          "token_file",
                                        "admin_password", "admin_password_file",
                                        "webhook_secret", "webhook_secret_file",
                                        "hold_seconds"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void read_settings(const struct config_source *source, const char *section,
                          struct config_platform *platform)
{
    platform->settings = json_object();
    for (size_t i = 0; i < source->entry_count; i++) {
        const struct config_entry *entry = &source->entries[i];
        if (strcmp(entry->section, section) == 0 && !is_ours(entry->name) &&
            config_entry_find(source, section, entry->name) == entry)
            (void)json_object_set_new(platform->settings, entry->name, json_string(entry->value));
    }
}

static bool read_webhook_secret(struct config_source *source, const char *section,
                                struct config_platform *platform)
{
    const struct config_entry *file = config_entry_find(source, section, "webhook_secret_file");
    const struct config_entry *entry = file ? file : config_entry_find(source, section, "webhook_secret");
    const struct config_entry *events = config_entry_find(source, section, "events");
    char *text = file ? config_secret_read(source, file) : text_of(source, section, "webhook_secret", NULL);
    bool good = text && webhook_secret_read(text, &platform->webhook_secret);
    free_secret(text);
    if (!good && entry)
        return config_fail(source, entry->where,
                           "%s holds no secret of webhooks; it must be whsec_ and the base64 of 24 to 64 "
                           "bytes, made with: printf 'whsec_%%s\\n' \"$(openssl rand -base64 32)\"",
                           entry->name);
    if (!good && events && strcmp(events->value, "webhook") == 0)
        return config_fail(source, events->where,
                           "events = webhook needs the secret with which the platform signs; set "
                           "webhook_secret_file");
    return true;
}

static bool read_platform(struct config_source *source, struct config *config,
                          const struct config_section *section)
{
    if (config->platform_count == CONFIG_PLATFORMS_MAX)
        return config_fail(source, section->where, "more than %d platforms; take some out",
                           CONFIG_PLATFORMS_MAX);
    struct config_platform *platform = &config->platforms[config->platform_count++];
    platform->name = config_copy(section->name + 9);
    platform->adapter = text_of(source, section->name, "adapter", NULL);
    if (!platform->adapter)
        return config_fail(source, section->where,
                           "[%s] adapter is missing; set it to the kind of platform, such as platform",
                           section->name);
    const struct config_entry *file = config_entry_find(source, section->name, "token_file");
    platform->token = file ? config_secret_read(source, file) : text_of(source, section->name, "token", NULL);
    const struct config_entry *admin = config_entry_find(source, section->name, "admin_password_file");
    platform->admin_password =
        admin ? config_secret_read(source, admin) : text_of(source, section->name, "admin_password", NULL);
    if (source->error[0] || !read_webhook_secret(source, section->name, platform))
        return false;
    read_settings(source, section->name, platform);
    unsigned hold = 0;
    if (!read_number(source, section->name, "hold_seconds", 0, HOLD_SECONDS_MAX, &hold))
        return false;
    platform->hold_seconds = config_entry_find(source, section->name, "hold_seconds") ? (int)hold : -1;
    return !source->error[0];
}

static bool read_platforms(struct config_source *source, struct config *config)
{
    for (size_t i = 0; i < source->section_count; i++)
        if (strncmp(source->sections[i].name, "platform ", 9) == 0 &&
            !read_platform(source, config, &source->sections[i]))
            return false;
    if (!config->platform_count)
        config_warn(config, "no platform is configured, so that nothing is bridged; add [platform NAME]");
    return true;
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------------ */

struct config *config_read(const char *path, char *error, size_t error_size)
{
    struct config_source *source = calloc(1, sizeof *source);
    struct config *config = calloc(1, sizeof *config);
    if (!source || !config)
        abort();
    error[0] = '\0';
    *source = (struct config_source){.file = path, .error = error, .error_size = error_size};
    config->file = config_copy(path);
    bool good = config_source_read(source) && read_gateway(source, config) && read_redis(source, config) &&
                read_fetch(source, config) && read_federation(source, config) &&
                read_limits(source, config) && read_admin(source, config) && read_ledger(source, config) &&
                read_log(source, config) && read_platforms(source, config) &&
                config_hosts_build(source, config) && config_key_read(source, config);
    config_source_clear(source);
    free(source);
    if (good)
        return config;
    config_free(config);
    return NULL;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->platform_count; i++) {
        struct config_platform *platform = &config->platforms[i];
        free(platform->name);
        free(platform->adapter);
        free(platform->host);
        free_secret(platform->token);
        free_secret(platform->admin_password);
        json_decref(platform->settings);
    }
    for (size_t i = 0; i < config->host_count; i++) {
        free(config->hosts[i].authority);
        free(config->hosts[i].base);
        free(config->hosts[i].account);
    }
    for (size_t i = 0; i < config->warning_count; i++)
        free(config->warnings[i]);
    char *texts[] = {
        config->admin_listen,    config->admin_url, config->file,         config->public_url, config->listen,
        config->data_dir,        config->node_name, config->contact,      config->imprint,    config->ca_file,
        config->trusted_proxies, config->log_level, config->allow_private};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    free_secret(config->redis_url);
    OPENSSL_cleanse(config, sizeof *config);
    free(config);
}

const struct config_host *config_host_find(const struct config *config, const char *authority)
{
    for (size_t i = 0; i < config->host_count; i++)
        if (strcmp(config->hosts[i].authority, authority) == 0)
            return &config->hosts[i];
    return NULL;
}

const struct config_platform *config_platform_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->platform_count; i++)
        if (strcmp(config->platforms[i].name, name) == 0)
            return &config->platforms[i];
    return NULL;
}

const struct config_host *config_host_for(const struct config *config, const char *platform,
                                          const char *native_id)
{
    size_t length = strlen(platform);
    for (size_t i = 0; i < config->host_count; i++) {
        const char *account = config->hosts[i].account;
        if (account && strncmp(account, platform, length) == 0 && account[length] == ':' &&
            strcmp(account + length + 1, native_id) == 0)
            return &config->hosts[i];
    }
    const struct config_platform *found = config_platform_find(config, platform);
    const struct config_host *own = found && found->host ? config_host_find(config, found->host) : NULL;
    return own ? own : &config->hosts[0];
}
