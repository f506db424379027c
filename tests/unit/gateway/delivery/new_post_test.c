/* A post that nobody was told of before: stored, told, claimed and signed on one way to the store. */
#include "engine_world.h"

/* ---- a post that is new ---- */

static const char *post_key(const char *oid)
{
    static char key[64];
    (void)snprintf(key, sizeof key, "post:%s:%s", aid, oid);
    return key;
}

static enum post_outcome put_as(const char *native, const char *text, const char *entry,
                                const struct account_record *lately)
{
    struct arena *arena = arena_new(1 << 20);
    const struct post post = post_of(native, 1, text);
    struct account_record record;
    enum post_outcome outcome = POST_UNSEEN;
    char oid[OID_LENGTH + 1];
    oid_make(aid, native, 0, oid);
    const struct post_change change = {.aid = aid,
                                       .oid = oid,
                                       .post = &post,
                                       .published = clock_now_ms(),
                                       .now = clock_now_ms(),
                                       .trace = "t",
                                       .queue = "work:intake:plaza",
                                       .entry = entry,
                                       .only_new = true,
                                       .account_stamp = lately ? lately->stamp : NULL};
    if (lately)
        record = *lately;
    else
        assert_int_equal(account_load(world.gateway.store, arena, aid, &record), LOOKUP_FOUND);
    assert_true(publish_new_post(&world.gateway, &record, &change, &outcome));
    arena_free(arena);
    return outcome;
}

static enum post_outcome put_new(const char *native, const char *text, const char *entry)
{
    return put_as(native, text, entry, NULL);
}

