/* Whether an account is in the fediverse at all: pause, leave with its progress and its receipt, come back.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/admin/acts.h"
#include "gateway/admin/sessions.h"
#include "gateway/clock.h"
#include "gateway/fed/render.h"
#include "gateway/jobs.h"
#include "gateway/leaving.h"
#include "gateway/ledger/ledger.h"
#include "gateway/ledger/ledger_view.h"
#include "gateway/ledger/receipt.h"
#include "gateway/upstream/upstream.h"

enum { BACKFILL_MAX = 100000, FILE_TEXT_MAX = 128 << 20, DIGITS_MAX = 6 };

static const char *handle_of(struct act *act)
{
    return arena_format(act->arena, "%s@%s", act->account.name, act->account.host);
}

static enum act_outcome answer_state(struct act *act, enum consent state)
{
    act->result = json_pack("{s:s, s:s}", "handle", arena_format(act->arena, "@%s", handle_of(act)), "state",
                            consent_name(state));
    return ACT_DONE;
}

/* ---- a pause ---- */

static enum act_outcome move(struct act *act, enum consent from, enum consent to, const char *refusal)
{
    bool moved = false;
    if (account_set_consent(act->gateway->store, act->account.aid, from, to, clock_now_ms(), &moved) !=
        LOOKUP_FOUND)
        return act_away(act);
    if (!moved)
        return act_fails(act, ACT_REFUSED, NULL, "the account is %s; %s", consent_name(act->account.consent),
                         refusal);
    return answer_state(act, to);
}

enum act_outcome act_account_pause(struct act *act)
{
    return move(act, CONSENT_ON, CONSENT_PAUSED, "only one that is on can be paused");
}

enum act_outcome act_account_resume(struct act *act)
{
    if (act->account.consent != CONSENT_PAUSED)
        return act_fails(act, ACT_REFUSED, NULL, "the account is %s; only one that is paused can be resumed",
                         consent_name(act->account.consent));
    /* The job first: it waits until the state has moved. */
    if (!job_queue(act->gateway, "resume", act->account.aid, act->trace))
        return act_away(act);
    return move(act, CONSENT_PAUSED, CONSENT_ON, "only one that is paused can be resumed");
}

/* ---- leaving ---- */

enum act_outcome act_account_leave(struct act *act)
{
    struct gateway *gateway = act->gateway;
    const char *confirm = act_word(act, "confirm");
    const char *handle = handle_of(act);
    bool moved = false;
    if (!consent_is_bridged(act->account.consent))
        return act_fails(act, ACT_REFUSED, NULL, "the account is %s already",
                         consent_name(act->account.consent));
    if (!confirm || strcasecmp(confirm + (confirm[0] == '@'), handle) != 0)
        return act_fails(
            act, ACT_INVALID, "confirm",
            "leaving cannot be undone: every post is deleted out there and all followers are lost. "
            "To go on, write the account's name into confirm: %s",
            handle);
    if (!left_note(gateway, act->account.platform, act->account.native) ||
        !leaving_start(gateway, act->account.aid, act->trace, &moved))
        return act_away(act);
    return answer_state(act, CONSENT_LEAVING);
}

/* Of all Deletes that were asked for, those of posts and the account's own. */
static void put_sums(json_t *out, const json_t *ledger)
{
    int64_t waiting = 0;
    int64_t answered = 0;
    ledger_answers(json_object_get(ledger, "counts"), &waiting, &answered);
    ledger_answers(json_object_get(ledger, "deletes"), &waiting, &answered);
    (void)json_object_set_new(out, "waiting", json_integer(waiting));
    (void)json_object_set_new(out, "answered", json_integer(answered));
}

/* Until when the account's own page stays as a stub, if it has said its farewell. 0: it has not, or is gone.
 */
static int64_t until(struct act *act)
{
    struct reply *reply = store_call(act->gateway->store, "ZSCORE", "leaves", act->account.aid, (char *)NULL);
    int64_t time = reply_failed(reply) ? 0 : (int64_t)strtod(reply_text(reply), NULL);
    reply_free(reply);
    return time;
}

enum act_outcome act_account_leaving(struct act *act)
{
    const char *why = NULL;
    const struct account_record *record = &act->account;
    const char *actor = url_actor(act->arena, account_base(act->gateway, record), record->aid);
    act->result = json_pack("{s:s, s:s, s:I, s:I}", "handle", arena_format(act->arena, "@%s", handle_of(act)),
                            "state", consent_name(record->consent), "since",
                            (json_int_t)record->consent_since, "posts_left", (json_int_t)record->post_count);
    if (consent_is_bridged(record->consent))
        return ACT_DONE;
    json_t *ledger = ledger_query(act->gateway, actor, &why);
    if (!ledger)
        return act_fails(act, ACT_AWAY, NULL, "%s", why);
    (void)json_object_set(act->result, "servers", json_object_get(ledger, "counts"));
    (void)json_object_set(act->result, "deletes", json_object_get(ledger, "deletes"));
    put_sums(act->result, ledger);
    json_decref(ledger);
    int64_t latest = until(act);
    if (latest)
        (void)json_object_set_new(act->result, "until", json_integer(latest));
    return ACT_DONE;
}

