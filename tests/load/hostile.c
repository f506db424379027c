/* Many connections that mean no good, held open at once: hostile ADDRESS PORT CONNECTIONS SECONDS. Each is
 * slow with its head, slow with its body, large and then silent, silent from the start, half closed, or
 * garbage; whatever the server closes is opened again. Writes "ready" when nine of ten stand for the first
 * time, and at the end what it saw. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 60000,
    EVENTS = 1024,
    TICK_MS = 50,
    OPENED_A_TICK = 400,
    SOURCES = 16,
    STATUS_MAX = 600
};
enum { FAT_BYTES = 900 << 10, BODY_BYTES = 1 << 20, PIECE = 16 << 10 };

enum kind { SLOW_HEAD, SLOW_BODY, FAT_BODY, SILENT, HALF_CLOSED, GARBAGE };

/* Who is closed at once is opened anew all the time: those are the fewest. */
static const enum kind mixture[] = {SLOW_HEAD, SILENT, SLOW_BODY, SLOW_HEAD, SILENT,      FAT_BODY,
                                    SLOW_HEAD, SILENT, SLOW_BODY, SLOW_HEAD, HALF_CLOSED, GARBAGE};

struct connection {
    int descriptor; /* -1: none */
    enum kind kind;
    bool connected, said;
    size_t sent;
    int64_t due_ms; /* the next byte, or the next try */
};

static struct {
    struct sockaddr_in server;
    struct connection *connections;
    size_t count, standing, peak, opened;
    int poll;
    bool ready;
    unsigned long statuses[STATUS_MAX];
} attack;

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fall(struct connection *connection)
{
    if (connection->connected)
        attack.standing--;
    (void)close(connection->descriptor);
    connection->descriptor = -1;
    connection->connected = connection->said = false;
    connection->sent = 0;
    connection->due_ms = now_ms() + 200 + random() % 800;
}

static void stand(struct connection *connection)
{
    connection->connected = true;
    attack.opened++;
    if (++attack.standing > attack.peak)
        attack.peak = attack.standing;
    if (!attack.ready && attack.standing * 10 >= attack.count * 8) {
        attack.ready = true;
        (void)printf("ready\n");
        (void)fflush(stdout);
    }
}

