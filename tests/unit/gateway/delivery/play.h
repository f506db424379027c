/* Delivery as a play: the Lua scripts against a real Redis, step by step, in a small language (`commands`
 * below), with what must come of a step behind '='. */
#ifndef DRAWBRIDGE_TESTS_PLAY_H
#define DRAWBRIDGE_TESTS_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "redis_lab.h"

enum { STEPS_MAX = 64, WORDS_MAX = 16, CLAIMS_MAX = 256, TEXT_MAX = 4096 };

struct scenario {
    const char *name;
    const char *steps[STEPS_MAX];
};

struct play {
    struct redis_lab lab;
    int64_t now;
    const struct scenario *scenario;
    const char *step;
    struct {
        char label[128], name[256], worker[16];
    } claims[CLAIMS_MAX];
    size_t claim_count;
    char got[TEXT_MAX]; /* what the step came to */
};

static struct play play;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
    size_t length = strlen(play.got);
    va_list arguments;
    if (length > 0 && length + 1 < sizeof play.got)
        play.got[length++] = ' ';
    va_start(arguments, format);
    (void)vsnprintf(play.got + length, sizeof play.got - length, format, arguments);
    va_end(arguments);
}

static redisReply *command(const char *format, ...) __attribute__((format(printf, 1, 2)));
static redisReply *command(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    redisReply *reply = redisCommand(play.lab.redis, text);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", text, reply ? reply->str : "no answer");
    return reply;
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    freeReplyObject(command("%s", text));
}

static const char *ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *ask(const char *format, ...)
{
    static char answers[8][512];
    static size_t next;
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *answer = answers[next++ % 8];
    redisReply *reply = command("%s", text);
    if (reply->type == REDIS_REPLY_INTEGER)
        (void)snprintf(answer, sizeof answers[0], "%lld", reply->integer);
    else
        (void)snprintf(answer, sizeof answers[0], "%s", reply->str ? reply->str : "");
    freeReplyObject(reply);
    return answer;
}

static const char *number(int64_t value)
{
    static char texts[16][24];
    static size_t next;
    char *text = texts[next++ % 16];
    (void)snprintf(text, sizeof texts[0], "%lld", (long long)value);
    return text;
}

static const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *text(const char *format, ...)
{
    static char texts[32][256];
    static size_t next;
    char *out = texts[next++ % 32];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(out, sizeof texts[0], format, arguments);
    va_end(arguments);
    return out;
}

/* ---- the steps
 * ----------------------------------------------------------------------------------------------------------
 */

static const char *origin_of(const char *host)
{
    return text("https://%s.example", host);
}

/* account AID */
static void do_account(char **word)
{
    const char *an = ask("INCR sequence:account");
    run("HSET account:%s number %s state on platform plaza private_key k", word[1], an);
    run("HSET account_numbers %s %s", an, word[1]);
}

/* state AID STATE */
static void do_state(char **word)
{
    run("HSET account:%s state %s", word[1], word[2]);
}

static const char *actor_hash(const char *actor, const char *host)
{
    return text("%.2s%s-%s-hash", host, actor, host);
}

/* follow AID ACTOR HOST [own|ID]: own = the host has no shared inbox; ID of the Follow */
static void do_follow(char **word)
{
    bool own = word[4] != NULL && strcmp(word[4], "own") == 0;
    const char *origin = origin_of(word[3]);
    const char *actor = text("%s/users/%s", origin, word[2]);
    const char *follow =
        word[4] && !own ? text("%s/%s", origin, word[4]) : text("%s/follow/%s", origin, word[2]);
    freeReplyObject(LAB_SCRIPT(&play.lab, "follower_add", word[1], actor, actor_hash(word[2], word[3]),
                               follow, origin, own ? text("%s/inbox", actor) : text("%s/inbox", origin),
                               own ? "0" : "1"));
}

