/* What the forms of the pages do. Each ends with a redirect, so that reloading repeats nothing. */
#ifndef PLAZA_ACTIONS_H
#define PLAZA_ACTIONS_H

#include "plaza/request.h"

void action_sign_in(struct plaza *plaza, struct request *request);
void action_sign_out(struct plaza *plaza, struct request *request);
void action_post(struct plaza *plaza, struct request *request);
void action_edit(struct plaza *plaza, struct request *request);
void action_delete(struct plaza *plaza, struct request *request);
void action_like(struct plaza *plaza, struct request *request);
void action_repost(struct plaza *plaza, struct request *request);
void action_pin(struct plaza *plaza, struct request *request);
void action_vote(struct plaza *plaza, struct request *request);
void action_block(struct plaza *plaza, struct request *request);
void action_report(struct plaza *plaza, struct request *request);
void action_federation(struct plaza *plaza, struct request *request);
void action_wishes(struct plaza *plaza, struct request *request);
void action_profile(struct plaza *plaza, struct request *request);

#endif
