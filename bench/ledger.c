/* What the ledger costs when much is in it: 1,000,000 posts of one account, each with 1,000 of 1,100 hosts,
 * 1,000 of them deleted and answered. How long `drawbridge ledger` takes for one post and for the account,
 * from its start to its end, and what the posts' exposure takes in memory.
 *
 *   build/release/bench/ledger [POSTS [HOSTS]] */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "bench/redis_bench.h"
#include "gateway/ledger/exposure_codec.h"
#include "mapping/ids.h"
#include "mapping/source.h"

#define AID "k3vq2tz7mxabc"
#define HOST "127.0.0.1:4"
#define BASE "http://" HOST

enum {
    POSTS = 1000000,
    HOSTS = 1000,
    AUDIENCES =
        1000,       /* followers come and go: so many different sets of hosts over the life of the account */
    DELETED = 1000, /* posts whose Deletes are answered */
    FIELDS_A_CALL = 250, /* of HSET */
    LOOKS_MAX = 60,      /* posts that are asked for; fewer when there are few */
    ACCOUNT_LOOKS = 10,
};

#ifdef DRAWBRIDGE_SANITIZED
enum { TIME_FACTOR = 40 };
#else
enum { TIME_FACTOR = 1 };
#endif

static const char *const begin = "1700000000000";
static unsigned post_count = POSTS, host_count = HOSTS;
static char binary[PATH_MAX], settings[PATH_MAX];

/* ---- the account and the hosts
 * -------------------------------------------------------------------------------- */

static char *text_of(json_t *source)
{
    char *text = json_dumps(source, JSON_COMPACT);
    json_decref(source);
    if (!text)
        abort();
    return text;
}

static void make_account(void)
{
    struct account account = {.id = "u_1", .handle = "alice", .name = "Alice", .bio = {.text = ""}};
    char *source = text_of(source_from_account(&account));
    const char *arguments[] = {AID, "plaza", "u_1", HOST, "alice", "alice_1", "", "", begin, "0", source};
    queue_script("account_create", 11, arguments);
    drain();
    free(source);
}

/* Host numbers are 1, 2, …: a tenth more than one post has. Each has a follower and says what it runs. */
static unsigned hosts_in_all(void)
{
    return host_count + host_count / 10;
}

static void make_hosts(void)
{
    static const char *const names[] = {"mastodon", "misskey", "pleroma", "gotosocial", "lemmy", "snac"};
    for (unsigned i = 1; i <= hosts_in_all(); i++) {
        char origin[64], actor[96], hash[32], follow[96], inbox[96];
        (void)snprintf(origin, sizeof origin, "https://server%u.example", i);
        (void)snprintf(actor, sizeof actor, "%s/users/person", origin);
        (void)snprintf(hash, sizeof hash, "hash%018u", i);
        (void)snprintf(follow, sizeof follow, "%s/follows/%u", origin, i);
        (void)snprintf(inbox, sizeof inbox, "%s/inbox", origin);
        queue_script("follower_add", 7, (const char *[]){AID, actor, hash, follow, origin, inbox, "1"});
        queue_script("exposure_add", 9,
                     (const char *[]){AID, "", origin, inbox, "1", actor, "l", begin, "1000000"});
        (void)redisAppendCommand(lab.redis,
                                 "HSET host:%u software %s software_version 4.2 software_next 9000000000000",
                                 i, names[i % 6]);
        queued();
    }
    drain();
}

/* ---- the posts
 * ------------------------------------------------------------------------------------------------ */

static void oid_of(unsigned number, char oid[OID_LENGTH + 1])
{
    char native[16];
    (void)snprintf(native, sizeof native, "p_%u", number);
    oid_make(AID, native, 0, oid);
}

