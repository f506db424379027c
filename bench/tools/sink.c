/* A server that takes every POST: sink PORT [DELAY_MS]. It listens on all of 127.0.0.0/8, so that each
 * address of it is another host, answers 202 (after the delay) and keeps connections alive. GET /stats
 * answers {"posts": N}. One thread. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 65536, HEAD_MAX = 16384, EVENTS = 512, DUE_MAX = 1 << 17 };

struct connection {
    char head[HEAD_MAX];
    size_t length;    /* bytes of the head so far */
    size_t body_left; /* of the body that is being thrown away */
    int is_stats;
};

struct due {
    int64_t at;
    int descriptor;
    unsigned generation;
};

static struct connection *connections[CONNECTIONS_MAX];
static unsigned generations[CONNECTIONS_MAX];
static struct due due[DUE_MAX]; /* a ring; the delay is the same for all, so it is in order */
static size_t due_first, due_count;
static int64_t delay_ms;
static unsigned long posts;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void hang_up(int descriptor)
{
    free(connections[descriptor]);
    connections[descriptor] = NULL;
    generations[descriptor]++;
    (void)close(descriptor);
}

static void say(int descriptor, const char *text, size_t length)
{
    if (send(descriptor, text, length, MSG_NOSIGNAL) != (ssize_t)length)
        hang_up(descriptor);
}

static void answer_post(int descriptor)
{
    static const char accepted[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    say(descriptor, accepted, sizeof accepted - 1);
}

static void finished(int descriptor, struct connection *connection)
{
    connection->length = 0;
    if (connection->is_stats) {
        char body[64];
        char text[256];
        int size = snprintf(body, sizeof body, "{\"posts\": %lu}", posts);
        int length = snprintf(
            text, sizeof text,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", size, body);
        say(descriptor, text, (size_t)length);
        return;
    }
    posts++;
    if (!delay_ms) {
        answer_post(descriptor);
    } else if (due_count < DUE_MAX) {
        due[(due_first + due_count++) % DUE_MAX] =
            (struct due){now_ms() + delay_ms, descriptor, generations[descriptor]};
    }
}

/* The head is whole: how long is the body? */
static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "\r\ncontent-length:");
    return at ? strtoul(at + 17, NULL, 10) : 0;
}

static void take(int descriptor, struct connection *connection, const char *bytes, size_t length)
{
    while (length) {
        if (connection->body_left) {
            size_t some = length < connection->body_left ? length : connection->body_left;
            connection->body_left -= some;
            bytes += some;
            length -= some;
            if (!connection->body_left) {
                finished(descriptor, connection);
                if (connections[descriptor] != connection)
                    return;
            }
            continue;
        }
        if (connection->length + 1 >= HEAD_MAX) {
            hang_up(descriptor);
            return;
        }
        connection->head[connection->length++] = *bytes++;
        length--;
        connection->head[connection->length] = '\0';
        if (connection->length < 4 || memcmp(connection->head + connection->length - 4, "\r\n\r\n", 4) != 0)
            continue;
        connection->is_stats = strncmp(connection->head, "GET /stats ", 11) == 0;
        connection->body_left = body_length(connection->head);
        if (!connection->body_left) {
            finished(descriptor, connection);
            if (connections[descriptor] != connection)
                return;
        }
    }
}

static void readable(int descriptor)
{
    static char bytes[65536];
    struct connection *connection = connections[descriptor];
    ssize_t length = recv(descriptor, bytes, sizeof bytes, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0)
        hang_up(descriptor);
    else
        take(descriptor, connection, bytes, (size_t)length);
}

static void arrive(int listener, int epoll)
{
    int one = 1;
    int descriptor;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (descriptor >= CONNECTIONS_MAX) {
            (void)close(descriptor);
            continue;
        }
        connections[descriptor] = calloc(1, sizeof *connections[descriptor]);
        if (!connections[descriptor])
            abort();
        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
        (void)epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
    }
}

static void answer_due(void)
{
    int64_t now = now_ms();
    while (due_count && due[due_first].at <= now) {
        struct due one = due[due_first];
        due_first = (due_first + 1) % DUE_MAX;
        due_count--;
        if (generations[one.descriptor] == one.generation && connections[one.descriptor])
            answer_post(one.descriptor);
    }
}

int main(int count, char **words)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    struct rlimit limit;
    int one = 1;
    if (count < 2)
        return 2;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    here.sin_port = htons((uint16_t)strtoul(words[1], NULL, 10));
    delay_ms = count > 2 ? strtol(words[2], NULL, 10) : 0;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 4096) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
        perror("sink");
        return 1;
    }
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, due_count ? 1 : 1000);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener)
                arrive(listener, epoll);
            else if (connections[events[i].data.fd])
                readable(events[i].data.fd);
        }
        answer_due();
    }
}
