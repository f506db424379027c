/* What is known of where things are (DESIGN §5): never "deleted everywhere", but what each host was told and
 * said. Calls wait; each result is a new reference, NULL with a sentence in *why. */
#ifndef DRAWBRIDGE_GATEWAY_LEDGER_LEDGER_H
#define DRAWBRIDGE_GATEWAY_LEDGER_LEDGER_H

#include <jansson.h>

#include "gateway/gateway.h"

/* What *why says when the store is the reason. */
#define LEDGER_AWAY "the store does not answer; try again when it does"
#include "gateway/ledger/evidence.h"
#include "mapping/ids.h"

/* `what`: the id of a post, a repost or an account of ours, name@host of an account, or a remote host
 * ("m.example" or its URL).
 *
 * A post (times are ms; what is not known is absent):
 * {"kind":"post","id","account","handle","post","state","published","deleted","as_of",
 *  "asked_until","counts":{STATE:N},"hosts":[HOST]}
 * "asked_until" is when the Delete is given up where it was not answered; "forgotten" true: that was so long
 * ago that what was known of hosts is dropped. HOST:
 * {"host","software","version","why":["delivered",…],"state":STATE,"delete","code","time","queued",
 *  "accepted","refused","observed","failures","last_failure","failure_code","failure","unreachable_since",
 *  "copy","copy_time","copy_looks","contact","says"}
 * STATE is as evidence_name says it; `delete` is the same for what was asked, without "unreachable"; `code`
 * and `time` belong to it; `says` is the sentence for people. An account: the same without "post", with
 * "posts", "followers" and "deletes":{STATE:N} of all its posts; its hosts are all that may know it. A host:
 * as ledger_host. */
json_t *ledger_query(struct gateway *gateway, const char *what, const char **why);

/* {"kind":"host","host","state":"healthy|failing|open|dead","software","version","contact","failures",
 * "unreachable_since","next_probe","last_accepted","last_status","last_reason","seen","in_flight",
 * "deletes_waiting","waiting_lanes","tried_in_vain"}: Deletes that it has not answered, one a post; lanes of
 * anything that wait; entries that were tried since it was given up */
json_t *ledger_host(struct gateway *gateway, const char *host, const char **why);

bool ledger_is_host_state(const char *state);

/* The account that `what` names, in any state: an actor's id or name@host. False with a sentence. */
bool ledger_account(struct gateway *gateway, const char *what, char aid[AID_LENGTH + 1], const char **why);

/* All hosts of a state, or all (NULL): an array of the above. */
json_t *ledger_hosts(struct gateway *gateway, const char *state, const char **why);

#endif