/* From several addresses: one has not that many ports to spare. */
static void rise(struct connection *connection, size_t index)
{
    int one = 1;
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + index % SOURCES)};
    connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connection->due_ms = now_ms();
    if (connection->descriptor < 0) {
        connection->due_ms += 1000;
        return;
    }
    (void)setsockopt(connection->descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    (void)bind(connection->descriptor, (void *)&from, sizeof from);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    if ((connect(connection->descriptor, (void *)&attack.server, sizeof attack.server) != 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(attack.poll, EPOLL_CTL_ADD, connection->descriptor, &event) != 0)
        fall(connection);
}

static void say(struct connection *connection, const void *bytes, size_t length)
{
    ssize_t sent = send(connection->descriptor, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
        connection->sent += (size_t)sent;
    else if (errno != EAGAIN && errno != EWOULDBLOCK)
        fall(connection);
}

static void say_text(struct connection *connection, const char *text)
{
    say(connection, text, strlen(text));
}

static void say_garbage(struct connection *connection)
{
    unsigned char bytes[2048];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)random();
    if (random() % 2)
        memcpy(bytes, "POST /inbox HTTP/1.1\r\n", 22);
    say(connection, bytes, 1 + (size_t)random() % sizeof bytes);
    connection->due_ms = now_ms() + 1000;
}

static void begin(struct connection *connection)
{
    char head[256];
    connection->said = true;
    switch (connection->kind) {
    case SLOW_HEAD:
        say_text(connection, "GET /.well-known/webfinger HTTP/1.1\r\nHost: a.example\r\nX-Slow: ");
        break;
    case SLOW_BODY:
    case FAT_BODY:
        (void)snprintf(
            head, sizeof head,
            "POST /inbox HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/activity+json\r\n"
            "Content-Length: %d\r\n\r\n",
            BODY_BYTES);
        say_text(connection, head);
        break;
    case HALF_CLOSED:
        say_text(connection, "GET / HTTP/1.1\r\nHost: a");
        if (connection->descriptor >= 0)
            (void)shutdown(connection->descriptor, SHUT_WR);
        break;
    case GARBAGE:
        say_garbage(connection);
        break;
    case SILENT:
        break;
    }
}

static void go_on(struct connection *connection, int64_t now)
{
    static const char piece[PIECE];
    connection->due_ms = now + 1000;
    if (!connection->said) {
        begin(connection);
        return;
    }
    if (connection->kind == SLOW_HEAD || connection->kind == SLOW_BODY)
        say(connection, "x", 1);
    else if (connection->kind == GARBAGE)
        say_garbage(connection);
    else if (connection->kind == FAT_BODY && connection->sent < FAT_BYTES) {
        say(connection, piece, sizeof piece);
        connection->due_ms = now + TICK_MS;
    }
}

static void hear(struct connection *connection)
{
    char answer[4096];
    for (;;) {
        ssize_t length = recv(connection->descriptor, answer, sizeof answer - 1, MSG_DONTWAIT);
        if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (length <= 0) {
            fall(connection);
            return;
        }
        answer[length] = '\0';
        unsigned status = strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (unsigned)atoi(answer + 9) : 0;
        attack.statuses[status < STATUS_MAX ? status : 0]++;
    }
}

static void happen(struct connection *connection, uint32_t events)
{
    if (connection->descriptor < 0)
        return;
    if (!connection->connected && (events & EPOLLOUT) && !(events & (EPOLLERR | EPOLLHUP)))
        stand(connection);
    if (events & (EPOLLIN | EPOLLRDHUP))
        hear(connection);
    if (connection->descriptor >= 0 && (events & (EPOLLERR | EPOLLHUP)))
        fall(connection);
}

static void tick(int64_t now)
{
    size_t opened = 0;
    for (size_t i = 0; i < attack.count; i++) {
        struct connection *connection = &attack.connections[i];
        if (connection->due_ms > now)
            continue;
        if (connection->descriptor < 0 && opened < OPENED_A_TICK) {
            opened++;
            rise(connection, i);
        } else if (connection->connected) {
            go_on(connection, now);
        }
    }
}

static void run(int64_t until)
{
    struct epoll_event events[EVENTS];
    int64_t next = now_ms();
    for (int64_t now = next; now < until; now = now_ms()) {
        if (now >= next) {
            tick(now);
            next = now + TICK_MS;
        }
        int count = epoll_wait(attack.poll, events, EVENTS, (int)(next - now > 0 ? next - now : 0));
        for (int i = 0; i < count; i++)
            happen(events[i].data.ptr, events[i].events);
    }
}

static void tell(void)
{
    (void)printf("{\"connections\":%zu,\"peak\":%zu,\"opened\":%zu,\"answers\":{", attack.count, attack.peak,
                 attack.opened);
    const char *comma = "";
    for (size_t i = 0; i < STATUS_MAX; i++) {
        if (attack.statuses[i])
            (void)printf("%s\"%zu\":%lu", comma, i, attack.statuses[i]);
        if (attack.statuses[i])
            comma = ",";
    }
    (void)printf("}}\n");
}

int main(int count, char **words)
{
    if (count != 5) {
        (void)fprintf(stderr, "hostile ADDRESS PORT CONNECTIONS SECONDS\n");
        return 2;
    }
    attack.server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[2]))};
    attack.count = strtoul(words[3], NULL, 10);
    struct rlimit limit;
    if (inet_pton(AF_INET, words[1], &attack.server.sin_addr) != 1 || !attack.count ||
        attack.count > CONNECTIONS_MAX || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 2;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    attack.connections = calloc(attack.count, sizeof *attack.connections);
    attack.poll = epoll_create1(EPOLL_CLOEXEC);
    if (!attack.connections || attack.poll < 0 || limit.rlim_max < attack.count + 10) {
        (void)fprintf(stderr,
                      "hostile: %zu connections need as many open files; raise the limit (ulimit -n)\n",
                      attack.count);
        return 1;
    }
    for (size_t i = 0; i < attack.count; i++)
        attack.connections[i] =
            (struct connection){.descriptor = -1, .kind = mixture[i % (sizeof mixture / sizeof mixture[0])]};
    run(now_ms() + strtoll(words[4], NULL, 10) * 1000);
    tell();
    free(attack.connections);
    return 0;
}
