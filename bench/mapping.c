/* What the mapping costs beside jansson: the golden posts outward (stored source → activity text) and back
 * (activity text → neutral post), against jansson alone parsing and dumping the same activities. CPU time of
 * this thread; the rounds of both take turns, and the median round counts. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mapping/inbound.h"
#include "mapping/outbound.h"
#include "mapping/source.h"

enum {
    DOCUMENTS_MAX = 512,
    LINKS_MAX = 128,
    BYTES_MAX = 16 * 1024, /* long texts are cases for correctness, not what is posted every day */
    ROUNDS = 41,
    ARENA_BUDGET = 16 << 20,
};

struct document {
    char *source;   /* outward only */
    char *activity; /* compact, as it is on the wire */
    size_t source_length, activity_length;
    json_t *context;
    struct outbound_link links[LINKS_MAX];
    size_t link_count;
};

struct corpus {
    struct document *list[DOCUMENTS_MAX];
    size_t count, bytes;
};

/* ---- the documents
 * -------------------------------------------------------------------------------------------------- */

static json_t *read_json(const char *way, const char *name, const char *file)
{
    char path[1024];
    int length = snprintf(path, sizeof path, "%s/golden/%s/%s/%s", TEST_DATA, way, name, file);
    return length > 0 && (size_t)length < sizeof path ? json_load_file(path, 0, NULL) : NULL;
}

static char *compact(const json_t *value, size_t *length)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    *length = text ? strlen(text) : 0;
    return text;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool is_create(const json_t *activity)
{
    const char *type = text_of(activity, "type");
    return type && strcmp(type, "Create") == 0 && json_is_object(json_object_get(activity, "object"));
}

static void read_links(struct document *document)
{
    const json_t *links = json_object_get(document->context, "links");
    for (size_t i = 0; i < json_array_size(links) && i < LINKS_MAX; i++) {
        const json_t *link = json_array_get(links, i);
        document->links[document->link_count++] =
            (struct outbound_link){.native = text_of(link, "native"),
                                   .remote = text_of(link, "remote"),
                                   .id = text_of(link, "id"),
                                   .handle = text_of(link, "handle"),
                                   .url = text_of(link, "url"),
                                   .author = text_of(link, "author"),
                                   .author_handle = text_of(link, "author_handle"),
                                   .context = text_of(link, "context"),
                                   .stamp = text_of(link, "stamp")};
    }
}

static void add_case(struct corpus *corpus, const char *way, const char *name)
{
    bool outward = strcmp(way, "out") == 0;
    struct document *document = calloc(1, sizeof *document);
    json_t *activity = read_json(way, name, "activity.json");
    json_t *source = outward ? read_json(way, name, "source.json") : NULL;
    if (!document)
        abort();
    document->context = read_json(way, name, "context.json");
    document->activity = compact(activity, &document->activity_length);
    document->source = compact(source, &document->source_length);
    bool usable = is_create(activity) && document->activity_length <= BYTES_MAX && (!outward || source) &&
                  !json_object_get(document->context, "repeat") && corpus->count < DOCUMENTS_MAX;
    json_decref(activity);
    json_decref(source);
    if (!usable) {
        json_decref(document->context);
        free(document->activity);
        free(document->source);
        free(document);
        return;
    }
    read_links(document);
    corpus->bytes += document->activity_length;
    corpus->list[corpus->count++] = document;
}

static void read_corpus(struct corpus *corpus, const char *way)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/golden/%s", TEST_DATA, way);
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            add_case(corpus, way, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (corpus->count == 0) {
        (void)fprintf(stderr, "mapping: there are no golden cases in %s\n", path);
        exit(1);
    }
}

/* ---- what is measured
 * ----------------------------------------------------------------------------------------------- */

static json_t *parse(const char *text, size_t length)
{
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    if (!value)
        abort();
    return value;
}

