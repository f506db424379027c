#include "tests/plaza/platform.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { READ_MAX = 8 << 20, SILENCE_S = 30 };

/* ---- the process ---- */

static bool is_free(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = bind(probe, (struct sockaddr *)&address, sizeof address) == 0;
    close(probe);
    return good;
}

static int free_port(void)
{
    for (int i = 0; i < 1000; i++) {
        int port = 20000 + (getpid() * 7 + i * 13) % 12000;
        if (is_free(port))
            return port;
    }
    fail_msg("no port is free");
    return 0;
}

void platform_new(struct platform *platform)
{
    *platform = (struct platform){.port = free_port()};
    snprintf(platform->folder, sizeof platform->folder, "/tmp/plaza-test-XXXXXX");
    assert_non_null(mkdtemp(platform->folder));
    snprintf(platform->token, sizeof platform->token, "dbg_abcdefghijklmnopqrstuvwxyz0123456789");
    snprintf(platform->authorization, sizeof platform->authorization, "Authorization: Bearer %s\r\n",
             platform->token);
    char name[128];
    snprintf(name, sizeof name, "%s/token", platform->folder);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", platform->token);
    fclose(file);
    platform_start(platform, NULL);
}

static void run(const struct platform *platform, const char *extra, int out)
{
    char listen[32];
    char database[128];
    char token[128];
    snprintf(listen, sizeof listen, "127.0.0.1:%d", platform->port);
    snprintf(database, sizeof database, "%s/plaza.db", platform->folder);
    snprintf(token, sizeof token, "%s/token", platform->folder);
    dup2(out, 1);
    execl(PLAZA, "plaza", "--listen", listen, "--database", database, "--token-file", token,
          "--fediverse-host", "fedi.test", "--heartbeat", "1", "--requests-per-minute", "1000000",
          "--test-api", extra, (char *)NULL);
    _exit(127);
}

void platform_start(struct platform *platform, const char *extra)
{
    int ends[2];
    char line[128] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    platform->process = fork();
    assert_true(platform->process >= 0);
    if (platform->process == 0)
        run(platform, extra, ends[1]);
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    assert_non_null(out);
    assert_non_null(fgets(line, sizeof line, out));
    assert_non_null(strstr(line, "plaza: listening on http://127.0.0.1:"));
    fclose(out);
}

static int wait_for_end(struct platform *platform)
{
    int status = 0;
    assert_int_equal(waitpid(platform->process, &status, 0), platform->process);
    platform->process = 0;
    return status;
}

void platform_stop(struct platform *platform)
{
    assert_int_equal(kill(platform->process, SIGTERM), 0);
    int status = wait_for_end(platform);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

void platform_kill(struct platform *platform)
{
    assert_int_equal(kill(platform->process, SIGKILL), 0);
    (void)wait_for_end(platform);
}

void platform_free(struct platform *platform)
{
    static const char *const files[] = {"token", "plaza.db", "plaza.db-wal", "plaza.db-shm"};
    if (platform->process)
        platform_stop(platform);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", platform->folder, files[i]);
        (void)unlink(name);
    }
    (void)rmdir(platform->folder);
}

/* ---- HTTP ---- */

int platform_connect(const struct platform *platform)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)platform->port)};
    struct timeval silence = {.tv_sec = SILENCE_S};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    if (connect(peer, (struct sockaddr *)&address, sizeof address) == 0)
        return peer;
    close(peer);
    return -1;
}

char *read_all(int peer)
{
    size_t length = 0;
    size_t capacity = 65536;
    char *text = malloc(capacity + 1);
    ssize_t got;
    while (text && capacity < READ_MAX && (got = recv(peer, text + length, capacity - length, 0)) > 0) {
        length += (size_t)got;
        if (length == capacity) {
            capacity *= 2;
            char *larger = realloc(text, capacity + 1);
            if (!larger)
                abort();
            text = larger;
        }
    }
    if (!text)
        abort();
    text[length] = '\0';
    return text;
}

static void send_all(int peer, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(peer, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the answer, or its absence, tells */
        bytes += sent;
        length -= (size_t)sent;
    }
}

