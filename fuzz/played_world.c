#include "played_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/store/arguments.h"
#include "gateway/store/reply.h"
#include "mapping/inbound.h"
#include "mapping/source.h"

struct world world;

void world_reset_activity(void)
{
    free(world.kept);
    for (size_t i = 0; i < world.push_count; i++) {
        free(world.pushes[i]);
        world.pushes[i] = NULL;
    }
    world.kept = NULL;
    world.kept_length = world.push_count = 0;
    world.signer = NULL;
    world.told = NULL;
}

void world_reset(void)
{
    world_reset_activity();
    free(world.object_key);
    free(world.object_id);
    free(world.object_actor);
    free(world.object_source);
    world = (struct world){.handler = world.handler, .handler_context = world.handler_context};
}

static void remember(char **place, const char *text)
{
    free(*place);
    *place = strdup(text);
    if (!*place)
        abort();
}

/* ---- commands
 * ------------------------------------------------------------------------------------------------------- */

enum { WORDS_MAX = 512 };

struct words {
    char *wire; /* owns the texts, each terminated */
    const char *text[WORDS_MAX];
    size_t length[WORDS_MAX];
    size_t count;
};

/* Takes "*COUNT\r\n$LENGTH\r\nBYTES\r\n…" apart. */
static void read_words(struct words *words, const struct arguments *arguments)
{
    static const char *const none[] = {NULL};
    size_t length = 0;
    words->wire = arguments_wire(arguments, none, &length);
    *words = (struct words){.wire = words->wire};
    if (!words->wire)
        abort();
    char *at = strchr(words->wire, '\n') + 1;
    while (at < words->wire + length && words->count < WORDS_MAX) {
        size_t size = strtoull(at + 1, &at, 10);
        at += 2;
        words->text[words->count] = at;
        words->length[words->count++] = size;
        at[size] = '\0';
        at += size + 2;
    }
}

static const char *word(const struct words *words, size_t index)
{
    return index < words->count ? words->text[index] : "";
}

/* ---- replies
 * -------------------------------------------------------------------------------------------------------- */

static struct reply *reply_of_number(long long number)
{
    const redisReply reply = {.type = REDIS_REPLY_INTEGER, .integer = number};
    return reply_copy(&reply, "fuzz");
}

static struct reply *reply_of_text(const char *text)
{
    const redisReply reply = {
        .type = REDIS_REPLY_STRING, .str = (char *)(uintptr_t)text, .len = strlen(text)};
    return reply_copy(&reply, "fuzz");
}

static struct reply *reply_of_nothing(void)
{
    const redisReply reply = {.type = REDIS_REPLY_NIL};
    return reply_copy(&reply, "fuzz");
}

static struct reply *reply_of_fields(const char *const *texts)
{
    redisReply items[32];
    redisReply *pointers[32];
    size_t count = 0;
    for (; texts && texts[count] && count < 32; count++) {
        items[count] = (redisReply){
            .type = REDIS_REPLY_STRING, .str = (char *)(uintptr_t)texts[count], .len = strlen(texts[count])};
        pointers[count] = &items[count];
    }
    const redisReply reply = {.type = REDIS_REPLY_ARRAY, .elements = count, .element = pointers};
    return reply_copy(&reply, "fuzz");
}

static struct reply *account_reply(void)
{
    static char *source;
    if (!source) {
        const struct account account = {
            .id = "u_1", .handle = "alice", .name = "Alice", .revision = 3, .federation = FEDERATION_ON};
        json_t *document = source_from_account(&account);
        source = json_dumps(document, JSON_COMPACT);
        json_decref(document);
    }
    const char *const fields[] = {"platform",   "plaza", "native", "u_1",  "host",   "bridge.example",
                                  "name",       "alice", "state",  "on",   "number", "1",
                                  "public_key", "PEM",   "source", source, NULL};
    return reply_of_fields(fields);
}

static struct reply *post_reply(void)
{
    static char *source;
    if (!source) {
        const struct post post = {.id = "p_1",
                                  .author = "u_1",
                                  .revision = 1,
                                  .body = {.text = "hello", .length = 5},
                                  .federate = true};
        json_t *document = source_from_post(&post);
        source = json_dumps(document, JSON_COMPACT);
        json_decref(document);
    }
    const char *const fields[] = {"state",         "live",  "native", "p_1",    "number", "1", "published",
                                  "1700000000000", "likes", "1",      "source", source,   NULL};
    const char *const gone[] = {"state",     "gone",          "native",  "p_1",           "number", "1",
                                "published", "1700000000000", "deleted", "1700000000000", NULL};
    return reply_of_fields(world.owed ? gone : fields);
}

static struct reply *object_reply(const char *key)
{
    if (!world.object_key || strcmp(key, world.object_key) != 0)
        return reply_of_fields(NULL);
    const char *state = world.object_gone ? "gone" : "live";
    const char *const fields[] = {
        "state",    state,   "id",     world.object_id,     "actor",    world.object_actor,
        "platform", "plaza", "aid",    WORLD_AID,           "oid",      WORLD_OID,
        "parent",   "",      "source", world.object_source, "revision", "1",
        NULL};
    return reply_of_fields(fields);
}

