/* The CLI's commands that read or change a running installation. */
#ifndef DRAWBRIDGE_GATEWAY_ADMIN_COMMANDS_H
#define DRAWBRIDGE_GATEWAY_ADMIN_COMMANDS_H

#include "gateway/admin/session.h"

struct command {
    const char *name;
    session_command run; /* in a session with the installation's store */
    bool asks;           /* the session also reaches platforms and other servers */
    /* Instead of `run`: it needs no installation. Its words without the program and its own name; the exit
     * code. */
    int (*standalone)(int count, char **words);
};

/* What --help prints: admin/help/NAME.txt; "drawbridge" is that of the program. Ends with a NULL name. */
struct help_text {
    const char *name, *text;
};
extern const struct help_text help_texts[];

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);
/* NULL when there is none. */
const char *command_help(const char *name);

int command_ledger(struct gateway *gateway, int count, char **words);
int command_host(struct gateway *gateway, int count, char **words);
int command_account(struct gateway *gateway, int count, char **words);
int command_follower(struct gateway *gateway, int count, char **words);
int command_following(struct gateway *gateway, int count, char **words);
int command_alias(struct gateway *gateway, int count, char **words);
int command_block(struct gateway *gateway, int count, char **words);
int command_token(struct gateway *gateway, int count, char **words);
int command_operator(struct gateway *gateway, int count, char **words);
int command_post(struct gateway *gateway, int count, char **words);
int command_reply(struct gateway *gateway, int count, char **words);
int command_where(struct gateway *gateway, int count, char **words);
/* The acts (acts.h) of a group by the words "VERB [ACCOUNT] [WORDS]". */
int command_acts(struct gateway *gateway, const char *group, int count, char **words);
int command_health(struct gateway *gateway, int count, char **words);
int command_name(struct gateway *gateway, int count, char **words);
int command_report(struct gateway *gateway, int count, char **words);
int command_domain(struct gateway *gateway, int count, char **words);
int command_sweep(struct gateway *gateway, int count, char **words);

/* Parts of `account`: the verbs that are no acts. */
bool enrol_takes(const char *verb);
int command_enrol(struct gateway *gateway, int count, char **words);

/* `check`: what was read of the configuration, which is good. */
int command_check(const struct config *config, bool json);

/* Parts of `ledger`. */
int command_receipt(struct gateway *gateway, const char *what, bool html);
int command_verify(struct gateway *gateway, const char *path, bool json);
int command_contract(int count, char **words);
int command_preview(struct gateway *gateway, int count, char **words);

#endif
