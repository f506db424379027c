/* /test/: lets tests and scripted demos act as any member, without pages. Only with --test-api. */
#ifndef PLAZA_TEST_API_H
#define PLAZA_TEST_API_H

#include "plaza/request.h"

bool test_api_owns(const struct plaza *plaza, const char *path);
/* True: there are new events. */
bool test_api_handle(struct plaza *plaza, struct request *request);

#endif
