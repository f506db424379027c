/* GET https://NAME/.well-known/atproto-did: the DID that has the handle NAME (atproto.com/specs/handle), for
 * the puppets that live and have names below a platform's puppet_domain. */
#include <string.h>

#include "gateway/fed/serve.h"
#include "gateway/http/head.h"
#include "gateway/upstream/upstream.h"

enum { NAME_SIZE = 256 };

/* The name that is asked for: the host; or, of a host that is none of ours (a reverse proxy asks by its
 * address before it gets a certificate, as Caddy does), the parameter `domain`. */
static bool find(struct serving *serving, const char **native, bool *down)
{
    char domain[NAME_SIZE];
    if (upstream_puppet_named(serving->gateway, serving->arena, http_request_authority(serving->request),
                              native, down))
        return true;
    if (!http_query_parameter(http_request_query(serving->request), "domain", domain, sizeof domain))
        return false;
    (void)upstream_puppet_named(serving->gateway, serving->arena, domain, native, down);
    return true;
}

bool serve_puppet_proof(struct serving *serving)
{
    const char *native = NULL;
    bool down = false;
    if (strcmp(http_request_path(serving->request), "/.well-known/atproto-did") != 0 ||
        !find(serving, &native, &down))
        return false;
    if (down)
        serve_unavailable(serving);
    else if (native)
        http_answer_text(serving->request, 200, native);
    else
        http_answer_text(serving->request, 404, "No account of this bridge has that name.\n");
    return true;
}
