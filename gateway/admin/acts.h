/* What an owner or the operator can ask or do: one table, one implementation of each, behind every door (CLI,
 * API, pages). A door brings the words and who says them; it decides beforehand whether that one may speak
 * for the account. All calls wait. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_ACTS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_ACTS_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "gateway/store/accounts.h"

enum act_outcome {
    ACT_DONE,
    ACT_INVALID, /* the words are wrong: `problem`, and `field` when one of them is */
    ACT_UNKNOWN, /* what was named is not there */
    ACT_REFUSED, /* it cannot be done as things are */
    ACT_AWAY,    /* the store or another server does not answer: again later */
};

enum act_scope {
    ACT_OWNER,    /* about one account: its owner's, and the operator's */
    ACT_OPERATOR, /* about the installation */
};

struct act;

struct act_parameter {
    const char *name;
    bool required;
    const char *says;    /* for help: what it is, with an example */
    const char *choices; /* "yes no platform": one of these; NULL: any text */
    const char *label;   /* over the field of a form; NULL: its name */
};

enum { ACT_PARAMETERS_MAX = 12, ACT_PROBLEM_SIZE = 512 };

struct act_kind {
    const char *name; /* "follower.list" */
    const char *says; /* one line */
    enum act_scope scope;
    bool changes; /* is kept in the audit trail */
    struct act_parameter parameters[ACT_PARAMETERS_MAX];
    const char *columns; /* of a list's items, for tables: "handle software since" */
    enum act_outcome (*run)(struct act *act);
};

struct act {
    struct gateway *gateway;
    struct arena *arena;
    const struct act_kind *kind;
    const json_t *words;           /* parameters by name; borrowed */
    const char *who;               /* "cli", "owner", "token NAME": for the audit trail */
    struct account_record account; /* of ACT_OWNER */
    char trace[17];
    bool by_owner; /* whoever asks speaks for one account only */
    /* Of ACT_DONE, where the act hands out a file instead: exactly these bytes, malloc'd, the caller's. */
    struct {
        char *text; /* NULL: none */
        size_t length;
        const char *type, *name;
    } file;
    json_t *result; /* of ACT_DONE: an object; the caller's. Its "said" is a sentence for people */
    char problem[ACT_PROBLEM_SIZE];
    const char *field;
};

/* Those of acts_operator.c; the last has no name. */
extern const struct act_kind operator_acts[];

/* NULL when there is none of that name; all of them in their order, NULL at the end. */
const struct act_kind *act_find(const char *name);
const struct act_kind *act_at(size_t index);

/* Runs it. gateway, arena, kind, words and who are set; `account` is the AID for ACT_OWNER. */
enum act_outcome act_run(struct act *act, const char *aid);

/* Frees what it brought. */
void act_end(struct act *act);
/* The Content-Disposition of its file: to be kept, under its name. In the act's arena. */
const char *act_disposition(const struct act *act);

/* ---- for the acts themselves */

/* A parameter's text; NULL when it was not given. */
const char *act_word(const struct act *act, const char *name);
/* One that is yes or no (true, "true", "on", "yes"); `otherwise` when it was not given. */
bool act_flag(const struct act *act, const char *name, bool otherwise);
/* Sets problem and field and hands the outcome back. */
enum act_outcome act_fails(struct act *act, enum act_outcome outcome, const char *field, const char *format,
                           ...) __attribute__((format(printf, 4, 5)));
enum act_outcome act_away(struct act *act);
/* The person that a word names (@name@server, or the actor's id): actor id in *actor_id. */
enum act_outcome act_person(struct act *act, const char *word, const char **actor_id);
/* {"actor","handle","name","url","server"} of a person, as far as is known here. A new reference. */
json_t *act_person_document(struct act *act, const char *actor_id);

enum act_outcome act_host_list(struct act *act);
enum act_outcome act_host_show(struct act *act);
enum act_outcome act_host_revive(struct act *act);
enum act_outcome act_health_show(struct act *act);
enum act_outcome act_operator_audit(struct act *act);
enum act_outcome act_name_release(struct act *act);
enum act_outcome act_report_list(struct act *act);
enum act_outcome act_report_show(struct act *act);
enum act_outcome act_report_close(struct act *act);
enum act_outcome act_report_forward(struct act *act);
enum act_outcome act_report_add(struct act *act);
/* The signed receipt of a post or account of ours, as the word "form" wants it, into act->file; `name` is
 * part of the file's. */
enum act_outcome act_receipt(struct act *act, const char *what, const char *name);
enum act_outcome act_domain_list(struct act *act);
enum act_outcome act_domain_show(struct act *act);
enum act_outcome act_domain_block(struct act *act);
enum act_outcome act_domain_limit(struct act *act);
enum act_outcome act_domain_allow(struct act *act);
enum act_outcome act_domain_remove(struct act *act);

/* A page of people as a script lists them: where the next page begins, then `fields` of each, which
 * `document` (a new reference) makes an item. Sets act->result. */
struct reply;
enum act_outcome act_people_page(struct act *act, const char *script, size_t fields, int64_t total,
                                 json_t *(*document)(struct act *act, const struct reply *reply, size_t at));

enum act_outcome act_follower_list(struct act *act);
enum act_outcome act_follower_requests(struct act *act);
enum act_outcome act_follower_approve(struct act *act);
enum act_outcome act_follower_refuse(struct act *act);
enum act_outcome act_follower_remove(struct act *act);
enum act_outcome act_following_list(struct act *act);
enum act_outcome act_following_add(struct act *act);
enum act_outcome act_following_remove(struct act *act);
enum act_outcome act_following_set(struct act *act);
enum act_outcome act_account_move(struct act *act);
enum act_outcome act_alias_list(struct act *act);
enum act_outcome act_alias_add(struct act *act);
enum act_outcome act_alias_remove(struct act *act);
enum act_outcome act_block_list(struct act *act);
enum act_outcome act_block_add(struct act *act);
enum act_outcome act_block_remove(struct act *act);
enum act_outcome act_account_list(struct act *act);
enum act_outcome act_account_show(struct act *act);
enum act_outcome act_account_audit(struct act *act);
enum act_outcome act_account_set(struct act *act);
enum act_outcome act_account_rotate_key(struct act *act);
enum act_outcome act_account_pause(struct act *act);
enum act_outcome act_account_resume(struct act *act);
enum act_outcome act_account_leave(struct act *act);
enum act_outcome act_account_leaving(struct act *act);
enum act_outcome act_account_receipt(struct act *act);
enum act_outcome act_account_return(struct act *act);
enum act_outcome act_account_add(struct act *act);
enum act_outcome act_post_list(struct act *act);
enum act_outcome act_post_deleted(struct act *act);
enum act_outcome act_post_show(struct act *act);
enum act_outcome act_post_receipt(struct act *act);
enum act_outcome act_post_withdraw(struct act *act);
enum act_outcome act_where_list(struct act *act);
enum act_outcome act_account_link(struct act *act);
enum act_outcome act_operator_link(struct act *act);
enum act_outcome act_reply_list(struct act *act);
enum act_outcome act_reply_held(struct act *act);
enum act_outcome act_reply_approve(struct act *act);
enum act_outcome act_reply_remove(struct act *act);
enum act_outcome act_token_list(struct act *act);
enum act_outcome act_token_add(struct act *act);
enum act_outcome act_token_remove(struct act *act);

#endif
