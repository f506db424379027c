/* Whom an account has nothing to do with. */
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/fed/separation.h"

enum { DOMAIN_MAX = 253 };

enum act_outcome act_block_list(struct act *act)
{
    struct reply *reply = store_call(act->gateway->store, "HGETALL",
                                     arena_format(act->arena, "blocks:%s", act->account.aid), (char *)NULL);
    if (reply_failed(reply)) {
        reply_free(reply);
        return act_away(act);
    }
    json_t *items = json_array();
    for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
        const char *field = reply_text(reply_at(reply, i));
        const char *subject = strchr(field, ' ');
        if (!subject)
            continue;
        json_t *item = strstr(subject, "://") ? act_person_document(act, subject + 1) : json_object();
        (void)json_object_set_new(item, "subject", json_string(subject + 1));
        (void)json_object_set_new(item, "by", json_stringn(field, (size_t)(subject - field)));
        (void)json_object_set_new(item, "since",
                                  json_integer(strtoll(reply_text(reply_at(reply, i + 1)), NULL, 10)));
        (void)json_array_append_new(items, item);
    }
    reply_free(reply);
    act->result = json_pack("{s:o}", "items", items);
    return ACT_DONE;
}

/* "m.example" of "M.example" and "m.example:8443"; NULL when it is no server's name. */
static const char *domain_of(struct arena *arena, const char *word)
{
    size_t length = strcspn(word, ":");
    if (length > DOMAIN_MAX || strspn(word + length, ":0123456789") != strlen(word + length))
        return NULL;
    char *domain = arena_copy(arena, word, length);
    for (char *at = domain; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    bool named = strchr(domain, '.') && !strpbrk(domain, "@/?# <>\"\\");
    return named || strcmp(domain, "localhost") == 0 ? domain : NULL;
}

static enum act_outcome subject_of(struct act *act, struct separation *separation)
{
    const char *word = act_word(act, "subject");
    *separation = (struct separation){.aid = act->account.aid, .by = SEPARATED_BY_OWNER};
    separation->subject = domain_of(act->arena, word);
    if (separation->subject)
        return ACT_DONE;
    enum act_outcome outcome = act_person(act, word, &separation->subject);
    if (outcome == ACT_INVALID)
        return act_fails(act, ACT_INVALID, "subject",
                         "'%s' is neither a person (@name@server) nor a server (m.example)", word);
    return outcome;
}

enum act_outcome act_block_add(struct act *act)
{
    struct separation separation;
    enum act_outcome outcome = subject_of(act, &separation);
    if (outcome != ACT_DONE)
        return outcome;
    act->result = json_pack("{s:s}", "subject", separation.subject);
    return separate(act->gateway, &separation, act->trace) ? ACT_DONE : act_away(act);
}

enum act_outcome act_block_remove(struct act *act)
{
    struct separation separation;
    enum act_outcome outcome = subject_of(act, &separation);
    if (outcome != ACT_DONE)
        return outcome;
    struct reply *reply =
        store_call(act->gateway->store, "HEXISTS", arena_format(act->arena, "blocks:%s", act->account.aid),
                   arena_format(act->arena, "owner %s", separation.subject), (char *)NULL);
    bool failed = reply_failed(reply);
    bool there = reply_number(reply) == 1;
    reply_free(reply);
    if (failed)
        return act_away(act);
    if (!there)
        return act_fails(act, ACT_UNKNOWN, "subject", "the owner has no block of %s", separation.subject);
    act->result = json_pack("{s:s}", "subject", separation.subject);
    return separation_end(act->gateway, &separation, act->trace) ? ACT_DONE : act_away(act);
}
