#include "edge_world.h"

static struct world world;

static int teardown(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    world_open(&world, default_options(), false);
    return 0;
}

static int setup_hasty(void **state)
{
    (void)state;
    struct http_options options = default_options();
    options.header_timeout_ms = options.body_timeout_ms = options.idle_timeout_ms = 200;
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

static int setup_behind_proxy(void **state)
{
    (void)state;
    struct http_options options = default_options();
    options.trusted_proxies = "10.0.0.0/8 , 127.0.0.0/30,fd00::/8";
    world_open(&world, options, false);
    return 0;
}

struct refusal {
    const char *request, *status;
};

/* Each is answered once and the connection closed; what follows in it is not taken for a request. */
static void refused(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct client client = client_connect(&world);
        client_send(&client, refusals[i].request);
        expect_close(&client);
        char line[64];
        (void)snprintf(line, sizeof line, "HTTP/1.1 %s", refusals[i].status);
        const char *answer = buffer_text(&client.received);
        if (strncmp(answer, line, strlen(line)) != 0)
            fail_msg("%s: expected %s, came: %s", refusals[i].request, line, answer);
        assert_non_null(strstr(answer, "Connection: close\r\n"));
        assert_int_equal(count_of(&client, "\r\nDate: "), 1);
        client_close(&client);
    }
    assert_int_equal(world.handled, 0);
}
#define REFUSED(list) refused(list, sizeof(list) / sizeof(list)[0])

static void lengths_that_are_wrong_or_missing_are_refused(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"POST /inbox HTTP/1.1\r\nHost: a\r\n\r\n", "411"},
        {"PUT /inbox HTTP/1.1\r\nHost: a\r\n\r\n", "411"},
        {"POST /inbox HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
         "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
         "411"},
        {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", "411"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
         "0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
         "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", "413"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\nhello", "413"},
    };
    REFUSED(refusals);
}

