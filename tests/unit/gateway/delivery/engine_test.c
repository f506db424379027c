/* What the engine of a worker owes to each post, from its first delivery to its last. */
#include "engine_world.h"

static void put_post(const char *native, uint64_t revision, int64_t hold_ms, char oid[OID_LENGTH + 1])
{
    const struct post post = post_of(native, revision, "hello");
    enum post_outcome outcome;
    oid_make(aid, native, 0, oid);
    const struct post_change change = {.aid = aid,
                                       .oid = oid,
                                       .post = &post,
                                       .published = clock_now_ms(),
                                       .now = clock_now_ms(),
                                       .hold_ms = hold_ms};
    assert_int_equal(post_put(world.gateway.store, &change, &outcome), LOOKUP_FOUND);
}

/* ---- what must hold
 * -------------------------------------------------------------------------------------------- */

static void post_edit_delete(void)
{
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    follow("bob", false);
    follow("carol", false);
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    assert_true(publish_post(&world.gateway, aid, oid, "t")); /* again: nothing new to say */
    put_post("p1", 2, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(2);
    assert_int_equal(post_remove(world.gateway.store, aid, oid, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_true(publish_owed_delete(&world.gateway, aid, "p1", "t"));
    assert_true(publish_post_delete(&world.gateway, aid, oid, "t"));
    wait_for_posts(3);
    wait_until(nothing_left);
    assert_int_equal(world.count, 3);
    assert_sent(0, "Create", "https://m.example/inbox");
    assert_sent(1, "Update", "https://m.example/inbox");
    assert_sent(2, "Delete", "https://m.example/inbox");
    const char *why = NULL;
    char url[128];
    (void)snprintf(url, sizeof url, "https://us.example/u/%s/p/%s", aid, oid);
    json_t *ledger = ledger_query(&world.gateway, url, &why);
    assert_non_null(ledger);
    const json_t *host = json_array_get(json_object_get(ledger, "hosts"), 0);
    assert_string_equal(json_string_value(json_object_get(host, "host")), "m.example");
    assert_string_equal(json_string_value(json_object_get(host, "delete")), "accepted");
    assert_int_equal(json_integer_value(json_object_get(host, "code")), 202);
    json_decref(ledger);
    ledger = ledger_query(&world.gateway, "m.example", &why);
    assert_string_equal(json_string_value(json_object_get(ledger, "state")), "healthy");
    json_decref(ledger);
    assert_null(ledger_query(&world.gateway, "never.example", &why));
    assert_non_null(why);
    ledger = ledger_query(&world.gateway, "@alice@us.example", &why);
    assert_string_equal(json_string_value(json_object_get(ledger, "kind")), "account");
    json_decref(ledger);
    ledger = ledger_hosts(&world.gateway, "dead", &why);
    assert_int_equal(json_array_size(ledger), 0);
    json_decref(ledger);
}

static void a_post_its_edit_and_its_delete_arrive_in_order_and_once(void **state)
{
    (void)state;
    run_world(post_edit_delete);
}

static void knocks(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    world.status = 401;
    world.status_rfc9421 = 202;
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(2);
    assert_false(world.log[0].rfc9421);
    assert_true(world.log[1].rfc9421);
    assert_string_equal(world.log[0].id, world.log[1].id);
    put_post("p2", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(3);
    wait_until(nothing_left);
    assert_int_equal(world.count, 3);
    assert_true(world.log[2].rfc9421); /* remembered */
    assert_true(world.log[2].has_signature && world.log[2].has_digest);
}

static void a_refused_signature_is_tried_in_the_other_scheme_which_is_remembered(void **state)
{
    (void)state;
    run_world(knocks);
}

static bool follower_is_forgotten(void)
{
    return strcmp(ask("HLEN", "followers:aaaaaaaaaaaaa", NULL), "0") == 0;
}

static void gone_follower(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", true);
    world.status = 410;
    world.status_get = 410;
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    wait_until(follower_is_forgotten);
    assert_true(world.gets > 0);
}

static void a_follower_whose_inbox_is_gone_is_forgotten_once_its_server_confirms(void **state)
{
    (void)state;
    run_world(gone_follower);
}

static bool inbox_has_moved(void)
{
    return strstr(ask("HGET", "inboxes", "1"), "https://m.example/new-inbox") != NULL;
}

static void moved_inbox(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    world.status = 301;
    world.status_get = 200;
    world.document = "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"type\":\"Person\","
                     "\"id\":\"https://m.example/users/bob\",\"preferredUsername\":\"bob\","
                     "\"inbox\":\"https://m.example/users/bob/inbox\","
                     "\"endpoints\":{\"sharedInbox\":\"https://m.example/new-inbox\"}}";
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    wait_until(inbox_has_moved);
    world.status = 202;
    put_post("p2", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(2);
    assert_sent(0, "Create", "https://m.example/inbox");
    assert_sent(1, "Create", "https://m.example/new-inbox");
    assert_string_equal(ask("HGET", "inbox_numbers", "https://m.example/new-inbox"), "1");
    assert_string_equal(ask("HGET", "inbox_numbers", "https://m.example/inbox"), "");
    assert_string_equal(ask("ZCARD", "delays", NULL), "1");
}

static void an_inbox_that_moved_is_looked_up_and_gets_what_follows(void **state)
{
    (void)state;
    run_world(moved_inbox);
}

static bool account_is_gone(void)
{
    return strcmp(ask("HGET", "account:aaaaaaaaaaaaa", "state"), "gone") == 0;
}

static void leaves(void)
{
    char oid[OID_LENGTH + 1];
    bool moved = false;
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    put_post("held", 1, 3600000, oid);
    assert_true(job_queue(&world.gateway, "leave", aid, "t"));
    assert_int_equal(
        account_set_consent(world.gateway.store, aid, CONSENT_ON, CONSENT_LEAVING, clock_now_ms(), &moved),
        LOOKUP_FOUND);
    wait_for_posts(3);
    assert_sent(1, "Delete", "https://m.example/inbox");
    assert_sent(2, "Delete", "https://m.example/inbox");
    assert_non_null(strstr(world.log[1].id, "/p/"));
    assert_null(strstr(world.log[2].id, "/p/"));
    wait_until(account_is_gone);
    wait_until(nothing_left);
    assert_int_equal(world.count, 3);
    assert_string_equal(ask("HEXISTS", "account:aaaaaaaaaaaaa", "private_key"), "0");
}

static void who_leaves_takes_each_post_back_then_the_account_and_is_gone(void **state)
{
    (void)state;
    run_world(leaves);
}

static void holds(void)
{
    char oid[OID_LENGTH + 1];
    char deleted[OID_LENGTH + 1];
    enum post_outcome outcome;
    follow("bob", false);
    put_post("p1", 1, 300, oid);
    put_post("p2", 1, 300, deleted);
    put_post("p1", 2, 300, oid); /* an edit inside the window folds into the Create */
    assert_int_equal(post_remove(world.gateway.store, aid, deleted, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_int_equal(outcome, POST_UNSEEN);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    assert_int_equal(world.count, 0);
    wait_for_posts(1);
    wait_until(nothing_left);
    assert_int_equal(world.count, 1);
    assert_sent(0, "Create", "https://m.example/inbox");
}

static void a_held_post_leaves_when_its_window_ends_and_a_deleted_one_never(void **state)
{
    (void)state;
    run_world(holds);
}

static json_t *ledger_of(const char *what)
{
    const char *why = NULL;
    json_t *ledger = ledger_query(&world.gateway, what, &why);
    assert_non_null(ledger);
    return ledger;
}

/* A name that nobody knows is no refusal: the Delete waits, and the ledger says what is wrong. */
static void nameless(void)
{
    char oid[OID_LENGTH + 1];
    char url[128];
    enum post_outcome outcome;
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    world.error = FETCH_DNS;
    assert_int_equal(post_remove(world.gateway.store, aid, oid, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_true(publish_post_delete(&world.gateway, aid, oid, "t"));
    wait_for_posts(2);
    (void)snprintf(url, sizeof url, "https://us.example/u/%s/p/%s", aid, oid);
    json_t *ledger = ledger_of(url);
    const json_t *host = json_array_get(json_object_get(ledger, "hosts"), 0);
    assert_string_equal(json_string_value(json_object_get(host, "delete")), "queued");
    assert_string_equal(json_string_value(json_object_get(host, "state")), "unreachable");
    assert_string_equal(json_string_value(json_object_get(host, "failure")), "dns");
    json_decref(ledger);
    ledger = ledger_of("m.example");
    assert_string_equal(json_string_value(json_object_get(ledger, "last_reason")), "dns");
    assert_string_equal(json_string_value(json_object_get(ledger, "state")), "failing");
    json_decref(ledger);
}

static void a_host_whose_name_is_unknown_is_told_apart_from_one_that_refuses(void **state)
{
    (void)state;
    run_world(nameless);
}

static bool is_on_its_way(void)
{
    return world.waiting != NULL;
}

static bool store_is_away(void)
{
    return !store_is_up(world.gateway.store);
}

static void redis_dies(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    world.slow = true;
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_until(is_on_its_way);
    private_redis_kill(&world.redis);
    wait_until(store_is_away);
    loop_soon(world.gateway.loop, hand_over, world.waiting);
    task_sleep(100); /* the result is told in vain */
    assert_int_equal(delivery_pending(&world.gateway), 1);
    private_redis_start(&world.redis);
    assert_true(store_wait(world.gateway.store, DEADLINE_MS));
    wait_until(nothing_left);
    assert_int_equal(world.count, 1);
    assert_int_equal(
        ask("HGET", "exposure:1:0", "1")[0] == 'd' || ask("SCARD", "exposing:1:1", NULL)[0] == '1', 1);
}

static void a_result_that_redis_could_not_take_is_told_again_and_nothing_is_sent_twice(void **state)
{
    (void)state;
    run_world(redis_dies);
}

static bool delete_waits_behind(void)
{
    struct reply *reply = store_call(world.gateway.store, "KEYS", "behind:*", (char *)NULL);
    bool waits = reply_count(reply) == 1;
    reply_free(reply);
    return waits;
}

static void delete_behind_retry(void)
{
    char oid[OID_LENGTH + 1];
    enum post_outcome outcome;
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    world.slow = true;
    world.status = 500;
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_until(is_on_its_way);
    assert_int_equal(post_remove(world.gateway.store, aid, oid, clock_now_ms(), &outcome), LOOKUP_FOUND);
    assert_true(publish_post_delete(&world.gateway, aid, oid, "t"));
    wait_until(delete_waits_behind);
    assert_int_equal(world.count, 1);
    world.slow = false;
    world.status = 202;
    loop_soon(world.gateway.loop, hand_over, world.waiting);
    wait_for_posts(2);
    assert_sent(1, "Delete", "https://m.example/inbox");
    assert_string_equal(ask("ZCARD", "delays", NULL), "1"); /* the Create will find that it is void */
}

static void a_delete_that_came_while_a_create_was_in_flight_does_not_wait_for_its_retry(void **state)
{
    (void)state;
    run_world(delete_behind_retry);
}

static bool lane_is_parked(void)
{
    return strcmp(ask("SCARD", "parked:1", NULL), "1") == 0;
}

static void claims_unknown(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    reply_free(
        store_call(world.gateway.store, "HSET", "host:1", "pause_until", "99999999999999", (char *)NULL));
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_until(lane_is_parked);
    /* As if Redis had died between a claim and its answer: it is in this worker's name, and nobody works on
     * it. All in one go, so that the engine does not come between. */
    ask_no_answer("HDEL", "host:1", "pause_until", NULL);
    ask_no_answer("ZADD", "ready", "0", "1:1");
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, world.gateway.worker_id);
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, 10);
    reply_free(store_script(world.gateway.store, "delivery_claim", arguments));
    assert_string_equal(ask("HLEN", "claims:worker", NULL), "1");
    assert_int_equal(world.count, 0);
    private_redis_kill(&world.redis);
    wait_until(store_is_away);
    private_redis_start(&world.redis);
    assert_true(store_wait(world.gateway.store, DEADLINE_MS));
    wait_for_posts(1);
    wait_until(nothing_left);
    assert_int_equal(world.count, 1);
}

static void what_was_claimed_while_the_answer_was_lost_is_sent_all_the_same(void **state)
{
    (void)state;
    run_world(claims_unknown);
}

static bool has_risen(void)
{
    return strcmp(world.gateway.delivery->name, "worker-1") == 0 &&
           loop_monotonic_ms() < world.gateway.delivery->leased_until;
}

/* It stood still for so long that another worker took what it held: its lease is good again, but not for
 * that.
 */
static void taken_for_dead(void)
{
    char oid[OID_LENGTH + 1];
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    world.slow = true;
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_until(is_on_its_way);
    struct waiting *first = world.waiting;
    assert_true(first->may_send(first->context));
    world.waiting = NULL;
    ask_no_answer("DEL", "worker:worker", "beats_grace", NULL);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "other");
    arguments_number(arguments, clock_now_ms());
    arguments_number(arguments, 10);
    struct reply *reply = store_script(world.gateway.store, "delivery_beat", arguments);
    assert_int_equal(reply_number(reply), 1);
    reply_free(reply);
    wait_until(has_risen);
    assert_false(first->may_send(first->context));
    wait_until(is_on_its_way); /* it took it again, in its new name */
    assert_true(world.waiting->may_send(world.waiting->context));
    world.slow = false;
    loop_soon(world.gateway.loop, hand_over, first);
    loop_soon(world.gateway.loop, hand_over, world.waiting);
    wait_for_posts(2);
    wait_until(nothing_left);
    assert_int_equal(world.count, 2);
}

static void what_was_taken_from_a_worker_that_stood_still_it_may_not_send(void **state)
{
    (void)state;
    run_world(taken_for_dead);
}

static bool is_packed(void)
{
    return strcmp(ask("SCARD", "compactions", NULL), "0") == 0 && nothing_left();
}

static void packs(void)
{
    char oid[OID_LENGTH + 1];
    struct host_list hosts;
    follow("bob", false);
    put_post("p1", 1, 0, oid);
    assert_true(publish_post(&world.gateway, aid, oid, "t"));
    wait_for_posts(1);
    wait_until(is_packed);
    assert_string_equal(ask("EXISTS", "exposing:1:1", NULL), "0");
    assert_true(exposure_of_post(&world.gateway, "1", "1", &hosts));
    assert_int_equal(hosts.count, 1);
    assert_int_equal(hosts.numbers[0], 1);
    host_list_clear(&hosts);
    /* A set too long for a field is kept once for all posts that share it. */
    for (int post = 2; post <= 3; post++) {
        struct arguments *arguments = arguments_new();
        arguments_text(arguments, "SADD");
        arguments_format(arguments, "exposing:1:%d", post);
        for (int host = 1; host <= 4000; host += host % 3 + 1)
            arguments_number(arguments, host);
        reply_free(store_run(world.gateway.store, arguments));
        assert_true(exposure_compact(&world.gateway, "1", post == 2 ? "2" : "3"));
    }
    assert_string_equal(ask("HGET", "exposure:1:0", "2"), ask("HGET", "exposure:1:0", "3"));
    assert_string_equal(ask("HGET", "exposure_set:1", "refs"), "2");
    reply_free(store_call(world.gateway.store, "SADD", "exposing:1:3", "9000", (char *)NULL));
    assert_true(exposure_of_post(&world.gateway, "1", "3", &hosts));
    assert_int_equal(hosts.numbers[hosts.count - 1], 9000);
    host_list_clear(&hosts);
    assert_true(exposure_compact(&world.gateway, "1", "3"));
    assert_string_equal(ask("HGET", "exposure_set:1", "refs"), "1");
    assert_true(exposure_of_post(&world.gateway, "1", "3", &hosts));
    assert_int_equal(hosts.numbers[hosts.count - 1], 9000);
    host_list_clear(&hosts);
}

static void exposure_is_packed_shared_and_read_as_a_whole(void **state)
{
    (void)state;
    run_world(packs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_its_edit_and_its_delete_arrive_in_order_and_once),
        cmocka_unit_test(a_refused_signature_is_tried_in_the_other_scheme_which_is_remembered),
        cmocka_unit_test(a_follower_whose_inbox_is_gone_is_forgotten_once_its_server_confirms),
        cmocka_unit_test(an_inbox_that_moved_is_looked_up_and_gets_what_follows),
        cmocka_unit_test(who_leaves_takes_each_post_back_then_the_account_and_is_gone),
        cmocka_unit_test(a_held_post_leaves_when_its_window_ends_and_a_deleted_one_never),
        cmocka_unit_test(a_result_that_redis_could_not_take_is_told_again_and_nothing_is_sent_twice),
        cmocka_unit_test(a_delete_that_came_while_a_create_was_in_flight_does_not_wait_for_its_retry),
        cmocka_unit_test(what_was_claimed_while_the_answer_was_lost_is_sent_all_the_same),
        cmocka_unit_test(a_host_whose_name_is_unknown_is_told_apart_from_one_that_refuses),
        cmocka_unit_test(what_was_taken_from_a_worker_that_stood_still_it_may_not_send),
        cmocka_unit_test(exposure_is_packed_shared_and_read_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
