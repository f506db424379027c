#include "gateway/admin/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gateway/admin/commands.h"

int words_misused(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("drawbridge: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fprintf(stderr, "\n\n%s", command_help(command));
    va_end(arguments);
    return SESSION_USAGE;
}

int command_failed(const char *what, const char *why)
{
    (void)fprintf(stderr, "drawbridge: %s: %s\n", what, why);
    return SESSION_FAILED;
}

static const struct word_option *option_of(const struct word_option *options, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

bool words_read(const char *command, int count, char **words, const struct word_option *options,
                size_t option_count, size_t least, size_t most, struct words *out)
{
    *out = (struct words){.count = 0};
    for (int i = 0; i < count; i++) {
        bool is_option = strncmp(words[i], "--", 2) == 0;
        const struct word_option *option = is_option ? option_of(options, option_count, words[i]) : NULL;
        if (is_option && !option)
            return words_misused(command, "%s has no option %s", command, words[i]), false;
        if (!option && out->count == most)
            return words_misused(command, "'%s' is a word too many for %s", words[i], command), false;
        if (!option) {
            out->alone[out->count++] = words[i];
            continue;
        }
        if (option->set)
            *option->set = true;
        if (option->value && i + 1 == count)
            return words_misused(command, "%s wants a value", words[i]), false;
        if (option->value)
            *option->value = words[++i];
    }
    if (out->count < least)
        return words_misused(command, "a word is missing for %s", command), false;
    return true;
}
