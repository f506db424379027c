/* What deliveries cost in Redis: bytes per thing that is kept, and the CPU time of Redis per delivery that is
 * queued, claimed and acknowledged, beside the least that any queue with leases does. */
#include <inttypes.h>

#include "bench/redis_bench.h"
#include "gateway/ledger/exposure_codec.h"

enum { NOTE_SIZE = 2048 };

static const char *const now = "1700000000000";

static void fresh(void)
{
    command("FLUSHALL SYNC");
    command("HSET account:a number 1 state on platform plaza");
    command("HSET account_numbers 1 a");
}

/* ---- followers
 * ---------------------------------------------------------------------------------------------------------------
 */

static void add_follower(unsigned number, unsigned host)
{
    char origin[64], actor[128], hash[32], follow[160], inbox[96];
    (void)snprintf(origin, sizeof origin, "https://server%u.example", host);
    (void)snprintf(actor, sizeof actor, "%s/users/person%u", origin, number);
    (void)snprintf(hash, sizeof hash, "%c%c%020u", 'A' + (char)(number * 7919 % 26),
                   'a' + (char)(number * 104729 % 26), number);
    (void)snprintf(follow, sizeof follow, "%s/%08x-89ab-4cde-8f01-%012x", origin, number * 2654435761U,
                   number);
    (void)snprintf(inbox, sizeof inbox, "%s/inbox", origin);
    queue_script("follower_add", 8,
                 (const char *[]){"a", actor, hash, follow, origin, inbox, "1", "1793523600000"});
}

static double followers(unsigned count, unsigned hosts)
{
    fresh();
    double before = bytes_now();
    for (unsigned i = 0; i < count; i++)
        add_follower(i, (unsigned)((double)hosts * (i % 1000) * (i % 1000) / 1000000.0) +
                            (i < hosts ? i : 0) % hosts);
    drain();
    return (bytes_now() - before) / count;
}

/* ---- the queue
 * ---------------------------------------------------------------------------------------------------------------
 */

static void make_hosts(unsigned hosts)
{
    fresh();
    for (unsigned i = 0; i < hosts; i++)
        add_follower(i, i);
    drain();
}

static void queue_posts(unsigned posts)
{
    static char note[NOTE_SIZE + 1];
    memset(note, 'n', NOTE_SIZE);
    for (unsigned i = 0; i < posts; i++) {
        char oid[32], key[40], text[128];
        (void)snprintf(oid, sizeof oid, "post%012u", i);
        (void)snprintf(key, sizeof key, "o%s", oid);
        (void)snprintf(text, sizeof text, "HSET post:a:%s number %u state live revision 1", oid, i + 1);
        command(text);
        const char *arguments[] = {"create", "a",     oid, "1", key, "2", "https://us.example/p#create",
                                   "hash",   "trace", now, "a", "",  "0", note,
                                   "0"};
        queue_script("delivery_enqueue", 15, arguments);
    }
    drain();
}

static unsigned fan_out(unsigned posts)
{
    unsigned pages = 0;
    for (unsigned i = 1; i <= posts; i++) {
        char activity[16], cursor[64] = "a 0";
        (void)snprintf(activity, sizeof activity, "%u", i);
        while (cursor[0]) {
            redisReply *reply = LAB_SCRIPT(&lab, "delivery_fanout", activity, cursor, now, "500");
            (void)snprintf(cursor, sizeof cursor, "%s", reply->str);
            freeReplyObject(reply);
            pages++;
        }
    }
    return pages;
}

static unsigned claim_and_acknowledge(void)
{
    unsigned done = 0;
    for (;;) {
        redisReply *reply = LAB_SCRIPT(&lab, "delivery_claim", "w", now, "200");
        size_t count = reply->elements / 11;
        for (size_t i = 0; i < count; i++)
            queue_script("delivery_done", 11,
                         (const char *[]){now, "1", "w", reply->element[i * 11]->str, "ok", "good", "202",
                                          "http", now, "0", ""});
        drain();
        freeReplyObject(reply);
        if (!count)
            return done;
        done += (unsigned)count;
    }
}

/* The least that any durable queue with leases does for one delivery. */
static void bare_push(unsigned count, unsigned lanes)
{
    for (unsigned i = 0; i < count; i++) {
        (void)redisAppendCommand(lab.redis, "RPUSH bare:%u %u", i % lanes, i);
        if (++waiting == PIPELINE)
            drain();
    }
    drain();
}

static void bare_claim(unsigned count, unsigned lanes)
{
    for (unsigned i = 0; i < count; i++) {
        (void)redisAppendCommand(lab.redis, "LPOP bare:%u", i % lanes);
        (void)redisAppendCommand(lab.redis, "HSET bare_claims %u 1", i);
        (void)redisAppendCommand(lab.redis, "HDEL bare_claims %u", i);
        waiting += 3;
        if (waiting >= PIPELINE)
            drain();
    }
    drain();
}

