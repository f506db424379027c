/* What the fuzz targets of whole routes play: the store, the network and the work queues. The linker puts
 * these in the place of the real ones (--wrap, see CMakeLists.txt); everything in between is the gateway's
 * own code. */
#ifndef DRAWBRIDGE_FUZZ_PLAYED_WORLD_H
#define DRAWBRIDGE_FUZZ_PLAYED_WORLD_H

#include "gateway/gateway.h"
#include "gateway/work.h"

#define WORLD_AID "abcdefghijklm"
#define WORLD_OID "aaaaaaaaaaaaaaaa"
#define WORLD_BASE "https://bridge.example"

enum { WORLD_ANSWERS_MAX = 4, WORLD_PUSHES_MAX = 4 };

struct world {
    bool stranger;                          /* the actor was never met */
    bool owed;                              /* the post is a tombstone whose Delete the host has not got */
    const char *answers[WORLD_ANSWERS_MAX]; /* what other servers answer, in turn */
    size_t answer_count, answers_taken;
    char *kept; /* the body that the inbox stored for its worker */
    size_t kept_length;
    char *object_key, *object_id, *object_actor, *object_source; /* the reply that was kept */
    char *pushes[WORLD_PUSHES_MAX];                              /* relations to be pushed */
    size_t push_count;
    work_handler handler; /* of the inbox's queues */
    void *handler_context;
};

extern struct world world;

/* Forgets what the last input left. */
void world_reset(void);

#endif
