/* Private to delivery/: the signature of one POST, made in the crypto pool. */
#ifndef DRAWBRIDGE_GATEWAY_DELIVERY_SIGNING_H
#define DRAWBRIDGE_GATEWAY_DELIVERY_SIGNING_H

#include "gateway/delivery/engine.h"
#include "gateway/sig/http_date.h"
#include "gateway/task.h"

enum { SIGNATURE_SIZE = 2048, INPUT_SIZE = 1024 };

#define DELIVERY_CONTENT_TYPE "application/activity+json"

enum scheme { SCHEME_CAVAGE, SCHEME_RFC9421 };

struct signing {
    struct crypto_job job; /* first: the pool hands it back */
    const struct signer *signer;
    struct body *body; /* borrowed, as the URL is */
    const char *url;
    enum scheme scheme;
    char date[HTTP_DATE_LENGTH + 1];
    int64_t signed_at; /* s */
    char signature[SIGNATURE_SIZE], input[INPUT_SIZE];
    bool is_signed; /* false: for that address it cannot be done */
};

/* Signs what is filled in, as of now. `done` is called on the loop, later. */
void signing_start(struct signing *signing, struct gateway *gateway, void (*done)(struct crypto_job *job));

/* The one signature that is made ahead of its claim: while the store writes an activity down and this worker
 * has nothing else in hand, the delivery that is most likely the first is signed. Nothing is sent before its
 * claim, and what was signed is used only where it is the very same; a wrong guess costs the time of an idle
 * thread. */
struct ahead;
struct ahead *ahead_new(struct gateway *gateway);
void ahead_free(struct ahead *ahead);
/* True while a thread works on it. */
bool ahead_is_busy(const struct ahead *ahead);
/* Where something new of an account went first: the next of it will most likely go there too. All is copied.
 */
void ahead_note(struct ahead *ahead, const char *aid, const char *url, enum scheme scheme);
/* Begins, when something of that account went out before. Takes a reference of its own. Does not wait. */
void ahead_begin(struct ahead *ahead, const char *aid, struct body *body);
/* As signing_start, from what was made ahead. False: there is nothing that fits. */
bool ahead_take(struct ahead *ahead, struct signing *signing, void (*done)(struct crypto_job *job));
/* How often there was. */
size_t ahead_taken(const struct ahead *ahead);

#endif
