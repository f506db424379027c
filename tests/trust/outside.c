/* The world outside of a gateway under test, as its process sees it: preloaded into it, this answers what
 * names resolve to, writes down every address that is connected, and leads the connection to where the test
 * listens. What it is told stands in the file TRUST_OUTSIDE, read anew at each question: name HOST ANSWER
 * [ANSWER…]     addresses separated by commas; the first question gets the first ANSWER, and so on, the last
 * one stands for all that follow; "nothing" is no address route ADDRESS PORT HERE        connections to that
 * address arrive at this port of 127.0.0.1 swap ADDRESS OTHER             whoever writes ADDRESS as text gets
 * OTHER: a pin that went wrong default HERE                   where all other connections arrive that do not
 * go to a listed port of loopback pass PORT                      connections to this port of 127.0.0.1 are
 * none of the test's business What it sees goes to the file TRUST_SEEN: "lookup HOST", "socket ADDRESS PORT".
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MAX_LENGTH = 4096, WORDS_MAX = 40, NAMES_MAX = 1024, FOUND_MAX = 16 };

static int seen = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char host[256];
    unsigned asked;
} asked[NAMES_MAX];

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TRUST_SEEN");
    if (path)
        seen = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
}

static void tell(const char *what, const char *whom, unsigned port)
{
    char line[400];
    int length = port ? snprintf(line, sizeof line, "%s %s %u\n", what, whom, port)
                      : snprintf(line, sizeof line, "%s %s\n", what, whom);
    if (seen >= 0 && length > 0 && (size_t)length < sizeof line && write(seen, line, (size_t)length) < 0)
        abort();
}

/* ---- what the test says
 * ------------------------------------------------------------------------------------------ */

static size_t split(char *line, char **words)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \n", &rest); word && count < WORDS_MAX;
         word = strtok_r(NULL, " \n", &rest))
        words[count++] = word;
    return count;
}

/* The line whose first words are these; its words point into `line`. 0: there is none. */
static size_t find(const char *what, const char *first, const char *second, char line[LINE_MAX_LENGTH],
                   char **words)
{
    const char *path = getenv("TRUST_OUTSIDE");
    FILE *file = path ? fopen(path, "re") : NULL;
    size_t count = 0;
    while (file && !count && fgets(line, LINE_MAX_LENGTH, file)) {
        count = split(line, words);
        if (count < 2 || strcmp(words[0], what) != 0 || (first && strcasecmp(words[1], first) != 0) ||
            (second && (count < 3 || strcmp(words[2], second) != 0)))
            count = 0;
    }
    if (file)
        (void)fclose(file);
    return count;
}

/* ---- names
 * -------------------------------------------------------------------------------------------------------- */

static unsigned times_asked(const char *host)
{
    unsigned times = 0;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < NAMES_MAX; i++) {
        if (!asked[i].host[0])
            (void)snprintf(asked[i].host, sizeof asked[i].host, "%s", host);
        if (strcmp(asked[i].host, host) == 0) {
            times = asked[i].asked++;
            break;
        }
    }
    (void)pthread_mutex_unlock(&lock);
    return times;
}

