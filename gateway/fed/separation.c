#include "gateway/fed/separation.h"

#include <stdio.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/delivery.h"
#include "gateway/domains.h"
#include "gateway/fed/following.h"
#include "gateway/fed/publish.h"
#include "gateway/fed/remote.h"
#include "gateway/fed/render.h"
#include "gateway/log.h"
#include "gateway/upstream/upstream.h"

enum { PAGES_MAX = 100000, CURSOR_LENGTH_MAX = 24, FOLLOW_BUDGET = 1 << 20, UUID_DIGITS = 32 };
static const int64_t ACTOR_AGE_MS = (int64_t)30 * 86400 * 1000;

static const char *const names[] = {
    [SEPARATED_BY_OWNER] = "owner",
    [SEPARATED_BY_PLATFORM] = "platform",
    [SEPARATED_BY_THEM] = "them",
    [SEPARATED_BY_PROFILE] = "profile",
};

enum lookup separation_find(struct gateway *gateway, const char *aid, const char *actor_id, bool follows)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, actor_id);
    arguments_text(arguments, follows ? "1" : "0");
    struct reply *reply = store_script(gateway->store, "separated", arguments);
    enum lookup result = reply_failed(reply)        ? LOOKUP_DOWN
                         : reply_number(reply) == 1 ? LOOKUP_FOUND
                                                    : LOOKUP_ABSENT;
    reply_free(reply);
    return result;
}

static bool is_our_wish(const struct separation *separation)
{
    return separation->by == SEPARATED_BY_OWNER || separation->by == SEPARATED_BY_PLATFORM;
}

static bool is_person(const char *subject)
{
    return strstr(subject, "://") != NULL;
}

static bool keep(struct gateway *gateway, const struct separation *separation, bool put, const char *trace,
                 bool *news)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, separation->aid);
    arguments_text(arguments, names[separation->by]);
    arguments_text(arguments, separation->subject);
    arguments_number(arguments, clock_now_ms());
    arguments_text(arguments, put ? "1" : "0");
    arguments_number(arguments, SEPARATIONS_MAX);
    struct reply *reply = store_script(gateway->store, "separate", arguments);
    bool good = !reply_failed(reply);
    *news = reply_number(reply) == 1;
    if (reply_number(reply) < 0)
        log_write(LOG_WARNING, "a separation is carried out and not kept: too many of the account stand",
                  "trace", trace, "aid", separation->aid, "subject", separation->subject, (char *)NULL);
    reply_free(reply);
    return good;
}

static void move_on(char cursor[CURSOR_LENGTH_MAX], const struct reply *reply)
{
    (void)snprintf(cursor, CURSOR_LENGTH_MAX, "%s", reply_text(reply_at(reply, 0)));
}

static bool remove_words_page(struct gateway *gateway, const struct separation *separation,
                              char cursor[CURSOR_LENGTH_MAX])
{
    bool person = is_person(separation->subject);
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, separation->aid);
    arguments_text(arguments, person ? separation->subject : "");
    arguments_text(arguments, person ? "" : separation->subject);
    arguments_number(arguments, clock_now_ms());
    arguments_text(arguments, cursor);
    struct reply *reply = store_script(gateway->store, "objects_remove", arguments);
    bool good = !reply_failed(reply);
    move_on(cursor, reply);
    for (size_t i = 2; good && i < reply_count(reply); i++)
        upstream_push_kick(gateway, reply_text(reply_at(reply, i)));
    reply_free(reply);
    return good;
}

const char *separation_follow_id(struct arena *arena, const char *actor_id, const char *kept)
{
    const char *id = strchr(kept, ' ');
    if (!id)
        return NULL;
    size_t length = strcspn(++id, " ");
    if (*id == '^' && length == 1 + UUID_DIGITS)
        return arena_format(arena, "%s/%.8s-%.4s-%.4s-%.4s-%.12s", url_origin(arena, actor_id), id + 1,
                            id + 9, id + 13, id + 17, id + 21);
    if (*id == '~')
        return arena_format(arena, "%s%.*s", url_origin(arena, actor_id), (int)length - 1, id + 1);
    return arena_copy(arena, id, length);
}

/* The Follow by which somebody follows the account, in the arena; NULL when nobody does. False: the store is
 * away. */
