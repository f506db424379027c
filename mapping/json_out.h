/* Small pieces of outbound JSON, for the *_out.c files. */
#ifndef DRAWBRIDGE_MAPPING_JSON_OUT_H
#define DRAWBRIDGE_MAPPING_JSON_OUT_H

#include <jansson.h>
#include <stdint.h>

#define PUBLIC_COLLECTION "https://www.w3.org/ns/activitystreams#Public"

/* One context for all notes, so that the notes of a collection can share it. New references. */
json_t *context_of_note(void);
json_t *context_of_actor(void);
json_t *context_of_instance(void);
json_t *context_of_delete(void);
json_t *context_of_receipt(void);
json_t *context_of_quote(void);
json_t *context_plain(void);

/* Sets a member; absent when the value is NULL, 0 or no UTF-8. */
void put_text(json_t *object, const char *name, const char *value);
void put_time(json_t *object, const char *name, int64_t time_ms);
void put_new(json_t *object, const char *name, json_t *value);

/* An array of strings, NULLs left out. */
json_t *string_list(const char *one, const char *other);

#endif
