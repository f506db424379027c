/* `drawbridge preview`: what the fediverse gets of a post, before it does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/drops.h"
#include "gateway/admin/preview.h"
#include "gateway/admin/words.h"
#include "gateway/fed/json_guard.h"
#include "gateway/upstream/upstream.h"
#include "mapping/source.h"

enum { PREVIEW_BUDGET = 32 << 20, INPUT_MAX = 1 << 20 };

struct request {
    const char *target, *platform, *server; /* NULL where not given */
    bool json;
};

static bool read_words(int count, char **list, struct request *out)
{
    struct words words;
    *out = (struct request){0};
    const struct word_option options[] = {
        {"--as", &out->server, NULL}, {"--platform", &out->platform, NULL}, {"--json", NULL, &out->json}};
    if (!words_read("preview", count, list, options, 3, 1, 1, &words))
        return false;
    out->target = words.alone[0];
    return true;
}

static const char *platform_names(struct gateway *gateway, struct arena *arena)
{
    const char *names = "";
    for (size_t i = 0; i < gateway->config->platform_count; i++)
        names = arena_format(arena, "%s%s%s", names, i ? ", " : "", gateway->config->platforms[i].name);
    return names;
}

/* ---- where the post comes from
 * ------------------------------------------------------------------------------------------- */

static bool from_platform(struct gateway *gateway, struct arena *arena, struct request *request,
                          struct post *out, const char **why)
{
    const char *colon = strchr(request->target, ':');
    *why = "write it as PLATFORM:POST, such as pinboard:p_901";
    if (!colon || colon == request->target || !colon[1])
        return false;
    request->platform = arena_copy(arena, request->target, (size_t)(colon - request->target));
    if (!config_platform_find(gateway->config, request->platform)) {
        *why = arena_format(arena, "there is no platform %s in %s; there are: %s", request->platform,
                            gateway->config->file, platform_names(gateway, arena));
        return false;
    }
    return upstream_post(gateway, request->platform, colon + 1, arena, out, why);
}

static bool from_input(struct gateway *gateway, struct arena *arena, struct request *request,
                       struct post *out, const char **why)
{
    char *text = arena_alloc(arena, INPUT_MAX + 1);
    size_t length = fread(text, 1, INPUT_MAX + 1, stdin);
    if (!request->platform && gateway->config->platform_count)
        request->platform = gateway->config->platforms[0].name;
    if (!request->platform || !config_platform_find(gateway->config, request->platform)) {
        *why = arena_format(arena, "name a platform of the configuration with --platform; there are: %s",
                            platform_names(gateway, arena));
        return false;
    }
    json_t *document = length <= INPUT_MAX ? json_load_guarded(text, length, why) : NULL;
    if (length > INPUT_MAX)
        *why = "it is larger than 1 MiB";
    bool good = document && (upstream_read_post(gateway, request->platform, document, arena, out) ||
                             source_to_post(document, arena, out));
    if (document && !good)
        *why =
            "it is a post neither as the platform writes it nor as drawbridge keeps it; its id, author, rev "
            "and text are needed";
    json_decref(document);
    return good && out->id && out->author;
}

/* ---- printing
 * -----------------------------------------------------------------------------------------------------------
 */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void print_json(const json_t *document)
{
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
    if (!text)
        abort();
    (void)puts(text);
    free(text);
}

static void print_recipients(const json_t *list)
{
    size_t index;
    const json_t *host;
    (void)printf("\nRecipients: %zu server(s)\n", json_array_size(list));
    json_array_foreach(list, index, host)
    {
        size_t at;
        const json_t *why;
        long long followers = json_integer_value(json_object_get(host, "followers"));
        (void)printf("  %-40s ", text_of(host, "host"));
        json_array_foreach(json_object_get(host, "why"), at, why)
        {
            const char *reason = json_string_value(why);
            (void)fputs(at ? ", " : "", stdout);
            if (strcmp(reason, "followers") == 0)
                (void)printf("%lld follower(s)", followers);
            else
                (void)fputs(reason, stdout);
        }
        (void)putchar('\n');
    }
}

static void print_sentences(const char *title, const json_t *list, const char *what, const char *why)
{
    size_t index;
    const json_t *one;
    if (!json_array_size(list))
        return;
    (void)printf("\n%s\n", title);
    json_array_foreach(list, index, one)
    {
        if (json_is_string(one))
            (void)printf("  %s\n", json_string_value(one));
        else
            (void)printf("  %s: %s\n", text_of(one, what), text_of(one, why));
    }
}

static void print_preview(const json_t *preview)
{
    const json_t *as = json_object_get(preview, "as");
    (void)printf("%s:%s by @%s\n\n%s", text_of(preview, "platform"), text_of(preview, "post"),
                 text_of(preview, "handle"), text_of(preview, "text"));
    print_sentences("It stays at home:", json_object_get(preview, "stays"), "", "");
    if (json_array_size(json_object_get(preview, "loss")))
        print_sentences("Changed on the way:", json_object_get(preview, "loss"), "what", "why");
    else
        (void)puts("\nNothing is changed on the way.");
    if (!json_equal(json_object_get(preview, "loss"), json_object_get(preview, "told_loss")))
        print_sentences("Changed when it was told last:", json_object_get(preview, "told_loss"), "what",
                        "why");
    if (as && !json_array_size(json_object_get(as, "drops")))
        (void)printf("\n%s is not known to drop any of it.\n", text_of(as, "server"));
    else if (as)
        print_sentences(text_of(as, "server"), json_object_get(as, "drops"), "says", "source");
    print_recipients(json_object_get(preview, "recipients"));
    (void)puts("\nActivityPub:");
    print_json(json_object_get(preview, "activity"));
}

/* ---- the command
 * ----------------------------------------------------------------------------------------------------------
 */

static int show(struct gateway *gateway, struct arena *arena, const struct request *request,
                const struct post *post)
{
    const char *why = NULL;
    json_t *preview = preview_make(gateway, arena, request->platform, post, &why);
    if (!preview)
        return command_failed(request->target, why);
    if (request->server)
        (void)json_object_set_new(preview, "as",
                                  server_drops(request->server, json_object_get(preview, "activity")));
    if (request->json)
        print_json(preview);
    else
        print_preview(preview);
    json_decref(preview);
    return SESSION_GOOD;
}

static bool is_known_server(const char *name)
{
    json_t *drops = name ? server_drops(name, NULL) : NULL;
    bool known = !name || drops;
    json_decref(drops);
    return known;
}

int command_preview(struct gateway *gateway, int count, char **words)
{
    struct request request;
    struct post post;
    const char *why = NULL;
    if (!read_words(count, words, &request))
        return SESSION_USAGE;
    if (!is_known_server(request.server)) {
        char *names = server_drops_names();
        (void)fprintf(stderr, "drawbridge: nothing is known of a server called '%s'; there are: %s\n",
                      request.server, names);
        free(names);
        return SESSION_USAGE;
    }
    struct arena *arena = arena_new(PREVIEW_BUDGET);
    bool found = strcmp(request.target, "-") == 0 ? from_input(gateway, arena, &request, &post, &why)
                                                  : from_platform(gateway, arena, &request, &post, &why);
    int code = found ? show(gateway, arena, &request, &post) : command_failed(request.target, why);
    arena_free(arena);
    return code;
}
