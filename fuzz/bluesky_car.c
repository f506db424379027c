/* A CARv1 of blocks with their CIDs. */
#include <stdlib.h>
#include <string.h>

#include "adapters/bluesky/bluesky.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static EVP_MD_CTX *hashing;
    struct bluesky_car car;
    const unsigned char *cid;
    const unsigned char *block;
    size_t length;
    if (!hashing)
        hashing = bluesky_hashing_new();
    if (!bluesky_car_open(&car, data, size))
        return 0;
    while (bluesky_car_next(&car, &cid, &block, &length)) {
        char text[CID_TEXT + 1];
        bluesky_cid_text(cid, text);
        if (strlen(text) != CID_TEXT || block + length > data + size)
            abort();
        struct dag dag;
        dag_open(&dag, block, length);
        if (bluesky_cid_hashes(hashing, cid, block, length))
            json_decref(dag_json(&dag));
    }
    if (!car.broken && car.at != size)
        abort();
    return 0;
}
