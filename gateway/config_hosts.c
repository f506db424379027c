#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_private.h"

void config_warn(struct config *config, const char *format, ...)
{
    if (config->warning_count == CONFIG_WARNINGS_MAX)
        return;
    va_list list;
    va_start(list, format);
    if (vasprintf(&config->warnings[config->warning_count], format, list) < 0)
        abort();
    va_end(list);
    config->warning_count++;
}

static void add_host(struct config *config, bool https, const char *authority, const char *account)
{
    struct config_host *host = &config->hosts[config->host_count++];
    host->authority = config_copy(authority);
    if (asprintf(&host->base, "%s://%s", https ? "https" : "http", authority) < 0)
        abort();
    host->account = account ? config_copy(account) : NULL;
}

/* What holds for every host: in production a public name on the standard port. */
static bool check_host(struct config_source *source, const struct config *config, const char *where,
                       const char *what, const struct config_url *url)
{
    if (config->lab)
        return true;
    if (url->local)
        return config_fail(source, where,
                           "%s %s cannot be reached by other servers; name a public host, or set mode = lab "
                           "to try things out",
                           what, url->authority);
    if (url->has_port)
        return config_fail(source, where,
                           "%s %s has a port, which addresses such as @name@host cannot carry; let the "
                           "reverse proxy serve it on port 443",
                           what, url->authority);
    return true;
}

static bool add_primary(struct config_source *source, struct config *config, struct config_url *url)
{
    const struct config_entry *entry = config_entry_find(source, "gateway", "public_url");
    if (!entry)
        return config_fail(
            source, config_section_where(source, "gateway"),
            "[gateway] public_url is missing; set it to the https:// address under which other "
            "servers reach this one");
    const char *why = config_check_url(entry->value, url);
    if (why)
        return config_fail(source, entry->where, "public_url cannot be used: %s", why);
    if (!config->lab && !url->https)
        return config_fail(source, entry->where,
                           "public_url must start with https:// in production; set mode = lab to try things "
                           "out without");
    if (config->lab && url->https && !url->local)
        return config_fail(source, entry->where,
                           "mode = lab takes down protections and is refused on the public host %s; remove "
                           "mode, or use a loopback or .test address",
                           url->authority);
    if (!check_host(source, config, entry->where, "public_url", url))
        return false;
    add_host(config, url->https, url->authority, NULL);
    config->public_url = config_copy(config->hosts[0].base);
    return true;
}

static bool add_platform_host(struct config_source *source, struct config *config, bool https,
                              struct config_platform *platform)
{
    char section[64];
    struct config_url url;
    (void)snprintf(section, sizeof section, "platform %s", platform->name);
    const struct config_entry *entry = config_entry_find(source, section, "host");
    if (!entry)
        return true;
    const char *why = config_check_authority(entry->value, &url);
    if (why)
        return config_fail(source, entry->where, "host cannot be used: %s; write it as social.example", why);
    if (!check_host(source, config, entry->where, "host", &url))
        return false;
    platform->host = config_copy(url.authority);
    if (!config_host_find(config, url.authority))
        add_host(config, https, url.authority, NULL);
    return true;
}

static void warn_of_shared_hosts(struct config *config)
{
    for (size_t i = 0; i < config->platform_count; i++) {
        const struct config_platform *one = &config->platforms[i];
        const char *host = one->host ? one->host : config->hosts[0].authority;
        for (size_t j = 0; j < i; j++) {
            const struct config_platform *other = &config->platforms[j];
            if (strcmp(host, other->host ? other->host : config->hosts[0].authority) == 0)
                config_warn(config,
                            "the platforms %s and %s share the host %s: who blocks one of them blocks both; "
                            "give each a host of its own",
                            other->name, one->name, host);
        }
    }
}

static bool add_account_host(struct config_source *source, struct config *config, bool https,
                             const struct config_section *section)
{
    const struct config_entry *entry = config_entry_find(source, section->name, "account");
    struct config_url url;
    const char *why = config_check_authority(section->name + 5, &url);
    if (why)
        return config_fail(source, section->where,
                           "[%s] cannot be used: %s; write it as [host alice.example]", section->name, why);
    if (!check_host(source, config, section->where, "host", &url))
        return false;
    if (config_host_find(config, url.authority))
        return config_fail(source, section->where, "%s is served already; name another host", url.authority);
    if (!entry)
        return config_fail(source, section->where, "[%s] account is missing; set it to PLATFORM:NATIVE_ID",
                           section->name);
    const char *colon = strchr(entry->value, ':');
    char platform[CONFIG_NAME_MAX + 2];
    (void)snprintf(platform, sizeof platform, "%.*s", colon ? (int)(colon - entry->value) : 0, entry->value);
    if (!colon || !colon[1] || strlen(colon + 1) > 255)
        return config_fail(source, entry->where, "account must be PLATFORM:NATIVE_ID, such as plaza:u_42");
    if (!config_platform_find(config, platform))
        return config_fail(source, entry->where,
                           "account names the platform '%s', which is not configured; add [platform %s] or "
                           "correct the name",
                           platform, platform);
    if (config->host_count == CONFIG_HOSTS_MAX)
        return config_fail(source, section->where, "more than %d hosts; take some out", CONFIG_HOSTS_MAX);
    for (size_t i = 0; i < config->host_count; i++)
        if (config->hosts[i].account && strcmp(config->hosts[i].account, entry->value) == 0)
            return config_fail(source, entry->where, "%s has the host %s already; keep one of them",
                               entry->value, config->hosts[i].authority);
    add_host(config, https, url.authority, entry->value);
    return true;
}

bool config_hosts_build(struct config_source *source, struct config *config)
{
    struct config_url primary = {0};
    if (!add_primary(source, config, &primary))
        return false;
    for (size_t i = 0; i < config->platform_count; i++)
        if (!add_platform_host(source, config, primary.https, &config->platforms[i]))
            return false;
    warn_of_shared_hosts(config);
    for (size_t i = 0; i < source->section_count; i++)
        if (strncmp(source->sections[i].name, "host ", 5) == 0 &&
            !add_account_host(source, config, primary.https, &source->sections[i]))
            return false;
    return true;
}
