#include "gateway/rotation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/signer.h"
#include "gateway/log.h"
#include "gateway/store/accounts.h"

enum { ROTATION_BUDGET = 1 << 20 };
/* After the fan-out, for those who do not answer at once. Shorter than the time between the second and the
 * third attempt of a delivery (delivery/answer.c), so that whoever took the new key up early, and refuses the
 * old one meanwhile, gets each post in the end. */
static const int64_t WAIT_MS = (int64_t)5 * 60 * 1000;

static enum lookup make_next(struct gateway *gateway, const char *aid)
{
    char *pem;
    unsigned char *sealed;
    size_t length;
    signer_make_key(gateway, &pem, &sealed, &length);
    enum lookup made = account_key_next(gateway->store, aid, pem, sealed, length);
    free(pem);
    free(sealed);
    return made;
}

static bool wait_for_it(struct gateway *gateway, const char *aid)
{
    char now[24];
    (void)snprintf(now, sizeof now, "%" PRId64, clock_now_ms());
    struct reply *reply = store_call(gateway->store, "ZADD", "rotations", "NX", now, aid, (char *)NULL);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

enum work_result rotation_begin(struct gateway *gateway, const char *aid, const char *trace)
{
    struct arena *arena = arena_new(ROTATION_BUDGET);
    struct account_record record;
    enum lookup found = account_load(gateway->store, arena, aid, &record);
    bool due = found == LOOKUP_FOUND && record.consent == CONSENT_ON;
    bool good = found != LOOKUP_DOWN;
    if (due && !record.next_public_key_pem)
        good = make_next(gateway, aid) != LOOKUP_DOWN;
    if (due && good)
        good = publish_actor_key(gateway, aid, trace) && wait_for_it(gateway, aid);
    if (due && good)
        log_write(LOG_INFO, "an account's next key is told to those who know it", "aid", aid, "trace", trace,
                  (char *)NULL);
    arena_free(arena);
    return good ? WORK_DONE : WORK_LATER;
}

/* ---- the end
 * ------------------------------------------------------------------------------------------------------- */

enum telling { TELLING, TOLD_WHO_ANSWERS, TOLD, TELLING_UNKNOWN };

static enum telling how_far(struct gateway *gateway, const char *aid)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "HGET");
    arguments_format(arguments, "account:%s", aid);
    arguments_text(arguments, "key_sent");
    struct reply *sent = store_run(gateway->store, arguments);
    arguments = arguments_new();
    arguments_text(arguments, "HMGET");
    arguments_format(arguments, "activity:%s", reply_text(sent));
    arguments_text(arguments, "kind");
    arguments_text(arguments, "fanout");
    struct reply *activity = store_run(gateway->store, arguments);
    enum telling result = TELLING_UNKNOWN;
    if (!reply_failed(sent) && !reply_failed(activity))
        result = reply_kind(reply_at(activity, 0)) == REPLY_NIL   ? TOLD
                 : reply_kind(reply_at(activity, 1)) == REPLY_NIL ? TOLD_WHO_ANSWERS
                                                                  : TELLING;
    reply_free(activity);
    reply_free(sent);
    return result;
}

/* The wait begins when the fan-out is over. */
static void wait_anew(struct gateway *gateway, const char *aid)
{
    char now[24];
    (void)snprintf(now, sizeof now, "%" PRId64, clock_now_ms());
    reply_free(store_call(gateway->store, "ZADD", "rotations", "XX", now, aid, (char *)NULL));
}

void rotation_finish(struct gateway *gateway, const char *aid, int64_t since)
{
    enum telling telling = how_far(gateway, aid);
    if (telling == TELLING)
        wait_anew(gateway, aid);
    if (telling != TOLD && (telling != TOLD_WHO_ANSWERS || clock_now_ms() - since < WAIT_MS))
        return;
    if (account_key_switch(gateway->store, aid) == LOOKUP_FOUND)
        log_write(LOG_INFO, "an account signs with its new key", "aid", aid, (char *)NULL);
}