/* ---- receipts ---- */

enum act_outcome act_receipt(struct act *act, const char *what, const char *name)
{
    const char *why = NULL;
    const char *form = act_word(act, "form");
    bool html = form && strcmp(form, "html") == 0;
    json_t *receipt = receipt_make(act->gateway, what, &why);
    if (!receipt)
        return act_fails(act, ACT_REFUSED, NULL, "%s", why);
    struct buffer text;
    buffer_init(&text, FILE_TEXT_MAX);
    bool good = true;
    if (html)
        receipt_page(receipt, &text);
    else
        good = receipt_text(receipt, &text);
    json_decref(receipt);
    if (good && !text.failed) {
        act->file.length = text.length;
        act->file.text = strdup(buffer_text(&text));
        if (!act->file.text)
            abort();
        act->file.type = html ? "text/html; charset=utf-8" : "application/activity+json";
        act->file.name = arena_format(act->arena, "receipt-%s.%s", name, html ? "html" : "json");
    }
    buffer_clear(&text);
    return act->file.text
               ? ACT_DONE
               : act_fails(act, ACT_REFUSED, NULL,
                           "the receipt is too large: more servers may hold a copy than one receipt "
                           "can name; 'drawbridge ledger ... --csv' lists them all");
}

enum act_outcome act_account_receipt(struct act *act)
{
    const char *actor = url_actor(act->arena, account_base(act->gateway, &act->account), act->account.aid);
    return act_receipt(act, actor, act->account.name);
}

/* ---- on, by proof or by the platform's word ---- */

static enum act_outcome tell_on(struct act *act, const struct enrolment *enrolment)
{
    struct account_record record;
    if (account_load(act->gateway->store, act->arena, enrolment->aid, &record) != LOOKUP_FOUND)
        return act_away(act);
    act->result =
        json_pack("{s:s, s:s, s:s, s:s}", "state", consent_name(record.consent), "account", record.aid,
                  "handle", arena_format(act->arena, "@%s@%s", record.name, record.host), "actor",
                  url_actor(act->arena, account_base(act->gateway, &record), record.aid));
    return ACT_DONE;
}

static enum act_outcome enrol(struct act *act, const char *platform, const char *who, unsigned backfill,
                              bool *proven)
{
    struct enrolment enrolment;
    const struct enrolment_wish wish = {.platform = platform, .who = who, .backfill = backfill};
    upstream_enrol(act->gateway, &wish, act->arena, &enrolment);
    *proven = enrolment.state == ENROLMENT_PROVEN;
    if (enrolment.state == ENROLMENT_FAILED)
        return act_fails(act, ACT_REFUSED, NULL, "%s", enrolment.why);
    if (enrolment.state != ENROLMENT_ASKED)
        return tell_on(act, &enrolment);
    act->result = json_pack(
        "{s:s, s:s, s:s, s:s}", "state", "asked", "handle", enrolment.handle, "code", enrolment.code, "next",
        "put the code into the profile's description or into a post, within 24 hours, and ask again");
    return ACT_DONE;
}

enum act_outcome act_account_return(struct act *act)
{
    if (act->account.consent != CONSENT_GONE)
        return act_fails(act, ACT_REFUSED, NULL, "the account is %s; only one that is gone can come back",
                         consent_name(act->account.consent));
    bool proven = false;
    enum act_outcome outcome = enrol(act, act->account.platform, act->account.native, 0, &proven);
    const char *aid = json_string_value(json_object_get(act->result, "account"));
    char secret[SECRET_SIZE];
    if (outcome != ACT_DONE || !proven || !aid || !act->gateway->config->admin_url)
        return outcome;
    /* A new account, made just now for who is here: its pages are open to them too. */
    if (signin_make(act->gateway->store, aid, secret) == LOOKUP_FOUND)
        (void)json_object_set_new(
            act->result, "link",
            json_string(arena_format(act->arena, "%s/in/%s", act->gateway->config->admin_url, secret)));
    return ACT_DONE;
}

enum act_outcome act_account_add(struct act *act)
{
    const char *backfill = act_word(act, "backfill");
    bool number = !backfill || (strspn(backfill, "0123456789") == strlen(backfill) &&
                                strlen(backfill) <= DIGITS_MAX && atoi(backfill) <= BACKFILL_MAX);
    if (!number)
        return act_fails(act, ACT_INVALID, "backfill", "'%s' is no number of posts from 0 to %d", backfill,
                         BACKFILL_MAX);
    const char *handle = act_word(act, "handle");
    bool proven = false;
    return enrol(act, act_word(act, "platform"), handle + (handle[0] == '@'),
                 backfill ? (unsigned)atoi(backfill) : 0, &proven);
}