static bool follow_of(struct gateway *gateway, struct arena *arena, const char *aid, const char *actor_id,
                      const char **follow)
{
    struct reply *reply =
        store_call(gateway->store, "HGET", arena_format(arena, "followers:%s", aid), actor_id, (char *)NULL);
    bool good = !reply_failed(reply);
    *follow = separation_follow_id(arena, actor_id, reply_text(reply));
    reply_free(reply);
    return good;
}

bool separation_end_follow(struct gateway *gateway, const char *aid, const char *actor_id, bool tell,
                           const char *trace)
{
    struct arena *arena = arena_new(FOLLOW_BUDGET);
    struct account_record record;
    struct inbound_actor actor;
    const char *follow = NULL;
    const char *why;
    bool good = follow_of(gateway, arena, aid, actor_id, &follow);
    if (good && tell && follow && account_load(gateway->store, arena, aid, &record) == LOOKUP_FOUND &&
        remote_actor(gateway, arena, actor_id, ACTOR_AGE_MS, &actor, &why) == REMOTE_OK) {
        const char *object = url_actor(arena, account_base(gateway, &record), record.aid);
        good =
            publish_follow_answer(gateway, record.aid, false, follow, actor.id, object, actor.inbox, trace);
    }
    arena_free(arena);
    return good && delivery_follower_remove(gateway, aid, actor_id);
}

static bool remove_followers_page(struct gateway *gateway, const struct separation *separation,
                                  char cursor[CURSOR_LENGTH_MAX])
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, separation->aid);
    arguments_text(arguments, separation->subject);
    arguments_text(arguments, cursor);
    struct reply *reply = store_script(gateway->store, "followers_of_domain", arguments);
    bool good = !reply_failed(reply);
    move_on(cursor, reply);
    for (size_t i = 1; good && i < reply_count(reply); i++)
        good = separation_end_follow(gateway, separation->aid, reply_text(reply_at(reply, i)),
                                     is_our_wish(separation), NULL);
    reply_free(reply);
    return good;
}

static bool all_pages(struct gateway *gateway, const struct separation *separation,
                      bool (*page)(struct gateway *gateway, const struct separation *separation,
                                   char cursor[CURSOR_LENGTH_MAX]))
{
    char cursor[CURSOR_LENGTH_MAX] = "0";
    for (int count = 0; count < PAGES_MAX; count++) {
        if (!page(gateway, separation, cursor))
            return false;
        if (strcmp(cursor, "0") == 0)
            return true;
    }
    return false;
}

bool separation_forget_person(struct gateway *gateway, const char *actor_id, const char *trace)
{
    return all_pages(gateway, &(struct separation){.aid = "", .subject = actor_id}, remove_words_page) &&
           upstream_forget_person(gateway, actor_id, trace);
}

bool separation_forget_words(struct gateway *gateway, const char *aid)
{
    return all_pages(gateway, &(struct separation){.aid = aid, .subject = "*"}, remove_words_page);
}

/* ---- the operator blocks a domain
 * ---------------------------------------------------------------------------------------- */

static bool forget_if_blocked(struct gateway *gateway, const char *actor_id, const char *trace)
{
    return domains_judge(gateway, actor_id) != DOMAIN_BLOCKED ||
           separation_forget_person(gateway, actor_id, trace);
}

static bool forget_puppets_page(struct gateway *gateway, const char *platform, char cursor[CURSOR_LENGTH_MAX],
                                const char *trace)
{
    struct arena *arena = arena_new(FOLLOW_BUDGET);
    struct reply *reply = store_call(gateway->store, "HSCAN", arena_format(arena, "puppets:%s", platform),
                                     cursor, "COUNT", "200", (char *)NULL);
    const struct reply *fields = reply_at(reply, 1);
    bool good = !reply_failed(reply);
    move_on(cursor, reply);
    for (size_t i = 0; good && i + 1 < reply_count(fields); i += 2) {
        const char *actor_id = NULL;
        enum lookup found =
            upstream_puppet_person(gateway, platform, arena, reply_text(reply_at(fields, i)), &actor_id);
        good =
            found != LOOKUP_DOWN && (found == LOOKUP_ABSENT || forget_if_blocked(gateway, actor_id, trace));
    }
    reply_free(reply);
    arena_free(arena);
    return good;
}

