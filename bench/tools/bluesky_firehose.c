/* What a firehose costs: bluesky_firehose FOLDER_OF_FRAMES. Real commits, told by a million accounts of which
 * 10,000 are watched, go through the adapter as the gateway feeds it: "decoded" ends with the event in the
 * neutral form (blocks hashed, records read), "queued" with the text that the queue keeps of it. Beside them
 * libcbor alone, which decodes both items of each frame and leaves the blocks one string of bytes. CPU time;
 * the rounds take turns, and the median round counts. */
#include <cbor.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "adapters/adapter.h"
#include "mapping/source.h"

enum {
    TEMPLATES_MAX = 64,
    FRAMES = 20000,
    WATCHED = 10000,
    ACCOUNTS = 1000000,
    ROUNDS = 15,
    FRAME_MAX = 65536,
    DID_LENGTH = 32,
};

struct watched {
    char did[DID_LENGTH + 1];
    UT_hash_handle hh;
};

struct frame {
    unsigned char *bytes;
    size_t length;
};

struct world {
    struct watched *watched;
    struct frame frames[FRAMES];
    cbor_item_t *heads[TEMPLATES_MAX], *payloads[TEMPLATES_MAX];
    size_t templates, events, bytes;
    bool queues; /* what is told becomes the text of the queue */
};

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    (void)fprintf(stderr, "bluesky_firehose: %s\n", what);
    exit(1);
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void did_of(unsigned number, char out[DID_LENGTH + 1])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    memcpy(out, "did:plc:", 8);
    for (int i = 8; i < DID_LENGTH; i++, number = number * 2654435761U + 12345U)
        out[i] = digits[number >> 27];
    out[DID_LENGTH] = '\0';
}

/* ---- the frames
 * ----------------------------------------------------------------------------------------------------- */

static int is_commit(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return strlen(name) > 8 && strcmp(name + strlen(name) - 6, ".frame") == 0 && name[0] >= '1' &&
           name[0] <= '2' && strncmp(name, "26", 2) < 0;
}

static void read_templates(struct world *world, const char *folder)
{
    struct dirent **list;
    int count = scandir(folder, &list, is_commit, alphasort);
    require(count > 5, "there are no frames in that folder");
    for (int i = 0; i < count && world->templates < TEMPLATES_MAX; i++) {
        unsigned char bytes[FRAME_MAX];
        char path[1024];
        struct cbor_load_result result;
        (void)snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        FILE *file = fopen(path, "rb");
        require(file != NULL, path);
        size_t length = fread(bytes, 1, sizeof bytes, file);
        (void)fclose(file);
        world->heads[world->templates] = cbor_load(bytes, length, &result);
        world->payloads[world->templates] = cbor_load(bytes + result.read, length - result.read, &result);
        require(world->heads[world->templates] && world->payloads[world->templates], path);
        world->templates++;
        free(list[i]);
    }
    free(list);
}

static void set(cbor_item_t *map, const char *name, cbor_item_t *value)
{
    struct cbor_pair *pairs = cbor_map_handle(map);
    for (size_t i = 0; i < cbor_map_size(map); i++) {
        if (cbor_string_length(pairs[i].key) != strlen(name) ||
            memcmp(cbor_string_handle(pairs[i].key), name, strlen(name)) != 0)
            continue;
        cbor_decref(&pairs[i].value);
        pairs[i].value = value;
        return;
    }
    cbor_decref(&value);
}

/* `share` of a hundred frames are of watched accounts; the rest of others. */
static void make_frames(struct world *world, unsigned share)
{
    static unsigned char bytes[FRAME_MAX];
    char did[DID_LENGTH + 1];
    char rev[14];
    world->bytes = 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        size_t at = i % world->templates;
        unsigned number =
            i % 100 < share ? i * 7919U % WATCHED : WATCHED + i * 104729U % (ACCOUNTS - WATCHED);
        did_of(number, did);
        (void)snprintf(rev, sizeof rev, "3kxyz%c%c%c%c222a", 'a' + (char)(i % 26), 'a' + (char)(i / 26 % 26),
                       'a' + (char)(i / 676 % 26), 'a' + (char)(i / 17576 % 26));
        set(world->payloads[at], "seq", cbor_build_uint64(1000 + i));
        set(world->payloads[at], "repo", cbor_build_string(did));
        set(world->payloads[at], "rev", cbor_build_string(rev));
        set(world->payloads[at], "since", cbor_new_null());
        size_t head = cbor_serialize(world->heads[at], bytes, sizeof bytes);
        size_t body = cbor_serialize(world->payloads[at], bytes + head, sizeof bytes - head);
        require(head && body, "a frame is too large");
        free(world->frames[i].bytes);
        world->frames[i].bytes = malloc(head + body);
        require(world->frames[i].bytes != NULL, "no memory");
        memcpy(world->frames[i].bytes, bytes, head + body);
        world->frames[i].length = head + body;
        world->bytes += head + body;
    }
}

