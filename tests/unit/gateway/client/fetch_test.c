#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/client/fetch.h"

/* A raw server on a thread: what it answers is named by the path, one connection after the other. */
struct server {
    int listener;
    unsigned port;
    pthread_t thread;
    atomic_int connections;
    atomic_bool stop;
    atomic_bool crowded; /* another connection came while one was open whose client began with TLS … */
    atomic_int crowd_ms; /* … and how long that is waited for, before it is closed */
    char seen[16384];    /* the last request, read by the test after the answer came */
};

static void say(int connection, const char *text)
{
    (void)send(connection, text, strlen(text), MSG_NOSIGNAL);
}

static void answer(struct server *server, int connection, const char *request)
{
    static char block[65536];
    if (strstr(request, " /ok"))
        say(connection,
            "HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 2\r\n\r\n{}");
    else if (strstr(request, " /accepted"))
        say(connection, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    else if (strstr(request, " /redirect"))
        say(connection,
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n");
    else if (strstr(request, " /later"))
        say(connection, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    else if (strstr(request, " /no-http"))
        say(connection, "SSH-2.0-OpenSSH\r\n");
    else if (strstr(request, " /headers")) {
        say(connection, "HTTP/1.1 200 OK\r\n");
        memset(block, 'a', sizeof block - 1);
        say(connection, "X-Big: ");
        say(connection, block);
        if (strstr(request, " /headers-whole"))
            say(connection, "\r\n\r\n");
    } else if (strstr(request, " /big") || strstr(request, " /lies")) {
        say(connection, strstr(request, " /big") ? "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                                                 : "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        memset(block, 'b', sizeof block - 1);
        for (int i = 0; i < 20; i++)
            say(connection, block);
    } else if (strstr(request, " /short"))
        say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    else if (strstr(request, " /drip")) {
        say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        for (int i = 0; i < 200 && !atomic_load(&server->stop); i++) {
            struct pollfd gone = {.fd = connection, .events = POLLIN};
            say(connection, "x");
            if (poll(&gone, 1, 50) > 0)
                break;
        }
    } else if (strstr(request, " /hang")) {
        struct pollfd gone = {.fd = connection, .events = POLLIN};
        (void)poll(&gone, 1, 10000);
    }
}

static bool keeps_alive(const char *request)
{
    return strstr(request, " /ok") || strstr(request, " /accepted") || strstr(request, " /redirect") ||
           strstr(request, " /later");
}

static void serve(struct server *server, int connection)
{
    for (;;) {
        size_t length = 0;
        for (;;) {
            ssize_t more = recv(connection, server->seen + length, sizeof server->seen - 1 - length, 0);
            if (more <= 0)
                return;
            length += (size_t)more;
            server->seen[length] = '\0';
            if (server->seen[0] == 0x16) {
                struct pollfd next = {.fd = server->listener, .events = POLLIN};
                if (poll(&next, 1, atomic_load(&server->crowd_ms)) > 0)
                    atomic_store(&server->crowded, true);
                return;
            }
            const char *end = strstr(server->seen, "\r\n\r\n");
            const char *body = strstr(server->seen, "Content-Length: ");
            size_t wanted = body ? strtoul(body + 16, NULL, 10) : 0;
            if (end && length >= (size_t)(end - server->seen) + 4 + wanted)
                break;
        }
        answer(server, connection, server->seen);
        if (!keeps_alive(server->seen))
            return;
    }
}

static void *server_main(void *context)
{
    struct server *server = context;
    for (;;) {
        int connection = accept(server->listener, NULL, NULL);
        if (connection < 0)
            return NULL;
        atomic_fetch_add(&server->connections, 1);
        serve(server, connection);
        (void)close(connection);
    }
}

static void server_start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    memset(server, 0, sizeof *server);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    for (server->port = 21000; server->port < 22000; server->port++) {
        address.sin_port = htons((uint16_t)server->port);
        if (bind(server->listener, (const void *)&address, sizeof address) == 0)
            break;
    }
    assert_int_equal(listen(server->listener, 64), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, server_main, server), 0);
}

static void server_stop(struct server *server)
{
    atomic_store(&server->stop, true);
    (void)shutdown(server->listener, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->listener);
}

struct world {
    struct loop *loop;
    struct task_pool *tasks;
    struct fetch_client *client;
    struct server server;
    const char *path, *host, *scheme;
    struct fetch_request request;
    struct fetch_result result;
    int left;
};

static int setup(void **state)
{
    static struct world world;
    char error[256];
    world = (struct world){.host = "127.0.0.1", .scheme = "http"};
    world.loop = loop_new();
    world.tasks = task_pool_new(world.loop, 200);
    world.client = fetch_client_new(
        world.loop,
        &(struct fetch_options){
            .lab = true, .user_agent = "drawbridge-test", .per_host_max = 8, .total_max = 100},
        error, sizeof error);
    assert_non_null(world.client);
    server_start(&world.server);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    assert_int_equal(fetch_client_pending(world->client), 0);
    fetch_client_free(world->client); /* closes what is kept alive, so that the server's thread can end */
    fetch_result_clear(&world->result);
    task_pool_free(world->tasks);
    server_stop(&world->server);
    loop_free(world->loop);
    return 0;
}

static void fetch_task(void *context)
{
    struct world *world = context;
    char url[256];
    (void)snprintf(url, sizeof url, "%s://%s:%u%s", world->scheme, world->host, world->server.port,
                   world->path);
    struct fetch_request request = world->request;
    request.url = url;
    request.method = request.method ? request.method : "GET";
    request.timeout_ms = request.timeout_ms ? request.timeout_ms : 5000;
    struct fetch_result result = {0};
    fetch(world->client, &request, &result);
    fetch_result_clear(&world->result);
    world->result = result;
    if (--world->left == 0)
        loop_stop(world->loop);
}

static void ask(struct world *world, const char *path, struct fetch_request request)
{
    world->path = path;
    world->request = request;
    world->left = 1;
    assert_true(task_spawn(world->tasks, fetch_task, world));
    loop_run(world->loop);
}

static void an_answer_comes_with_its_type_and_body(void **state)
{
    struct world *world = *state;
    ask(world, "/ok", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_OK);
    assert_int_equal(world->result.status, 200);
    assert_string_equal(world->result.body, "{}");
    assert_string_equal(world->result.content_type, "application/activity+json");
    assert_non_null(strstr(world->server.seen, "User-Agent: drawbridge-test"));
}

static void a_post_carries_body_and_headers_and_keeps_the_connection(void **state)
{
    struct world *world = *state;
    const struct fetch_header headers[] = {{"Digest", "SHA-256=x"},
                                           {"Content-Type", "application/activity+json"}};
    for (int i = 0; i < 3; i++) {
        ask(world, "/accepted",
            (struct fetch_request){.method = "POST",
                                   .headers = headers,
                                   .header_count = 2,
                                   .body = "{\"a\":1}",
                                   .body_length = 7});
        assert_int_equal(world->result.error, FETCH_OK);
        assert_int_equal(world->result.status, 202);
        assert_non_null(strstr(world->server.seen, "\r\n\r\n{\"a\":1}"));
        assert_non_null(strstr(world->server.seen, "Digest: SHA-256=x\r\n"));
        assert_null(strstr(world->server.seen, "Expect:"));
    }
    assert_int_equal(atomic_load(&world->server.connections), 1);
}

static void a_redirect_is_told_and_not_followed(void **state)
{
    struct world *world = *state;
    ask(world, "/redirect", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_OK);
    assert_int_equal(world->result.status, 302);
    assert_string_equal(world->result.location, "http://169.254.169.254/");
}

static void retry_after_is_read(void **state)
{
    struct world *world = *state;
    ask(world, "/later", (struct fetch_request){0});
    assert_int_equal(world->result.status, 429);
    assert_int_equal(world->result.retry_after_ms, 7000);
    ask(world, "/ok", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.retry_after_ms, -1);
}

static void answers_past_their_limits_are_cut_off(void **state)
{
    struct world *world = *state;
    ask(world, "/big", (struct fetch_request){.response_max = 100000});
    assert_int_equal(world->result.error, FETCH_TOO_LARGE);
    assert_null(world->result.body);
    ask(world, "/headers-whole", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_TOO_LARGE);
    ask(world, "/headers", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_BROKEN);
    ask(world, "/big", (struct fetch_request){.method = "POST"});
    assert_int_equal(world->result.error, FETCH_OK); /* a body that nobody wants does not undo the status */
    assert_int_equal(world->result.status, 200);
}

static void broken_answers_are_told_apart(void **state)
{
    struct world *world = *state;
    ask(world, "/close", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_BROKEN);
    ask(world, "/short", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_BROKEN);
    ask(world, "/no-http", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_BROKEN);
    assert_string_not_equal(world->result.reason, "");
}

static void silence_and_dripping_end_at_the_deadline(void **state)
{
    struct world *world = *state;
    int64_t started = loop_monotonic_ms();
    ask(world, "/hang", (struct fetch_request){.response_max = 100, .timeout_ms = 300});
    assert_int_equal(world->result.error, FETCH_TIMEOUT);
    ask(world, "/drip", (struct fetch_request){.response_max = 200000, .timeout_ms = 300});
    assert_int_equal(world->result.error, FETCH_TIMEOUT);
    assert_true(loop_monotonic_ms() - started < 4000);
}

static void a_closed_port_is_a_refused_connection(void **state)
{
    struct world *world = *state;
    unsigned port = world->server.port;
    world->server.port = 1;
    ask(world, "/ok", (struct fetch_request){.response_max = 100});
    world->server.port = port;
    assert_int_equal(world->result.error, FETCH_CONNECT);
}

static void a_name_without_an_address_is_a_dns_failure(void **state)
{
    struct world *world = *state;
    world->host = "nowhere.invalid";
    ask(world, "/ok", (struct fetch_request){.response_max = 100, .timeout_ms = 8000});
    assert_true(world->result.error == FETCH_DNS || world->result.error == FETCH_TIMEOUT);
    world->host = "localhost";
    ask(world, "/ok", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_OK);
}

static void a_header_cannot_break_the_request_apart(void **state)
{
    struct world *world = *state;
    const struct fetch_header evil = {"X", "a\r\nX-Evil: 1"};
    ask(world, "/ok", (struct fetch_request){.headers = &evil, .header_count = 1, .response_max = 100});
    assert_int_equal(world->result.error, FETCH_FORBIDDEN);
    assert_int_equal(atomic_load(&world->server.connections), 0);
}

static void what_is_forbidden_is_never_connected(void **state)
{
    struct world *world = *state;
    char error[256];
    fetch_client_free(world->client);
    world->client = fetch_client_new(
        world->loop, &(struct fetch_options){.user_agent = "x", .per_host_max = 8, .total_max = 100}, error,
        sizeof error);
    ask(world, "/ok", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_FORBIDDEN);
    world->host = "localhost";
    ask(world, "/ok", (struct fetch_request){.response_max = 100});
    assert_int_equal(world->result.error, FETCH_FORBIDDEN);
    assert_int_equal(atomic_load(&world->server.connections), 0);
    ask(world, "/ok", (struct fetch_request){.response_max = 100, .trusted = true});
    assert_int_equal(world->result.error, FETCH_OK); /* the operator's own platform may be private */
}

static void too_many_requests_are_refused_at_once(void **state)
{
    struct world *world = *state;
    world->path = "/ok";
    world->request = (struct fetch_request){.response_max = 100};
    world->left = 101;
    for (int i = 0; i < 101; i++)
        assert_true(task_spawn(world->tasks, fetch_task, world));
    assert_int_equal(fetch_client_pending(world->client), 101);
    loop_run(world->loop);
    assert_true(atomic_load(&world->server.connections) <= 8);
}

static int questions; /* how often may_send was asked */

static bool may_send_once(void *context)
{
    (void)context;
    return questions++ == 0;
}

static void what_may_not_be_sent_any_more_does_not_leave(void **state)
{
    struct world *world = *state;
    questions = 0;
    ask(world, "/accepted", (struct fetch_request){.method = "POST", .may_send = may_send_once});
    assert_int_equal(world->result.status, 202);
    world->server.seen[0] = '\0';
    for (int kept = 0; kept < 2; kept++) { /* on the connection that is open already, and on a new one */
        ask(world, "/accepted", (struct fetch_request){.method = "POST", .may_send = may_send_once});
        assert_int_equal(world->result.error, FETCH_BUSY);
        assert_int_equal(questions, kept + 2);
    }
    assert_string_equal(world->server.seen, "");
    ask(world, "/accepted", (struct fetch_request){.method = "POST"});
    assert_int_equal(world->result.status, 202);
}

static bool may_always_send(void *context)
{
    (void)context;
    return true;
}

/* Whether one connection was opened while another was in use. */
static bool do_deliveries_crowd(struct world *world, int count, int64_t patience_ms, int server_waits_ms)
{
    fetch_client_be_patient(world->client, patience_ms);
    atomic_store(&world->server.crowd_ms, server_waits_ms);
    world->scheme = "https";
    world->path = "/inbox";
    world->request = (struct fetch_request){.method = "POST", .may_send = may_always_send};
    world->left = count;
    for (int i = 0; i < count; i++)
        assert_true(task_spawn(world->tasks, fetch_task, world));
    loop_run(world->loop);
    assert_int_equal(world->result.error, FETCH_CONNECT); /* it does not speak TLS */
    return atomic_load(&world->server.crowded);
}

static void a_few_deliveries_wait_for_one_tls_connection(void **state)
{
    assert_false(do_deliveries_crowd(*state, 5, 60000, 0));
}

static void many_deliveries_open_several(void **state)
{
    assert_true(do_deliveries_crowd(*state, 6, 60000, 2000));
}

static void no_delivery_waits_long_for_a_connection(void **state)
{
    assert_true(do_deliveries_crowd(*state, 2, 10, 2000));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_comes_with_its_type_and_body),
        TEST(a_post_carries_body_and_headers_and_keeps_the_connection),
        TEST(a_redirect_is_told_and_not_followed),
        TEST(retry_after_is_read),
        TEST(answers_past_their_limits_are_cut_off),
        TEST(broken_answers_are_told_apart),
        TEST(silence_and_dripping_end_at_the_deadline),
        TEST(a_closed_port_is_a_refused_connection),
        TEST(a_name_without_an_address_is_a_dns_failure),
        TEST(a_header_cannot_break_the_request_apart),
        TEST(what_is_forbidden_is_never_connected),
        TEST(too_many_requests_are_refused_at_once),
        TEST(what_may_not_be_sent_any_more_does_not_leave),
        TEST(a_few_deliveries_wait_for_one_tls_connection),
        TEST(many_deliveries_open_several),
        TEST(no_delivery_waits_long_for_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
