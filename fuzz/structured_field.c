/* A dictionary that was read must be read again from its own canonical text, to the same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sig/structured_field.h"

static void check(struct arena *arena, const struct field_member *member)
{
    const char *text =
        member->is_list ? field_list_text(arena, member) : field_item_text(arena, &member->item);
    struct field_dictionary again;
    if (!text || !field_dictionary_parse(arena, arena_format(arena, "a=%s", text), &again))
        abort();
    const char *second = again.first->is_list ? field_list_text(arena, again.first)
                                              : field_item_text(arena, &again.first->item);
    if (again.count != 1 || strcmp(text, second) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(1 << 24);
    struct field_dictionary fields;
    /* Canonical text may be longer than what was read: leave room for it. */
    if (size < FIELD_TEXT_MAX / 4 && field_dictionary_parse(arena, arena_copy(arena, data, size), &fields))
        for (const struct field_member *member = fields.first; member; member = member->next)
            check(arena, member);
    arena_free(arena);
    return 0;
}
