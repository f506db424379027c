#include "socket_peer.h"

enum { TEXT = 0x81, BINARY = 0x82, CLOSE = 0x88, PING = 0x89, PONG = 0x8a };

static struct peer peer;

static int setup(void **state)
{
    (void)state;
    peer_open(&peer, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peer_close(&peer);
    return 0;
}

static bool has_message(const struct peer *p)
{
    return p->heard.messages > 0 || p->heard.closed;
}

static void the_handshake_asks_for_what_was_wanted(void **state)
{
    (void)state;
    client_opens(
        &peer, (struct websocket_options){.subprotocol = "drawbridge.v1", .authorization = "Bearer secret"});
    assert_true(wait_for(&peer, has_asked));
    const char *asked = peer.received.bytes;
    assert_memory_equal(asked, "GET /stream?cursor=12 HTTP/1.1\r\n", 32);
    char host[64];
    (void)snprintf(host, sizeof host, "Host: 127.0.0.1:%d\r\n", peer.port);
    assert_non_null(strcasestr(asked, host));
    assert_non_null(strcasestr(asked, "Authorization: Bearer secret\r\n"));
    assert_non_null(strcasestr(asked, "Sec-WebSocket-Protocol: drawbridge.v1\r\n"));
    assert_null(strcasestr(asked, "Origin:"));
    peer_upgrade(&peer, "Sec-WebSocket-Protocol: drawbridge.v1\r\n");
    assert_true(wait_for(&peer, is_open));
    assert_true(peer.heard.opened);
}

static void messages_arrive_whole(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    peer_frame(&peer, TEXT, "one", 3);
    assert_true(wait_for(&peer, has_message));
    assert_string_equal(buffer_text(&peer.heard.message), "one");
    assert_false(peer.heard.last_binary);
    peer.heard.messages = 0;
    /* A fragmented message, with a ping between its parts. */
    peer_frame(&peer, 0x02, "tw", 2);
    peer_frame(&peer, 0x00, "o, and ", 7);
    peer_frame(&peer, PING, "?", 1);
    peer_frame(&peer, 0x80, "three", 5);
    assert_true(wait_for(&peer, has_message));
    assert_string_equal(buffer_text(&peer.heard.message), "two, and three");
    assert_true(peer.heard.last_binary);
    struct buffer payload;
    buffer_init(&payload, 1000);
    expect_frame(&peer, PONG, &payload);
    assert_string_equal(payload.bytes, "?");
    buffer_clear(&payload);
    peer.heard.messages = 0;
    char *large = malloc(1 << 20);
    memset(large, 'x', 1 << 20);
    peer_frame(&peer, TEXT, large, 1 << 20);
    free(large);
    assert_true(wait_for(&peer, has_message));
    assert_int_equal(peer.heard.messages, 1);
    assert_int_equal(peer.heard.message.length, 1 << 20);
    peer.heard.messages = 0;
    peer_frame(&peer, TEXT, "", 0);
    assert_true(wait_for(&peer, has_message));
    assert_int_equal(peer.heard.message.length, 0);
}

static void a_message_that_is_too_large_closes(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){.message_max = 10});
    peer_frame(&peer, TEXT, "0123456789", 10);
    peer_frame(&peer, 0x01, "012345", 6);
    peer_frame(&peer, 0x00, "67890", 5);
    struct buffer payload;
    buffer_init(&payload, 1000);
    expect_frame(&peer, CLOSE, &payload);
    assert_memory_equal(payload.bytes, "\x03\xf1", 2);
    peer_frame(&peer, CLOSE, payload.bytes, 2);
    buffer_clear(&payload);
    expect_closed(&peer, 0, 1009, "a message was too large");
    assert_int_equal(peer.heard.messages, 1);
}

static void what_is_sent_arrives_in_order(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    struct websocket *socket = peer.heard.socket;
    size_t size = 400000;
    char *large = malloc(size);
    memset(large, 'y', size);
    assert_true(websocket_send(socket, "first", 5));
    assert_true(websocket_send(socket, large, size));
    assert_true(websocket_send(socket, large, size));
    assert_false(websocket_send(socket, large, size)); /* past 1 MiB */
    assert_true(websocket_send(socket, "last", 4));
    struct buffer payload;
    buffer_init(&payload, 1 << 20);
    expect_frame(&peer, TEXT, &payload);
    assert_string_equal(payload.bytes, "first");
    expect_frame(&peer, TEXT, &payload);
    assert_int_equal(payload.length, size);
    assert_memory_equal(payload.bytes, large, size);
    expect_frame(&peer, TEXT, &payload);
    expect_frame(&peer, TEXT, &payload);
    assert_string_equal(payload.bytes, "last");
    assert_true(websocket_send(socket, large, size));
    expect_frame(&peer, TEXT, &payload);
    buffer_clear(&payload);
    free(large);
}

