/* The floors that nothing can pass, in CPU microseconds: limits BODY_FILE sign|verify_parse.
 *   sign           one RSA-2048 signature of a signing string
 *   verify_parse   SHA-256 of the body, one RSA-2048 verification, one jansson parse */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/sig/key.h"

enum { BODY_MAX = 1 << 20, SECONDS = 1 };

static const char signing_string[] =
    "(request-target): post /inbox\nhost: bridge.example\ndate: Sun, 01 Nov 2026 09:00:00 GMT\ndigest: "
    "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\ncontent-type: application/activity+json";

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double sign_us(const struct private_key *key)
{
    unsigned char signature[SIGNATURE_BYTES_MAX];
    size_t length;
    double began = cpu_us();
    long count = 0;
    while (cpu_us() - began < SECONDS * 1e6) {
        for (int i = 0; i < 50; i++)
            if (!private_key_sign(key, signing_string, sizeof signing_string - 1, signature, &length))
                abort();
        count += 50;
    }
    return (cpu_us() - began) / (double)count;
}

static double verify_parse_us(const struct private_key *key, const char *body, size_t body_length)
{
    unsigned char signature[SIGNATURE_BYTES_MAX];
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t length;
    const char *why;
    char *pem = private_key_public_pem(key);
    struct public_key *public = public_key_from_pem(pem, &why);
    if (!public || !private_key_sign(key, signing_string, sizeof signing_string - 1, signature, &length))
        abort();
    double began = cpu_us();
    long count = 0;
    while (cpu_us() - began < SECONDS * 1e6) {
        for (int i = 0; i < 50; i++) {
            if (EVP_Digest(body, body_length, digest, NULL, EVP_sha256(), NULL) != 1 ||
                !public_key_verify(public, SIGN_RSA_SHA256, signing_string, sizeof signing_string - 1,
                                   signature, length))
                abort();
            json_decref(json_loadb(body, body_length, JSON_REJECT_DUPLICATES, NULL));
        }
        count += 50;
    }
    double out = (cpu_us() - began) / (double)count;
    public_key_unref(public);
    free(pem);
    return out;
}

int main(int count, char **words)
{
    static char body[BODY_MAX];
    FILE *file = count == 3 ? fopen(words[1], "re") : NULL;
    if (!file)
        return 2;
    size_t length = fread(body, 1, sizeof body, file);
    (void)fclose(file);
    struct private_key *key = private_key_generate();
    printf("%.2f\n", strcmp(words[2], "sign") == 0 ? sign_us(key) : verify_parse_us(key, body, length));
    private_key_free(key);
    return 0;
}
