#include <string.h>

#include "adapters/adapter.h"

extern const struct adapter_class platform_class, bluesky_class;

static const struct adapter_class *const classes[] = {&platform_class, &bluesky_class};

const struct adapter_class *adapter_class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}

const char *adapter_class_names(void)
{
    return "platform, bluesky";
}
