/* What software a server runs and whom to write to, as its NodeInfo says: asked for politely, only where the
 * ledger speaks of that server, and kept for a week. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_SOFTWARE_H
#define DRAWBRIDGE_GATEWAY_LEDGER_SOFTWARE_H

#include <jansson.h>

#include "gateway/gateway.h"

/* Asks one server that the ledger wants to know of. Waits. False: none is wanted. */
bool software_ask(struct gateway *gateway);

enum { SOFTWARE_TEXT_SIZE = 64, CONTACT_SIZE = 256 };
struct software {
    char name[SOFTWARE_TEXT_SIZE], version[SOFTWARE_TEXT_SIZE], contact[CONTACT_SIZE];
};

/* The address of the NodeInfo document in /.well-known/nodeinfo, on that origin; the instance actor's id as
 * contact when it names one (FEP-2677). Borrowed; NULL when there is none. Pure. */
const char *nodeinfo_document_url(const json_t *links, const char *origin, struct software *out);
/* False when the document says no software. Pure. */
bool nodeinfo_read(const json_t *document, struct software *out);

#endif
