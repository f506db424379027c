/* Posts, conversations, reactions and permissions to quote, against a real Redis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/store/quotes.h"
#include "gateway/store/reactions.h"
#include "private_redis.h"

enum { UP_MS = 10000 };

#define AID "abcdefghij234"
#define BOB "https://m.example/users/bob"

static struct {
    struct loop *loop;
    struct task_pool *tasks;
    struct private_redis redis;
    struct store *store;
    struct arena *arena;
    void (*body)(void);
} world;

static int setup(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    world.loop = loop_new();
    world.tasks = task_pool_new(world.loop, 10);
    world.arena = arena_new(1 << 24);
    private_redis_new(&world.redis, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_free(world.store);
    task_pool_free(world.tasks);
    loop_free(world.loop);
    arena_free(world.arena);
    private_redis_free(&world.redis);
    return 0;
}

static void run_body(void *context)
{
    (void)context;
    assert_true(store_wait(world.store, UP_MS));
    reply_free(store_call(world.store, "HSET", "account:" AID, "number", "1", "platform", "plaza", "state",
                          "on", "host", "h.example", (char *)NULL));
    world.body();
    loop_stop(world.loop);
}

static void run(void (*body)(void))
{
    char error[128] = "";
    world.store = store_new(world.loop, world.redis.url, error, sizeof error);
    assert_non_null(world.store);
    world.body = body;
    assert_true(task_spawn(world.tasks, run_body, NULL));
    loop_run(world.loop);
}

static enum post_outcome put(const struct post *post, const struct post_change *more)
{
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    oid_make(AID, post->id, 0, oid);
    struct post_change change = more ? *more : (struct post_change){0};
    change.aid = AID;
    change.oid = oid;
    change.post = post;
    change.published = post->created;
    change.now = post->created;
    assert_int_equal(post_put(world.store, &change, &outcome), LOOKUP_FOUND);
    return outcome;
}

static struct post a_post(const char *native, int64_t created)
{
    return (struct post){
        .id = native, .author = "u1", .revision = 1, .created = created, .body = {.text = ""}};
}

static const char *oid_of(const char *native)
{
    char *oid = arena_alloc(world.arena, OID_LENGTH + 1);
    oid_make(AID, native, 0, oid);
    return oid;
}

static struct post_record load(const char *native)
{
    struct post_record post;
    assert_int_equal(post_load(world.store, world.arena, AID, oid_of(native), &post), LOOKUP_FOUND);
    return post;
}

static int64_t number_of(const char *command, const char *key)
{
    struct reply *reply = store_call(world.store, command, key, (char *)NULL);
    int64_t number = reply_number(reply);
    reply_free(reply);
    return number;
}

/* ---- workers that stood still */

static void late_body(void)
{
    struct post post = a_post("late", 1000);
    struct reply *reply =
        store_call(world.store, "XADD", "work:intake:test", "*", "data", "post made", (char *)NULL);
    const char *entry = arena_string(world.arena, reply_text(reply));
    reply_free(reply);
    const struct post_change change = {.queue = "work:intake:test", .entry = entry};
    reply_free(store_call(world.store, "XDEL", "work:intake:test", entry, (char *)NULL));
    assert_int_equal(put(&post, &change), POST_STALE);
    struct post_record record;
    assert_int_equal(post_load(world.store, world.arena, AID, oid_of("late"), &record), LOOKUP_ABSENT);
    assert_int_equal(put(&post, NULL), POST_CREATED);
    post.revision = 2;
    assert_int_equal(put(&post, &change), POST_UPDATED); /* an edit brings nothing back that was deleted */
}

static void who_stood_still_creates_nothing_that_others_have_done_with(void **state)
{
    (void)state;
    run(late_body);
}

/* ---- pages */

static void pages_body(void)
{
    static const char *const natives[] = {"a", "b", "c", "d", "e", "f", "g"};
    size_t seen[7] = {0};
    struct post_place place = {0};
    struct post_page page = {0};
    for (size_t i = 0; i < 7; i++) {
        struct post post = a_post(natives[i], i == 6 ? 2000 : 1000); /* six of one moment */
        assert_int_equal(put(&post, NULL), POST_CREATED);
    }
    for (size_t pages = 0; pages == 0 || page.count == 2; pages++) {
        assert_true(pages < 10);
        assert_int_equal(post_list(world.store, world.arena, AID, pages ? &place : NULL, 2, &page),
                         LOOKUP_FOUND);
        for (size_t i = 0; i < page.count; i++)
            for (size_t k = 0; k < 7; k++)
                seen[k] += strcmp(page.oids[i], oid_of(natives[k])) == 0;
        if (pages == 0)
            assert_string_equal(page.oids[0], oid_of("g"));
        if (page.count)
            place = (struct post_place){page.published[page.count - 1], page.oids[page.count - 1]};
    }
    for (size_t k = 0; k < 7; k++)
        assert_int_equal(seen[k], 1);
}

