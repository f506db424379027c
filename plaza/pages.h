/* The people's side: plain server-rendered pages without scripts. */
#ifndef PLAZA_PAGES_H
#define PLAZA_PAGES_H

#include "plaza/request.h"

/* True: there are new events. */
bool pages_handle(struct plaza *plaza, struct request *request);

#endif
