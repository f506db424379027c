#include "edge_world.h"

static struct world world;

static int teardown(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

enum { BODY = 100000, HELD = 250000 };

static int setup_small(void **state)
{
    (void)state;
    struct http_options options = default_options();
    options.body_max = BODY;
    options.held_max = HELD;
    world_open(&world, options, false);
    return 0;
}

static int setup_narrow(void **state)
{
    (void)state;
    struct http_options options = default_options();
    options.connections_max = 3;
    world_open(&world, options, false);
    return 0;
}

static int let_in_by_path(void *context, const struct http_request *request, unsigned *retry_after_s)
{
    (void)context;
    *retry_after_s = 17;
    return strcmp(http_request_path(request), "/often") == 0  ? 429
           : strcmp(http_request_path(request), "/full") == 0 ? 503
                                                              : 0;
}

static int setup_picky(void **state)
{
    (void)state;
    struct http_options options = default_options();
    options.admit = let_in_by_path;
    world_open(&world, options, false);
    return 0;
}

static void run_for(int64_t milliseconds)
{
    struct loop_timer *tick = loop_timer_new(world.loop, pause_ended, &world);
    int64_t end = loop_monotonic_ms() + milliseconds;
    for (int64_t left = milliseconds; left > 0; left = end - loop_monotonic_ms()) {
        loop_timer_set(tick, left);
        loop_run(world.loop);
    }
    loop_timer_free(tick);
}

static void past_the_maximum_a_request_that_stands_still_makes_room(void **state)
{
    (void)state;
    struct client slow[3];
    for (int i = 0; i < 3; i++) {
        slow[i] = client_connect(&world);
        client_send(&slow[i], i == 1 ? "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"
                                     : "GET / HTTP/1.1\r\nHost: a\r\n");
        while (http_server_connections(world.server) < (size_t)i + 1)
            run_for(5);
    }
    run_for(1200);
    struct client honest = client_connect(&world);
    client_send(&honest, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&honest, "end\n");
    expect_close(&slow[0]);
    client_send(&slow[2], "\r\n");
    expect(&slow[2], "end\n");
    client_close(&honest);
    for (int i = 0; i < 3; i++)
        client_close(&slow[i]);
}

static void send_start(struct client *client, size_t length)
{
    static char text[BODY + 200];
    int head = snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", BODY);
    memset(text + head, 'x', length);
    text[(size_t)head + length] = '\0';
    client_send(client, text);
}

static void past_what_may_be_held_large_requests_go_and_small_ones_stay(void **state)
{
    (void)state;
    struct client small = client_connect(&world);
    client_send(&small, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    struct client large[4];
    for (int i = 0; i < 4; i++) {
        large[i] = client_connect(&world);
        send_start(&large[i], BODY - 1000);
        run_for(100);
    }
    expect(&large[0], "HTTP/1.1 503 Service Unavailable\r\n");
    expect(&large[0], "\r\nRetry-After: 10\r\n");
    expect_close(&large[0]);
    assert_int_equal(world.handled, 0);
    client_send(&small, "cd");
    expect(&small, "body=abcd");
    client_close(&small);
    for (int i = 0; i < 4; i++)
        client_close(&large[i]);
}

static void what_was_held_is_free_again(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct client client = client_connect(&world);
        static char rest[BODY + 1];
        send_start(&client, 1000);
        memset(rest, 'y', BODY - 1000);
        rest[BODY - 1000] = '\0';
        client_send(&client, rest);
        expect(&client, "HTTP/1.1 200 ");
        client_close(&client);
    }
    assert_int_equal(world.handled, 10);
}

static void an_announced_length_costs_nothing(void **state)
{
    (void)state;
    struct client many[20];
    for (int i = 0; i < 20; i++) {
        many[i] = client_connect(&world);
        send_start(&many[i], 10);
    }
    run_for(100);
    struct client honest = client_connect(&world);
    client_send(&honest, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd");
    expect(&honest, "body=abcd");
    for (int i = 0; i < 20; i++) {
        assert_false(many[i].closed);
        client_close(&many[i]);
    }
    client_close(&honest);
}

static void a_request_is_refused_before_its_body_is_read(void **state)
{
    (void)state;
    struct client client = client_connect(&world);
    client_send(&client, "POST /often HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
    expect(&client, "HTTP/1.1 429 Too Many Requests\r\n");
    expect(&client, "\r\nRetry-After: 17\r\n");
    expect_close(&client);
    client_close(&client);
    client = client_connect(&world);
    client_send(&client, "GET /full HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&client, "HTTP/1.1 503 ");
    expect_close(&client);
    assert_int_equal(world.handled, 0);
    client_close(&client);
    client = client_connect(&world);
    client_send(&client, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&client, "end\n");
    client_close(&client);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(past_the_maximum_a_request_that_stands_still_makes_room, setup_narrow),
        TEST(past_what_may_be_held_large_requests_go_and_small_ones_stay, setup_small),
        TEST(what_was_held_is_free_again, setup_small),
        TEST(an_announced_length_costs_nothing, setup_small),
        TEST(a_request_is_refused_before_its_body_is_read, setup_picky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