/* ---- what the input says that the store holds
 * ------------------------------------------------------------------------- */

void world_fact(char *text)
{
    if (world.fact_count == WORLD_FACTS_MAX)
        return;
    char *end = strchr(text, '\n');
    if (end)
        *end++ = '\0';
    world.facts[world.fact_count++] = (struct world_fact){.key = text, .lines = end};
}

static const struct world_fact *fact_of(const char *key)
{
    for (size_t i = 0; i < world.fact_count; i++)
        if (world.facts[i].key[0] && strncmp(key, world.facts[i].key, strlen(world.facts[i].key)) == 0)
            return &world.facts[i];
    return NULL;
}

enum { LINES_MAX = 31 };

struct lines {
    char *text; /* owns */
    const char *line[LINES_MAX + 1];
    size_t count;
};

static void read_lines(const struct world_fact *fact, struct lines *out)
{
    *out = (struct lines){.text = strdup(fact->lines ? fact->lines : "")};
    if (!out->text)
        abort();
    for (char *at = fact->lines ? out->text : NULL; at && out->count < LINES_MAX;) {
        out->line[out->count++] = at;
        at = strchr(at, '\n');
        if (at)
            *at++ = '\0';
    }
}

static const char *field_of(const struct lines *lines, const char *name)
{
    for (size_t i = 0; i + 1 < lines->count; i += 2)
        if (strcmp(lines->line[i], name) == 0)
            return lines->line[i + 1];
    return NULL;
}

/* A number where it looks like one, else a text; several are a list. */
static struct reply *reply_of_lines(const struct lines *lines)
{
    if (lines->count == 0)
        return reply_of_nothing();
    if (lines->count > 1)
        return reply_of_fields(lines->line);
    char *end = NULL;
    long long number = strtoll(lines->line[0], &end, 10);
    return lines->line[0][0] && !*end ? reply_of_number(number) : reply_of_text(lines->line[0]);
}

static struct reply *reply_of_named(const struct lines *lines, const struct words *words)
{
    const char *values[LINES_MAX + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 2; i < words->count && count < LINES_MAX; i++) {
        const char *value = field_of(lines, words->text[i]);
        values[count++] = value ? value : "";
    }
    return reply_of_fields(values);
}

static struct reply *answer_of_fact(const struct words *words)
{
    struct lines lines;
    const char *command = word(words, 0);
    read_lines(fact_of(word(words, 1)), &lines);
    const char *value = field_of(&lines, word(words, 2));
    struct reply *reply;
    if (strcmp(command, "HGET") == 0)
        reply = value ? reply_of_text(value) : reply_of_nothing();
    else if (strcmp(command, "HMGET") == 0)
        reply = reply_of_named(&lines, words);
    else if (strcmp(command, "HGETALL") == 0)
        reply = reply_of_fields(lines.line);
    else if (strcmp(command, "GET") == 0)
        reply = lines.count ? reply_of_text(lines.line[0]) : reply_of_nothing();
    else if (strcmp(command, "EXISTS") == 0)
        reply = reply_of_number(1);
    else
        reply = reply_of_lines(&lines);
    free(lines.text);
    return reply;
}

static struct reply *answer_command(const struct words *words)
{
    const char *command = word(words, 0);
    const char *key = word(words, 1);
    if (fact_of(key))
        return answer_of_fact(words);
    if (strcmp(command, "HGETALL") == 0 && strcmp(key, "domain_rules") == 0) {
        static const char *const rules[] = {WORLD_BLOCKED, "block 1700000000000 why", NULL};
        return reply_of_fields(rules);
    }
    if (strcmp(command, "HGETALL") == 0) {
        if (strcmp(key, "account:" WORLD_AID) == 0)
            return account_reply();
        if (strcmp(key, "post:" WORLD_AID ":" WORLD_OID) == 0)
            return post_reply();
        if (strncmp(key, "remote_object:", 14) == 0)
            return object_reply(key + 14);
        return reply_of_fields(NULL);
    }
    if (strcmp(command, "EXISTS") == 0)
        return reply_of_number(strncmp(key, "remote_actor:", 13) == 0 && !world.stranger);
    if (strcmp(command, "HGET") == 0 && strcmp(key, "name:bridge.example") == 0)
        return strcmp(word(words, 2), "alice") == 0 ? reply_of_text(WORLD_AID) : reply_of_nothing();
    if (strcmp(command, "HMGET") == 0 || strcmp(command, "HGET") == 0 || strcmp(command, "GET") == 0)
        return reply_of_nothing();
    if (strcmp(command, "XADD") == 0 && strncmp(key, "work:push:", 10) == 0) {
        for (size_t i = 3; i + 1 < words->count; i += 2)
            if (strcmp(word(words, i), "data") == 0 && world.push_count < WORLD_PUSHES_MAX)
                remember(&world.pushes[world.push_count++], word(words, i + 1));
    }
    return reply_of_number(1);
}