/* unfollow AID ACTOR HOST */
static void do_unfollow(char **word)
{
    freeReplyObject(LAB_SCRIPT(&play.lab, "follower_remove", word[1],
                               text("%s/users/%s", origin_of(word[3]), word[2]),
                               actor_hash(word[2], word[3])));
}

/* forget ACTOR HOST */
static void do_forget(char **word)
{
    freeReplyObject(LAB_SCRIPT(&play.lab, "follower_forget", text("%s/users/%s", origin_of(word[2]), word[1]),
                               actor_hash(word[1], word[2])));
}

/* followers AID = count and audience inboxes */
static void do_followers(char **word)
{
    add("%s", ask("HGET account:%s followers", word[1]));
    add("%s", ask("HLEN followers:%s", word[1]));
    add("%s", ask("ZCARD audience:%s", word[1]));
}

/* post AID OID REVISION */
static void do_post(char **word)
{
    if (ask("HGET post:%s:%s number", word[1], word[2])[0] == '\0')
        run("HSET post:%s:%s number %s native n%s", word[1], word[2],
            ask("HINCRBY account:%s post_number 1", word[1]), word[2]);
    run("HSET post:%s:%s state live revision %s published 1", word[1], word[2], word[3]);
}

/* gone AID OID */
static void do_gone(char **word)
{
    freeReplyObject(LAB_SCRIPT(&play.lab, "post_remove", word[1], word[2], number(play.now), "0"));
}

/* queue KIND AID OID REVISION [HOST:REASON | HOST/USER …] = 0 or new */
static void do_queue(char **word)
{
    const char *kind = word[1];
    const char *key = strcmp(kind, "answer") == 0    ? text("f%s", word[3])
                      : strcmp(kind, "profile") == 0 ? "p"
                      : strcmp(kind, "leave") == 0   ? "x"
                                                     : text("o%s", word[3]);
    const char *priority = strcmp(kind, "delete") == 0    ? "0"
                           : strcmp(kind, "answer") == 0  ? "1"
                           : strcmp(kind, "profile") == 0 ? "3"
                           : strcmp(kind, "leave") == 0   ? "5"
                                                          : "2";
    const char *sources = strcmp(kind, "create") == 0    ? "a"
                          : strcmp(kind, "update") == 0  ? "ae"
                          : strcmp(kind, "delete") == 0  ? "e"
                          : strcmp(kind, "profile") == 0 ? "ax"
                          : strcmp(kind, "leave") == 0   ? "x"
                                                         : "";
    const char *arguments[64] = {kind,
                                 word[2],
                                 word[3],
                                 word[4],
                                 key,
                                 priority,
                                 text("https://us.example/%s#%s", word[3], kind),
                                 text("once-%s", word[3]),
                                 "trace",
                                 number(play.now),
                                 sources,
                                 "",
                                 "0",
                                 "body"};
    int count = 15;
    int targets = 0;
    for (int i = 5; word[i]; i++, targets++) {
        char *reason = strchr(word[i], ':');
        char *user = strchr(word[i], '/');
        if (reason)
            *reason++ = '\0';
        if (user)
            *user++ = '\0';
        const char *origin = origin_of(word[i]);
        arguments[count++] = origin;
        arguments[count++] = user ? text("%s/users/%s/inbox", origin, user) : text("%s/inbox", origin);
        arguments[count++] = user ? "0" : "1";
        arguments[count++] = reason ? reason : "";
        arguments[count++] = text("%s/users/%s", origin, user ? user : "x");
    }
    arguments[14] = number(targets);
    redisReply *reply = lab_script(&play.lab, "delivery_enqueue", count, arguments, NULL);
    add("%s", reply->type == REDIS_REPLY_INTEGER ? "0" : "new");
    freeReplyObject(reply);
}

static int by_number(const void *left, const void *right)
{
    long one = *(const long *)left;
    long two = *(const long *)right;
    return one < two ? -1 : one > two;
}

