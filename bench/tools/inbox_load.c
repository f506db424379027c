/* Signed activities into an inbox: inbox_load PORT INBOX_PATH COUNT CONNECTIONS BODY_FILE KEY_PEM KEY_ID
 * PEOPLE. All requests are signed first (%08d in the body is the number of each, %04u in the body and in
 * KEY_ID that of one of PEOPLE people, in turn); then they are sent over kept-alive connections, one at a
 * time on each. Prints {"sent": N, "accepted": N, "seconds": S, "other": N} when all are answered; accepted
 * is any 2xx. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/sig/cavage.h"
#include "gateway/sig/digest.h"
#include "gateway/sig/http_date.h"
#include "gateway/sig/key.h"

enum { CONNECTIONS_MAX = 256, BODY_MAX = 65536, ANSWER_MAX = 8192, HEAD_ROOM = 4096 };

struct message {
    char *text;
    size_t length;
};

struct connection {
    int socket;
    char answer[ANSWER_MAX];
    size_t received;
    bool waits;  /* for an answer */
    bool reused; /* it has brought an answer before */
    const struct message *message;
};

static struct message *messages;
static size_t message_count, next_message, accepted, other;
static char other_text[200];
static int port;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *read_file(const char *path, size_t *length)
{
    char *text = calloc(1, BODY_MAX + 1);
    FILE *file = fopen(path, "re");
    if (!text || !file)
        exit(2);
    *length = fread(text, 1, BODY_MAX, file);
    (void)fclose(file);
    return text;
}

/* The same number of digits as the pattern has characters, so that nothing moves. */
static void fill_in(char *text, const char *pattern, size_t number)
{
    size_t length = strlen(pattern);
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%0*zu", (int)length, number);
    for (char *at = text; (at = strstr(at, pattern)); at += length)
        memcpy(at, digits, length);
}

static void make(struct message *message, const struct private_key *key, const char *key_pattern,
                 const char *authority, const char *path, const char *template, size_t number, size_t people)
{
    char key_id[SIGNATURE_KEY_ID_MAX + 1];
    char url[SIGNATURE_KEY_ID_MAX + 1];
    char date[HTTP_DATE_LENGTH + 1];
    char digest_text[DIGEST_HEADER_SIZE];
    char signature[SIGNATURE_HEADER_MAX];
    char *body = strdup(template);
    struct body_digest digest;
    if (!body)
        abort();
    (void)snprintf(key_id, sizeof key_id, "%s", key_pattern);
    fill_in(body, "%08d____", number);
    fill_in(body, "%04u", number % people);
    fill_in(key_id, "%04u", number % people);
    size_t body_length = strlen(body);
    body_digest_make(body, body_length, false, &digest);
    digest_header_make(&digest, digest_text);
    http_date_format(time(NULL), date);
    (void)snprintf(url, sizeof url, "http://%s%s", authority, path);
    if (!cavage_sign_post(key, key_id, url, date, digest_text, "application/activity+json", signature,
                          sizeof signature))
        abort();
    message->text = malloc(body_length + HEAD_ROOM);
    if (!message->text)
        abort();
    int head = snprintf(message->text, HEAD_ROOM,
                        "POST %s HTTP/1.1\r\nHost: %s\r\nDate: %s\r\nDigest: %s\r\nContent-Type: "
                        "application/activity+json\r\nSignature: %s\r\nContent-Length: %zu\r\n\r\n",
                        path, authority, date, digest_text, signature, body_length);
    memcpy(message->text + head, body, body_length);
    message->length = (size_t)head + body_length;
    free(body);
}

static void send_message(struct connection *connection)
{
    const struct message *message = connection->message;
    connection->received = 0;
    if (send(connection->socket, message->text, message->length, MSG_NOSIGNAL) != (ssize_t)message->length &&
        !connection->reused) {
        perror("send");
        exit(1);
    }
}

static void send_next(struct connection *connection)
{
    connection->waits = next_message < message_count;
    if (!connection->waits)
        return;
    connection->message = &messages[next_message++];
    send_message(connection);
}

static void open_connection(struct connection *connection, int epoll)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int one = 1;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->socket < 0 || connect(connection->socket, (struct sockaddr *)&there, sizeof there) != 0) {
        perror("connect");
        exit(1);
    }
    connection->reused = false;
    (void)setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event);
}

