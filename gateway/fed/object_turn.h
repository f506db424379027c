/* One at a time for each remote object: what its author says of it and what others tell of it come by
 * different ways, and a look at its server takes long enough for an edit to pass by. */
#ifndef DRAWBRIDGE_GATEWAY_FED_OBJECT_TURN_H
#define DRAWBRIDGE_GATEWAY_FED_OBJECT_TURN_H

struct object_turns;

struct object_turns *object_turns_new(void);
/* Nobody may hold or want a turn any more. NULL is nothing. */
void object_turns_free(struct object_turns *turns);

/* Waits until nobody else has the object's turn; who came first goes first. A task holds one turn at most. */
void object_turn_take(struct object_turns *turns, const char *object_id);
void object_turn_give(struct object_turns *turns, const char *object_id);

#endif