static size_t exposed_hosts(const char *activity, char stage, long *hosts)
{
    size_t count = 0;
    const char *an = ask("HGET activity:%s an", activity);
    if (stage == 'e') {
        redisReply *reply = command("SMEMBERS exposing:%s:%s", an, ask("HGET activity:%s p", activity));
        for (size_t i = 0; i < reply->elements; i++)
            hosts[count++] = strtol(reply->element[i]->str, NULL, 10);
        freeReplyObject(reply);
    } else {
        redisReply *reply = command("HGETALL account_hosts:%s", an);
        for (size_t i = 0; i + 1 < reply->elements; i += 2)
            for (size_t bit = 0; bit < 8U * (size_t)reply->element[i + 1]->len; bit++)
                if ((unsigned char)reply->element[i + 1]->str[bit / 8] >> bit % 8 & 1)
                    hosts[count++] = strtol(reply->element[i]->str, NULL, 10) * 512 + (long)bit;
        freeReplyObject(reply);
    }
    qsort(hosts, count, sizeof *hosts, by_number);
    return count;
}

/* One page of the first fan-out. False when there is none. */
static bool fanout_page(const char *limit)
{
    char activity[32] = "";
    redisReply *first = command("ZRANGE fanouts 0 0");
    if (first->elements)
        (void)snprintf(activity, sizeof activity, "%s", first->element[0]->str);
    freeReplyObject(first);
    if (!activity[0])
        return false;
    const char *cursor = ask("HGET activity:%s cursor", activity);
    const char *arguments[512] = {activity, cursor, number(play.now), limit, "1"};
    int count = 5;
    long hosts[1024];
    static char names[1024][24];
    if (cursor[0] == 'e' || cursor[0] == 'x') {
        size_t found = exposed_hosts(activity, cursor[0], hosts);
        long position = strtol(cursor + strcspn(cursor, " "), NULL, 10);
        int left = (int)strtol(limit, NULL, 10);
        for (size_t i = 0; i < found; i++) {
            if (hosts[i] <= position)
                continue;
            if (left-- == 0) {
                arguments[4] = "0";
                break;
            }
            (void)snprintf(names[count], sizeof names[0], "%ld", hosts[i]);
            arguments[count] = names[count];
            count++;
        }
    }
    freeReplyObject(lab_script(&play.lab, "delivery_fanout", count, arguments, NULL));
    return true;
}

/* fanout [LIMIT] [PAGES]: all that waits, or so many pages */
static void do_fanout(char **word)
{
    const char *limit = word[1] ? word[1] : "1000";
    int pages = word[1] && word[2] ? atoi(word[2]) : 10000;
    while (pages-- > 0 && fanout_page(limit))
        continue;
}

static void label_claim(char *label, size_t size, redisReply **part)
{
    char kind[32], host[128], user[64] = "", oid[64] = "";
    (void)snprintf(kind, sizeof kind, "%s", part[4]->str);
    (void)snprintf(host, sizeof host, "%s", part[8]->str + strlen("https://"));
    host[strcspn(host, ".")] = '\0';
    const char *inside = strstr(part[1]->str, "/users/");
    if (inside)
        (void)snprintf(user, sizeof user, "/%s", inside + 7);
    user[user[0] ? 1 + strcspn(user + 1, "/") : 0] = '\0';
    (void)snprintf(oid, sizeof oid, "%s", part[5]->str + strlen("https://us.example/"));
    oid[strcspn(oid, "#")] = '\0';
    (void)snprintf(label, size, "%s:%s@%s%s", kind, oid, host, user);
}

/* claim WORKER [MAXIMUM] = KIND:OID@HOST[/USER] … */
static void do_claim(char **word)
{
    redisReply *reply =
        LAB_SCRIPT(&play.lab, "delivery_claim", word[1], number(play.now), word[2] ? word[2] : "100");
    for (size_t i = 0; i + 10 < reply->elements; i += 11) {
        assert_true(play.claim_count < CLAIMS_MAX);
        char *label = play.claims[play.claim_count].label;
        label_claim(label, sizeof play.claims[0].label, &reply->element[i]);
        (void)snprintf(play.claims[play.claim_count].name, sizeof play.claims[0].name, "%s",
                       reply->element[i]->str);
        (void)snprintf(play.claims[play.claim_count].worker, sizeof play.claims[0].worker, "%s", word[1]);
        play.claim_count++;
        add("%s", label);
    }
    if (reply->elements == 1)
        add("%s", reply->element[0]->str); /* buried */
    freeReplyObject(reply);
}

