#include "gateway/admin/acts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/clock.h"
#include "gateway/fed/remote.h"
#include "gateway/log.h"
#include "mapping/url_text.h"

enum { WORD_MAX = 2048, AUDIT_MAX = 4096 };

#define PERSON                                                                                               \
    {                                                                                                        \
        "person", true, "@name@server, or the address of an actor"                                           \
    }
#define CURSOR                                                                                               \
    {                                                                                                        \
        "cursor", false, "where the page before ended"                                                       \
    }

#define FORM                                                                                                 \
    {                                                                                                        \
        "form", false, "json: signed, for programs; html: a page for people", "json html"                    \
    }
#define POST                                                                                                 \
    {                                                                                                        \
        "post", true, "its id (https://HOST/u/AID/p/OID), or the last part of that"                          \
    }

static const struct act_kind kinds[] = {
    {.name = "account.list",
     .says = "accounts that were ever switched on here",
     .scope = ACT_OPERATOR,
     .parameters = {{"state", false, "only those that are", "on paused leaving gone"}},
     .columns = "handle state followers posts platform since",
     .run = act_account_list},
    {.name = "account.show",
     .says = "state, settings and counts of one account",
     .scope = ACT_OWNER,
     .run = act_account_show},
    {.name = "account.set",
     .says = "settings of one account; what is not named stays as it is",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters =
         {{"hold_seconds", false,
           "how long a post waits before it leaves, 0 to 86400: what you delete or change meanwhile never "
           "was "
           "outside",
           NULL, "Wait before a post leaves, in seconds"},
          {"approve_followers", false,
           "yes: each follower waits for your approval; platform: as your platform has it", "yes no platform",
           "Approve followers"},
          {"approve_replies", false,
           "whose replies wait for you: nobody's (off), new people's (first), or all", "off first all",
           "Approve replies"},
          {"authorized_fetch", false,
           "yes: who reads your posts must sign the request, so that it is known where they are", "yes no",
           "Only servers that say who they are may read"},
          {"home_marker", false,
           "a hashtag that keeps a post home, such as #nofed; none: no such word. It counts for posts "
           "that are written or edited from now on",
           NULL, "A hashtag that keeps a post home"},
          {"retention_days", false,
           "after so many days the bridge drops its own copies of what people wrote to you; 0: it "
           "keeps them",
           NULL, "Keep replies here for so many days"}},
     .run = act_account_set},
    {.name = "account.rotate-key",
     .says = "a new key for an account: the old one tells of it, then it takes over",
     .scope = ACT_OWNER,
     .changes = true,
     .run = act_account_rotate_key},
    {.name = "account.pause",
     .says = "nothing new leaves until you resume; what is out stays, Deletes are still told",
     .scope = ACT_OWNER,
     .changes = true,
     .run = act_account_pause},
    {.name = "account.resume",
     .says = "goes on after a pause; what was written meanwhile stays home",
     .scope = ACT_OWNER,
     .changes = true,
     .run = act_account_resume},
    {.name = "account.leave",
     .says = "takes everything back from the fediverse, for good: followers are lost",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {{"confirm", false, "the account's own name, name@host: you mean it", NULL,
                     "The account's name"}},
     .run = act_account_leave},
    {.name = "account.leaving",
     .says = "how far a leave is: what was asked of which servers, and what they answered",
     .scope = ACT_OWNER,
     .run = act_account_leaving},
    {.name = "account.receipt",
     .says = "the signed receipt of an account that leaves or left",
     .scope = ACT_OWNER,
     .parameters = {FORM},
     .run = act_account_receipt},
    {.name = "account.return",
     .says = "an account that left comes back, as a new one: say it twice where the platform wants a proof",
     .scope = ACT_OWNER,
     .changes = true,
     .run = act_account_return},
    {.name = "account.add",
     .says = "switches an account on: by its platform's word, or by a code that only its owner can show",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {{"platform", true, "the platform, as the configuration names it"},
                    {"handle", true,
                     "the account's handle there, or its id where the platform knows accounts by that"},
                    {"backfill", false, "so many of its newest posts from before go out too", NULL,
                     "Older posts"}},
     .run = act_account_add},
    {.name = "account.link",
     .says = "a link that lets the owner in to the pages, once",
     .scope = ACT_OWNER,
     .changes = true,
     .run = act_account_link},
    {.name = "operator.link",
     .says = "a link that lets the operator in to the pages, once",
     .scope = ACT_OPERATOR,
     .changes = true,
     .run = act_operator_link},
    {.name = "account.audit",
     .says = "what was done with an account, by whom and when",
     .scope = ACT_OWNER,
     .columns = "time who act words",
     .run = act_account_audit},
    {.name = "follower.list",
     .says = "who follows the account, with their server",
     .scope = ACT_OWNER,
     .parameters = {CURSOR},
     .columns = "handle software since followed actor",
     .run = act_follower_list},
    {.name = "follower.requests",
     .says = "who asks to follow and waits for approval",
     .scope = ACT_OWNER,
     .columns = "handle since actor",
     .run = act_follower_requests},
    {.name = "follower.approve",
     .says = "lets somebody follow who asked",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {PERSON},
     .run = act_follower_approve},
    {.name = "follower.refuse",
     .says = "refuses somebody who asked",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {PERSON},
     .run = act_follower_refuse},
    {.name = "follower.remove",
     .says = "ends a follow; their server is told",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {PERSON},
     .run = act_follower_remove},
    {.name = "following.list",
     .says = "whom the account follows elsewhere, and what they said to it",
     .scope = ACT_OWNER,
     .parameters = {CURSOR},
     .columns = "handle state asked decided software actor",
     .run = act_following_list},
    {.name = "following.add",
     .says = "asks to follow somebody elsewhere; again, where no answer came",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {PERSON},
     .run = act_following_add},
    {.name = "following.remove",
     .says = "follows somebody no more; their server is told",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {PERSON},
     .run = act_following_remove},
    {.name = "following.set",
     .says = "whether others may see whom the account follows",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {{"shown", true, "yes: anybody may see the list; no: only how many", "yes no",
                     "Show others whom you follow"}},
     .run = act_following_set},
    {.name = "account.move",
     .says = "tells the followers that the account went to another server",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {{"to", true,
                     "@new@server, which must name this account as its own there; none: it stays here", NULL,
                     "Where you move to"}},
     .run = act_account_move},
    {.name = "alias.list",
     .says = "other accounts of the same person, which the account names",
     .scope = ACT_OWNER,
     .columns = "alias",
     .run = act_alias_list},
    {.name = "alias.add",
     .says = "names another account of the same person, so that it can move here",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {PERSON},
     .run = act_alias_add},
    {.name = "alias.remove",
     .says = "names it no more",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {PERSON},
     .run = act_alias_remove},
    {.name = "block.list",
     .says = "people and servers the account has nothing to do with",
     .scope = ACT_OWNER,
     .parameters = {CURSOR},
     .columns = "handle subject by since",
     .run = act_block_list},
    {.name = "block.add",
     .says = "blocks a person or a whole server: no follow, no reply, nothing new goes there",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {{"subject", true, "@name@server, the address of an actor, or a server such as m.example",
                     NULL, "Person or server"}},
     .run = act_block_add},
    {.name = "block.remove",
     .says = "takes a block back; what was removed stays so",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {{"subject", true, "as block.list writes it"}},
     .run = act_block_remove},
    {.name = "post.list",
     .says =
         "posts that are out, the newest first: how many servers may hold them, what was changed on the way",
     .scope = ACT_OWNER,
     .parameters = {CURSOR},
     .columns = "published text servers changed id",
     .run = act_post_list},
    {.name = "post.deleted",
     .says = "posts that were deleted within 180 days, the newest first, and what servers answered",
     .scope = ACT_OWNER,
     .parameters = {CURSOR},
     .columns = "deleted published waiting answered id",
     .run = act_post_deleted},
    {.name = "post.show",
     .says = "one post: what was changed on the way, which servers may hold it, what became of its Delete",
     .scope = ACT_OWNER,
     .parameters = {POST, CURSOR},
     .columns = "host software state says",
     .run = act_post_show},
    {.name = "post.receipt",
     .says = "the signed receipt of a deleted post",
     .scope = ACT_OWNER,
     .parameters = {POST, FORM},
     .run = act_post_receipt},
    {.name = "post.withdraw",
     .says = "takes a post back from the fediverse; on its platform it stays. Edited there, it goes out anew",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {POST},
     .run = act_post_withdraw},
    {.name = "where.list",
     .says = "the servers that may hold something of the account",
     .scope = ACT_OWNER,
     .columns = "host software followers state last_accepted open_deletes",
     .run = act_where_list},
    {.name = "reply.list",
     .says = "replies from the fediverse, the newest first; 'refused': why the platform does not show one",
     .scope = ACT_OWNER,
     .parameters = {CURSOR},
     .columns = "handle text time url refused",
     .run = act_reply_list},
    {.name = "reply.held",
     .says = "replies that wait for approval",
     .scope = ACT_OWNER,
     .columns = "handle text time url",
     .run = act_reply_held},
    {.name = "reply.approve",
     .says = "shows a reply that waits",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {{"reply", true, "its address, or its key as reply.held writes it"}},
     .run = act_reply_approve},
    {.name = "reply.remove",
     .says = "removes a reply, shown or waiting",
     .scope = ACT_OWNER,
     .changes = true,
     .parameters = {{"reply", true, "its address, or its key as reply.list writes it"}},
     .run = act_reply_remove},
    {.name = "token.list",
     .says = "tokens of the API, by name",
     .scope = ACT_OPERATOR,
     .columns = "name scope account created",
     .run = act_token_list},
    {.name = "token.add",
     .says = "makes a token for the API; it is shown once",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {{"name", true, "what it is for, such as backup-script"},
                    {"account", false,
                     "name@host: it speaks for that account only; without: for the operator"}},
     .run = act_token_add},
    {.name = "token.remove",
     .says = "takes a token back",
     .scope = ACT_OPERATOR,
     .changes = true,
     .parameters = {{"name", true, "as token.list writes it"}},
     .run = act_token_remove},
};