/* Whether all of the answer has come: its head, and a body by length, in chunks, or until the end. */
static bool is_whole(const struct connection *connection, bool ended)
{
    const char *end = strstr(connection->answer, "\r\n\r\n");
    if (!end)
        return false;
    const char *size = strcasestr(connection->answer, "\r\ncontent-length:");
    if (size && size < end)
        return connection->received >= (size_t)(end + 4 - connection->answer) + strtoul(size + 17, NULL, 10);
    if (strcasestr(connection->answer, "\r\ntransfer-encoding: chunked"))
        return strcmp(connection->answer + connection->received - 5, "0\r\n\r\n") == 0;
    return ended || strncmp(connection->answer, "HTTP/1.1 202", 12) == 0;
}

/* True when the whole answer is there; then the connection can be used again. */
static bool receive(struct connection *connection, int epoll)
{
    ssize_t length = recv(connection->socket, connection->answer + connection->received,
                          sizeof connection->answer - 1 - connection->received, 0);
    if (length > 0)
        connection->received += (size_t)length;
    connection->answer[connection->received] = '\0';
    if (!connection->waits) { /* at rest: some servers close what rests */
        (void)close(connection->socket);
        return false;
    }
    if (length <= 0 && !connection->received &&
        connection->reused) { /* closed after its last answer: again */
        (void)close(connection->socket);
        open_connection(connection, epoll);
        send_message(connection);
        return false;
    }
    bool whole = is_whole(connection, length <= 0);
    if (length <= 0 && !whole) {
        (void)fprintf(stderr, "the server closed a connection after %zu bytes: %s\n", connection->received,
                      connection->answer);
        exit(1);
    }
    if (!whole)
        return false;
    if (strncmp(connection->answer, "HTTP/1.1 20", 11) == 0) {
        accepted++;
    } else {
        (void)snprintf(other_text, sizeof other_text, "%.190s", connection->answer);
        other++;
    }
    if (length <= 0 || strcasestr(connection->answer, "\r\nconnection: close")) {
        (void)close(connection->socket);
        open_connection(connection, epoll);
        return true;
    }
    connection->reused = true;
    return true;
}

static double fire(int count)
{
    static struct connection connections[CONNECTIONS_MAX];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    double began = now_s();
    for (int i = 0; i < count; i++) {
        open_connection(&connections[i], epoll);
        send_next(&connections[i]);
    }
    while (accepted + other < message_count) {
        struct epoll_event events[CONNECTIONS_MAX];
        int ready = epoll_wait(epoll, events, CONNECTIONS_MAX, 30000);
        if (ready == 0) {
            (void)fprintf(stderr, "nothing came for 30 s\n");
            exit(1);
        }
        for (int i = 0; i < ready; i++)
            if (receive(events[i].data.ptr, epoll))
                send_next(events[i].data.ptr);
    }
    return now_s() - began;
}

int main(int count, char **words)
{
    size_t length;
    if (count != 9)
        return 2;
    port = (int)strtol(words[1], NULL, 10);
    int connections = (int)strtol(words[4], NULL, 10);
    message_count = strtoul(words[3], NULL, 10);
    char *template = read_file(words[5], &length);
    char *pem = read_file(words[6], &length);
    struct private_key *key = private_key_from_pem(pem);
    char authority[64];
    messages = calloc(message_count, sizeof *messages);
    size_t people = strtoul(words[8], NULL, 10);
    if (!key || !messages || !people || connections < 1 || connections > CONNECTIONS_MAX)
        return 2;
    (void)snprintf(authority, sizeof authority, "127.0.0.1:%d", port);
    for (size_t i = 0; i < message_count; i++)
        make(&messages[i], key, words[7], authority, words[2], template, i, people);
    printf("signed\n");
    (void)fflush(stdout);
    (void)getchar(); /* the bench reads the clocks, then lets go */
    double seconds = fire(connections);
    printf("{\"sent\": %zu, \"accepted\": %zu, \"other\": %zu, \"seconds\": %.4f}\n", message_count, accepted,
           other, seconds);
    if (other)
        (void)fprintf(stderr, "%s\n", other_text);
    return 0;
}
