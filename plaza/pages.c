#include "plaza/pages.h"
bool pages_handle(struct plaza *plaza, struct request *request)
{
    return routes_run(plaza, request, NULL, 0);
}
