#include "gateway/delivery/signing.h"

#include "gateway/clock.h"
#include "gateway/sig/cavage.h"
#include "gateway/sig/rfc9421.h"

/* On a thread of the crypto pool: touches nothing but its own. */
static void sign(struct crypto_job *job)
{
    struct signing *signing = (struct signing *)job;
    const struct signer *signer = signing->signer;
    if (signing->scheme == SCHEME_CAVAGE)
        signing->is_signed = cavage_sign_post(signer->key, signer->key_id, signing->url, signing->date,
                                              body_digest_header(signing->body), DELIVERY_CONTENT_TYPE,
                                              signing->signature, sizeof signing->signature);
    else
        signing->is_signed =
            rfc9421_sign(signer->key, signer->key_id, "POST", signing->url,
                         body_content_digest_header(signing->body), signing->signed_at, signing->input,
                         sizeof signing->input, signing->signature, sizeof signing->signature);
}

void signing_start(struct signing *signing, struct gateway *gateway, void (*done)(struct crypto_job *job))
{
    signing->signed_at = clock_now_ms() / 1000;
    http_date_format(signing->signed_at, signing->date);
    signing->job = (struct crypto_job){.work = sign, .done = done};
    crypto_pool_submit(gateway->crypto, &signing->job);
}