static void pages_show_every_post_of_one_moment_once(void **state)
{
    (void)state;
    run(pages_body);
}

/* ---- conversations */

static void thread_body(void)
{
    struct post root = a_post("root", 1000);
    struct post answer = a_post("answer", 2000);
    struct post third = a_post("third", 3000);
    enum post_outcome outcome;
    answer.reply_to.native = "root";
    third.reply_to.native = "answer";
    (void)put(&root, NULL);
    (void)put(&answer, NULL);
    (void)put(&third, NULL);
    const char *place = arena_format(world.arena, "%s %s", AID, oid_of("root"));
    assert_string_equal(load("root").root, "");
    assert_string_equal(load("answer").root, place);
    assert_string_equal(load("third").root, place);
    const char *context = arena_format(world.arena, "context:%s:%s", AID, oid_of("root"));
    const char *replies = arena_format(world.arena, "replies:%s:%s", AID, oid_of("root"));
    assert_int_equal(number_of("ZCARD", context), 2);
    assert_int_equal(number_of("SCARD", replies), 1);
    assert_int_equal(post_remove(world.store, AID, oid_of("answer"), 4000, &outcome), LOOKUP_FOUND);
    assert_int_equal(outcome, POST_DELETED);
    assert_int_equal(number_of("ZCARD", context), 1);
    assert_int_equal(number_of("SCARD", replies), 0);
}

static void a_conversation_is_that_of_the_post_that_began_it(void **state)
{
    (void)state;
    run(thread_body);
}

static void held_body(void)
{
    struct post root = a_post("root", 1000);
    struct post answer = a_post("answer", 2000);
    const struct post_change held = {.hold_ms = 30000};
    enum post_outcome outcome;
    answer.reply_to.native = "root";
    (void)put(&root, NULL);
    assert_int_equal(put(&answer, &held), POST_WAITS);
    const char *context = arena_format(world.arena, "context:%s:%s", AID, oid_of("root"));
    assert_int_equal(number_of("ZCARD", context), 0);
    assert_int_equal(post_release(world.store, AID, oid_of("answer"), 40000, &outcome), LOOKUP_FOUND);
    assert_int_equal(number_of("ZCARD", context), 1);
}

static void a_held_answer_joins_when_it_is_released(void **state)
{
    (void)state;
    run(held_body);
}

/* ---- polls */

static void counts_body(void)
{
    struct poll poll = {.options = {{"Tea", 0}, {"Milk", 0}}, .option_count = 2, .ends = 9000000};
    struct poll counted = poll;
    struct post post = a_post("poll", 1000);
    struct post newer = post;
    post.poll = &poll;
    counted.options[0].votes = 1;
    counted.voters = 1;
    newer.poll = &counted;
    newer.revision = 2;
    newer.created = 5000;
    assert_true(post_differs_in_counts(&post, &newer) == false); /* it was made at another time */
    newer.created = post.created;
    assert_true(post_differs_in_counts(&post, &newer));
    (void)put(&post, NULL);
    const struct post_change counts = {.only_counts = true};
    assert_int_equal(put(&newer, &counts), POST_COUNTED);
    assert_int_equal(load("poll").updated, 0);
    assert_int_equal(load("poll").post.poll->options[0].votes, 1);
    assert_int_equal(number_of("ZCARD", "publish_due"), 1);
    assert_int_equal(post_due(world.store, AID, oid_of("poll"), 3000), LOOKUP_FOUND);
    assert_int_equal(number_of("ZCARD", "publish_due"), 0);
    assert_int_equal(number_of("XLEN", "work:jobs"), 1);
    newer.revision = 3;
    (void)put(&newer, &counts);
    struct reply *due =
        store_call(world.store, "ZRANGE", "publish_due", "0", "0", "WITHSCORES", (char *)NULL);
    assert_int_equal(reply_number(reply_at(due, 1)), 3000 + 180000);
    reply_free(due);
    newer.body = (struct rich_text){.text = "edited", .length = 6};
    assert_false(post_differs_in_counts(&post, &newer));
}

static void counts_of_a_poll_are_told_by_and_by(void **state)
{
    (void)state;
    run(counts_body);
}

static void set_sent(const char *native, const char *revision)
{
    reply_free(store_call(world.store, "HSET", arena_format(world.arena, "post:%s:%s", AID, oid_of(native)),
                          "sent", revision, (char *)NULL));
}

