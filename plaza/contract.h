/* The gateway's side: the open platform contract, version 1 (PLATFORMS §7), levels L0 to L2 and reactions. */
#ifndef PLAZA_CONTRACT_H
#define PLAZA_CONTRACT_H

#include "plaza/request.h"

/* Reads the token file: one token a line, at most two (the second during a rotation). Only their SHA-256 is
 * kept. False: `error` says why. */
bool contract_read_tokens(struct plaza *plaza, char *error, size_t size);
/* "Bearer TOKEN" of a request or of an upgrade. */
bool contract_authorized(const struct plaza *plaza, const char *authorization);

/* Answers what starts with /v1/ or is the discovery document. True: there are new events. */
bool contract_handle(struct plaza *plaza, struct request *request);
bool contract_owns(const char *path);
/* A long-poll that waits: answers it if there are events by now or its time is over. */
void contract_poll_again(struct plaza *plaza, struct request *request);

#endif
