#include "gateway/ledger/servers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>

json_t *servers_load(void)
{
    json_t *servers = json_loads(servers_text, JSON_REJECT_DUPLICATES, NULL);
    if (!servers)
        abort();
    return servers;
}

static bool is_named(const json_t *name, const char *software)
{
    return json_is_string(name) && strcasecmp(json_string_value(name), software) == 0;
}

const json_t *servers_find(const json_t *servers, const char *software)
{
    const json_t *server;
    const json_t *also;
    size_t i;
    size_t k;
    if (!software)
        return NULL;
    json_array_foreach(json_object_get(servers, "servers"), i, server)
    {
        if (is_named(json_object_get(server, "name"), software))
            return server;
        json_array_foreach(json_object_get(server, "also"), k, also)
        {
            if (is_named(also, software))
                return server;
        }
    }
    return NULL;
}
