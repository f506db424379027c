#include "edge_world.h"

static int setup(void **state)
{
    static struct world world;
    world_open(&world, default_options(), false);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    world_close(*state);
    return 0;
}

static void a_request_is_understood_and_answered(void **state)
{
    struct client client = client_connect(*state);
    client_send(&client, "POST /u/a%62c//./x/../inbox?a=1&b=%2Fz HTTP/1.1\r\nHost: Example.ORG:8080\r\n"
                         "Signature:  keyId=\"k\" \r\nX-CUSTOM: v\r\nContent-Length: 5\r\n\r\nhello");
    expect(&client, "end\n");
    const char *answer = buffer_text(&client.received);
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\nDate: "));
    assert_non_null(strstr(answer, " GMT\r\nContent-Type: text/plain\r\nContent-Length: "));
    assert_non_null(strstr(answer, "method=POST\npath=/u/abc/inbox\nquery=a=1&b=%2Fz\n"));
    assert_non_null(strstr(answer, "target=/u/a%62c//./x/../inbox?a=1&b=%2Fz\n"));
    assert_non_null(strstr(answer, "authority=example.org:8080\nscheme=http\npeer=127.0.0.1\n"));
    assert_non_null(strstr(answer, "signature=keyId=\"k\"\n"));
    assert_non_null(strstr(answer, "x-custom=v\nsignature-input=(none)\nhost=Example.ORG:8080\n"));
    assert_non_null(strstr(answer, "body=hello\n"));
    client_close(&client);
}

static void a_header_value_cannot_begin_another_header(void **state)
{
    struct client client = client_connect(*state);
    client_send(&client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&client, "end\n");
    const char *answer = buffer_text(&client.received);
    assert_non_null(strstr(answer, "X-Good: yes\r\n"));
    assert_non_null(strstr(answer, "X-Last: kept\r\n"));
    assert_null(strstr(answer, "Set-Cookie"));
    assert_null(strstr(answer, "Evil"));
    client_close(&client);
}