static void the_peer_s_close_code_and_reason_are_told(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    peer_frame(&peer, CLOSE,
               "\x11\x3a"
               "cursor too old",
               16);
    expect_closed(&peer, 0, 4410, "cursor too old");
    struct buffer payload;
    buffer_init(&payload, 1000);
    expect_frame(&peer, CLOSE, &payload);
    assert_memory_equal(payload.bytes, "\x11\x3a", 2);
    buffer_clear(&payload);
    assert_true(wait_for(&peer, has_left));
}

static void a_close_without_a_code_is_1005(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    peer_frame(&peer, CLOSE, "", 0);
    expect_closed(&peer, 0, 1005, "");
}

static void our_own_close_shakes_hands(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    assert_true(websocket_send(peer.heard.socket, "goodbye", 7));
    websocket_close(peer.heard.socket, 1001);
    websocket_close(peer.heard.socket, 1000);
    assert_false(websocket_send(peer.heard.socket, "late", 4));
    assert_false(peer.heard.closed);
    struct buffer payload;
    buffer_init(&payload, 1000);
    expect_frame(&peer, TEXT, &payload);
    assert_string_equal(payload.bytes, "goodbye");
    expect_frame(&peer, CLOSE, &payload);
    assert_memory_equal(payload.bytes, "\x03\xe9", 2);
    peer_frame(&peer, TEXT, "not heard", 9);
    peer_frame(&peer, CLOSE, payload.bytes, 2);
    buffer_clear(&payload);
    expect_closed(&peer, 0, 1001, "");
    assert_int_equal(peer.heard.messages, 0);
}

static void a_close_that_nobody_answers_ends_in_time(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    peer.heard.close_after_message = 1000;
    int64_t begin = loop_monotonic_ms();
    peer_frame(&peer, TEXT, "x", 1);
    peer_frame(&peer, TEXT, "not heard", 9);
    expect_closed(&peer, 0, 1000, NULL);
    assert_in_range(loop_monotonic_ms() - begin, 0, 6000);
    assert_int_equal(peer.heard.messages, 1);
}

static void a_cut_in_the_middle_of_a_frame_is_told(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    peer_say(&peer, "\x81\x7e\x10\x00half", 8);
    peer_hang_up(&peer);
    expect_closed(&peer, 0, 0, "the connection broke");
    assert_int_equal(peer.heard.messages, 0);
}

static void a_frame_against_the_protocol_closes(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    peer_say(&peer, "\xf3\x00", 2);
    assert_true(wait_for(&peer, is_over));
    assert_int_equal(peer.heard.closings, 1);
    assert_int_equal(peer.heard.messages, 0);
}

static void pings_keep_a_quiet_connection_alive(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){.ping_ms = 50, .silence_ms = 200});
    struct buffer payload;
    buffer_init(&payload, 1000);
    int64_t begin = loop_monotonic_ms();
    while (loop_monotonic_ms() < begin + 600) {
        expect_frame(&peer, PING, &payload);
        peer_frame(&peer, PONG, payload.bytes, payload.length);
    }
    assert_false(peer.heard.closed);
    buffer_clear(&payload);
    /* Now nobody answers any more. */
    begin = loop_monotonic_ms();
    expect_closed(&peer, 0, 0, "nothing was heard for too long");
    assert_in_range(loop_monotonic_ms() - begin, 100, 5000);
}

static void refuse_upgrade(const char *answer, int status)
{
    client_opens(&peer, (struct websocket_options){.authorization = "Bearer secret"});
    assert_true(wait_for(&peer, has_asked));
    peer_say(&peer, answer, strlen(answer));
    expect_closed(&peer, status, 0, NULL);
    assert_false(peer.heard.opened);
    assert_null(strstr(peer.heard.reason, "secret"));
    assert_int_equal(peer.connections, 1);
}

static void an_upgrade_refused_with_401_is_told(void **state)
{
    (void)state;
    refuse_upgrade("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", 401);
}