static bool forget_authors_page(struct gateway *gateway, const char *aid, char cursor[CURSOR_LENGTH_MAX],
                                const char *trace)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, cursor);
    struct reply *reply = store_script(gateway->store, "objects_authors", arguments);
    bool good = !reply_failed(reply);
    move_on(cursor, reply);
    for (size_t i = 1; good && i < reply_count(reply); i++)
        good = forget_if_blocked(gateway, reply_text(reply_at(reply, i)), trace);
    reply_free(reply);
    return good;
}

typedef bool (*forget_page)(struct gateway *gateway, const char *of, char cursor[CURSOR_LENGTH_MAX],
                            const char *trace);

static bool forget_pages(struct gateway *gateway, const char *of, const char *trace, forget_page page)
{
    char cursor[CURSOR_LENGTH_MAX] = "0";
    for (int count = 0; count < PAGES_MAX; count++) {
        if (!page(gateway, of, cursor, trace))
            return false;
        if (strcmp(cursor, "0") == 0)
            break;
    }
    return true;
}

static bool forget_accounts_page(struct gateway *gateway, const char *platform,
                                 char cursor[CURSOR_LENGTH_MAX], const char *trace)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "SSCAN");
    arguments_format(arguments, "accounts:%s", platform);
    arguments_text(arguments, cursor);
    struct reply *reply = store_run(gateway->store, arguments);
    const struct reply *aids = reply_at(reply, 1);
    bool good = !reply_failed(reply);
    move_on(cursor, reply);
    for (size_t i = 0; good && i < reply_count(aids); i++)
        good = forget_pages(gateway, reply_text(reply_at(aids, i)), trace, forget_authors_page);
    reply_free(reply);
    return good;
}

bool separation_forget_blocked(struct gateway *gateway, const char *trace)
{
    /* "": what is there for those who follow its author. */
    bool good = domains_load(gateway) && forget_pages(gateway, "", trace, forget_authors_page);
    for (size_t i = 0; good && i < gateway->config->platform_count; i++) {
        const char *platform = gateway->config->platforms[i].name;
        good = forget_pages(gateway, platform, trace, forget_puppets_page) &&
               forget_pages(gateway, platform, trace, forget_accounts_page);
    }
    return good;
}

/* Whom the account's owner blocks may quote it no more (FEP-044f). */
static bool end_quotes(struct gateway *gateway, const struct separation *separation, const char *trace)
{
    bool person = is_person(separation->subject);
    return !is_our_wish(separation) ||
           publish_quotes_end(gateway, separation->aid, person ? separation->subject : NULL,
                              person ? NULL : separation->subject, trace);
}

bool separate(struct gateway *gateway, const struct separation *separation, const char *trace)
{
    const char *aid = separation->aid;
    const char *subject = separation->subject;
    bool news = false;
    /* First the wall, so that nothing new comes in behind what is removed. */
    if (!keep(gateway, separation, true, trace, &news))
        return false;
    if (news)
        log_write(LOG_INFO, "an account and somebody elsewhere were separated", "trace", trace, "aid", aid,
                  "subject", subject, "by", names[separation->by], (char *)NULL);
    if (!end_quotes(gateway, separation, trace))
        return false;
    bool ours = is_our_wish(separation);
    if (!is_person(subject))
        return all_pages(gateway, separation, remove_followers_page) &&
               following_end_below(gateway, aid, subject, ours, trace) &&
               all_pages(gateway, separation, remove_words_page);
    if (aid[0])
        return separation_end_follow(gateway, aid, subject, ours, trace) &&
               following_end(gateway, aid, subject, ours, trace) &&
               all_pages(gateway, separation, remove_words_page);
    /* Whose profile speaks against bridges may follow on; nobody here follows them. */
    bool follows_on = separation->by == SEPARATED_BY_PROFILE;
    return (follows_on || delivery_follower_forget(gateway, subject)) &&
           following_forget(gateway, subject, follows_on, trace) &&
           separation_forget_person(gateway, subject, trace);
}

bool separation_end(struct gateway *gateway, const struct separation *separation, const char *trace)
{
    bool news = false;
    if (!keep(gateway, separation, false, trace, &news))
        return false;
    if (news)
        log_write(LOG_INFO, "a separation was taken back", "trace", trace, "aid", separation->aid, "subject",
                  separation->subject, "by", names[separation->by], (char *)NULL);
    return true;
}
