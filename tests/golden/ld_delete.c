/* Prints one JSON object a line: a generated Delete of ours, the N-Quads that the template gives it, and the
 * same of its signature's options. jsonld/check.mjs judges them by an independent JSON-LD library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/ld_signature.h"
#include "mapping/model.h"
#include "mapping/outbound.h"

enum { CASES = 1500, TEXT_MAX = 256 };

static const char *const bases[] = {
    "https://social.example",        "https://pinboard.social.example",
    "https://xn--bcher-kva.example", "https://a.example:8443",
    "http://127.0.0.1:31000",        "https://9.example",
    "https://long-name.a-b-c.xyz",   "https://zz.zz",
};

static uint64_t state = 88172645463325252ULL;
static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state % limit);
}

static void random_name(char *out, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    for (size_t i = 0; i < length; i++)
        out[i] = letters[below(32)];
    out[length] = '\0';
}

static json_t *random_delete(const char actor[TEXT_MAX / 2])
{
    char oid[17];
    char object[TEXT_MAX];
    char followers[TEXT_MAX];
    random_name(oid, 16);
    (void)snprintf(followers, sizeof followers, "%s/followers", actor);
    (void)snprintf(object, sizeof object, "%s/%c/%s", actor, "pq"[below(2)], oid);
    return below(4) ? delete_activity(actor, object, followers) : delete_actor_activity(actor, followers);
}

static void print_case(void)
{
    char aid[14];
    char actor[TEXT_MAX / 2];
    char key[TEXT_MAX];
    char created[TIME_TEXT_MAX];
    struct buffer quads;
    struct buffer options;
    random_name(aid, 13);
    (void)snprintf(actor, sizeof actor, "%s/u/%s", bases[below(sizeof bases / sizeof bases[0])], aid);
    (void)snprintf(key, sizeof key, "%s#main-key", actor);
    time_format((int64_t)below(4000000000) * 1000, created);
    buffer_init(&quads, LD_QUADS_MAX);
    buffer_init(&options, LD_QUADS_MAX);
    json_t *activity = random_delete(actor);
    if (!ld_delete_quads(activity, &quads) || !ld_options_quads(key, created, &options))
        abort();
    json_t *line = json_pack("{so ss ss ss ss}", "activity", activity, "quads", buffer_text(&quads),
                             "creator", key, "created", created, "options", buffer_text(&options));
    char *text = json_dumps(line, JSON_COMPACT);
    if (!text)
        abort();
    (void)puts(text);
    free(text);
    json_decref(line);
    buffer_clear(&quads);
    buffer_clear(&options);
}

int main(void)
{
    for (int i = 0; i < CASES; i++)
        print_case();
    return 0;
}
