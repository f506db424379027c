/* Whom an account has nothing to do with. */
#include <stdlib.h>
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/domain_rules.h"
#include "gateway/fed/separation.h"

enum { FIELDS = 2 };

static const char *blocks_key(const struct act *act)
{
    return arena_format(act->arena, "blocks:%s", act->account.aid);
}

/* How many there are; -1 when the store is away. */
static int64_t count_blocks(struct act *act)
{
    struct reply *reply = store_call(act->gateway->store, "HLEN", blocks_key(act), (char *)NULL);
    int64_t count = reply_failed(reply) ? -1 : reply_number(reply);
    reply_free(reply);
    return count;
}

static json_t *block_document(struct act *act, const struct reply *reply, size_t at)
{
    const char *who = reply_text(reply_at(reply, at));
    size_t length = strcspn(who, " ");
    const char *subject = who + length + (who[length] == ' ');
    json_t *block = strstr(subject, "://") ? act_person_document(act, subject) : json_object();
    (void)json_object_set_new(block, "subject", json_string(subject));
    (void)json_object_set_new(block, "by", json_stringn(who, length));
    (void)json_object_set_new(block, "since",
                              json_integer(strtoll(reply_text(reply_at(reply, at + 1)), NULL, 10)));
    return block;
}

enum act_outcome act_block_list(struct act *act)
{
    int64_t count = count_blocks(act);
    return count < 0 ? act_away(act) : act_people_page(act, "blocks_page", FIELDS, count, block_document);
}

/* "m.example" of "M.example." and "m.example:8443"; NULL when it is no server's name. */
static const char *domain_of(struct arena *arena, const char *word)
{
    char domain[DOMAIN_SIZE];
    size_t length = strcspn(word, ":");
    if (strspn(word + length, ":0123456789") != strlen(word + length) ||
        !domain_canonical(arena_copy(arena, word, length), domain))
        return NULL;
    return strchr(domain, '.') || strcmp(domain, "localhost") == 0 ? arena_string(arena, domain) : NULL;
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
    int64_t count = count_blocks(act);
    if (count >= SEPARATIONS_MAX)
        return act_fails(act, ACT_REFUSED, "subject",
                         "the account has %d blocks already; take one back, or block a whole server",
                         SEPARATIONS_MAX);
    act->result = json_pack("{s:s}", "subject", separation.subject);
    return count >= 0 && separate(act->gateway, &separation, act->trace) ? ACT_DONE : act_away(act);
}

enum act_outcome act_block_remove(struct act *act)
{
    struct separation separation;
    enum act_outcome outcome = subject_of(act, &separation);
    if (outcome != ACT_DONE)
        return outcome;
    struct reply *reply = store_call(act->gateway->store, "HEXISTS", blocks_key(act),
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