/* done WORKER LABEL OUTCOME HEALTH CODE [SECONDS until due, or +SECONDS the host pauses] = 1, or 0 when the
 * lease was lost */
static void do_done(char **word)
{
    const char *name = NULL;
    for (size_t i = play.claim_count; i-- > 0 && !name;)
        if (strcmp(play.claims[i].label, word[2]) == 0 && strcmp(play.claims[i].worker, word[1]) == 0)
            name = play.claims[i].name;
    if (!name)
        fail_msg("%s: nothing of that name was claimed", play.step);
    int64_t due = play.now + 45000;
    const char *pause = "0";
    if (word[6] && word[6][0] == '+')
        pause = number(play.now + 1000 * strtol(word[6], NULL, 10));
    else if (word[6])
        due = play.now + 1000 * strtol(word[6], NULL, 10);
    redisReply *reply = LAB_SCRIPT(&play.lab, "delivery_done", number(play.now), "1", word[1], name, word[3],
                                   word[4], word[5], "reason", number(due), pause, "");
    add("%lld", reply->integer);
    freeReplyObject(reply);
}

/* wait N(s|m|h|d) */
static void do_wait(char **word)
{
    char *unit = NULL;
    int64_t amount = strtol(word[1], &unit, 10);
    play.now += amount * (*unit == 's' ? 1000 : *unit == 'm' ? 60000 : *unit == 'h' ? 3600000 : 86400000);
}

/* die WORKER */
static void do_die(char **word)
{
    run("DEL worker:%s", word[1]);
}

/* beat WORKER [gap] = claims taken from the dead; gap: the first beat after Redis was away */
static void do_beat(char **word)
{
    if (word[2])
        run("DEL beats");
    else
        run("SET beats 1");
    run("DEL beats_grace");
    redisReply *reply = LAB_SCRIPT(&play.lab, "delivery_beat", word[1], number(play.now), "1000");
    add("%lld", reply->integer);
    freeReplyObject(reply);
}

/* seen HOST */
static void do_seen(char **word)
{
    freeReplyObject(LAB_SCRIPT(&play.lab, "delivery_seen", origin_of(word[1]), number(play.now)));
}

static const char *host_name(const char *host)
{
    const char *origin = ask("HGET host:%s origin", host);
    return text("%.*s", (int)strcspn(origin + 8, "."), origin + 8);
}

/* exposed AID OID = hosts in the order in which they were met */
static void do_exposed(char **word)
{
    redisReply *reply = command("SORT exposing:%s:%s", ask("HGET account:%s number", word[1]),
                                ask("HGET post:%s:%s number", word[1], word[2]));
    for (size_t i = 0; i < reply->elements; i++)
        add("%s", host_name(reply->element[i]->str));
    freeReplyObject(reply);
}

/* why AID OID HOST = letters */
static void do_why(char **word)
{
    const char *host = ask("HGET host_numbers %s", origin_of(word[3]));
    add("%s", ask("HGET exposure_why:%s:%s %s", ask("HGET account:%s number", word[1]),
                  ask("HGET post:%s:%s number", word[1], word[2]), host));
}

/* expose AID OID HOST REASON [nowhere] = what the script says; nowhere: its inbox is not known */
static void do_expose(char **word)
{
    const char *origin = origin_of(word[3]);
    redisReply *reply = LAB_SCRIPT(&play.lab, "exposure_add", word[1], word[2][0] == '-' ? "" : word[2],
                                   origin, word[5] ? "" : text("%s/inbox", origin), "1",
                                   text("%s/users/x", origin), word[4], number(play.now), "2");
    add("%s", reply->str);
    freeReplyObject(reply);
}