static void queue(unsigned posts, unsigned hosts)
{
    unsigned count = posts * hosts;
    make_hosts(hosts);
    double bytes = bytes_now();
    queue_posts(posts);
    double cpu = cpu_now();
    (void)fan_out(posts);
    double enqueue = (cpu_now() - cpu) / count;
    figure_within("queue.bytes_per_delivery", (bytes_now() - bytes) / count, "bytes", 64);
    cpu = cpu_now();
    unsigned done = claim_and_acknowledge();
    double claim = (cpu_now() - cpu) / count;
    if (done != count) {
        (void)fprintf(stderr, "%u deliveries of %u came out\n", done, count);
        exit(1);
    }
    fresh();
    cpu = cpu_now();
    bare_push(count, hosts);
    double bare_enqueue = (cpu_now() - cpu) / count;
    cpu = cpu_now();
    bare_claim(count, hosts);
    double bare = (cpu_now() - cpu) / count;
    /* CPU time of Redis for each delivery; the ratio is that of the bare commands to it, 1 would be as good.
     */
    figure("queue.enqueue", enqueue * 1e6, "us");
    figure("queue.enqueue.ratio", bare_enqueue / enqueue, "");
    figure("queue.claim_and_acknowledge", claim * 1e6, "us");
    figure("queue.claim_and_acknowledge.ratio", bare / claim, "");
}

/* One post to very many hosts: each lane holds one entry. The worst shape for memory. */
static void queue_wide(unsigned hosts)
{
    make_hosts(hosts);
    double bytes = bytes_now();
    queue_posts(1);
    (void)fan_out(1);
    figure("queue_wide.bytes_per_delivery", (bytes_now() - bytes) / hosts, "bytes");
}

/* ---- exposure
 * ----------------------------------------------------------------------------------------------------------------
 */

static uint64_t random_state = 88172645463325252ULL;
static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state % limit);
}

static void commit(unsigned post, struct host_list *list)
{
    size_t length;
    char number[16];
    host_list_settle(list);
    unsigned char *bytes = exposure_encode(list, &length);
    bool shared = length > 64;
    (void)snprintf(number, sizeof number, "%u", post);
    uint64_t sum[2] = {14695981039346656037ULL, 1099511628211ULL};
    for (size_t i = 0; i < length; i++)
        for (size_t k = 0; k < 2; k++)
            sum[k] = (sum[k] ^ bytes[i]) * 1099511628211ULL;
    const char *texts[] = {"1", number, "", "0", shared ? "" : (char *)bytes, (char *)sum, (char *)bytes};
    const size_t lengths[] = {
        1, strlen(number), 0, 1, shared ? 0 : length, shared ? sizeof sum : 0, shared ? length : 0};
    redisReply *reply = lab_script(&lab, "exposure_commit", 7, texts, lengths);
    if (reply->integer != 1)
        exit(1);
    freeReplyObject(reply);
    free(bytes);
    host_list_clear(list);
}

static double exposure(unsigned posts, uint32_t exposed, uint32_t hosts, uint32_t varied)
{
    fresh();
    double before = bytes_now();
    for (unsigned post = 1; post <= posts; post++) {
        struct host_list list = {0};
        if (exposed == hosts)
            for (uint32_t i = 1; i <= hosts; i++)
                host_list_add(&list, i);
        else
            while (list.count < exposed)
                host_list_add(&list, 1 + random_below(hosts));
        for (uint32_t i = 0; i < varied; i++) /* a few drop out, others for each post */
            list.numbers[random_below((uint32_t)list.count)] = 1;
        commit(post, &list);
    }
    return (bytes_now() - before) / ((double)posts * exposed);
}

int main(void)
{
    if (!lab_start(&lab)) {
        (void)fprintf(stderr, "redis-server did not start\n");
        return 1;
    }
    figure_within("follower.bytes", followers(100000, 2000), "bytes", 250);
    figure("follower_alone_on_its_host.bytes", followers(20000, 20000), "bytes");
    queue(100, 1000);
    queue_wide(10000);
    figure_within("exposure_sparse.bytes_per_pair", exposure(5000, 10, 100000, 0), "bytes", 8);
    figure_within("exposure_dense.bytes_per_pair", exposure(500, 10000, 10000, 0), "bytes", 0.2);
    figure_within("exposure_dense_varied.bytes_per_pair", exposure(500, 10000, 10000, 100), "bytes", 0.2);
    lab_stop(&lab);
    return exceeded ? 1 : 0;
}