static void heads_that_two_readers_may_read_differently_are_refused(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nDate: x\r\nDate: x\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nDigest : x\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", "400"},
        {"GET / HTTP/1.1\nHost: a\n\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n", "400"},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400"},
        {"GET /\r\nHost: a\r\n\r\n", "400"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
        {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET /a%0d%0ab HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET /a%4 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", "417"},
    };
    REFUSED(refusals);
}

static void headers_past_their_maximum_are_refused(void **state)
{
    (void)state;
    struct buffer request;
    buffer_init(&request, 64 << 10);
    buffer_add_string(&request, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    for (int i = 0; i < 5000; i++)
        buffer_add_char(&request, 'x');
    struct refusal endless = {buffer_text(&request), "431"};
    refused(&endless, 1);
    buffer_add_string(&request, "\r\n\r\n");
    struct refusal whole = {buffer_text(&request), "431"};
    refused(&whole, 1);
    buffer_clear(&request);
    buffer_add_string(&request, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 100; i++)
        buffer_format(&request, "X-%d: y\r\n", i);
    buffer_add_string(&request, "\r\n");
    struct refusal many = {buffer_text(&request), "431"};
    refused(&many, 1);
    buffer_clear(&request);
}

static void a_body_of_the_maximum_is_taken(void **state)
{
    (void)state;
    char request[1200];
    int length = snprintf(request, sizeof request,
                          "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n%01000d", 7);
    assert_true(length > 1000);
    struct client client = client_connect(&world);
    client_send(&client, request);
    expect(&client, "0007\nend\n");
    client_close(&client);
}

/* Bytes that trickle in do not put the deadline off. */
static void trickles_and_is_cut_off(const char *first, const char *drop)
{
    struct client client = client_connect(&world);
    client_send(&client, first);
    struct loop_timer *tick = loop_timer_new(world.loop, pause_ended, &world);
    int64_t begin = loop_monotonic_ms();
    while (!client.closed && loop_monotonic_ms() < begin + PATIENCE_MS) {
        (void)send(client.descriptor, drop, strlen(drop), MSG_NOSIGNAL);
        loop_timer_set(tick, 20);
        loop_run(world.loop);
    }
    loop_timer_free(tick);
    assert_true(client.closed);
    assert_in_range(loop_monotonic_ms() - begin, 150, 5000);
    assert_int_equal(world.handled, 0);
    if (*first && *first != '\r')
        assert_memory_equal(buffer_text(&client.received), "HTTP/1.1 408 Request Timeout\r\n", 30);
    client_close(&client);
}

static void slow_headers_are_cut_off(void **state)
{
    (void)state;
    trickles_and_is_cut_off("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n");
    trickles_and_is_cut_off("\r\n", "\r\n");
}

static void a_slow_body_is_cut_off(void **state)
{
    (void)state;
    trickles_and_is_cut_off("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n", "x");
}

static void idle_connections_are_closed(void **state)
{
    (void)state;
    struct client silent = client_connect(&world);
    struct client idle = client_connect(&world);
    client_send(&idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&idle, "end\n");
    expect_close(&idle);
    expect_close(&silent);
    assert_int_equal(silent.received.length, 0);
    assert_int_equal(count_of(&idle, "HTTP/1.1"), 1);
    client_close(&silent);
    client_close(&idle);
}

static void a_handler_may_take_longer_than_any_deadline(void **state)
{
    (void)state;
    struct client client = client_connect(&world);
    client_send(&client, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    struct loop_timer *tick = loop_timer_new(world.loop, pause_ended, &world);
    int64_t begin = loop_monotonic_ms();
    while (loop_monotonic_ms() < begin + 600) {
        loop_timer_set(tick, 100);
        loop_run(world.loop);
    }
    loop_timer_free(tick);
    assert_int_equal(world.kept_count, 1);
    http_answer_text(world.kept[0], 200, "patience\n");
    world.kept[0] = NULL;
    expect(&client, "patience\n");
    client_close(&client);
}

static void a_reader_that_never_reads_is_cut_off(void **state)
{
    (void)state;
    struct client client = client_connect(&world);
    const char *request = "GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /big HTTP/1.1\r\nHost: a\r\n\r\n"
                          "GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /big HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_true(send(client.descriptor, request, strlen(request), MSG_NOSIGNAL) > 0);
    struct loop_timer *tick = loop_timer_new(world.loop, pause_ended, &world);
    int64_t begin = loop_monotonic_ms();
    do {
        loop_timer_set(tick, 20);
        loop_run(world.loop);
    } while (http_server_connections(world.server) && loop_monotonic_ms() < begin + PATIENCE_MS);
    loop_timer_free(tick);
    assert_int_equal(http_server_connections(world.server), 0);
    client_close(&client);
}

static void past_the_maximum_an_idle_connection_makes_room(void **state)
{
    (void)state;
    struct client clients[5];
    for (int i = 0; i < 4; i++) {
        clients[i] = client_connect(&world);
        client_send(&clients[i],
                    i == 0 ? "GET / HTTP/1.1\r\nHost: a\r\n\r\n" : "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
        if (i == 0)
            expect(&clients[i], "end\n");
        while (world.kept_count < (size_t)i)
            loop_run(world.loop);
    }
    expect_close(&clients[0]);
    assert_int_equal(http_server_connections(world.server), 3);
    clients[4] = client_connect(&world);
    client_listen(&clients[4]);
    expect_close(&clients[4]);
    assert_memory_equal(buffer_text(&clients[4].received), "HTTP/1.1 503 ", 13);
    for (int i = 0; i < 5; i++)
        client_close(&clients[i]);
}

static void draining_finishes_what_is_in_flight(void **state)
{
    (void)state;
    struct client waiting = client_connect(&world);
    client_send(&waiting, "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    struct client idle = client_connect(&world);
    client_send(&idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&idle, "end\n");
    while (!world.kept_count)
        loop_run(world.loop);
    struct client early = client_connect(&world);
    http_server_drain(world.server);
    expect_close(&idle);
    client_send(&early, "GET /early HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&early, "path=/early\n");
    expect_close(&early);
    int late = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&world.address, world.address_length), -1);
    (void)close(late);
    assert_int_equal(http_server_pending(world.server), 1);
    http_answer_text(world.kept[0], 200, "finished\n");
    world.kept[0] = NULL;
    expect(&waiting, "finished\n");
    expect_close(&waiting);
    assert_non_null(strstr(buffer_text(&waiting.received), "Connection: close\r\n"));
    assert_null(strstr(buffer_text(&waiting.received), "never"));
    client_close(&waiting);
    client_close(&idle);
    client_close(&early);
    struct loop_timer *tick = loop_timer_new(world.loop, pause_ended, &world);
    for (int i = 0; i < 100 && http_server_connections(world.server); i++) {
        loop_timer_set(tick, 20);
        loop_run(world.loop);
    }
    loop_timer_free(tick);
    assert_int_equal(http_server_connections(world.server), 0);
}

static const char forwarded[] = "GET /a//b?q=%41 HTTP/1.1\r\nHost: inner:8080\r\n"
                                "X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.1.2.3\r\n"
                                "X-Forwarded-For: 127.0.0.2\r\nX-Forwarded-Proto: https\r\n"
                                "X-Forwarded-Host: Social.Example\r\nX-Forwarded-Uri: /%61//b?q=%41\r\n\r\n";

static void a_trusted_proxy_is_believed(void **state)
{
    (void)state;
    struct client client = client_connect(&world);
    client_send(&client, forwarded);
    expect(&client, "end\n");
    const char *answer = buffer_text(&client.received);
    assert_non_null(strstr(answer, "path=/a/b\n"));
    assert_non_null(strstr(answer, "target=/%61//b?q=%41\n"));
    assert_non_null(strstr(answer, "authority=social.example\n"));
    assert_non_null(strstr(answer, "scheme=https\n"));
    assert_non_null(strstr(answer, "peer=198.51.100.7\n"));
    forget_received(&client);
    /* The client's own header, passed on by a proxy that does not set it, cannot name another resource. */
    client_send(&client, "GET /mine HTTP/1.1\r\nHost: a\r\nX-Original-URI: /yours\r\n"
                         "X-Forwarded-For: nonsense, 2001:db8::1\r\nX-Forwarded-Proto: gopher\r\n"
                         "X-Forwarded-Host: a/b\r\n\r\n");
    expect(&client, "end\n");
    answer = buffer_text(&client.received);
    assert_non_null(strstr(answer, "target=/mine\n"));
    assert_non_null(strstr(answer, "authority=a\n"));
    assert_non_null(strstr(answer, "scheme=http\n"));
    assert_non_null(strstr(answer, "peer=2001:db8::1\n"));
    client_close(&client);
}

static void anybody_else_is_not_believed(void **state)
{
    (void)state;
    struct client client = client_connect(&world);
    client_send(&client, forwarded);
    expect(&client, "end\n");
    const char *answer = buffer_text(&client.received);
    assert_non_null(strstr(answer, "target=/a//b?q=%41\n"));
    assert_non_null(strstr(answer, "authority=inner:8080\n"));
    assert_non_null(strstr(answer, "scheme=http\n"));
    assert_non_null(strstr(answer, "peer=127.0.0.1\n"));
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lengths_that_are_wrong_or_missing_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(heads_that_two_readers_may_read_differently_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(headers_past_their_maximum_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_of_the_maximum_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(slow_headers_are_cut_off, setup_hasty, teardown),
        cmocka_unit_test_setup_teardown(a_slow_body_is_cut_off, setup_hasty, teardown),
        cmocka_unit_test_setup_teardown(idle_connections_are_closed, setup_hasty, teardown),
        cmocka_unit_test_setup_teardown(a_handler_may_take_longer_than_any_deadline, setup_hasty, teardown),
        cmocka_unit_test_setup_teardown(a_reader_that_never_reads_is_cut_off, setup_hasty, teardown),
        cmocka_unit_test_setup_teardown(past_the_maximum_an_idle_connection_makes_room, setup_narrow,
                                        teardown),
        cmocka_unit_test_setup_teardown(draining_finishes_what_is_in_flight, setup, teardown),
        cmocka_unit_test_setup_teardown(a_trusted_proxy_is_believed, setup_behind_proxy, teardown),
        cmocka_unit_test_setup_teardown(anybody_else_is_not_believed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
