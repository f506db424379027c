#include "mapping/loss.h"

enum { ENTRIES_MAX = 100 };

void loss_add(struct loss *loss, const char *what, const char *why)
{
    if (!loss || !loss->entries || json_array_size(loss->entries) >= ENTRIES_MAX)
        return;
    (void)json_array_append_new(loss->entries, json_pack("{ss ss}", "what", what, "why", why));
}