/* What goes through a list page by page, and is at its end at once. */
static bool is_paged(const char *name)
{
    return strcmp(name, "objects_remove") == 0 || strcmp(name, "followers_of_domain") == 0 ||
           strcmp(name, "quotes_of") == 0 || strstr(name, "_page");
}

static struct reply *answer_script(const char *name, const struct words *words)
{
    const struct world_fact *fact = fact_of(name);
    if (fact) {
        struct lines lines;
        read_lines(fact, &lines);
        struct reply *reply = reply_of_lines(&lines);
        free(lines.text);
        return reply;
    }
    if (strcmp(name, "inbox_accept") == 0) {
        remember(&world.kept, word(words, 3));
        world.kept_length = words->length[3];
        static const char *const ids[] = {"1-1", "1-0", NULL};
        return reply_of_fields(ids);
    }
    if (strcmp(name, "remote_object_put") == 0) {
        remember(&world.object_key, word(words, 0));
        remember(&world.object_id, word(words, 1));
        remember(&world.object_actor, word(words, 2));
        remember(&world.object_source, word(words, 7));
        world.object_gone = false;
        /* Nothing is kept as said by somebody on whose server it is not. */
        if (!url_same_origin(world.object_id, world.object_actor))
            abort();
        return reply_of_text("created");
    } else if (strcmp(name, "remote_object_remove") == 0) {
        world.object_gone |= world.object_key && strcmp(world.object_key, word(words, 0)) == 0;
        return reply_of_text("deleted");
    } else if (strcmp(name, "exposure_add") == 0) {
        return reply_of_text(world.owed ? "owed" : "");
    } else if (strcmp(name, "follower_forget") == 0 || strcmp(name, "separated") == 0) {
        return reply_of_number(0);
    } else if (is_paged(name)) {
        static const char *const end[] = {"0", NULL};
        return reply_of_fields(end);
    }
    return reply_of_number(1);
}

struct reply *__wrap_store_run(struct store *store, struct arguments *arguments);
struct reply *__wrap_store_run(struct store *store, struct arguments *arguments)
{
    struct words words;
    (void)store;
    read_words(&words, arguments);
    struct reply *reply = answer_command(&words);
    free(words.wire);
    arguments_free(arguments);
    return reply;
}

struct reply *__wrap_store_call(struct store *store, ...);
struct reply *__wrap_store_call(struct store *store, ...)
{
    struct arguments *arguments = arguments_new();
    va_list list;
    va_start(list, store);
    for (const char *text = va_arg(list, const char *); text; text = va_arg(list, const char *))
        arguments_text(arguments, text);
    va_end(list);
    return __wrap_store_run(store, arguments);
}

struct reply *__wrap_store_script(struct store *store, const char *name, struct arguments *arguments);
struct reply *__wrap_store_script(struct store *store, const char *name, struct arguments *arguments)
{
    struct words words;
    (void)store;
    read_words(&words, arguments);
    struct reply *reply = answer_script(name, &words);
    free(words.wire);
    arguments_free(arguments);
    return reply;
}

struct reply *__wrap_store_scripts(struct store *store, const char *name, struct arguments *arguments,
                                   const char *behind, struct arguments *more);
struct reply *__wrap_store_scripts(struct store *store, const char *name, struct arguments *arguments,
                                   const char *behind, struct arguments *more)
{
    struct reply *reply = __wrap_store_script(store, name, arguments);
    if (more)
        reply_free(__wrap_store_script(store, behind, more));
    return reply;
}

/* ---- the queues
 * ----------------------------------------------------------------------------------------------------- */

struct work *__wrap_work_start(struct gateway *gateway, const char *name, size_t parallel,
                               work_handler handler, void *context);
struct work *__wrap_work_start(struct gateway *gateway, const char *name, size_t parallel,
                               work_handler handler, void *context)
{
    (void)gateway, (void)name, (void)parallel;
    world.handler = handler;
    world.handler_context = context;
    return NULL;
}

/* Now this worker has the queue, now another. */
bool __wrap_work_kick(struct work *work);
bool __wrap_work_kick(struct work *work)
{
    (void)work;
    return world.kept_length % 2;
}

bool __wrap_work_hand(struct work *work, const struct work_handover *handover);
bool __wrap_work_hand(struct work *work, const struct work_handover *handover)
{
    if (handover->release)
        handover->release(handover->entry.parsed);
    return __wrap_work_kick(work);
}

void __wrap_work_announce(struct gateway *gateway, const char *name);
void __wrap_work_announce(struct gateway *gateway, const char *name)
{
    (void)gateway, (void)name;
}

void __wrap_delivery_kick(struct gateway *gateway);
void __wrap_delivery_kick(struct gateway *gateway)
{
    (void)gateway;
}