static void make_posts(void)
{
    static const char body[] =
        "What one says on an ordinary day is about as long as this, give or take a word, and "
        "now and then it names a place or a friend.";
    struct post post = {.id = "p_1",
                        .author = "u_1",
                        .url = "https://plaza.example/p/p_1",
                        .revision = 1,
                        .created = 1700000000000,
                        .body = {.text = body, .length = sizeof body - 1},
                        .federate = true};
    char *source = text_of(source_from_post(&post));
    for (unsigned i = 1; i <= post_count; i++) {
        char oid[OID_LENGTH + 1], native[16], published[24];
        oid_of(i, oid);
        (void)snprintf(native, sizeof native, "p_%u", i);
        (void)snprintf(published, sizeof published, "%lld", 1700000000000LL + i);
        queue_script("post_put", 15,
                     (const char *[]){AID, oid, native, "1", published, published, "0", "public", "0", source,
                                      "", "", "", "", ""});
    }
    drain();
    free(source);
}

/* ---- who may hold them
 * ---------------------------------------------------------------------------------------- */

/* Of each audience some hosts are missing. */
static unsigned char *audience(unsigned number, size_t *length)
{
    struct host_list list = {0};
    unsigned missing = hosts_in_all() - host_count;
    for (unsigned i = 1; i <= hosts_in_all(); i++)
        if ((i * 7919 + number * 104729) % hosts_in_all() >= missing)
            host_list_add(&list, i);
    host_list_settle(&list);
    unsigned char *bytes = exposure_encode(&list, length);
    host_list_clear(&list);
    return bytes;
}

static void expose(unsigned post, unsigned number, const unsigned char *bytes, size_t length)
{
    char text[16], digest[24];
    int digits = snprintf(text, sizeof text, "%u", post);
    bool shared = length > 64;
    (void)snprintf(digest, sizeof digest, "audience%08u", number % 100000000);
    const char *texts[] = {"EVALSHA", digest_of_script("exposure_commit"),
                           "0",       "1",
                           text,      "",
                           "0",       (const char *)bytes,
                           digest,    (const char *)bytes};
    const size_t lengths[] = {
        7, 40, 1, 1, (size_t)digits, 0, 1, shared ? 0 : length, shared ? 16 : 0, shared ? length : 0};
    (void)redisAppendCommandArgv(lab.redis, sizeof texts / sizeof texts[0], texts, lengths);
    queued();
}

static void expose_all(void)
{
    unsigned each = post_count / AUDIENCES + 1;
    for (unsigned number = 0; number * each < post_count; number++) {
        size_t length;
        unsigned char *bytes = audience(number, &length);
        for (unsigned post = number * each + 1; post <= post_count && post <= (number + 1) * each; post++)
            expose(post, number, bytes, length);
        drain();
        free(bytes);
    }
}

/* Every tenth post was boosted, liked or answered from a few hosts. */
static void add_reasons(void)
{
    for (unsigned post = 10; post <= post_count; post += 10) {
        (void)redisAppendCommand(lab.redis, "HSET exposure_why:1:%u %u b %u l %u rl", post,
                                 post % host_count + 1, (post + 7) % host_count + 1,
                                 (post + 11) % host_count + 1);
        queued();
    }
    drain();
}

/* ---- their Deletes
 * -------------------------------------------------------------------------------------------- */

static unsigned deleted_count(void)
{
    return post_count / 10 < DELETED ? post_count / 10 : DELETED;
}

static unsigned deleted_post(unsigned i)
{
    return 1 + i * (post_count / deleted_count());
}

static void answer(unsigned post)
{
    static char texts[2 * FIELDS_A_CALL][64];
    const char *words[2 * FIELDS_A_CALL + 2];
    char key[64];
    (void)snprintf(key, sizeof key, "delete_state:1:%u", post);
    for (unsigned host = 1; host <= hosts_in_all();) {
        int count = 0;
        words[0] = "HSET";
        words[1] = key;
        for (; host <= hosts_in_all() && count < 2 * FIELDS_A_CALL; host++, count += 2) {
            (void)snprintf(texts[count], sizeof texts[0], "%u", host);
            (void)snprintf(texts[count + 1], sizeof texts[0], "a 202 1700000300000 q:0:1700000200000:1:");
            words[count + 2] = texts[count];
            words[count + 3] = texts[count + 1];
        }
        (void)redisAppendCommandArgv(lab.redis, count + 2, words, NULL);
        queued();
    }
}

