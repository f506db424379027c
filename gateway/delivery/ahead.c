#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/delivery/signing.h"
#include "mapping/ids.h"

/* A signature is dated, and receivers look at their clocks. */
enum { PLACES = 256, FRESH_S = 2 };

struct place {
    char aid[AID_LENGTH + 1];
    char *url;
    enum scheme scheme;
};

struct ahead {
    struct signing signing; /* first: the pool hands it back */
    struct gateway *gateway;
    char *url;             /* of what is signed, as `signing` has it; NULL: nothing is */
    bool busy;             /* a thread works on it */
    struct signing *taker; /* who waits for that */
    size_t taken;
    struct place places[PLACES];
};

static char *duplicate(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

struct ahead *ahead_new(struct gateway *gateway)
{
    struct ahead *ahead = calloc(1, sizeof *ahead);
    if (!ahead)
        abort();
    ahead->gateway = gateway;
    return ahead;
}

static void forget(struct ahead *ahead)
{
    body_unref(ahead->signing.body);
    ahead->signing.body = NULL;
    free(ahead->url);
    ahead->url = NULL;
}

void ahead_free(struct ahead *ahead)
{
    forget(ahead);
    for (size_t i = 0; i < PLACES; i++)
        free(ahead->places[i].url);
    free(ahead);
}

bool ahead_is_busy(const struct ahead *ahead)
{
    return ahead->busy;
}

static struct place *place_of(struct ahead *ahead, const char *aid)
{
    unsigned value = 0;
    for (const char *at = aid; *at; at++)
        value = value * 31 + (unsigned char)*at;
    return &ahead->places[value % PLACES];
}

void ahead_note(struct ahead *ahead, const char *aid, const char *url, enum scheme scheme)
{
    struct place *place = place_of(ahead, aid);
    if (strlen(aid) != AID_LENGTH)
        return;
    memcpy(place->aid, aid, AID_LENGTH);
    place->scheme = scheme;
    if (place->url && strcmp(place->url, url) == 0)
        return;
    free(place->url);
    place->url = duplicate(url);
}

static void hand_over(struct ahead *ahead, struct signing *to)
{
    const struct signing *from = &ahead->signing;
    memcpy(to->date, from->date, sizeof to->date);
    memcpy(to->signature, from->signature, sizeof to->signature);
    memcpy(to->input, from->input, sizeof to->input);
    to->signed_at = from->signed_at;
    to->is_signed = from->is_signed;
    forget(ahead);
    to->job.done(&to->job);
}

static void signed_ahead(struct crypto_job *job)
{
    struct ahead *ahead = (struct ahead *)job;
    struct signing *taker = ahead->taker;
    ahead->busy = false;
    ahead->taker = NULL;
    if (taker)
        hand_over(ahead, taker);
}

static void start_now(void *context)
{
    struct ahead *ahead = context;
    signing_start(&ahead->signing, ahead->gateway, signed_ahead);
}

/* What the store was asked goes out at the end of the loop's turn. Before that, the thread that signs could
 * take this one's processor away for as long as a signature takes. */
static void next_turn(void *context)
{
    struct ahead *ahead = context;
    loop_soon(ahead->gateway->loop, start_now, ahead);
}

void ahead_begin(struct ahead *ahead, const char *aid, struct body *body)
{
    const struct place *place = place_of(ahead, aid);
    const struct signer *signer = signer_kept(ahead->gateway, aid);
    if (ahead->busy || !signer || !place->url || strcmp(place->aid, aid) != 0)
        return;
    forget(ahead);
    ahead->url = duplicate(place->url);
    ahead->busy = true;
    ahead->signing = (struct signing){
        .signer = signer, .body = body_ref(body), .url = ahead->url, .scheme = place->scheme};
    loop_soon(ahead->gateway->loop, next_turn, ahead);
}

static bool is_same(const struct ahead *ahead, const struct signing *wanted)
{
    const struct signing *made = &ahead->signing;
    size_t length;
    size_t length_wanted;
    const char *text = body_text(made->body, &length);
    const char *text_wanted = body_text(wanted->body, &length_wanted);
    return made->signer == wanted->signer && made->scheme == wanted->scheme &&
           strcmp(made->url, wanted->url) == 0 && length == length_wanted &&
           memcmp(text, text_wanted, length) == 0 && clock_now_ms() / 1000 - made->signed_at <= FRESH_S;
}

bool ahead_take(struct ahead *ahead, struct signing *signing, void (*done)(struct crypto_job *job))
{
    if (!ahead->url || ahead->taker || !is_same(ahead, signing))
        return false;
    signing->job.done = done;
    ahead->taken++;
    if (ahead->busy)
        ahead->taker = signing;
    else
        hand_over(ahead, signing);
    return true;
}

size_t ahead_taken(const struct ahead *ahead)
{
    return ahead->taken;
}
