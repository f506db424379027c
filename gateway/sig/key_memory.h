/* Memory of private keys: a heap of OpenSSL's that is locked (never on a disk), kept out of dumps, between
 * guard pages, and wiped as it is given back. It has a fixed size; past it keys cannot be opened. */
#ifndef DRAWBRIDGE_GATEWAY_SIG_KEY_MEMORY_H
#define DRAWBRIDGE_GATEWAY_SIG_KEY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

enum { KEY_MEMORY_LARGE = 16 << 20, KEY_MEMORY_SMALL = 4 << 20 }; /* some 16,000 keys of RSA-2048, or 4,000 */

/* Once in a process, before its first key: the large heap where so much may be locked, else the small one.
 * False with errno when even that is not locked; it is used all the same. */
bool key_memory_start(void);
/* Room for one more key; always true without such a heap. */
bool key_memory_has_room(void);

#endif