static void an_upgrade_refused_with_400_is_told(void **state)
{
    (void)state;
    refuse_upgrade("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 400);
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    char answer[200];
    (void)snprintf(answer, sizeof answer,
                   "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:%d/elsewhere\r\nContent-Length: 0\r\n\r\n",
                   peer.port);
    refuse_upgrade(answer, 302);
}

static void a_wrong_accept_hash_is_no_websocket(void **state)
{
    (void)state;
    client_opens(&peer, (struct websocket_options){.connect_timeout_ms = 2000});
    assert_true(wait_for(&peer, has_asked));
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n";
    peer_say(&peer, answer, sizeof answer - 1);
    expect_closed(&peer, 0, 0, NULL);
    assert_false(peer.heard.opened);
}

static void nobody_listening_is_told(void **state)
{
    (void)state;
    int port;
    (void)close(listen_somewhere(&port));
    char url[64];
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%d/", port);
    client_opens(&peer, (struct websocket_options){.url = url});
    expect_closed(&peer, 0, 0, NULL);
    assert_true(peer.heard.reason[0]);
}

static void a_host_without_address_is_told(void **state)
{
    (void)state;
    client_opens(&peer, (struct websocket_options){.url = "ws://a..b/"});
    expect_closed(&peer, 0, 0, NULL);
    assert_true(peer.heard.reason[0]);
}

static void a_server_that_does_not_answer_is_given_up(void **state)
{
    (void)state;
    client_opens(&peer, (struct websocket_options){.connect_timeout_ms = 150});
    int64_t begin = loop_monotonic_ms();
    expect_closed(&peer, 0, 0, "no connection in time");
    assert_in_range(loop_monotonic_ms() - begin, 100, 4000);
}

static void a_websocket_may_be_closed_before_it_is_open(void **state)
{
    (void)state;
    client_opens(&peer, (struct websocket_options){0});
    assert_false(websocket_send(peer.heard.socket, "early", 5));
    websocket_close(peer.heard.socket, 1000);
    assert_false(peer.heard.closed);
    expect_closed(&peer, 0, 0, "closed before it was open");
    peer.heard = (struct heard){.message = peer.heard.message};
    client_opens(&peer, (struct websocket_options){0});
    assert_true(wait_for(&peer, has_asked));
    websocket_close(peer.heard.socket, 1000);
    expect_closed(&peer, 0, 0, "closed before it was open");
}

static void a_name_is_resolved(void **state)
{
    (void)state;
    char url[64];
    (void)snprintf(url, sizeof url, "WS://LocalHost:%d?x", peer.port);
    client_opens(&peer, (struct websocket_options){.url = url});
    peer_upgrade(&peer, "");
    assert_true(wait_for(&peer, is_open));
    assert_true(peer.heard.opened);
}

static void freeing_the_client_closes_what_is_open(void **state)
{
    (void)state;
    open_both(&peer, (struct websocket_options){0});
    peer.heard.closings = 0;
    client_opens(&peer, (struct websocket_options){0});
    assert_true(wait_for(&peer, has_asked));
    websocket_client_free(peer.client);
    peer.client = NULL;
    assert_int_equal(peer.heard.closings, 2); /* both have the same listener */
}

static void headers_cannot_be_smuggled_into_the_handshake(void **state)
{
    (void)state;
    const struct websocket_handler handler = {0};
    const char *why = NULL;
    assert_null(websocket_open(peer.client,
                               &(struct websocket_options){.url = "ws://a/", .authorization = "x\r\nY: z"},
                               &handler, &why));
    assert_non_null(why);
    assert_null(websocket_open(
        peer.client, &(struct websocket_options){.url = "ws://a/", .subprotocol = "x\ny"}, &handler, &why));
    assert_non_null(why);
    assert_null(
        websocket_open(peer.client, &(struct websocket_options){.url = "https://a/"}, &handler, &why));
    assert_non_null(why);
}

#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEER(the_handshake_asks_for_what_was_wanted),
        WITH_PEER(messages_arrive_whole),
        WITH_PEER(a_message_that_is_too_large_closes),
        WITH_PEER(what_is_sent_arrives_in_order),
        WITH_PEER(the_peer_s_close_code_and_reason_are_told),
        WITH_PEER(a_close_without_a_code_is_1005),
        WITH_PEER(our_own_close_shakes_hands),
        WITH_PEER(a_close_that_nobody_answers_ends_in_time),
        WITH_PEER(a_cut_in_the_middle_of_a_frame_is_told),
        WITH_PEER(a_frame_against_the_protocol_closes),
        WITH_PEER(pings_keep_a_quiet_connection_alive),
        WITH_PEER(an_upgrade_refused_with_401_is_told),
        WITH_PEER(an_upgrade_refused_with_400_is_told),
        WITH_PEER(a_redirect_is_not_followed),
        WITH_PEER(a_wrong_accept_hash_is_no_websocket),
        WITH_PEER(nobody_listening_is_told),
        WITH_PEER(a_host_without_address_is_told),
        WITH_PEER(a_server_that_does_not_answer_is_given_up),
        WITH_PEER(a_websocket_may_be_closed_before_it_is_open),
        WITH_PEER(a_name_is_resolved),
        WITH_PEER(freeing_the_client_closes_what_is_open),
        WITH_PEER(headers_cannot_be_smuggled_into_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
