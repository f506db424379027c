/* Accept headers: whatever is asked, one of two answers, and one that may be given. */
#include <stdlib.h>
#include <string.h>

#include "gateway/http/negotiate.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    if (!text)
        abort();
    enum wanted one = negotiate(text, WANTED_ACTIVITY);
    enum wanted other = negotiate(text, WANTED_HTML);
    if ((one != WANTED_ACTIVITY && one != WANTED_HTML) || (other != WANTED_ACTIVITY && other != WANTED_HTML))
        abort();
    /* Where what is unsaid decides, it decides as it says. */
    if (one != other && (one != WANTED_ACTIVITY || other != WANTED_HTML))
        abort();
    free(text);
    return 0;
}
