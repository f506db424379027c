#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/config_private.h"

static const char *const plain_sections[] = {"gateway", "redis", "fetch", "log"};

/* "platform my-plaza" → "PLATFORM_MY_PLAZA_"; "gateway" → "GATEWAY_". */
static void prefix_of(const char *section, char *out, size_t size)
{
    size_t used = 0;
    for (; *section && used + 2 < size; section++) {
        char one = *section;
        out[used++] = (char)(one == ' ' || one == '-' || one == '.' ? '_'
                             : one >= 'a' && one <= 'z'             ? one - 32
                                                                    : one);
    }
    out[used++] = '_';
    out[used] = '\0';
}

static void lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + 32);
}

/* The section whose prefix is the longest that fits, so that platforms "a" and "a_b" are told apart. */
static const char *section_of(const struct config_source *source, const char *variable, size_t *prefix_length)
{
    const char *found = NULL;
    *prefix_length = 0;
    size_t plain = sizeof plain_sections / sizeof plain_sections[0];
    for (size_t i = 0; i < plain + source->section_count; i++) {
        const char *section = i < plain ? plain_sections[i] : source->sections[i - plain].name;
        char prefix[320];
        prefix_of(section, prefix, sizeof prefix);
        size_t length = strlen(prefix);
        if (length > *prefix_length && strncmp(variable, prefix, length) == 0) {
            found = section;
            *prefix_length = length;
        }
    }
    return found;
}

/* DRAWBRIDGE_PLATFORM_NAME_ADAPTER brings a platform that the file does not have. */
static bool declare_platform(struct config_source *source, const char *variable, size_t length)
{
    static const char front[] = "PLATFORM_";
    static const char back[] = "_ADAPTER";
    size_t around = sizeof front - 1 + sizeof back - 1;
    size_t ignored = 0;
    if (length <= around || strncmp(variable, front, sizeof front - 1) != 0 ||
        strncmp(variable + length - (sizeof back - 1), back, sizeof back - 1) != 0)
        return true;
    char name[300];
    char where[CONFIG_WHERE_MAX];
    (void)snprintf(name, sizeof name, "platform %.*s", (int)(length - around), variable + sizeof front - 1);
    (void)snprintf(where, sizeof where, "environment DRAWBRIDGE_%.*s", (int)length, variable);
    lower(name);
    const char *section = section_of(source, variable, &ignored);
    if (section && ignored == length - (sizeof "ADAPTER" - 1))
        return true;
    if (!config_section_known(name))
        return config_fail(source, where, "a platform's name has A-Z, 0-9 and _, at most %d; rename it",
                           CONFIG_NAME_MAX);
    if (source->section_count == CONFIG_ENTRIES_MAX)
        return config_fail(source, where, "too many platforms; take some out");
    source->sections[source->section_count++] =
        (struct config_section){.name = config_copy(name), .where = config_copy(where)};
    return true;
}

static bool take_variable(struct config_source *source, const char *variable, size_t length,
                          const char *value)
{
    size_t prefix = 0;
    const char *section = section_of(source, variable, &prefix);
    char where[CONFIG_WHERE_MAX];
    char name[300];
    (void)snprintf(where, sizeof where, "environment DRAWBRIDGE_%.*s", (int)length, variable);
    if (!section) {
        bool ours = strncmp(variable, "PLATFORM_", 9) == 0 || strncmp(variable, "HOST_", 5) == 0;
        return !ours || config_fail(source, where,
                                    "no such platform or host is configured; name it in the file, or correct "
                                    "the variable");
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)(length - prefix), variable + prefix);
    lower(name);
    if (!config_key_known(section, name))
        return config_fail(source, where, "[%s] knows no %s; there are: %s", section, name,
                           config_key_names(section));
    config_entry_add(source, section, name, value, where, true);
    return !source->error[0];
}

static bool each_variable(struct config_source *source,
                          bool (*take)(struct config_source *source, const char *variable, size_t length,
                                       const char *value))
{
    for (char **one = environ; one && *one; one++) {
        const char *equals = strchr(*one, '=');
        if (!equals || strncmp(*one, "DRAWBRIDGE_", 11) != 0 || !equals[1] || equals - *one > 300)
            continue;
        if (!take(source, *one + 11, (size_t)(equals - *one) - 11, equals + 1))
            return false;
    }
    return true;
}

static bool declare_variable(struct config_source *source, const char *variable, size_t length,
                             const char *value)
{
    (void)value;
    return declare_platform(source, variable, length);
}

bool config_environment_read(struct config_source *source)
{
    return each_variable(source, declare_variable) && each_variable(source, take_variable);
}