static void likes_body(void)
{
    struct post post = a_post("post", 1000);
    struct post liked = post;
    const struct post_change counts = {.only_counts = true};
    liked.revision = 2;
    liked.likes = 5;
    assert_true(post_differs_in_counts(&post, &liked));
    (void)put(&post, NULL);
    set_sent("post", "1");
    assert_int_equal(put(&liked, &counts), POST_STALE);
    assert_int_equal(load("post").updated, 0);
    assert_int_equal(load("post").revision, 2);
    assert_int_equal(load("post").sent_revision, 2);
    /* An edit that was not told yet is still owed. */
    liked.revision = 4;
    set_sent("post", "1");
    assert_int_equal(put(&liked, &counts), POST_STALE);
    assert_int_equal(load("post").sent_revision, 1);
}

static void a_new_count_of_likes_is_no_edit(void **state)
{
    (void)state;
    run(likes_body);
}

/* ---- reactions */

static bool react(enum reaction_kind kind, const char *detail, const char *value, bool add)
{
    bool changed = false;
    const struct reaction reaction = {.kind = kind, .actor_id = BOB, .detail = detail, .value = value};
    assert_int_equal(reaction_put(world.store, AID, oid_of("post"), &reaction, add, &changed), LOOKUP_FOUND);
    return changed;
}

static void reactions_body(void)
{
    struct post post = a_post("post", 1000);
    const char *value = NULL;
    (void)put(&post, NULL);
    assert_true(react(REACTION_LIKE, "", "https://m.example/1", true));
    assert_false(react(REACTION_LIKE, "", "https://m.example/2", true));
    assert_true(react(REACTION_EMOJI, "owl", "🦉", true));
    assert_int_equal(load("post").likes, 1);
    assert_true(react(REACTION_LIKE, "", "", false));
    assert_int_equal(load("post").likes, 1);
    assert_int_equal(reaction_any_like(world.store, world.arena, AID, oid_of("post"), BOB), LOOKUP_FOUND);
    assert_true(react(REACTION_EMOJI, "owl", "🦉", false));
    assert_int_equal(load("post").likes, 0);
    assert_int_equal(reaction_any_like(world.store, world.arena, AID, oid_of("post"), BOB), LOOKUP_ABSENT);
    assert_false(react(REACTION_EMOJI, "owl", "🦉", false));
    assert_int_equal(load("post").likes, 0);
    assert_true(react(REACTION_VOTE, "", "Tea", true));
    assert_false(react(REACTION_VOTE, "", "Milk", true));
    const struct reaction vote = {.kind = REACTION_VOTE, .actor_id = BOB, .detail = ""};
    assert_int_equal(reaction_value(world.store, world.arena, AID, oid_of("post"), &vote, &value),
                     LOOKUP_FOUND);
    assert_string_equal(value, "Tea");
}

static void a_person_likes_once_however_many_reactions(void **state)
{
    (void)state;
    run(reactions_body);
}

static void many_reactions_body(void)
{
    struct post post = a_post("post", 1000);
    (void)put(&post, NULL);
    for (int i = 0; i < 30; i++)
        assert_int_equal(react(REACTION_EMOJI, arena_format(world.arena, "e%d", i), "x", true), i < 20);
    assert_int_equal(load("post").likes, 1);
}

static void nobody_fills_the_store_with_reactions(void **state)
{
    (void)state;
    run(many_reactions_body);
}

/* ---- quotes */

static void stamp_body(void)
{
    struct post post = a_post("post", 1000);
    const char *place = NULL;
    bool fresh = false;
    (void)put(&post, NULL);
    assert_int_equal(post_stamp(world.store, AID, oid_of("post"), "https://m.example/s", 1500), LOOKUP_FOUND);
    assert_string_equal(load("post").stamp, ""); /* nobody had asked */
    (void)post_ask(world.store, AID, oid_of("post"), 1000, 10000, &fresh);
    assert_true(fresh);
    (void)post_ask(world.store, AID, oid_of("post"), 1000, 10000, &fresh);
    assert_false(fresh);
    assert_int_equal(number_of("ZCARD", "publish_due"), 1);
    assert_int_equal(post_stamp(world.store, AID, oid_of("post"), "https://m.example/s", 2000), LOOKUP_FOUND);
    assert_string_equal(load("post").stamp, "https://m.example/s");
    assert_int_equal(number_of("ZCARD", "publish_due"), 0); /* it goes out now */
    assert_int_equal(number_of("XLEN", "work:jobs"), 1);
    assert_int_equal(load("post").resend, 0);
    reply_free(store_call(world.store, "HSET", arena_format(world.arena, "post:%s:%s", AID, oid_of("post")),
                          "sent", "1", (char *)NULL));
    assert_int_equal(post_of_stamp(world.store, world.arena, "https://m.example/s", &place), LOOKUP_FOUND);
    assert_string_equal(place, arena_format(world.arena, "%s %s", AID, oid_of("post")));
    (void)post_stamp(world.store, AID, oid_of("post"), NULL, 3000);
    assert_string_equal(load("post").stamp, "");
    assert_int_equal(load("post").resend, 1); /* what is out already is told anew */
}

