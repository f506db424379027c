/* The identity scheme of DESIGN §3: AIDs, OIDs and the URLs made of them. */
#ifndef DRAWBRIDGE_MAPPING_IDS_H
#define DRAWBRIDGE_MAPPING_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mapping/arena.h"

enum { AID_LENGTH = 13, OID_LENGTH = 16, NAME_LENGTH_MAX = 30, KEY_LENGTH = 25 };

/* 64 random bits (from the caller: mapping has no source of chance) as 13 characters [a-z2-7]. */
void aid_from_bits(uint64_t bits, char out[AID_LENGTH + 1]);
bool aid_is_valid(const char *text, size_t length);

/* 80 bits of SHA-256(AID 0 native-id 0 generation) as 16 characters [a-z2-7]. */
void oid_make(const char *aid, const char *native_id, unsigned generation, char out[OID_LENGTH + 1]);
bool oid_is_valid(const char *text, size_t length);

/* The key under which the platform knows a remote thing: prefix ("ra", "rp", "rr"), '_', 22 characters
 * base64url of SHA-256(id). `second` joins a second id after a NUL (relations: actor, then object), NULL for
 * none. */
void remote_key_make(const char *prefix, const char *id, const char *second, char out[KEY_LENGTH + 1]);

/* 22 characters base64url of SHA-256(text): how long remote ids are named inside store keys. */
void id_hash(const char *text, char out[23]);

/* A fediverse name from a platform handle: lower case, [a-z0-9_]{1,30}; '.' → '_', '-' → '__', anything else
 * is dropped. With `aid` (on collision): 24 characters, '_', 5 characters of the AID. "" cannot happen: falls
 * back to the AID. */
void name_from_handle(const char *handle, const char *aid, bool collision, char out[NAME_LENGTH_MAX + 1]);

/* URLs: `base` is scheme and authority without a slash at the end. All in the arena. */
const char *url_actor(struct arena *arena, const char *base, const char *aid);
const char *url_actor_part(struct arena *arena, const char *base, const char *aid,
                           const char *part); /* …/u/AID/PART */
const char *url_object(struct arena *arena, const char *base, const char *aid, const char *oid);
const char *url_boost(struct arena *arena, const char *base, const char *aid, const char *oid);
const char *url_profile(struct arena *arena, const char *base, const char *name);

#endif
