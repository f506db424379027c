#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/store/script_table.h"
#include "gateway/store/store_private.h"

enum { SHA1_BYTES = 20 };

struct script {
    const struct script_text *source;
    char hash[2 * SHA1_BYTES + 1];
    UT_hash_handle hh;
};

struct script_table_hashes {
    struct script *list, *by_name;
};

/* SHA-1 is the name that Redis gives a script, not a protection. */
static void hash_script(struct script *script)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_Digest(script->source->text, script->source->length, digest, &length, EVP_sha1(), NULL) ||
        length != SHA1_BYTES)
        abort();
    for (unsigned i = 0; i < length; i++)
        (void)snprintf(script->hash + (size_t)2 * i, 3, "%02x", digest[i]);
}

struct script_table_hashes *scripts_new(void)
{
    size_t count = 0;
    while (script_table[count].name)
        count++;
    struct script_table_hashes *scripts = calloc(1, sizeof *scripts);
    if (!scripts)
        abort();
    scripts->list = calloc(count + 1, sizeof *scripts->list);
    if (!scripts->list)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct script *script = &scripts->list[i];
        script->source = &script_table[i];
        hash_script(script);
        HASH_ADD_KEYPTR(hh, scripts->by_name, script->source->name, strlen(script->source->name), script);
    }
    return scripts;
}

void scripts_free(struct script_table_hashes *scripts)
{
    if (!scripts)
        return;
    HASH_CLEAR(hh, scripts->by_name);
    free(scripts->list);
    free(scripts);
}

bool scripts_find(const struct script_table_hashes *scripts, const char *name, const char **hash,
                  const char **text)
{
    struct script *script = NULL;
    HASH_FIND_STR(scripts->by_name, name, script);
    if (!script)
        return false;
    *hash = script->hash;
    *text = script->source->text;
    return true;
}