/* ---- the rounds
 * ----------------------------------------------------------------------------------------------------- */

static double libcbor_round(const struct world *world)
{
    double began = cpu_us();
    for (size_t i = 0; i < FRAMES; i++) {
        struct cbor_load_result result;
        const struct frame *frame = &world->frames[i];
        cbor_item_t *head = cbor_load(frame->bytes, frame->length, &result);
        cbor_item_t *body = cbor_load(frame->bytes + result.read, frame->length - result.read, &result);
        require(head && body, "libcbor does not take a frame");
        cbor_decref(&head);
        cbor_decref(&body);
    }
    return (cpu_us() - began) / FRAMES;
}

static bool take_event(void *context, const struct event *event)
{
    struct world *world = context;
    world->events++;
    if (!world->queues)
        return true;
    json_t *source = source_from_event(event);
    char *text = json_dumps(source, JSON_COMPACT);
    json_decref(source);
    require(text != NULL, "an event has no text");
    free(text);
    return true;
}

static void take_cursor(void *context, struct adapter_bytes cursor, struct adapter_bytes ack)
{
    (void)context;
    (void)cursor;
    (void)ack;
}

static bool wants(void *context, const char *account)
{
    const struct world *world = context;
    struct watched *one = NULL;
    HASH_FIND_STR(world->watched, account, one);
    return one != NULL;
}

static double adapter_round(struct world *world, struct adapter *adapter, bool queues)
{
    const struct adapter_class *class = adapter_class_find("bluesky");
    const struct stream_sink sink = {
        .context = world, .event = take_event, .cursor = take_cursor, .wants = wants};
    struct stream *stream = class->stream_new(adapter, (struct adapter_bytes){"", 0});
    world->events = 0;
    world->queues = queues;
    double began = cpu_us();
    for (size_t i = 0; i < FRAMES; i++)
        require(class->stream_feed(stream,
                                   (struct adapter_bytes){world->frames[i].bytes, world->frames[i].length},
                                   true, &sink),
                "the adapter does not take a frame");
    double spent = (cpu_us() - began) / FRAMES;
    class->stream_free(stream);
    return spent;
}

static int by_value(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return difference < 0 ? -1 : difference > 0;
}

static void print_figures(const char *what, unsigned share, double alone, double spent)
{
    (void)printf("figure firehose_%s_%u_percent_ours %.0f /s\n", what, share, 1e6 / spent);
    (void)printf("figure firehose_%s_ratio_to_libcbor_%u_percent_ours %.2f ratio\n", what, share,
                 alone / spent);
}

static void measure(struct world *world, struct adapter *adapter, unsigned share)
{
    double alone[ROUNDS];
    double decoded[ROUNDS];
    double queued[ROUNDS];
    make_frames(world, share);
    for (int i = 0; i < ROUNDS; i++) {
        alone[i] = libcbor_round(world);
        decoded[i] = adapter_round(world, adapter, false);
        queued[i] = adapter_round(world, adapter, true);
    }
    require(world->events > 0, "no event was told");
    qsort(alone, ROUNDS, sizeof alone[0], by_value);
    qsort(decoded, ROUNDS, sizeof decoded[0], by_value);
    qsort(queued, ROUNDS, sizeof queued[0], by_value);
    (void)printf("figure firehose_libcbor_alone_%u_percent_ours %.0f /s\n", share, 1e6 / alone[ROUNDS / 2]);
    print_figures("decoded", share, alone[ROUNDS / 2], decoded[ROUNDS / 2]);
    print_figures("queued", share, alone[ROUNDS / 2], queued[ROUNDS / 2]);
}

int main(int count, char **words)
{
    static struct world world;
    char error[256] = "";
    require(count == 2, "say where the frames are: tests/unit/adapters/bluesky/frames");
    read_templates(&world, words[1]);
    for (unsigned i = 0; i < WATCHED; i++) {
        struct watched *one = calloc(1, sizeof *one);
        require(one != NULL, "no memory");
        did_of(i, one->did);
        HASH_ADD_STR(world.watched, did, one);
    }
    json_t *settings = json_pack("{s:s}", "firehose", "wss://pds.example");
    struct adapter *adapter = adapter_class_find("bluesky")->open(settings, error, sizeof error);
    json_decref(settings);
    require(adapter != NULL, error);
    (void)printf("figure watched_accounts %u accounts\n", HASH_COUNT(world.watched));
    measure(&world, adapter, 1);
    (void)printf("figure bytes_per_frame %zu bytes\n", world.bytes / FRAMES);
    measure(&world, adapter, 10);
    measure(&world, adapter, 100);
    adapter_class_find("bluesky")->close(adapter);
    return 0;
}