const struct act_kind *act_at(size_t index)
{
    size_t own = sizeof kinds / sizeof kinds[0];
    if (index < own)
        return &kinds[index];
    for (const struct act_kind *kind = operator_acts; kind->name; kind++)
        if (index-- == own)
            return kind;
    return NULL;
}

const struct act_kind *act_find(const char *name)
{
    const struct act_kind *kind;
    for (size_t i = 0; (kind = act_at(i)) != NULL; i++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

/* ---- words ---- */

const char *act_word(const struct act *act, const char *name)
{
    const json_t *word = json_object_get(act->words, name);
    const char *text = json_string_value(word);
    if (json_is_boolean(word))
        text = json_is_true(word) ? "yes" : "no";
    else if (json_is_integer(word))
        text = arena_format(act->arena, "%lld", (long long)json_integer_value(word));
    return text && *text ? text : NULL;
}

bool act_flag(const struct act *act, const char *name, bool otherwise)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    const char *word = act_word(act, name);
    for (size_t i = 0; word && i < sizeof yes / sizeof yes[0]; i++)
        if (strcasecmp(word, yes[i]) == 0)
            return true;
    return word ? false : otherwise;
}

enum act_outcome act_fails(struct act *act, enum act_outcome outcome, const char *field, const char *format,
                           ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(act->problem, sizeof act->problem, format, arguments);
    va_end(arguments);
    act->field = field;
    return outcome;
}

enum act_outcome act_away(struct act *act)
{
    return act_fails(act, ACT_AWAY, NULL, "the store does not answer just now; try again");
}

static const struct act_parameter *parameter_of(const struct act_kind *kind, const char *name)
{
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && kind->parameters[i].name; i++)
        if (strcmp(kind->parameters[i].name, name) == 0)
            return &kind->parameters[i];
    return NULL;
}

