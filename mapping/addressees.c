#include "mapping/addressees.h"

#include <string.h>

#include "mapping/json_shapes.h"

static const json_t *addressees(const json_t *object, const json_t *fallback, const char *name)
{
    const json_t *own = shape_member(object, name);
    return own ? own : shape_member(fallback, name);
}

/* Whose followers they are does not matter here: nothing that is for followers is shown. */
static bool has_followers(const json_t *list)
{
    static const char ending[] = "/followers";
    for (size_t i = 0; i < shape_count(list); i++) {
        const char *id = json_string_value(shape_item(list, i));
        size_t length = id ? strlen(id) : 0;
        if (length >= sizeof ending && strcmp(id + length - (sizeof ending - 1), ending) == 0)
            return true;
    }
    return false;
}

enum visibility addressees_visibility(const json_t *object, const json_t *fallback)
{
    const json_t *to = addressees(object, fallback, "to");
    const json_t *cc = addressees(object, fallback, "cc");
    if (shape_has_public(to))
        return VISIBILITY_PUBLIC;
    if (shape_has_public(cc))
        return VISIBILITY_UNLISTED;
    return has_followers(to) || has_followers(cc) ? VISIBILITY_FOLLOWERS : VISIBILITY_DIRECT;
}
