/* Content negotiation for ids that are JSON for servers and a page for people (PROTOCOL §1.5). */
#ifndef DRAWBRIDGE_GATEWAY_HTTP_NEGOTIATE_H
#define DRAWBRIDGE_GATEWAY_HTTP_NEGOTIATE_H

enum wanted { WANTED_ACTIVITY, WANTED_HTML };

/* `accept`: all Accept lines joined by ", ", NULL when there is none. An ActivityPub or JSON type with q > 0
 * that is not ranked strictly below HTML wins; no Accept and the wildcard give `unsaid`. */
enum wanted negotiate(const char *accept, enum wanted unsaid);

#endif
