/* What one job may ask of servers that strangers name. */
#include "gateway/client/fetch.h"

void fetch_allow(unsigned requests)
{
    *task_allowance() = (struct task_allowance){
        .limited = true, .requests = requests, .until = loop_monotonic_ms() + FETCH_JOB_MS};
}

enum fetch_error fetch_spend(struct fetch_request *request)
{
    struct task_allowance *allowance = task_allowance();
    if (request->trusted || !allowance || !allowance->limited)
        return FETCH_OK;
    int64_t left = allowance->until - loop_monotonic_ms();
    if (left <= 0)
        return FETCH_TIMEOUT;
    if (!allowance->requests)
        return FETCH_FORBIDDEN;
    allowance->requests--;
    if (left < request->timeout_ms)
        request->timeout_ms = (unsigned)left;
    return FETCH_OK;
}
