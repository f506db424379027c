/* `drawbridge check`. */
#include <stdio.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/show.h"
#include "gateway/config.h"

static void print_json(const struct config *config)
{
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:[]}", "file", config->file, "public_url", config->public_url,
                  "listen", config->listen, "platforms", (json_int_t)config->platform_count, "hosts",
                  (json_int_t)config->host_count, "warnings");
    for (size_t i = 0; i < config->warning_count; i++)
        (void)json_array_append_new(json_object_get(document, "warnings"), json_string(config->warnings[i]));
    show_json(document);
    json_decref(document);
}

int command_check(const struct config *config, bool json)
{
    if (json) {
        print_json(config);
        return SESSION_GOOD;
    }
    for (size_t i = 0; i < config->warning_count; i++)
        (void)printf("warning: %s\n", config->warnings[i]);
    (void)printf("%s is good: %s on %s, %zu platform(s), %zu host(s)\n", config->file, config->public_url,
                 config->listen, config->platform_count, config->host_count);
    return SESSION_GOOD;
}
