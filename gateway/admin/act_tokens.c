/* Tokens of the API. */
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/admin/tokens.h"
#include "gateway/clock.h"
#include "gateway/ledger/ledger.h"

static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

enum act_outcome act_token_list(struct act *act)
{
    struct reply *reply = store_call(act->gateway->store, "HVALS", "tokens", (char *)NULL);
    if (reply_failed(reply)) {
        reply_free(reply);
        return act_away(act);
    }
    json_t *items = json_array();
    for (size_t i = 0; i < reply_count(reply); i++) {
        json_t *token = json_loads(reply_text(reply_at(reply, i)), 0, NULL);
        if (!token)
            continue;
        const char *account = json_string_value(json_object_get(token, "account"));
        bool owner = account && *account;
        if (!owner)
            (void)json_object_del(token, "account");
        (void)json_object_set_new(token, "scope", json_string(owner ? "owner" : "operator"));
        (void)json_array_append_new(items, token);
    }
    reply_free(reply);
    act->result = json_pack("{s:o}", "items", items);
    return ACT_DONE;
}

enum act_outcome act_token_add(struct act *act)
{
    const char *name = act_word(act, "name");
    const char *account = act_word(act, "account");
    const char *why = NULL;
    struct token_holder holder = {.name = ""};
    char token[TOKEN_SIZE];
    if (strlen(name) > TOKEN_NAME_MAX || strspn(name, names) != strlen(name))
        return act_fails(act, ACT_INVALID, "name",
                         "a token's name has 1 to %d letters, digits, '.', '_' or '-'", TOKEN_NAME_MAX);
    if (account && !ledger_account(act->gateway, account, holder.aid, &why))
        return act_fails(act, ACT_UNKNOWN, "account", "%s: %s", account, why);
    memcpy(holder.name, name, strlen(name) + 1);
    switch (token_make(act->gateway->store, &holder, clock_now_ms(), token)) {
    case LOOKUP_DOWN:
        return act_away(act);
    case LOOKUP_ABSENT:
        return act_fails(act, ACT_REFUSED, "name",
                         "there is a token named %s; remove it first or take another name", name);
    case LOOKUP_FOUND:
        break;
    }
    act->result = json_pack("{s:s, s:s, s:s, s:s}", "name", name, "scope", account ? "owner" : "operator",
                            "token", token, "note", "keep it now: it is not shown again");
    return ACT_DONE;
}

enum act_outcome act_token_remove(struct act *act)
{
    const char *name = act_word(act, "name");
    switch (token_remove(act->gateway->store, name)) {
    case LOOKUP_DOWN:
        return act_away(act);
    case LOOKUP_ABSENT:
        return act_fails(act, ACT_UNKNOWN, "name", "there is no token named %s", name);
    case LOOKUP_FOUND:
        break;
    }
    return ACT_DONE;
}
