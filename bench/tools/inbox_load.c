/* Signed activities into an inbox: inbox_load PORT INBOX_PATH COUNT CONNECTIONS BODY_FILE KEY_PEM KEY_ID.
 * All requests are signed first (the body's %08d is the number of each); then they are sent over kept-alive
 * connections, one at a time on each. Prints {"sent": N, "accepted": N, "seconds": S, "other": N} when all
 * are answered. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
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
};

static struct message *messages;
static size_t message_count, next_message, accepted, other;
static char other_text[200];

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

static void make(struct message *message, const struct private_key *key, const char *key_id,
                 const char *authority, const char *path, const char *template, size_t number)
{
    char url[SIGNATURE_KEY_ID_MAX + 1];
    char date[HTTP_DATE_LENGTH + 1];
    char digest_text[DIGEST_HEADER_SIZE];
    char signature[SIGNATURE_HEADER_MAX];
    char mark[16];
    char *body = strdup(template);
    struct body_digest digest;
    if (!body)
        abort();
    (void)snprintf(mark, sizeof mark, "%08zu", number);
    for (char *at = body; (at = strstr(at, "%08d")); at += 8) {
        /* The template leaves room: "%08d" is followed by four '_'. */
        memcpy(at, mark, 8);
    }
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

static bool send_next(struct connection *connection)
{
    if (next_message == message_count)
        return false;
    const struct message *message = &messages[next_message++];
    connection->received = 0;
    if (send(connection->socket, message->text, message->length, MSG_NOSIGNAL) != (ssize_t)message->length) {
        perror("send");
        exit(1);
    }
    return true;
}

/* True when the whole answer is there. */
static bool receive(struct connection *connection)
{
    ssize_t length = recv(connection->socket, connection->answer + connection->received,
                          sizeof connection->answer - 1 - connection->received, 0);
    if (length <= 0) {
        (void)fprintf(stderr, "the gateway closed a connection\n");
        exit(1);
    }
    connection->received += (size_t)length;
    connection->answer[connection->received] = '\0';
    const char *end = strstr(connection->answer, "\r\n\r\n");
    const char *size = end ? strcasestr(connection->answer, "\r\ncontent-length:") : NULL;
    size_t wanted =
        end ? (size_t)(end + 4 - connection->answer) + (size ? strtoul(size + 17, NULL, 10) : 0) : 0;
    if (!end || connection->received < wanted)
        return false;
    if (strncmp(connection->answer, "HTTP/1.1 202", 12) == 0) {
        accepted++;
    } else {
        (void)snprintf(other_text, sizeof other_text, "%.190s", connection->answer);
        other++;
    }
    return true;
}

static int open_connection(int port)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int one = 1;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&there, sizeof there) != 0) {
        perror("connect");
        exit(1);
    }
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return descriptor;
}

static double fire(int port, int count)
{
    static struct connection connections[CONNECTIONS_MAX];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    double began = now_s();
    for (int i = 0; i < count; i++) {
        connections[i].socket = open_connection(port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
        (void)epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].socket, &event);
        (void)send_next(&connections[i]);
    }
    while (accepted + other < message_count) {
        struct epoll_event events[CONNECTIONS_MAX];
        int ready = epoll_wait(epoll, events, CONNECTIONS_MAX, 30000);
        if (ready == 0) {
            (void)fprintf(stderr, "nothing came for 30 s\n");
            exit(1);
        }
        for (int i = 0; i < ready; i++)
            if (receive(events[i].data.ptr))
                (void)send_next(events[i].data.ptr);
    }
    return now_s() - began;
}

int main(int count, char **words)
{
    size_t length;
    if (count != 8)
        return 2;
    int port = (int)strtol(words[1], NULL, 10);
    int connections = (int)strtol(words[4], NULL, 10);
    message_count = strtoul(words[3], NULL, 10);
    char *template = read_file(words[5], &length);
    char *pem = read_file(words[6], &length);
    struct private_key *key = private_key_from_pem(pem);
    char authority[64];
    messages = calloc(message_count, sizeof *messages);
    if (!key || !messages || connections < 1 || connections > CONNECTIONS_MAX)
        return 2;
    (void)snprintf(authority, sizeof authority, "127.0.0.1:%d", port);
    for (size_t i = 0; i < message_count; i++)
        make(&messages[i], key, words[7], authority, words[2], template, i);
    printf("signed\n");
    (void)fflush(stdout);
    (void)getchar(); /* the bench reads the clocks, then lets go */
    double seconds = fire(port, connections);
    printf("{\"sent\": %zu, \"accepted\": %zu, \"other\": %zu, \"seconds\": %.4f}\n", message_count, accepted,
           other, seconds);
    if (other)
        (void)fprintf(stderr, "%s\n", other_text);
    return 0;
}