static void outward(const struct document *document)
{
    struct arena *arena = arena_new(ARENA_BUDGET);
    struct post post;
    struct loss loss = {.entries = json_array()};
    json_t *source = parse(document->source, document->source_length);
    if (!source_to_post(source, arena, &post))
        abort();
    const struct outbound_note note = {.post = &post,
                                       .base = text_of(document->context, "base"),
                                       .aid = text_of(document->context, "aid"),
                                       .oid = text_of(document->context, "oid"),
                                       .name = text_of(document->context, "name"),
                                       .published = post.created,
                                       .links = document->links,
                                       .link_count = document->link_count,
                                       .platform_name = text_of(document->context, "platform")};
    json_t *object = note_document(&note, &loss);
    json_t *activity = create_activity(object);
    size_t length = 0;
    free(document_text(activity, &length));
    json_decref(activity);
    json_decref(object);
    json_decref(source);
    json_decref(loss.entries);
    arena_free(arena);
}

static void back(const struct document *document)
{
    static const struct inbound_person alice = {.actor_id = "https://bridge.example/u/abcdefghijklm",
                                                .url = "https://bridge.example/@alice",
                                                .native = "u_42"};
    struct arena *arena = arena_new(ARENA_BUDGET);
    struct loss loss = {.entries = json_array()};
    struct inbound_activity activity;
    struct inbound_note note;
    json_t *value = parse(document->activity, document->activity_length);
    if (!inbound_activity_read(value, arena, &activity) && activity.object &&
        !inbound_note_read(activity.object, value, arena, &note)) {
        const struct remote_post_input input = {
            .note = &note, .media_max = MODEL_MEDIA_MAX, .people = &alice, .people_count = 1, .text_unit = 3};
        (void)remote_post_make(arena, &input, &loss);
    }
    json_decref(value);
    json_decref(loss.entries);
    arena_free(arena);
}

static void jansson_alone(const struct document *document)
{
    size_t length = 0;
    json_t *value = parse(document->activity, document->activity_length);
    free(document_text(value, &length));
    json_decref(value);
}

static double cpu_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Microseconds a document. */
static double round_of(const struct corpus *corpus, void (*work)(const struct document *document))
{
    double start = cpu_us();
    for (size_t i = 0; i < corpus->count; i++)
        work(corpus->list[i]);
    return (cpu_us() - start) / (double)corpus->count;
}

static int by_value(const void *one, const void *other)
{
    double first = *(const double *)one;
    double second = *(const double *)other;
    return (first > second) - (first < second);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

static void measure(const char *name, const struct corpus *corpus,
                    void (*work)(const struct document *document))
{
    double mapped[ROUNDS];
    double alone[ROUNDS];
    (void)round_of(corpus, work);
    (void)round_of(corpus, jansson_alone);
    for (size_t i = 0; i < ROUNDS; i++) {
        mapped[i] = round_of(corpus, work);
        alone[i] = round_of(corpus, jansson_alone);
    }
    double cost = median(mapped);
    double least = median(alone);
    printf("figure %s_documents %zu\n", name, corpus->count);
    printf("figure %s_bytes_a_document %zu bytes\n", name, corpus->bytes / corpus->count);
    printf("figure %s_cost %.2f us\n", name, cost);
    printf("figure %s_jansson %.2f us\n", name, least);
    printf("figure %s_ratio %.3f of_jansson_alone_(goal_0.5)\n", name, least / cost);
    (void)fflush(stdout);
}

static void free_corpus(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++) {
        json_decref(corpus->list[i]->context);
        free(corpus->list[i]->activity);
        free(corpus->list[i]->source);
        free(corpus->list[i]);
    }
}

int main(void)
{
    static struct corpus out;
    static struct corpus in;
    read_corpus(&out, "out");
    read_corpus(&in, "back");
    measure("outward", &out, outward);
    measure("back", &in, back);
    free_corpus(&out);
    free_corpus(&in);
    return 0;
}
