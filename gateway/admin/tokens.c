#include "gateway/admin/tokens.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "gateway/admin/secret.h"

enum lookup token_make(struct store *store, const struct token_holder *holder, int64_t now,
                       char out[TOKEN_SIZE])
{
    char secret[SECRET_SIZE];
    char hash[23];
    secret_make(secret);
    (void)snprintf(out, TOKEN_SIZE, "dba_%s", secret);
    OPENSSL_cleanse(secret, sizeof secret);
    id_hash(out, hash);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, hash);
    arguments_text(arguments, holder->name);
    arguments_text(arguments, holder->aid);
    arguments_number(arguments, now);
    struct reply *reply = store_script(store, "token_add", arguments);
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

enum lookup token_find(struct store *store, const char *token, struct token_holder *out)
{
    char hash[23];
    *out = (struct token_holder){.name = ""};
    if (strncmp(token, "dba_", 4) != 0 || strlen(token) >= TOKEN_SIZE)
        return LOOKUP_ABSENT;
    id_hash(token, hash);
    struct reply *reply = store_call(store, "HGET", "tokens", hash, (char *)NULL);
    enum lookup result = reply_failed(reply) ? LOOKUP_DOWN : LOOKUP_ABSENT;
    json_t *kept = json_loads(reply_text(reply), 0, NULL);
    const char *name = json_string_value(json_object_get(kept, "name"));
    const char *aid = json_string_value(json_object_get(kept, "account"));
    if (name && aid && strlen(name) <= TOKEN_NAME_MAX && strlen(aid) <= AID_LENGTH) {
        (void)snprintf(out->name, sizeof out->name, "%s", name);
        (void)snprintf(out->aid, sizeof out->aid, "%s", aid);
        result = LOOKUP_FOUND;
    }
    json_decref(kept);
    reply_free(reply);
    return result;
}

enum lookup token_remove(struct store *store, const char *name)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, name);
    struct reply *reply = store_script(store, "token_remove", arguments);
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}
