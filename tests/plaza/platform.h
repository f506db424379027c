/* Runs the real plaza for a test and asks it over HTTP. Whatever fails here fails the test. */
#ifndef TESTS_PLAZA_PLATFORM_H
#define TESTS_PLAZA_PLATFORM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct platform {
    pid_t process;
    int port;
    char folder[64]; /* of the database and the token file */
    char token[64];
    char authorization[128]; /* header line with the token */
};

/* A fresh platform with an empty database. */
void platform_new(struct platform *platform);
/* Starts it (again) on the same database; `extra` is one more option or NULL. Returns when it listens. */
void platform_start(struct platform *platform, const char *extra);
/* SIGTERM; it must end with 0. */
void platform_stop(struct platform *platform);
/* kill -9 */
void platform_kill(struct platform *platform);
void platform_free(struct platform *platform);

struct answer {
    int status;
    char *text; /* head and body as they came */
    const char *body;
    json_t *json; /* NULL when the body is no JSON */
};

/* One request on a connection of its own. `headers`: further header lines, each ended by CRLF, or NULL;
 * `body` may be NULL. A dead server gives status 0. Free with answer_free. */
struct answer ask(const struct platform *platform, const char *method, const char *path, const char *headers,
                  const char *body);
void answer_free(struct answer *answer);
/* A TCP connection with a deadline on reads; -1 when refused. */
int platform_connect(const struct platform *platform);
/* Reads all until the peer closes; NUL-terminated, owned by the caller. */
char *read_all(int socket);

/* With the gateway's token: asks, checks the status and gives the JSON (new reference, NULL without one). */
json_t *gateway(const struct platform *platform, const char *method, const char *path, const char *body,
                int status);
/* As `gateway`, for /test/…: no token. */
json_t *tester(const struct platform *platform, const char *method, const char *path, const char *body,
               int status);
/* The answer must be a problem with this code; `field` may be NULL. */
void gateway_refuses(const struct platform *platform, const char *method, const char *path, const char *body,
                     int status, const char *code, const char *field);

/* Switches the fediverse on or off for a member. */
void federate(const struct platform *platform, const char *name, bool on);
/* A post of a member; `reply_to` may be NULL. The id goes to `id`. */
void write_post(const struct platform *platform, const char *name, const char *text, const char *reply_to,
                char id[32]);
/* PUTs a person and a reply of theirs, with revision 1 each. */
void put_person(const struct platform *platform, const char *key, const char *acct);
void put_reply(const struct platform *platform, const char *key, const char *person, const char *local_parent,
               const char *text);

const char *text_of(const json_t *object, const char *name);
int64_t number_of(const json_t *object, const char *name);

#endif
