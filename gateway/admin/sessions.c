#include "gateway/admin/sessions.h"

#include <stdio.h>
#include <string.h>

enum { SESSION_S = 12 * 3600, KEY_SIZE = 40 };

/* False for what can be no secret of ours. */
static bool key_of(const char *kind, const char *secret, char out[KEY_SIZE])
{
    char hash[23];
    if (strlen(secret) != SECRET_SIZE - 1)
        return false;
    id_hash(secret, hash);
    (void)snprintf(out, KEY_SIZE, "%s:%s", kind, hash);
    return true;
}

enum lookup signin_make(struct store *store, const char *aid, char out[SECRET_SIZE])
{
    char key[KEY_SIZE];
    char seconds[16];
    secret_make(out);
    (void)key_of("signin", out, key);
    (void)snprintf(seconds, sizeof seconds, "%d", LINK_MINUTES * 60);
    struct reply *reply =
        store_call(store, "SET", key, aid[0] ? aid : "operator", "EX", seconds, (char *)NULL);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_FOUND;
    reply_free(reply);
    return result;
}

enum lookup signin_use(struct store *store, const char *link, char cookie[SECRET_SIZE])
{
    char from[KEY_SIZE];
    char to[KEY_SIZE];
    char form[SECRET_SIZE];
    if (!key_of("signin", link, from))
        return LOOKUP_ABSENT;
    secret_make(cookie);
    secret_make(form);
    (void)key_of("session", cookie, to);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, from);
    arguments_text(arguments, to);
    arguments_text(arguments, form);
    arguments_number(arguments, SESSION_S);
    struct reply *reply = store_script(store, "session_begin", arguments);
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

enum lookup session_find(struct store *store, const char *cookie, struct page_session *out)
{
    char key[KEY_SIZE];
    *out = (struct page_session){.aid = ""};
    if (!key_of("session", cookie, key))
        return LOOKUP_ABSENT;
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, key);
    struct reply *reply = store_script(store, "session_read", arguments);
    enum lookup result = reply_failed(reply)       ? LOOKUP_DOWN
                         : reply_count(reply) == 4 ? LOOKUP_FOUND
                                                   : LOOKUP_ABSENT;
    if (result == LOOKUP_FOUND) {
        const char *whose = reply_text(reply_at(reply, 0));
        (void)snprintf(out->aid, sizeof out->aid, "%s", strcmp(whose, "operator") == 0 ? "" : whose);
        (void)snprintf(out->form, sizeof out->form, "%s", reply_text(reply_at(reply, 1)));
        (void)snprintf(out->said, sizeof out->said, "%s", reply_text(reply_at(reply, 2)));
        out->wrong = strcmp(reply_text(reply_at(reply, 3)), "1") == 0;
    }
    reply_free(reply);
    return result;
}

bool session_say(struct store *store, const char *cookie, const char *said, bool wrong)
{
    char key[KEY_SIZE];
    if (!key_of("session", cookie, key))
        return true;
    struct reply *reply =
        store_call(store, "HSET", key, "said", said, "wrong", wrong ? "1" : "0", (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

bool session_end(struct store *store, const char *cookie)
{
    char key[KEY_SIZE];
    if (!key_of("session", cookie, key))
        return true;
    struct reply *reply = store_call(store, "DEL", key, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}
