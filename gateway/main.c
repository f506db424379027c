#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/log.h"
#include "gateway/supervisor.h"

enum { EXIT_USAGE = 2 };

/* jemalloc reads it, where the program is linked with that: one thread allocates nearly all, and what is free
 * for a second goes back to the system, which [limits] memory_mib counts on. */
extern const char *malloc_conf;
__attribute__((used, visibility("default"))) const char *malloc_conf =
    "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0,lg_tcache_max:13";

static const char *option_value(int count, char **words, const char *name)
{
    for (int i = 0; i + 1 < count; i++)
        if (strcmp(words[i], name) == 0)
            return words[i + 1];
    return NULL;
}

static struct config *read_config(int count, char **words)
{
    const char *path = option_value(count, words, "-c");
    char error[1024] = "";
    if (!path) {
        (void)fputs("drawbridge: no configuration file was named; add -c FILE (see drawbridge --help)\n",
                    stderr);
        return NULL;
    }
    struct config *config = config_read(path, error, sizeof error);
    if (!config)
        (void)fprintf(stderr, "drawbridge: %s\n", error);
    return config;
}

static enum log_level level_of(const char *name)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum log_level)i;
    return LOG_INFO;
}

static void tell_warnings(const struct config *config)
{
    for (size_t i = 0; i < config->warning_count; i++)
        log_write(LOG_WARNING, config->warnings[i], (char *)NULL);
}

static int serve(const struct config *config)
{
    log_configure(config->log_json, level_of(config->log_level), "drawbridge");
    tell_warnings(config);
    return supervisor_run(config);
}

/* Takes "-c FILE" out of a command's words. */
static int without_config(int count, char **words)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "-c") == 0 && i + 1 < count)
            i++;
        else
            words[kept++] = words[i];
    }
    return kept;
}

static bool has_word(int count, char **words, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static int run(const char *name, int count, char **words)
{
    const struct command *command = command_find(name);
    bool serves = strcmp(name, "serve") == 0;
    if (!command && !serves && strcmp(name, "check") != 0) {
        (void)fprintf(stderr, "drawbridge: '%s' is no command\n\n%s", name, command_help("drawbridge"));
        return EXIT_USAGE;
    }
    if (has_word(count, words, "--help") || has_word(count, words, "-h"))
        return fputs(command_help(name), stdout) < 0;
    if (command && command->standalone)
        return command->standalone(count, words);
    struct config *config = read_config(count, words);
    const char *test_clock = getenv("DRAWBRIDGE_TEST_CLOCK");
    if (!config)
        return EXIT_USAGE;
    if (config->lab && test_clock)
        clock_allow_test_offset(test_clock);
    int code;
    if (command)
        code = (command->asks ? session_run_asking : session_run)(config, command->run,
                                                                  without_config(count, words), words);
    else
        code = serves ? serve(config) : command_check(config, has_word(count, words, "--json"));
    config_free(config);
    return code;
}

int main(int count, char **words)
{
    const char *name = count > 1 ? words[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return fputs(command_help("drawbridge"), stdout) < 0;
    if (strcmp(name, "--version") == 0)
        return puts("drawbridge " DRAWBRIDGE_VERSION) < 0;
    return run(name, count - 2, words + 2);
}