static bool is_choice(const char *choices, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = choices; *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == length && strncmp(at, word, length) == 0)
            return true;
    return false;
}

static enum act_outcome check_choices(struct act *act)
{
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && act->kind->parameters[i].name; i++) {
        const struct act_parameter *parameter = &act->kind->parameters[i];
        const char *word = act_word(act, parameter->name);
        if (word && parameter->choices && !is_choice(parameter->choices, word))
            return act_fails(act, ACT_INVALID, parameter->name, "'%s' is no choice for %s; take one of: %s",
                             word, parameter->name, parameter->choices);
    }
    return ACT_DONE;
}

static enum act_outcome check_words(struct act *act)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)act->words, name, value)
    {
        if (!parameter_of(act->kind, name))
            return act_fails(act, ACT_INVALID, arena_string(act->arena, name), "%s knows no %s",
                             act->kind->name, name);
        if (json_is_object(value) || json_is_array(value) ||
            (json_is_string(value) && json_string_length(value) > WORD_MAX))
            return act_fails(act, ACT_INVALID, arena_string(act->arena, name),
                             "%s is a text of at most %d bytes, a number, true or false", name, WORD_MAX);
    }
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && act->kind->parameters[i].name; i++)
        if (act->kind->parameters[i].required && !act_word(act, act->kind->parameters[i].name))
            return act_fails(act, ACT_INVALID, act->kind->parameters[i].name, "%s is missing: %s",
                             act->kind->parameters[i].name, act->kind->parameters[i].says);
    return check_choices(act);
}