static void a_permission_lets_the_waiting_post_go_and_its_end_is_told(void **state)
{
    (void)state;
    run(stamp_body);
}

static void give_body(void)
{
    struct post post = a_post("post", 1000);
    struct quote_record found;
    char quote_oid[OID_LENGTH + 1];
    const char *list[4];
    size_t count = 0;
    bool given = false;
    enum post_outcome outcome;
    (void)put(&post, NULL);
    quote_oid_make(AID, oid_of("post"), "https://m.example/9", quote_oid);
    const struct quote_record quote = {.oid = oid_of("post"),
                                       .quoting = "https://m.example/9",
                                       .actor = BOB,
                                       .request = "https://m.example/r"};
    assert_int_equal(quote_give(world.store, AID, quote_oid, &quote, 1000, &given), LOOKUP_FOUND);
    assert_true(given);
    assert_int_equal(quote_load(world.store, world.arena, AID, quote_oid, &found), LOOKUP_FOUND);
    assert_string_equal(found.quoting, quote.quoting);
    assert_string_equal(found.actor, BOB);
    assert_int_equal(quote_list(world.store, world.arena, AID, oid_of("post"), list, 4, &count),
                     LOOKUP_FOUND);
    assert_int_equal(count, 1);
    assert_string_equal(list[0], quote_oid);
    struct quote_page *page = arena_alloc(world.arena, sizeof *page);
    static const struct {
        const char *actor, *domain;
        size_t count;
    } whose[] = {{BOB, NULL, 1},
                 {"https://m.example/users/ann", NULL, 0},
                 {NULL, "example", 1},
                 {NULL, "m.example", 1},
                 {NULL, "n.example", 0}};
    for (size_t i = 0; i < sizeof whose / sizeof whose[0]; i++) {
        *page = (struct quote_page){.cursor = "0"};
        assert_int_equal(
            quote_page_load(world.store, world.arena, AID, whose[i].actor, whose[i].domain, page),
            LOOKUP_FOUND);
        assert_int_equal(page->count, whose[i].count);
        assert_string_equal(page->cursor, "0");
    }
    assert_string_equal(found.actor, BOB);
    assert_int_equal(found.ended, 0);
    (void)quote_end(world.store, AID, quote_oid, 1500);
    (void)quote_end(world.store, AID, quote_oid, 1600);
    (void)quote_load(world.store, world.arena, AID, quote_oid, &found);
    assert_int_equal(found.ended, 1500);
    *page = (struct quote_page){.cursor = "0"};
    (void)quote_page_load(world.store, world.arena, AID, BOB, NULL, page);
    assert_int_equal(page->count, 0);
    (void)quote_give(world.store, AID, quote_oid, &quote, 1700, &given);
    (void)quote_load(world.store, world.arena, AID, quote_oid, &found);
    assert_int_equal(found.ended, 0);
    (void)post_remove(world.store, AID, oid_of("post"), 2000, &outcome);
    (void)quote_give(world.store, AID, quote_oid, &quote, 3000, &given);
    assert_false(given);
}

static void only_a_live_post_may_be_quoted(void **state)
{
    (void)state;
    run(give_body);
}

static void boost_body(void)
{
    struct post post = a_post("repost", 1000);
    enum post_outcome outcome;
    const struct post_change change = {.boost = "https://m.example/9", .boost_author = BOB};
    (void)put(&post, &change);
    assert_string_equal(load("repost").boost, "https://m.example/9");
    (void)post_remove(world.store, AID, oid_of("repost"), 2000, &outcome);
    assert_string_equal(load("repost").boost, "https://m.example/9"); /* its Undo must name it */
    assert_string_equal(load("repost").former_type, "Announce");
}

static void a_tombstone_of_a_repost_still_says_what_it_was(void **state)
{
    (void)state;
    run(boost_body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_stood_still_creates_nothing_that_others_have_done_with),
        TEST(pages_show_every_post_of_one_moment_once),
        TEST(a_conversation_is_that_of_the_post_that_began_it),
        TEST(a_held_answer_joins_when_it_is_released),
        TEST(counts_of_a_poll_are_told_by_and_by),
        TEST(a_new_count_of_likes_is_no_edit),
        TEST(a_person_likes_once_however_many_reactions),
        TEST(nobody_fills_the_store_with_reactions),
        TEST(a_permission_lets_the_waiting_post_go_and_its_end_is_told),
        TEST(only_a_live_post_may_be_quoted),
        TEST(a_tombstone_of_a_repost_still_says_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
