#include "gateway/sig/key_memory.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { SLOT_MIN = 64, LOCKED = 1 };

static size_t size; /* of the heap, which is one for the process as it is OpenSSL's; 0: none */

/* The system's word, by trying: privileges count beside the limit. */
static bool may_lock(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    bool good = mlock(memory, bytes) == 0;
    int error = errno;
    (void)munmap(memory, bytes);
    errno = error;
    return good;
}

bool key_memory_start(void)
{
    size = may_lock(KEY_MEMORY_LARGE) ? KEY_MEMORY_LARGE : KEY_MEMORY_SMALL;
    int made = CRYPTO_secure_malloc_init(size, SLOT_MIN);
    if (!made)
        abort();
    return made == LOCKED;
}

bool key_memory_has_room(void)
{
    /* The rest is for keys that are being made or opened. */
    return !size || CRYPTO_secure_used() < size / 8 * 7;
}