/* ---- the audit trail ---- */

static bool keep_audit(struct act *act, const char *aid)
{
    json_t *entry = json_object();
    (void)json_object_set_new(entry, "time", json_integer(clock_now_ms()));
    (void)json_object_set_new(entry, "who", json_string(act->who));
    (void)json_object_set_new(entry, "act", json_string(act->kind->name));
    (void)json_object_set(entry, "words", (json_t *)(uintptr_t)act->words);
    char *text = json_dumps(entry, JSON_COMPACT);
    json_decref(entry);
    if (!text)
        abort();
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, aid);
    arguments_text(arguments, strlen(text) <= AUDIT_MAX ? text : "{}");
    free(text);
    struct reply *reply = store_script(act->gateway->store, "audit_add", arguments);
    bool good = !reply_failed(reply);
    reply_free(reply);
    return good;
}

enum act_outcome act_run(struct act *act, const char *aid)
{
    act->result = NULL;
    act->file.text = NULL;
    act->problem[0] = '\0';
    act->field = NULL;
    trace_new(act->trace);
    enum act_outcome outcome = check_words(act);
    if (outcome != ACT_DONE)
        return outcome;
    if (act->kind->scope == ACT_OWNER) {
        enum lookup found = account_load(act->gateway->store, act->arena, aid, &act->account);
        if (found == LOOKUP_DOWN)
            return act_away(act);
        if (found == LOOKUP_ABSENT)
            return act_fails(act, ACT_UNKNOWN, "account", "there is no such account here");
    }
    outcome = act->kind->run(act);
    bool kept = outcome != ACT_DONE || !act->kind->changes ||
                keep_audit(act, act->kind->scope == ACT_OWNER ? aid : "");
    if (outcome == ACT_DONE && !act->result)
        act->result = json_object();
    return kept ? outcome : act_away(act);
}

void act_end(struct act *act)
{
    json_decref(act->result);
    free(act->file.text);
    act->result = NULL;
    act->file.text = NULL;
}

const char *act_disposition(const struct act *act)
{
    return arena_format(act->arena, "attachment; filename=\"%s\"", act->file.name);
}

/* ---- people ---- */

enum act_outcome act_person(struct act *act, const char *word, const char **actor_id)
{
    if (strncmp(word, "https://", 8) == 0 || strncmp(word, "http://", 7) == 0) {
        *actor_id = arena_string(act->arena, word);
        return url_has_origin(word)
                   ? ACT_DONE
                   : act_fails(act, ACT_INVALID, NULL, "'%s' is no address of an actor", word);
    }
    const char *handle = word + (word[0] == '@');
    if (!strchr(handle, '@'))
        return act_fails(act, ACT_INVALID, NULL, "'%s' names nobody; write @name@server", word);
    *actor_id = webfinger_resolve(act->gateway, act->arena, handle);
    if (!*actor_id)
        return act_fails(act, ACT_UNKNOWN, NULL, "%s was not found; is it written as on their server?", word);
    return ACT_DONE;
}

/* "m.example" of "https://m.example/users/alice". */
static const char *server_of(struct arena *arena, const char *actor_id)
{
    const char *origin = url_origin(arena, actor_id);
    const char *server = origin ? strstr(origin, "://") : NULL;
    return server ? server + 3 : actor_id;
}

json_t *act_person_document(struct act *act, const char *actor_id)
{
    json_t *person = json_object();
    struct inbound_actor actor;
    (void)json_object_set_new(person, "actor", json_string(actor_id));
    (void)json_object_set_new(person, "server", json_string(server_of(act->arena, actor_id)));
    if (!remote_actor_cached(act->gateway, act->arena, actor_id, &actor)) {
        (void)json_object_set_new(
            person, "handle", json_string(arena_format(act->arena, "?@%s", server_of(act->arena, actor_id))));
        return person;
    }
    const struct remote_author *author = remote_author_make(act->arena, &actor, NULL, NULL);
    (void)json_object_set_new(person, "handle", json_string(arena_format(act->arena, "@%s", author->handle)));
    if (author->name)
        (void)json_object_set_new(person, "name", json_string(author->name));
    if (author->url)
        (void)json_object_set_new(person, "url", json_string(author->url));
    if (author->avatar_url)
        (void)json_object_set_new(person, "avatar", json_string(author->avatar_url));
    return person;
}
