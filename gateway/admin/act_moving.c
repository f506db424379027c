/* Moving: where else the person is, and where the account went. */
#include <string.h>

#include "gateway/admin/acts.h"
#include "gateway/fed/moving.h"

static enum act_outcome outcome_of(struct act *act, enum moving_outcome outcome, const char *field,
                                   const char *why)
{
    if (outcome == MOVING_DONE)
        return ACT_DONE;
    return act_fails(act, outcome == MOVING_REFUSED ? ACT_REFUSED : ACT_AWAY, field, "%s", why);
}

enum act_outcome act_account_move(struct act *act)
{
    const char *word = act_word(act, "to");
    const char *target = NULL;
    const char *why = NULL;
    bool stays = strcmp(word, "none") == 0;
    enum act_outcome outcome = stays ? ACT_DONE : act_person(act, word, &target);
    if (outcome != ACT_DONE)
        return outcome;
    enum moving_outcome moved = moving_out(act->gateway, act->arena, &act->account, target, act->trace, &why);
    outcome = outcome_of(act, moved, "to", why);
    if (outcome == ACT_DONE)
        act->result = json_pack("{s:s?}", "moved_to", target);
    return outcome;
}

enum act_outcome act_alias_list(struct act *act)
{
    json_t *items = json_array();
    const struct account *account = &act->account.account;
    for (size_t i = 0; i < account->also_known_as_count; i++)
        (void)json_array_append_new(items, json_pack("{s:s}", "alias", account->also_known_as[i]));
    act->result = json_pack("{s:I, s:o, s:s?}", "total", (json_int_t)json_array_size(items), "items", items,
                            "moved_to", account->moved_to);
    return ACT_DONE;
}

static enum act_outcome change_alias(struct act *act, bool add)
{
    const char *alias;
    const char *why = NULL;
    enum act_outcome outcome = act_person(act, act_word(act, "person"), &alias);
    if (outcome != ACT_DONE)
        return outcome;
    if (!add && !strstr(arena_format(act->arena, " %s ", act->account.aliases),
                        arena_format(act->arena, " %s ", alias)))
        return act_fails(act, ACT_UNKNOWN, "person", "the owner did not name %s here", alias);
    enum moving_outcome changed =
        moving_alias(act->gateway, act->arena, &act->account, alias, add, act->trace, &why);
    outcome = outcome_of(act, changed, "person", why);
    if (outcome == ACT_DONE)
        act->result = json_pack("{s:s}", "alias", alias);
    return outcome;
}

enum act_outcome act_alias_add(struct act *act)
{
    return change_alias(act, true);
}

enum act_outcome act_alias_remove(struct act *act)
{
    return change_alias(act, false);
}
