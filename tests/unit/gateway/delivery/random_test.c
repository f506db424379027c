/* Many random lives of posts, hosts and workers. Whatever happened: each host saw each post's activities in
 * order, every host that saw one saw its Delete, and nothing is left behind. */
#include "play.h"

enum { HOSTS = 6, POSTS = 24, ACTORS = 3, STEPS = 700, SEEDS = 12, DRAIN_ROUNDS = 400, DELETED = 1 << 20 };

static struct life {
    unsigned seed;
    unsigned revision[POSTS]; /* 0: not made yet */
    bool deleted[POSTS];
    int seen[HOSTS][POSTS]; /* the newest that arrived: revision or DELETED */
    char claims[CLAIMS_MAX][128], workers[CLAIMS_MAX][8], names[CLAIMS_MAX][256];
    int revisions[CLAIMS_MAX];
    size_t count;
    unsigned arrived, doubled, deletes; /* that the lives were not dull */
    bool calm;                          /* hosts behave, workers live */
} life;

static unsigned roll(unsigned sides)
{
    life.seed = life.seed * 1103515245U + 12345U;
    return (life.seed >> 16) % sides;
}

static void step(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void step(const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    play_step(line);
}

/* What a request shows to its host, in the order of the log. */
static void arrive(const char *claim, int revision)
{
    char kind[16];
    unsigned post;
    unsigned host;
    if (sscanf(claim, "%15[a-z]:p%u@h%u", kind, &post, &host) != 3)
        fail_msg("%s", claim);
    int *seen = &life.seen[host][post];
    life.arrived++;
    if (strcmp(kind, "delete") == 0) {
        life.deletes++;
        *seen = DELETED;
        return;
    }
    if (*seen == DELETED)
        fail_msg("seed %u: %s arrived after the Delete", life.seed, claim);
    if (revision < *seen)
        fail_msg("seed %u: %s of revision %d arrived after %d", life.seed, claim, revision, *seen);
    life.doubled += revision == *seen;
    *seen = revision;
}

static void do_post_step(void)
{
    unsigned post = roll(POSTS);
    if (life.deleted[post])
        return;
    life.revision[post]++;
    step("post a p%u %u", post, life.revision[post]);
    if (life.revision[post] == 1)
        step("queue create a p%u 1 h%u:m", post, roll(HOSTS));
    else
        step("queue update a p%u %u", post, life.revision[post]);
}

static void delete_step(void)
{
    unsigned post = roll(POSTS);
    if (life.deleted[post] || !life.revision[post])
        return;
    life.deleted[post] = true;
    step("gone a p%u", post);
    step("queue delete a p%u 0", post);
}

static void claim_step(void)
{
    char worker[8];
    (void)snprintf(worker, sizeof worker, "w%u", life.calm ? 0 : roll(3));
    size_t before = play.claim_count;
    step("claim %s %u", worker, 1 + roll(8));
    for (size_t i = before; i < play.claim_count; i++) {
        assert_true(life.count < CLAIMS_MAX);
        const char *activity = play.claims[i].name;
        for (int colons = 0; colons < 4; activity++)
            colons += *activity == ':';
        life.revisions[life.count] =
            atoi(ask("HGET activity:%.*s revision", (int)strspn(activity, "0123456789"), activity));
        strcpy(life.claims[life.count], play.claims[i].label);
        strcpy(life.names[life.count], play.claims[i].name);
        strcpy(life.workers[life.count++], worker);
    }
    play.claim_count = 0;
}

static void forget_claim(size_t at)
{
    life.count--;
    memmove(life.claims[at], life.claims[at + 1], (life.count - at) * sizeof life.claims[0]);
    memmove(life.names[at], life.names[at + 1], (life.count - at) * sizeof life.names[0]);
    memmove(&life.revisions[at], &life.revisions[at + 1], (life.count - at) * sizeof life.revisions[0]);
    memmove(life.workers[at], life.workers[at + 1], (life.count - at) * sizeof life.workers[0]);
}

static void done_step(void)
{
    static const char *const bad[] = {"retry bad 500 45", "retry none 500 500", "host bad 0 45",
                                      "host bad 0 45", "retry good 429 +60"};
    if (!life.count)
        return;
    size_t at = roll((unsigned)life.count);
    const char *outcome = "ok good 202";
    if (!life.calm && roll(3) == 0)
        outcome = bad[roll(5)];
    if (outcome[0] == 'o' || (outcome[0] == 'h' && roll(3) == 0)) /* a timeout may have come through */
        arrive(life.claims[at], life.revisions[at]);
    play.claim_count = 1;
    strcpy(play.claims[0].label, life.claims[at]);
    strcpy(play.claims[0].name, life.names[at]);
    strcpy(play.claims[0].worker, life.workers[at]);
    step("done %s %s %s", life.workers[at], life.claims[at], outcome);
    play.claim_count = 0;
    forget_claim(at);
}

static void die_step(void)
{
    char worker[8];
    (void)snprintf(worker, sizeof worker, "w%u", roll(3));
    for (size_t i = life.count; i-- > 0;) {
        if (strcmp(life.workers[i], worker) != 0)
            continue;
        if (roll(2)) /* sent, but nobody noted it */
            arrive(life.claims[i], life.revisions[i]);
        forget_claim(i);
    }
    step("die %s", worker);
    step("beat other");
    step("redis DEL buried:%s", worker); /* another comes in its place */
}

static void follow_step(void)
{
    step("%s a u%u h%u", roll(3) ? "follow" : "unfollow", roll(ACTORS), roll(HOSTS));
}

static void live(void)
{
    for (int i = 0; i < STEPS; i++) {
        switch (roll(16)) {
        case 0:
        case 1:
            do_post_step();
            break;
        case 2:
            if (roll(3) == 0)
                delete_step();
            break;
        case 3:
        case 4:
            step("fanout %u 1", 1 + roll(4));
            break;
        case 5:
        case 6:
        case 7:
        case 8:
            claim_step();
            break;
        case 9:
        case 10:
        case 11:
        case 12:
            done_step();
            break;
        case 13:
            step("wait %u%c", 1 + roll(50), "ssm"[roll(3)]);
            break;
        case 14:
            if (roll(8) == 0)
                die_step();
            break;
        default:
            follow_step();
        }
    }
}

static bool is_empty(void)
{
    play_step("left");
    return play.got[0] == '\0';
}

static void calm_down(void)
{
    life.calm = true;
    for (unsigned post = 0; post < POSTS; post++)
        if (life.revision[post] && !life.deleted[post] && roll(2)) {
            life.deleted[post] = true;
            step("gone a p%u", post);
            step("queue delete a p%u 0", post);
        }
    for (int round = 0; round < DRAIN_ROUNDS && !(life.count == 0 && is_empty()); round++) {
        step("fanout");
        claim_step();
        while (life.count)
            done_step();
        step("wait 20m");
    }
    play_step("left =");
}

static void whatever_happens_order_holds_and_no_delete_is_missing(void **state)
{
    (void)state;
    static const struct scenario scenario = {.name = "a random life"};
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        life = (struct life){.seed = seed * 7919};
        play_begin(&scenario);
        play_step("account a");
        for (unsigned host = 0; host < HOSTS; host += 2)
            step("follow a u0 h%u", host);
        live();
        calm_down();
        for (unsigned host = 0; host < HOSTS; host++)
            for (unsigned post = 0; post < POSTS; post++)
                if (life.deleted[post] && life.seen[host][post] && life.seen[host][post] != DELETED)
                    fail_msg("seed %u: host h%u saw post p%u and never its Delete", seed, host, post);
        assert_true(life.arrived > 50 && life.deletes > 10 && life.doubled > 0);
    }
}

static int start(void **state)
{
    (void)state;
    return lab_start(&play.lab) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    lab_stop(&play.lab);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_order_holds_and_no_delete_is_missing)};
    return cmocka_run_group_tests(tests, start, stop);
}