static bool add_address(const char *text, const char *service, struct addrinfo ***end)
{
    struct {
        struct addrinfo info;
        struct sockaddr_storage address;
    } *one = calloc(1, sizeof *one);
    struct sockaddr_in *four = (void *)&one->address;
    struct sockaddr_in6 *six = (void *)&one->address;
    in_port_t port = htons((uint16_t)strtoul(service ? service : "0", NULL, 10));
    if (!one)
        abort();
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = port;
        one->info.ai_addrlen = sizeof *four;
    } else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = port;
        one->info.ai_addrlen = sizeof *six;
    } else {
        free(one);
        return false;
    }
    one->info.ai_family = one->address.ss_family;
    one->info.ai_socktype = SOCK_STREAM;
    one->info.ai_addr = (void *)&one->address;
    **end = &one->info;
    *end = &one->info.ai_next;
    return true;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    char line[LINE_MAX_LENGTH];
    char *words[WORDS_MAX];
    char *rest = NULL;
    struct addrinfo **end = found;
    (void)hints;
    *found = NULL;
    if (!host)
        return EAI_NONAME;
    tell("lookup", host, 0);
    size_t count = find("name", host, NULL, line, words);
    size_t answers = count > 2 ? count - 2 : 0;
    if (!answers) {
        /* An address as text is its own answer, as the system would say. */
        return add_address(host, service, &end) ? 0 : EAI_NONAME;
    }
    unsigned times = times_asked(host);
    char *answer = words[2 + (times < answers ? times : answers - 1)];
    for (char *one = strtok_r(answer, ",", &rest); one; one = strtok_r(NULL, ",", &rest))
        (void)add_address(one, service, &end);
    return *found ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *found)
{
    while (found) {
        struct addrinfo *next = found->ai_next;
        free(found);
        found = next;
    }
}

const char *inet_ntop(int family, const void *restrict address, char *restrict out, socklen_t size)
{
    char line[LINE_MAX_LENGTH];
    char *words[WORDS_MAX];
    const char *(*next)(int, const void *, char *, socklen_t) = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "inet_ntop");
    const char *text = next ? next(family, address, out, size) : NULL;
    if (text && find("swap", text, NULL, line, words) == 3 && strlen(words[2]) < size)
        memcpy(out, words[2], strlen(words[2]) + 1);
    return text;
}

/* ---- connections
 * ---------------------------------------------------------------------------------------------------- */

static const unsigned char loopback4[4] = {127, 0, 0, 1};

/* The port of 127.0.0.1 where it shall arrive; 0: where it wants to. */
static unsigned place_of(const char *address, unsigned port, bool local)
{
    char line[LINE_MAX_LENGTH];
    char *words[WORDS_MAX];
    char text[8];
    (void)snprintf(text, sizeof text, "%u", port);
    if (local && find("pass", text, NULL, line, words))
        return 0;
    tell("socket", address, port);
    if (find("route", address, text, line, words) == 4)
        return (unsigned)strtoul(words[3], NULL, 10);
    return find("default", NULL, NULL, line, words) ? (unsigned)strtoul(words[1], NULL, 10) : 0;
}

int connect(int descriptor, const struct sockaddr *address, socklen_t length)
{
    int (*next)(int, const struct sockaddr *, socklen_t) = NULL;
    char text[INET6_ADDRSTRLEN] = "";
    *(void **)&next = dlsym(RTLD_NEXT, "connect");
    const char *(*write_text)(int, const void *, char *, socklen_t) = NULL;
    *(void **)&write_text = dlsym(RTLD_NEXT, "inet_ntop");
    if (!next || !write_text)
        abort();
    if (address->sa_family == AF_INET) {
        struct sockaddr_in four = *(const struct sockaddr_in *)(const void *)address;
        unsigned port = ntohs(four.sin_port);
        (void)write_text(AF_INET, &four.sin_addr, text, sizeof text);
        unsigned here = place_of(text, port, memcmp(&four.sin_addr, loopback4, 4) == 0);
        if (here) {
            memcpy(&four.sin_addr, loopback4, 4);
            four.sin_port = htons((uint16_t)here);
        }
        return next(descriptor, (const void *)&four, sizeof four);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six = *(const struct sockaddr_in6 *)(const void *)address;
        (void)write_text(AF_INET6, &six.sin6_addr, text, sizeof text);
        unsigned here = place_of(text, ntohs(six.sin6_port), false);
        if (here) {
            (void)inet_pton(AF_INET6, "::ffff:127.0.0.1", &six.sin6_addr);
            six.sin6_port = htons((uint16_t)here);
        }
        return next(descriptor, (const void *)&six, sizeof six);
    }
    return next(descriptor, address, length);
}
