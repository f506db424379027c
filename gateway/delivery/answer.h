/* What the answer to a delivery means (PROTOCOL §5.2, §5.3). Pure. */
#ifndef DRAWBRIDGE_GATEWAY_DELIVERY_ANSWER_H
#define DRAWBRIDGE_GATEWAY_DELIVERY_ANSWER_H

#include "gateway/client/fetch.h"

enum delivery_outcome {
    OUTCOME_OK,
    OUTCOME_DROP,  /* refused for good */
    OUTCOME_RETRY, /* this entry again, later */
    OUTCOME_HOST,  /* the host was not reached: the entry waits with its host, the attempt is not counted */
};
enum delivery_health {
    HEALTH_GOOD, /* it answered as a living host does */
    HEALTH_BAD,
    HEALTH_NONE, /* tells nothing of the host as a whole */
};

struct delivery_attempt {
    enum fetch_error error;
    int status;             /* when error is FETCH_OK */
    int64_t retry_after_ms; /* -1 none */
    unsigned attempts;      /* made before this one */
    bool farewell;          /* Delete or Undo: tried for 180 days */
    double chance;          /* 0 to 1, for the jitter */
};

struct delivery_answer {
    enum delivery_outcome outcome;
    enum delivery_health health;
    int64_t delay_ms;   /* until the next attempt */
    int64_t pause_ms;   /* nothing for this host for so long */
    bool knock;         /* once more with the other signature scheme before this counts */
    bool moved;         /* the inbox may have a new address */
    bool gone;          /* whoever owns the inbox may be gone */
    const char *reason; /* a word for logs and the host's record; constant */
};

struct delivery_answer delivery_answer(const struct delivery_attempt *attempt);

/* The delay before retry n (1 …): min(15 + 30·n⁴ s, 12 h) ± 25 %. */
int64_t delivery_delay_ms(unsigned retry, double chance);

#endif