struct answer ask(const struct platform *platform, const char *method, const char *path, const char *headers,
                  const char *body)
{
    struct answer answer = {0};
    int peer = platform_connect(platform);
    if (peer < 0)
        return answer;
    /* One write: the kernel would hold a second one back until the first is acknowledged. */
    size_t capacity = 4096 + (body ? strlen(body) : 0);
    char *text = malloc(capacity);
    if (!text)
        abort();
    char announced[64] = "";
    if (body)
        snprintf(announced, sizeof announced, "Content-Length: %zu\r\n", strlen(body));
    int length =
        snprintf(text, capacity, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s%s\r\n%s",
                 method, path, headers ? headers : "", announced, body ? body : "");
    assert_true(length > 0 && (size_t)length < capacity);
    send_all(peer, text, (size_t)length);
    free(text);
    answer.text = read_all(peer);
    close(peer);
    (void)sscanf(answer.text, "HTTP/1.1 %d", &answer.status);
    const char *end = strstr(answer.text, "\r\n\r\n");
    answer.body = end ? end + 4 : "";
    answer.json = json_loads(answer.body, 0, NULL);
    return answer;
}

void answer_free(struct answer *answer)
{
    free(answer->text);
    json_decref(answer->json);
    *answer = (struct answer){0};
}

static json_t *expect(struct answer answer, const char *path, int status)
{
    if (answer.status != status)
        fail_msg("%s answered %d instead of %d: %s", path, answer.status, status, answer.body);
    json_t *json = json_incref(answer.json);
    answer_free(&answer);
    return json;
}

json_t *gateway(const struct platform *platform, const char *method, const char *path, const char *body,
                int status)
{
    return expect(ask(platform, method, path, platform->authorization, body), path, status);
}

json_t *tester(const struct platform *platform, const char *method, const char *path, const char *body,
               int status)
{
    return expect(ask(platform, method, path, NULL, body), path, status);
}

void gateway_refuses(const struct platform *platform, const char *method, const char *path, const char *body,
                     int status, const char *code, const char *field)
{
    struct answer answer = ask(platform, method, path, platform->authorization, body);
    assert_non_null(strcasestr(answer.text, "content-type: application/problem+json"));
    json_t *problem = expect(answer, path, status);
    assert_string_equal(text_of(problem, "code"), code);
    assert_int_equal(number_of(problem, "status"), status);
    if (field)
        assert_string_equal(text_of(problem, "field"), field);
    json_decref(problem);
}

/* ---- what most tests do ---- */

void federate(const struct platform *platform, const char *name, bool on)
{
    char path[128];
    snprintf(path, sizeof path, "/test/users/%s/federation", name);
    json_decref(tester(platform, "POST", path, on ? "{\"on\":true}" : "{\"on\":false}", 200));
}

void write_post(const struct platform *platform, const char *name, const char *text, const char *reply_to,
                char id[32])
{
    char path[128];
    snprintf(path, sizeof path, "/test/users/%s/posts", name);
    json_t *draft = json_pack("{s:s, s:s?}", "text", text, "reply_to", reply_to);
    char *body = json_dumps(draft, 0);
    json_t *post = tester(platform, "POST", path, body, 201);
    snprintf(id, 32, "%s", text_of(post, "id"));
    json_decref(post);
    json_decref(draft);
    free(body);
}

void put_person(const struct platform *platform, const char *key, const char *acct)
{
    char path[128];
    char body[512];
    snprintf(path, sizeof path, "/v1/remote-actors/%s", key);
    snprintf(
        body, sizeof body,
        "{\"rev\":1,\"ap_id\":\"https://remote.example/users/%s\",\"acct\":\"%s\",\"name\":\"Name of %s\","
        "\"url\":\"https://remote.example/@%s\"}",
        key, acct, key, key);
    json_decref(gateway(platform, "PUT", path, body, 201));
}

void put_reply(const struct platform *platform, const char *key, const char *person, const char *local_parent,
               const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "/v1/remote-posts/%s", key);
    json_t *reply = json_pack("{s:i, s:{s:s, s:i}, s:s, s:s, s:{s:s, s:n}, s:s, s:s, s:s}", "rev", 1, "actor",
                              "key", person, "rev", 1, "ap_id", "https://remote.example/1", "url",
                              "https://remote.example/1", "in_reply_to", "local", local_parent, "remote",
                              "created", "2026-08-22T10:00:00.000Z", "text", text, "visibility", "public");
    char *body = json_dumps(reply, 0);
    json_decref(gateway(platform, "PUT", path, body, 201));
    json_decref(reply);
    free(body);
}

const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (!text)
        fail_msg("there is no text %s", name);
    return text;
}

int64_t number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value))
        fail_msg("there is no number %s", name);
    return json_integer_value(value);
}