static void put_new_once(void)
{
    follow("bob", false);
    assert_int_equal(put_new("p1", "hello", NULL), POST_CREATED);
    wait_for_posts(1);
    assert_sent(0, "Create", "https://m.example/inbox");
    wait_until(nothing_left);
    assert_int_equal(put_new("p1", "hello again", NULL), POST_KNOWN);
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    oid_make(aid, "p1", 0, oid);
    assert_string_equal(ask("HGET", post_key(oid), "sent"), "1");
    assert_int_equal(post_remove(world.gateway.store, aid, oid, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_int_equal(put_new("p1", "hello from the grave", NULL), POST_KNOWN);
    assert_string_equal(ask("HGET", post_key(oid), "state"), "gone");
    wait_until(nothing_left);
    assert_int_equal(world.count, 1);
}

static void a_new_post_is_stored_and_told_once(void **state)
{
    (void)state;
    run_world(put_new_once);
}

static void put_new_late(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    assert_int_equal(put_new("p1", "hello", "1-1"), POST_STALE);
    oid_make(aid, "p1", 0, oid);
    assert_string_equal(ask("EXISTS", post_key(oid), NULL), "0");
    wait_until(nothing_left);
    assert_int_equal(world.count, 0);
}

static void what_others_have_worked_off_meanwhile_is_not_told_as_new(void **state)
{
    (void)state;
    run_world(put_new_late);
}

/* The store knows the script that queues, and is told anew of the one that stores: that runs after the other.
 */
static void put_new_in_the_wrong_order(void)
{
    follow("bob", false);
    ask_no_answer("SCRIPT", "FLUSH", NULL, NULL);
    assert_true(publish_renewal(&world.gateway, aid, "x", "t"));
    wait_for_posts(1);
    assert_int_equal(put_new("p1", "hello", NULL), POST_CREATED);
    wait_for_posts(2);
    assert_sent(1, "Create", "https://m.example/inbox");
}

static void a_new_post_is_told_when_the_store_has_forgotten_a_script(void **state)
{
    (void)state;
    run_world(put_new_in_the_wrong_order);
}

static void queue_event(const char *trace)
{
    struct arguments *arguments = arguments_new();
    const char *words[] = {"XADD", "work:intake:plaza", "*", "chain", "u1", "trace", trace};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        arguments_text(arguments, words[i]);
    reply_free(store_run(world.gateway.store, arguments));
}

/* Told behind its event, by what was known of the account before: only where it is alone and that still
 * holds. */
static void put_new_at_once(void)
{
    struct arena *arena = arena_new(1 << 20);
    struct account_record lately;
    char key[64];
    (void)snprintf(key, sizeof key, "account:%s", aid);
    follow("bob", false);
    assert_int_equal(account_load(world.gateway.store, arena, aid, &lately), LOOKUP_FOUND);
    assert_int_equal(put_as("p1", "its event is not queued", NULL, &lately), POST_KNOWN);
    queue_event("other");
    assert_int_equal(put_as("p1", "another is", NULL, &lately), POST_KNOWN);
    queue_event("t");
    assert_int_equal(put_as("p1", "another is in front of it", NULL, &lately), POST_KNOWN);
    ask("DEL", "work:intake:plaza", NULL);
    queue_event("t");
    ask_no_answer("HSET", key, "state", "paused");
    assert_int_equal(put_as("p1", "the account is paused", NULL, &lately), POST_KNOWN);
    ask_no_answer("HSET", key, "state", "on");
    ask_no_answer("HSET", key, "hold", "30000");
    assert_int_equal(put_as("p1", "its posts are held", NULL, &lately), POST_KNOWN);
    ask_no_answer("HSET", key, "hold", "0");
    assert_int_equal(put_as("p1", "all is as it was", NULL, &lately), POST_CREATED);
    wait_for_posts(1);
    wait_until(nothing_left);
    assert_int_equal(put_as("p1", "all is as it was", NULL, &lately), POST_KNOWN);
    assert_int_equal(world.count, 1);
    arena_free(arena);
}

static void a_lone_event_is_told_at_once_only_when_nothing_has_changed(void **state)
{
    (void)state;
    run_world(put_new_at_once);
}

/* ---- signed ahead ---- */

static size_t taken_ahead(void)
{
    return ahead_taken(world.gateway.delivery->ahead);
}

static void put_and_wait(const char *native)
{
    size_t count = world.count + 1;
    assert_int_equal(put_new(native, native, NULL), POST_CREATED);
    wait_for_posts(count);
    wait_until(nothing_left);
    assert_int_equal(world.count, count);
}

static void change_key(void)
{
    unsigned char *sealed = NULL;
    size_t sealed_length = 0;
    free(world.pem);
    signer_make_key(&world.gateway, &world.pem, &sealed, &sealed_length);
    assert_int_equal(account_key_next(world.gateway.store, aid, world.pem, sealed, sealed_length),
                     LOOKUP_FOUND);
    assert_int_equal(account_key_switch(world.gateway.store, aid), LOOKUP_FOUND);
    free(sealed);
}

/* That each fits what is sent, fetch_start looks at. */
static void sign_ahead(void)
{
    follow("bob", true);
    put_and_wait("p1");
    assert_int_equal(taken_ahead(), 0);
    put_and_wait("p2");
    assert_int_equal(taken_ahead(), 1);
    /* it goes elsewhere now */
    assert_true(delivery_follower_remove(&world.gateway, aid, "https://m.example/users/bob"));
    follow("eve", true);
    put_and_wait("p3");
    assert_int_equal(taken_ahead(), 1);
    put_and_wait("p4");
    assert_int_equal(taken_ahead(), 2);
    change_key();
    put_and_wait("p5");
    assert_int_equal(taken_ahead(), 2);
    put_and_wait("p6");
    assert_int_equal(taken_ahead(), 3);
}

static void what_was_signed_ahead_is_used_where_it_fits(void **state)
{
    (void)state;
    run_world(sign_ahead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_post_is_stored_and_told_once),
        cmocka_unit_test(what_others_have_worked_off_meanwhile_is_not_told_as_new),
        cmocka_unit_test(a_new_post_is_told_when_the_store_has_forgotten_a_script),
        cmocka_unit_test(a_lone_event_is_told_at_once_only_when_nothing_has_changed),
        cmocka_unit_test(what_was_signed_ahead_is_used_where_it_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
