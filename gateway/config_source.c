#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_private.h"

enum { LINE_MAX_BYTES = 4096 };

bool config_fail(struct config_source *source, const char *where, const char *format, ...)
{
    if (source->error[0])
        return false;
    int used = snprintf(source->error, source->error_size, "%s: ", where);
    if (used < 0 || (size_t)used >= source->error_size)
        return false;
    va_list list;
    va_start(list, format);
    (void)vsnprintf(source->error + used, source->error_size - (size_t)used, format, list);
    va_end(list);
    return false;
}

char *config_copy(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

void config_entry_add(struct config_source *source, const char *section, const char *name, const char *value,
                      const char *where, bool from_environment)
{
    if (source->entry_count == CONFIG_ENTRIES_MAX) {
        (void)config_fail(source, where, "more than %d settings: take some out", CONFIG_ENTRIES_MAX);
        return;
    }
    source->entries[source->entry_count++] = (struct config_entry){
        .section = config_copy(section),
        .name = config_copy(name),
        .value = config_copy(value),
        .where = config_copy(where),
        .from_environment = from_environment,
    };
}

/* token and token_file are two ways to say one thing; the environment's way counts. */
static bool same_setting(const char *one, const char *other)
{
    size_t length = strlen(one);
    if (strncmp(one, other, length) == 0 && (!other[length] || strcmp(other + length, "_file") == 0))
        return true;
    length = strlen(other);
    return strncmp(one, other, length) == 0 && strcmp(one + length, "_file") == 0;
}

static bool overridden(const struct config_source *source, const struct config_entry *entry)
{
    for (size_t i = 0; i < source->entry_count; i++) {
        const struct config_entry *other = &source->entries[i];
        if (other->from_environment && !entry->from_environment &&
            strcmp(other->section, entry->section) == 0 && same_setting(other->name, entry->name))
            return true;
    }
    return false;
}

const struct config_entry *config_entry_find(const struct config_source *source, const char *section,
                                             const char *name)
{
    for (size_t i = 0; i < source->entry_count; i++) {
        const struct config_entry *entry = &source->entries[i];
        if (strcmp(entry->section, section) == 0 && strcmp(entry->name, name) == 0 &&
            !overridden(source, entry))
            return entry;
    }
    return NULL;
}

static const struct config_section *section_find(const struct config_source *source, const char *name)
{
    for (size_t i = 0; i < source->section_count; i++)
        if (strcmp(source->sections[i].name, name) == 0)
            return &source->sections[i];
    return NULL;
}

const char *config_section_where(const struct config_source *source, const char *name)
{
    const struct config_section *section = section_find(source, name);
    return section ? section->where : source->file;
}

/* ---- the file: inih finds names and values; sections and line numbers are kept here, since inih cuts the
 * former at 49 characters and does not tell the latter */

struct reading {
    struct config_source *source;
    FILE *stream;
    int line;
    char section[300];
};

static const char *where_of(const struct reading *reading, char out[CONFIG_WHERE_MAX])
{
    (void)snprintf(out, CONFIG_WHERE_MAX, "%s:%d", reading->source->file, reading->line);
    return out;
}

static bool begin_section(struct reading *reading, const char *text)
{
    struct config_source *source = reading->source;
    char where[CONFIG_WHERE_MAX];
    size_t length = strcspn(text, "]");
    if (text[length] != ']' || length >= sizeof reading->section)
        return config_fail(source, where_of(reading, where),
                           "this section does not end with ']'; write it "
                           "as [gateway] or [platform NAME]");
    memcpy(reading->section, text, length);
    reading->section[length] = '\0';
    if (!config_section_known(reading->section))
        return config_fail(source, where_of(reading, where),
                           "section [%s] is unknown; there are [gateway], [redis], [fetch], [log], [platform "
                           "NAME] (a-z, 0-9, - and _, at most %d) and [host NAME]",
                           reading->section, CONFIG_NAME_MAX);
    const struct config_section *before = section_find(source, reading->section);
    if (before)
        return config_fail(source, where_of(reading, where),
                           "section [%s] stands twice (first at %s); join the two", reading->section,
                           before->where);
    if (source->section_count == CONFIG_ENTRIES_MAX)
        return config_fail(source, where_of(reading, where), "too many sections; take some out");
    source->sections[source->section_count++] = (struct config_section){
        .name = config_copy(reading->section), .where = config_copy(where_of(reading, where))};
    return true;
}

/* One line for inih, without the spaces before it: inih would take them for a continuation. */
static char *read_line(char *out, int size, void *context)
{
    struct reading *reading = context;
    char line[LINE_MAX_BYTES];
    char where[CONFIG_WHERE_MAX];
    if (reading->source->error[0] || !fgets(line, sizeof line, reading->stream))
        return NULL;
    reading->line++;
    char *text = line;
    if (reading->line == 1 && strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    text += strspn(text, " \t");
    if (*text == ';' || *text == '#')
        *text = '\0';
    size_t length = strlen(text);
    if (length + 1 > (size_t)size) {
        (void)config_fail(reading->source, where_of(reading, where),
                          "this line is longer than %d characters; give the value by a file or by an "
                          "environment variable",
                          size - 2);
        return NULL;
    }
    if (*text == '[' && !begin_section(reading, text + 1))
        return NULL;
    memcpy(out, text, length + 1);
    return out;
}

static int take_setting(void *context, const char *section, const char *name, const char *value)
{
    (void)section;
    struct reading *reading = context;
    struct config_source *source = reading->source;
    char where[CONFIG_WHERE_MAX];
    (void)where_of(reading, where);
    if (!reading->section[0])
        return config_fail(source, where, "%s stands in no section; put [gateway] or another above it", name);
    if (!config_key_known(reading->section, name))
        return config_fail(source, where, "[%s] knows no %s; there are: %s", reading->section, name,
                           config_key_names(reading->section));
    const struct config_entry *before = config_entry_find(source, reading->section, name);
    if (before)
        return config_fail(source, where, "%s stands twice (first at %s); take one out", name, before->where);
    config_entry_add(source, reading->section, name, value, where, false);
    return 1;
}

static bool read_file(struct config_source *source)
{
    struct reading reading = {.source = source, .stream = fopen(source->file, "re")};
    if (!reading.stream)
        return config_fail(source, source->file,
                           "the configuration cannot be read (%s); create it or name another file",
                           strerror(errno));
    int broken = ini_parse_stream(read_line, &reading, take_setting, &reading);
    bool failed = ferror(reading.stream) != 0;
    (void)fclose(reading.stream);
    if (failed)
        return config_fail(source, source->file,
                           "the configuration cannot be read to its end; is it a file?");
    char where[CONFIG_WHERE_MAX];
    reading.line = broken;
    if (broken > 0)
        (void)config_fail(
            source, where_of(&reading, where),
            "this is no setting; write NAME = VALUE, [SECTION] or a comment that starts with #");
    return !source->error[0];
}

/* The two ways to say one thing, both given in the same place. */
static bool check_pairs(struct config_source *source)
{
    for (size_t i = 0; i < source->entry_count; i++) {
        const struct config_entry *entry = &source->entries[i];
        for (size_t j = 0; j < i; j++) {
            const struct config_entry *other = &source->entries[j];
            if (entry->from_environment == other->from_environment &&
                strcmp(entry->section, other->section) == 0 && same_setting(entry->name, other->name))
                return config_fail(source, entry->where, "%s and %s (%s) say the same; keep one of them",
                                   entry->name, other->name, other->where);
        }
    }
    return true;
}

bool config_source_read(struct config_source *source)
{
    return read_file(source) && config_environment_read(source) && check_pairs(source);
}

void config_source_clear(struct config_source *source)
{
    for (size_t i = 0; i < source->entry_count; i++) {
        struct config_entry *entry = &source->entries[i];
        explicit_bzero(entry->value, strlen(entry->value));
        free(entry->section);
        free(entry->name);
        free(entry->value);
        free(entry->where);
    }
    for (size_t i = 0; i < source->section_count; i++) {
        free(source->sections[i].name);
        free(source->sections[i].where);
    }
}
