/* The contract's sandbox (docs/contract §9): what a test installation lets the checker do by itself. */
#ifndef PLAZA_SANDBOX_H
#define PLAZA_SANDBOX_H

#include "plaza/request.h"

/* POST /v1/sandbox; 404 without --test-api. */
void sandbox_post(struct plaza *plaza, struct request *request);

#endif
