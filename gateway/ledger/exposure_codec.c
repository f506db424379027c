#include "gateway/ledger/exposure_codec.h"

#include <stdlib.h>

void host_list_clear(struct host_list *list)
{
    free(list->numbers);
    *list = (struct host_list){0};
}

void host_list_add(struct host_list *list, uint32_t number)
{
    if (list->count == list->size) {
        list->size = list->size ? list->size * 2 : 64;
        list->numbers = realloc(list->numbers, list->size * sizeof *list->numbers);
        if (!list->numbers)
            abort();
    }
    list->numbers[list->count++] = number;
}

static int compare(const void *left, const void *right)
{
    uint32_t one = *(const uint32_t *)left;
    uint32_t two = *(const uint32_t *)right;
    return one < two ? -1 : one > two;
}

void host_list_settle(struct host_list *list)
{
    if (!list->count)
        return;
    qsort(list->numbers, list->count, sizeof *list->numbers, compare);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++)
        if (list->numbers[i] != list->numbers[kept - 1])
            list->numbers[kept++] = list->numbers[i];
    list->count = kept;
}

static size_t varint_length(uint32_t value)
{
    size_t length = 1;
    for (; value >= 0x80; value >>= 7)
        length++;
    return length;
}

static size_t differences_length(const struct host_list *list)
{
    size_t length = 0;
    uint32_t before = 0;
    for (size_t i = 0; i < list->count; i++) {
        length += varint_length(list->numbers[i] - before);
        before = list->numbers[i];
    }
    return length;
}

static void write_differences(const struct host_list *list, unsigned char *out)
{
    uint32_t before = 0;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t difference = list->numbers[i] - before;
        before = list->numbers[i];
        for (; difference >= 0x80; difference >>= 7)
            *out++ = (unsigned char)(difference | 0x80);
        *out++ = (unsigned char)difference;
    }
}

unsigned char *exposure_encode(const struct host_list *list, size_t *length)
{
    *length = 0;
    if (!list->count)
        return NULL;
    size_t differences = differences_length(list);
    size_t bitmap = list->numbers[list->count - 1] / 8 + 1;
    size_t shorter = differences <= bitmap ? differences : bitmap;
    unsigned char *bytes = calloc(1, shorter + 1);
    if (!bytes)
        abort();
    *length = shorter + 1;
    if (differences <= bitmap) {
        bytes[0] = 'd';
        write_differences(list, bytes + 1);
        return bytes;
    }
    bytes[0] = 'b';
    for (size_t i = 0; i < list->count; i++)
        bytes[1 + list->numbers[i] / 8] |= (unsigned char)(1U << list->numbers[i] % 8);
    return bytes;
}

static bool read_differences(const unsigned char *bytes, size_t length, struct host_list *list)
{
    uint64_t number = 0;
    for (size_t i = 0; i < length;) {
        uint64_t difference = 0;
        unsigned shift = 0;
        bool more = true;
        for (; more; shift += 7) {
            if (i == length || shift > 28)
                return false;
            more = bytes[i] & 0x80;
            difference |= (uint64_t)(bytes[i++] & 0x7f) << shift;
        }
        number += difference;
        if (number > HOST_NUMBER_MAX)
            return false;
        host_list_add(list, (uint32_t)number);
    }
    return true;
}

bool exposure_decode(const void *bytes, size_t length, struct host_list *list)
{
    const unsigned char *in = bytes;
    if (length == 0)
        return true;
    if (in[0] == 'd') {
        size_t before = list->count;
        bool good = read_differences(in + 1, length - 1, list);
        if (!good)
            list->count = before;
        return good;
    }
    if (in[0] != 'b' || length - 1 > HOST_NUMBER_MAX / 8)
        return false;
    for (size_t i = 1; i < length; i++)
        for (unsigned bit = 0; bit < 8; bit++)
            if (in[i] >> bit & 1)
                host_list_add(list, (uint32_t)((i - 1) * 8 + bit));
    return true;
}
