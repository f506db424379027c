/* Links that let an owner or the operator in to the pages. */
#include "gateway/admin/acts.h"
#include "gateway/admin/sessions.h"

static enum act_outcome link_for(struct act *act, const char *aid)
{
    char secret[SECRET_SIZE];
    if (!act->gateway->config->admin_url)
        return act_fails(
            act, ACT_REFUSED, NULL,
            "there are no pages: set [admin] listen, for instance to 127.0.0.1:8081, and restart");
    if (signin_make(act->gateway->store, aid, secret) != LOOKUP_FOUND)
        return act_away(act);
    act->result = json_pack("{s:s, s:i}", "link",
                            arena_format(act->arena, "%s/in/%s", act->gateway->config->admin_url, secret),
                            "minutes", LINK_MINUTES);
    return ACT_DONE;
}

enum act_outcome act_account_link(struct act *act)
{
    return link_for(act, act->account.aid);
}

enum act_outcome act_operator_link(struct act *act)
{
    return link_for(act, "");
}