static void delete_some(void)
{
    for (unsigned i = 0; i < deleted_count(); i++) {
        char oid[OID_LENGTH + 1];
        oid_of(deleted_post(i), oid);
        queue_script("post_remove", 4, (const char *[]){AID, oid, "1700000200000", "0"});
        (void)redisAppendCommand(lab.redis, "HSET post:" AID ":%s delete_sent 1", oid);
        queued();
        (void)redisAppendCommand(lab.redis, "ZADD expiries 9000000000000 1:%u", deleted_post(i));
        queued();
        answer(deleted_post(i));
    }
    (void)redisAppendCommand(lab.redis, "HSET delete_counts:1 a %u", deleted_count() * hosts_in_all());
    queued();
    drain();
}

/* ---- asking
 * --------------------------------------------------------------------------------------------------- */

static void write_file(const char *name, const char *text)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", lab.folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    (void)chmod(path, 0600);
}

static void prepare(void)
{
    char text[PATH_MAX * 2];
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    (void)snprintf(binary, sizeof binary, "%.*s/../drawbridge", PATH_MAX - 32, dirname(path));
    (void)snprintf(settings, sizeof settings, "%s/drawbridge.ini", lab.folder);
    (void)snprintf(
        text, sizeof text,
        "[gateway]\npublic_url = " BASE "\nlisten = " HOST "\ndata_dir = %s/data\nmode = lab\n"
        "[redis]\nurl = unix://%s\n[platform plaza]\nadapter = platform\nurl = http://127.0.0.1:5\n"
        "token_file = %s/token\n",
        lab.folder, lab.socket, lab.folder);
    write_file("token", "token\n");
    write_file("drawbridge.ini", text);
}

struct cost {
    double milliseconds, cpu, bytes; /* cpu: of the program itself, ms */
};

static double elapsed(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) * 1e3 + (double)(to->tv_nsec - from->tv_nsec) / 1e6;
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Runs `drawbridge ledger WHAT FORM` to its end; what it prints goes to that file. */
static struct cost run(const char *what, const char *form, const char *output)
{
    char *words[] = {
        binary, (char *)"ledger", (char *)(uintptr_t)what, (char *)(uintptr_t)form, (char *)"-c", settings,
        NULL};
    posix_spawn_file_actions_t files;
    struct timespec from, to;
    struct rusage usage;
    int status = -1;
    pid_t child;
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    if (posix_spawn(&child, binary, &files, NULL, words, environ) != 0 ||
        wait4(child, &status, 0, &usage) != child || status != 0) {
        (void)fprintf(stderr, "%s ledger %s %s failed\n", binary, what, form);
        exit(1);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    (void)posix_spawn_file_actions_destroy(&files);
    return (struct cost){.milliseconds = elapsed(&from, &to),
                         .cpu = seconds(&usage.ru_utime) * 1e3 + seconds(&usage.ru_stime) * 1e3,
                         .bytes = (double)usage.ru_maxrss * 1024};
}

static int by_time(const void *one, const void *other)
{
    double a = ((const struct cost *)one)->milliseconds;
    double b = ((const struct cost *)other)->milliseconds;
    return a < b ? -1 : a > b;
}

static void report(const char *name, struct cost *costs, size_t count, double most)
{
    char text[64];
    double bytes = 0;
    double cpu = 0;
    for (size_t i = 0; i < count; i++) {
        bytes = costs[i].bytes > bytes ? costs[i].bytes : bytes;
        cpu += costs[i].cpu / (double)count;
    }
    qsort(costs, count, sizeof *costs, by_time);
    (void)snprintf(text, sizeof text, "%s.median", name);
    figure_within(text, costs[count / 2].milliseconds, "ms", most * TIME_FACTOR);
    (void)snprintf(text, sizeof text, "%s.p95", name);
    figure(text, costs[count * 95 / 100].milliseconds, "ms");
    (void)snprintf(text, sizeof text, "%s.cpu", name);
    figure(text, cpu, "ms");
    (void)snprintf(text, sizeof text, "%s.memory", name);
    figure(text, bytes / (1 << 20), "MiB");
}

/* What is measured must be the whole answer. */
static void check_answer(const char *id)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/answer", lab.folder);
    (void)run(id, "--json", path);
    json_t *document = json_load_file(path, 0, NULL);
    size_t hosts = json_array_size(json_object_get(document, "hosts"));
    json_decref(document);
    (void)unlink(path);
    if (hosts == host_count)
        return;
    (void)fprintf(stderr, "%s: %zu hosts of %u\n", id, hosts, host_count);
    exit(1);
}

