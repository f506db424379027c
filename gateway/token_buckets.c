#include "gateway/token_buckets.h"

#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 4096, WAYS = 4, SEED_SIZE = 16, NAME_MAX_BYTES = 512 };

/* The generic cell rate algorithm: a bucket is the time until which its tokens are spent. */
struct bucket {
    uint64_t tag;     /* of the name; 0: free */
    int64_t spent_us; /* before now: full */
};

struct token_buckets {
    int64_t interval_us, reach_us; /* of one token; of all but one */
    unsigned char seed[SEED_SIZE]; /* so that nobody can choose names that meet */
    struct bucket sets[SETS][WAYS];
};

struct token_buckets *token_buckets_new(unsigned per_second, unsigned burst)
{
    struct token_buckets *buckets = calloc(1, sizeof *buckets);
    if (!buckets || RAND_bytes(buckets->seed, sizeof buckets->seed) != 1)
        abort();
    buckets->interval_us = 1000000 / (per_second ? per_second : 1);
    if (buckets->interval_us < 1)
        buckets->interval_us = 1;
    buckets->reach_us = buckets->interval_us * (burst > 1 ? burst - 1 : 0);
    return buckets;
}

void token_buckets_free(struct token_buckets *buckets)
{
    free(buckets);
}

static uint64_t tag_of(const struct token_buckets *buckets, const void *name, size_t length)
{
    unsigned char text[SEED_SIZE + NAME_MAX_BYTES];
    unsigned char digest[SHA256_DIGEST_LENGTH];
    uint64_t tag;
    if (length > NAME_MAX_BYTES)
        length = NAME_MAX_BYTES;
    memcpy(text, buckets->seed, SEED_SIZE);
    memcpy(text + SEED_SIZE, name, length);
    (void)SHA256(text, SEED_SIZE + length, digest);
    memcpy(&tag, digest, sizeof tag);
    return tag ? tag : 1;
}

/* The name's own bucket, or the one of its set that holds least. */
static struct bucket *bucket_of(struct token_buckets *buckets, uint64_t tag)
{
    struct bucket *set = buckets->sets[tag % SETS];
    struct bucket *emptiest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].tag == tag)
            return &set[i];
        if (set[i].spent_us < emptiest->spent_us)
            emptiest = &set[i];
    }
    *emptiest = (struct bucket){.tag = tag};
    return emptiest;
}

int64_t token_buckets_take(struct token_buckets *buckets, const void *name, size_t length, int64_t now_ms)
{
    struct bucket *bucket = bucket_of(buckets, tag_of(buckets, name, length));
    int64_t now = now_ms * 1000;
    int64_t spent = bucket->spent_us > now ? bucket->spent_us : now;
    int64_t over = spent - now - buckets->reach_us;
    if (over > 0)
        return (over + 999) / 1000;
    bucket->spent_us = spent + buckets->interval_us;
    return 0;
}
