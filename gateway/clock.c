#include "gateway/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Process-wide like the clock itself: set once by main.c, in lab mode only. */
static struct {
    char path[512];
    int64_t changed_ns, offset_ms;
} test_clock;

void clock_allow_test_offset(const char *path)
{
    (void)snprintf(test_clock.path, sizeof test_clock.path, "%s", path);
    test_clock.changed_ns = -1;
}

static void read_offset(void)
{
    struct stat status;
    if (stat(test_clock.path, &status) != 0)
        return;
    int64_t changed = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    if (changed == test_clock.changed_ns)
        return;
    FILE *file = fopen(test_clock.path, "re");
    if (!file)
        return;
    char text[32] = "";
    if (fgets(text, sizeof text, file)) {
        test_clock.offset_ms = strtoll(text, NULL, 10) * 1000;
        test_clock.changed_ns = changed;
    }
    (void)fclose(file);
}

int64_t clock_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (test_clock.path[0])
        read_offset();
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + test_clock.offset_ms;
}