static void ask_posts(const char *name, bool deleted, const char *form)
{
    struct cost costs[LOOKS_MAX];
    unsigned looks = post_count < POSTS ? 10 : LOOKS_MAX;
    for (unsigned i = 0; i < looks; i++) {
        char id[128], oid[OID_LENGTH + 1];
        unsigned post = deleted ? deleted_post(i % deleted_count()) : 2 + i * (post_count / looks);
        oid_of(post, oid);
        (void)snprintf(id, sizeof id, BASE "/u/" AID "/p/%s", oid);
        if (i == 0)
            check_answer(id);
        costs[i] = run(id, form, "/dev/null");
    }
    report(name, costs, looks, 50);
}

static void ask_account(void)
{
    struct cost costs[ACCOUNT_LOOKS];
    for (unsigned i = 0; i < ACCOUNT_LOOKS; i++)
        costs[i] = run("alice@" HOST, "--summary", "/dev/null");
    report("ledger.account_summary", costs, ACCOUNT_LOOKS, 2000);
}

/* ---- all
 * ------------------------------------------------------------------------------------------------------ */

static unsigned number_of(const char *word, unsigned least)
{
    unsigned long number = strtoul(word, NULL, 10);
    if (number < least || number > 100000000) {
        (void)fprintf(stderr, "%s: at least %u, please\n", word, least);
        exit(2);
    }
    return (unsigned)number;
}

int main(int count, char **words)
{
    if (count > 1)
        post_count = number_of(words[1], 1000);
    if (count > 2)
        host_count = number_of(words[2], 100);
    if (!lab_start(&lab)) {
        (void)fprintf(stderr, "redis-server did not start\n");
        return 1;
    }
    prepare();
    make_account();
    make_hosts();
    double bytes = bytes_now();
    make_posts();
    double pairs = (double)post_count * host_count;
    figure("ledger.posts", post_count, "");
    figure("ledger.hosts_of_a_post", host_count, "");
    figure("ledger.bytes_per_post", (bytes_now() - bytes) / post_count, "bytes");
    bytes = bytes_now();
    expose_all();
    figure_within("ledger.exposure.bytes_per_pair", (bytes_now() - bytes) / pairs, "bytes",
                  post_count < POSTS ? 1 : 0.2);
    bytes = bytes_now();
    add_reasons();
    figure("ledger.reasons.bytes_per_post", (bytes_now() - bytes) * 10 / post_count, "bytes");
    bytes = bytes_now();
    delete_some();
    figure("ledger.evidence.bytes_per_delete",
           (bytes_now() - bytes) / ((double)deleted_count() * hosts_in_all()), "bytes");
    figure("ledger.memory", bytes_now() / (1 << 30), "GiB");
    ask_posts("ledger.live_post", false, "--json");
    ask_posts("ledger.deleted_post", true, "--json");
    ask_account();
    char path[PATH_MAX];
    static const char *const files[] = {"token", "drawbridge.ini", "data/key"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", lab.folder, files[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/data", lab.folder);
    (void)rmdir(path);
    lab_stop(&lab);
    return exceeded ? 1 : 0;
}
