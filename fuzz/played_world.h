/* What the fuzz targets of whole routes play: the store, the network and the work queues. The linker puts
 * these in the place of the real ones (--wrap, see CMakeLists.txt); everything in between is the gateway's
 * own code. */
#ifndef DRAWBRIDGE_FUZZ_PLAYED_WORLD_H
#define DRAWBRIDGE_FUZZ_PLAYED_WORLD_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "gateway/work.h"

#define WORLD_AID "abcdefghijklm"
#define WORLD_OID "aaaaaaaaaaaaaaaa"
#define WORLD_BASE "https://bridge.example"
#define WORLD_BLOCKED "blocked.example"

enum { WORLD_ANSWERS_MAX = 8, WORLD_PLACES_MAX = 8, WORLD_FACTS_MAX = 8, WORLD_PUSHES_MAX = 4 };

/* "STATUS[KIND] URL [LOCATION]\nBODY": what is at an address. KIND "h": it is HTML; "x": it may not be asked;
 * "d": it does not answer. BODY "=TEXT": the object as the activity told it, with TEXT (if any) as content.
 */
struct world_place {
    const char *url, *location, *body; /* of the input; terminated */
    int status;
    char kind;
};

/* "KEY\nLINE\nLINE…": what the store holds under the keys that begin with KEY, or what the script of that
 * name says. */
struct world_fact {
    char *key;
    char *lines; /* of the input; terminated; NULL: none */
};

struct world {
    bool stranger;                    /* the actor was never met */
    bool owed;                        /* the post is a tombstone whose Delete the host has not got */
    char *answers[WORLD_ANSWERS_MAX]; /* what other servers answer in turn where nothing is said of a place */
    size_t answer_count, answers_taken;
    struct world_place places[WORLD_PLACES_MAX];
    size_t place_count;
    struct world_fact facts[WORLD_FACTS_MAX];
    size_t fact_count;
    size_t asked;       /* requests to others in this job */
    const char *signer; /* who signed the request; NULL: the activity's actor. See played_network.c */
    const json_t *told; /* the activity as it came */
    char *kept;         /* the body that the inbox stored for its worker */
    size_t kept_length;
    char *object_key, *object_id, *object_actor, *object_source; /* the reply that was kept */
    bool object_gone;
    char *pushes[WORLD_PUSHES_MAX]; /* relations to be pushed */
    size_t push_count;
    work_handler handler; /* of the inbox's queues */
    void *handler_context;
};

extern struct world world;

/* Forgets what the last input left. */
void world_reset(void);
/* The same of what the last activity of an input left behind for the platform. */
void world_reset_activity(void);

/* Reads one part of an input, without its first character. The texts stay where they are. */
void world_place(char *text);
void world_fact(char *text);

/* The document with a proof (FEP-8b32) by the key that every played actor has, made now; each letter of `how`
 * breaks it in one way (played_network.c). A new reference. */
json_t *world_prove(const json_t *document, const char *how);

#endif
