/* GET https://NAME/.well-known/atproto-did: the DID that has the handle NAME (atproto.com/specs/handle), for
 * the puppets that live and have names below a platform's puppet_domain. */
#include <string.h>

#include "gateway/fed/serve.h"
#include "gateway/upstream/upstream.h"

bool serve_puppet_proof(struct serving *serving)
{
    const char *native = NULL;
    bool down = false;
    if (strcmp(http_request_path(serving->request), "/.well-known/atproto-did") != 0 ||
        !upstream_puppet_named(serving->gateway, serving->arena, http_request_authority(serving->request),
                               &native, &down))
        return false;
    if (down)
        serve_unavailable(serving);
    else if (native)
        http_answer_text(serving->request, 200, native);
    else
        http_answer_text(serving->request, 404, "No account of this bridge has that name.\n");
    return true;
}
