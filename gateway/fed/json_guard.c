#include "gateway/fed/json_guard.h"

const char *json_guard(const char *text, size_t length)
{
    size_t depth = 0;
    size_t nodes = 0;
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        if (byte == '"') {
            size_t start = i++;
            while (i < length && text[i] != '"')
                i += text[i] == '\\' ? 2 : 1;
            if (i - start > JSON_STRING_MAX)
                return "a JSON string is longer than 256 KiB";
        } else if (byte == '{' || byte == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return "the JSON is nested deeper than 64 levels";
            nodes++;
        } else if (byte == '}' || byte == ']') {
            if (depth)
                depth--;
        } else if (byte == ',' || byte == ':') {
            nodes++;
        }
        if (nodes > JSON_NODES_MAX)
            return "the JSON has more than 10000 nodes";
    }
    return NULL;
}

json_t *json_load_guarded(const char *text, size_t length, const char **why)
{
    *why = json_guard(text, length);
    if (*why)
        return NULL;
    json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    if (!document)
        *why = "the body is not valid JSON";
    return document;
}