static void one_connection_carries_many_requests(void **state)
{
    struct world *world = *state;
    struct client client = client_connect(world);
    for (int i = 0; i < 5; i++) {
        forget_received(&client);
        client_send(&client, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(&client, "end\n");
        assert_null(strstr(buffer_text(&client.received), "Connection: close"));
    }
    assert_int_equal(http_server_connections(world->server), 1);
    client_close(&client);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct world *world = *state;
    struct client client = client_connect(world);
    client_send(&client, "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
                         "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
                         "\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\nGET /5 HT");
    expect(&client, "path=/1\n");
    while (!world->kept_count)
        loop_run(world->loop);
    assert_null(strstr(buffer_text(&client.received), "path=/3"));
    http_answer_text(world->kept[0], 410, "gone\n");
    world->kept[0] = NULL;
    expect(&client, "path=/4\n");
    client_send(&client, "TP/1.1\r\nHost: a\r\n\r\n");
    expect(&client, "path=/5\n");
    const char *gone = strstr(buffer_text(&client.received), "HTTP/1.1 410 Gone\r\n");
    assert_non_null(gone);
    assert_true(gone < strstr(buffer_text(&client.received), "path=/3\n"));
    client_close(&client);
}

static void the_answer_to_head_has_no_body(void **state)
{
    struct client client = client_connect(*state);
    client_send(&client, "HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&client, "\r\n\r\n");
    client_send(&client, "GET /accepted HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&client, "HTTP/1.1 202 Accepted\r\n");
    const char *answer = buffer_text(&client.received);
    assert_non_null(strstr(answer, "Content-Length: 2097152\r\n"));
    const char *end = strstr(answer, "\r\n\r\n");
    assert_memory_equal(end + 4, "HTTP/1.1 202 Accepted\r\n", 23);
    assert_non_null(strstr(answer, "Content-Length: 0\r\n"));
    client_close(&client);
}

static void not_modified_has_neither_body_nor_length(void **state)
{
    struct client client = client_connect(*state);
    client_send(&client,
                "GET /unchanged HTTP/1.1\r\nHost: a\r\n\r\nGET /accepted HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&client, "202 Accepted");
    const char *answer = buffer_text(&client.received);
    assert_non_null(strstr(answer, "HTTP/1.1 304 Not Modified\r\n"));
    assert_non_null(strstr(answer, "ETag: \"x\"\r\n"));
    const char *second = strstr(answer, "HTTP/1.1 202");
    assert_true(strstr(answer, "Content-Length") > second);
    client_close(&client);
}

static void lines_of_one_header_are_joined(void **state)
{
    struct client client = client_connect(*state);
    client_send(&client, "GET / HTTP/1.1\r\nHost: a\r\nAccept: application/ld+json; profile=\"p\"\r\n"
                         "Signature: first\r\nUser-Agent: Akkoma\r\naccept: application/activity+json\r\n"
                         "X-Custom:\r\nsignature: second\r\nSignature: third\r\n\r\n");
    expect(&client, "end\n");
    const char *answer = buffer_text(&client.received);
    assert_non_null(strstr(answer, "accept=application/ld+json; profile=\"p\", application/activity+json\n"));
    assert_non_null(strstr(answer, "signature=first, second, third\n"));
    assert_non_null(strstr(answer, "x-custom=\n"));
    assert_non_null(strstr(answer, "user-agent=Akkoma\n"));
    client_close(&client);
}

static void a_client_may_leave_before_its_answer(void **state)
{
    struct world *world = *state;
    struct client client = client_connect(world);
    client_send(&client, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!world->kept_count)
        loop_run(world->loop);
    assert_int_equal(http_server_pending(world->server), 1);
    client_close(&client);
    struct client other = client_connect(world);
    client_send(&other, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(&other, "end\n");
    assert_int_equal(http_server_connections(world->server), 1);
    assert_string_equal(http_request_path(world->kept[0]), "/later");
    http_answer_text(world->kept[0], 200, "nobody hears this\n");
    world->kept[0] = NULL;
    assert_int_equal(http_server_pending(world->server), 0);
    client_close(&other);
}

static void an_old_client_is_closed_unless_it_asks(void **state)
{
    struct client client = client_connect(*state);
    client_send(&client, "GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n");
    expect(&client, "end\n");
    assert_non_null(strstr(buffer_text(&client.received), "Connection: keep-alive\r\n"));
    client_send(&client, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    expect_close(&client);
    assert_non_null(strstr(buffer_text(&client.received), "Connection: close\r\n"));
    assert_int_equal(count_of(&client, "end\n"), 2);
    client_close(&client);
}

static void a_body_is_invited_when_asked(void **state)
{
    struct client client = client_connect(*state);
    client_send(&client, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    expect(&client, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(&client, "body");
    expect(&client, "body=body\nend\n");
    client_close(&client);
}

static void a_request_in_single_bytes_is_understood(void **state)
{
    struct world *world = *state;
    struct client client = client_connect(world);
    const char *text = "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345";
    int on = 1;
    (void)setsockopt(client.descriptor, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    struct loop_timer *tick = loop_timer_new(world->loop, pause_ended, world);
    for (; *text; text++) {
        client_send(&client, (char[]){*text, '\0'});
        loop_timer_set(tick, 1);
        loop_run(world->loop);
    }
    loop_timer_free(tick);
    expect(&client, "path=/slow\n");
    expect(&client, "body=12345\nend\n");
    client_close(&client);
}

static void a_large_answer_reaches_a_slow_reader_whole(void **state)
{
    struct world *world = *state;
    struct client client = {.world = world, .descriptor = socket(AF_INET, SOCK_STREAM, 0)};
    buffer_init(&client.received, 16 << 20);
    int small = 4096;
    (void)setsockopt(client.descriptor, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(client.descriptor, (struct sockaddr *)&world->address, world->address_length),
                     0);
    const char *requests = "GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_true(send(client.descriptor, requests, strlen(requests), MSG_NOSIGNAL) > 0);
    /* A second client is served while the first does not read at all. */
    struct client other = client_connect(world);
    for (int i = 0; i < 20; i++) {
        forget_received(&other);
        client_send(&other, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(&other, "end\n");
    }
    expect(&client, "path=/after\n");
    const char *body = strstr(client.received.bytes, "\r\n\r\n") + 4;
    assert_memory_equal(body, world->big, BIG);
    assert_memory_equal(body + BIG, "HTTP/1.1 200 OK\r\n", 17);
    client_close(&client);
    client_close(&other);
}

static void three_hundred_connections_are_served_at_once(void **state)
{
    struct world *world = *state;
    enum { MANY = 300 };
    struct client *clients = calloc(MANY, sizeof *clients);
    for (int i = 0; i < MANY; i++) {
        clients[i] = client_connect(world);
        client_send(&clients[i], "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    while (world->kept_count < MANY)
        loop_run(world->loop);
    assert_int_equal(http_server_connections(world->server), MANY);
    assert_int_equal(http_server_pending(world->server), MANY);
    for (int i = MANY; i-- > 0;) {
        http_answer_text(world->kept[i], 200, "served\n");
        world->kept[i] = NULL;
    }
    for (int i = 0; i < MANY; i++) {
        expect(&clients[i], "served\n");
        client_close(&clients[i]);
    }
    free(clients);
}

static void an_ipv6_listener_serves(void **state)
{
    (void)state;
    static struct world world;
    world_open(&world, default_options(), true);
    struct client client = client_connect(&world);
    client_send(&client, "GET http://[::1]:80/x?y HTTP/1.1\r\nHost: other\r\n\r\n");
    expect(&client, "peer=::1\n");
    expect(&client, "target=/x?y\nauthority=[::1]:80\n");
    client_close(&client);
    world_close(&world);
}

static void two_servers_share_a_port(void **state)
{
    struct world *world = *state;
    struct http_options options = default_options();
    options.listen = world->listen;
    char error[100];
    struct http_server *second = http_server_new(world->loop, &options, handle, world, error, sizeof error);
    assert_non_null(second);
    for (int i = 0; i < 20; i++) {
        struct client client = client_connect(world);
        client_send(&client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(&client, "end\n");
        client_close(&client);
    }
    http_server_free(second);
}

static void a_listener_that_cannot_be_is_explained(void **state)
{
    struct world *world = *state;
    static const char *const wrong[] = {"localhost:80", "127.0.0.1", "127.0.0.1:",   "127.0.0.1:99999",
                                        "[::1:80",      "::1:80",    "127.0.0.1:8o", "[127.0.0.1]:80"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct http_options options = default_options();
        options.listen = wrong[i];
        char error[200] = "";
        assert_null(http_server_new(world->loop, &options, handle, world, error, sizeof error));
        assert_non_null(strstr(error, "listen"));
    }
    struct http_options options = default_options();
    options.listen = world->listen;
    options.trusted_proxies = "10.0.0.0/8, proxy.example";
    char error[200] = "";
    assert_null(http_server_new(world->loop, &options, handle, world, error, sizeof error));
    assert_non_null(strstr(error, "proxy.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_understood_and_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_header_value_cannot_begin_another_header, setup, teardown),
        cmocka_unit_test_setup_teardown(one_connection_carries_many_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(the_answer_to_head_has_no_body, setup, teardown),
        cmocka_unit_test_setup_teardown(not_modified_has_neither_body_nor_length, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_of_one_header_are_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_may_leave_before_its_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(an_old_client_is_closed_unless_it_asks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_is_invited_when_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_in_single_bytes_is_understood, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_answer_reaches_a_slow_reader_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(three_hundred_connections_are_served_at_once, setup, teardown),
        cmocka_unit_test(an_ipv6_listener_serves),
        cmocka_unit_test_setup_teardown(two_servers_share_a_port, setup, teardown),
        cmocka_unit_test_setup_teardown(a_listener_that_cannot_be_is_explained, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
