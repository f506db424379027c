#include "gateway/admin/secret.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum { SECRET_BYTES = (SECRET_SIZE - 1) / 2 };

void secret_make(char out[SECRET_SIZE])
{
    unsigned char secret[SECRET_BYTES];
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        abort();
    for (size_t i = 0; i < sizeof secret; i++)
        (void)snprintf(out + 2 * i, SECRET_SIZE - 2 * i, "%02x", secret[i]);
    OPENSSL_cleanse(secret, sizeof secret);
}
