#include "gateway/fed/object_turn.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "gateway/task.h"

struct turn {
    char *object_id;
    struct task_gate gate;
    size_t users; /* who has it and who waits */
    UT_hash_handle hh;
};

struct object_turns {
    struct turn *turns; /* as many as tasks that process: the queues' parallel is the bound */
};

struct object_turns *object_turns_new(void)
{
    struct object_turns *turns = calloc(1, sizeof *turns);
    if (!turns)
        abort();
    return turns;
}

void object_turns_free(struct object_turns *turns)
{
    free(turns);
}

static struct turn *turn_of(struct object_turns *turns, const char *object_id)
{
    struct turn *turn;
    HASH_FIND_STR(turns->turns, object_id, turn);
    if (turn)
        return turn;
    turn = calloc(1, sizeof *turn);
    if (!turn)
        abort();
    turn->object_id = strdup(object_id);
    if (!turn->object_id)
        abort();
    task_gate_init(&turn->gate, 1);
    HASH_ADD_KEYPTR(hh, turns->turns, turn->object_id, strlen(turn->object_id), turn);
    return turn;
}

void object_turn_take(struct object_turns *turns, const char *object_id)
{
    struct turn *turn = turn_of(turns, object_id);
    turn->users++;
    task_gate_enter(&turn->gate);
}

void object_turn_give(struct object_turns *turns, const char *object_id)
{
    struct turn *turn = turn_of(turns, object_id);
    task_gate_leave(&turn->gate);
    if (--turn->users)
        return;
    HASH_DEL(turns->turns, turn);
    free(turn->object_id);
    free(turn);
}