/* deletes AID OID = HOST:STATE … by host number; OID - for the account */
static void do_deletes(char **word)
{
    const char *an = ask("HGET account:%s number", word[1]);
    const char *p = word[2][0] == '-' ? "0" : ask("HGET post:%s:%s number", word[1], word[2]);
    long hosts = strtol(ask("GET sequence:host"), NULL, 10);
    for (long i = 1; i <= hosts; i++) {
        const char *state = ask("HGET delete_state:%s:%s %ld", an, p, i);
        if (state[0])
            add("%s:%.1s", host_name(number(i)), state);
    }
}

/* host NAME = state, or healthy */
static void do_host(char **word)
{
    const char *state = ask("HGET host:%s state", ask("HGET host_numbers %s", origin_of(word[1])));
    add("%s", state[0] ? state : "healthy");
}

/* observed AID OID HOST = 1 when it is news; OID - for the account */
static void do_observed(char **word)
{
    redisReply *reply = LAB_SCRIPT(&play.lab, "delete_observed", word[1], word[2][0] == '-' ? "" : word[2],
                                   origin_of(word[3]), number(play.now));
    add("%lld", reply->integer);
    freeReplyObject(reply);
}

/* left = keys of deliveries that should be gone when all is done */
static void do_left(char **word)
{
    static const char *const patterns[] = {"lane:*",     "behind:*", "busy:*", "claims:*",
                                           "activity:*", "delays",   "ready",  "parked:*",
                                           "tried:*",    "fanouts",  "probes", "unparking"};
    (void)word;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        redisReply *reply = command("KEYS %s", patterns[i]);
        for (size_t k = 0; k < reply->elements; k++)
            add("%s", reply->element[k]->str);
        freeReplyObject(reply);
    }
}

/* redis COMMAND… = answer */
static void do_redis(char **word)
{
    char line[512] = "";
    for (int i = 1; word[i]; i++) {
        strcat(line, word[i]);
        strcat(line, " ");
    }
    add("%s", ask("%s", line));
}

static const struct {
    const char *name;
    void (*run)(char **word);
} commands[] = {
    {"account", do_account},   {"state", do_state},     {"follow", do_follow},
    {"unfollow", do_unfollow}, {"forget", do_forget},   {"followers", do_followers},
    {"post", do_post},         {"gone", do_gone},       {"queue", do_queue},
    {"fanout", do_fanout},     {"claim", do_claim},     {"done", do_done},
    {"wait", do_wait},         {"die", do_die},         {"beat", do_beat},
    {"seen", do_seen},         {"exposed", do_exposed}, {"why", do_why},
    {"expose", do_expose},     {"deletes", do_deletes}, {"host", do_host},
    {"observed", do_observed}, {"left", do_left},       {"redis", do_redis},
};

static void play_step(const char *step)
{
    char line[512];
    char *word[WORDS_MAX + 1] = {NULL};
    int count = 0;
    (void)snprintf(line, sizeof line, "%s", step);
    char *expected = strchr(line, '=');
    if (expected) {
        *expected++ = '\0';
        expected += strspn(expected, " ");
    }
    for (char *rest = line, *token; (token = strsep(&rest, " ")) && count < WORDS_MAX;)
        if (token[0])
            word[count++] = token;
    play.step = step;
    play.got[0] = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, word[0]) != 0)
            continue;
        commands[i].run(word);
        if (expected && strcmp(expected, play.got) != 0)
            fail_msg("%s\n    step: %s\n    came: %s", play.scenario->name, step, play.got);
        return;
    }
    fail_msg("%s: no such step", step);
}

/* A new play on an empty store. */
static void play_begin(const struct scenario *scenario)
{
    play.scenario = scenario;
    play.now = 1700000000000;
    play.claim_count = 0;
    freeReplyObject(command("FLUSHALL"));
}

#endif
