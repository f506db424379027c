#include "golden.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES_MAX = 2000, SHOWN_MAX = 240, SHOWN_BEFORE = 60, CASE_BUDGET = 64 << 20 };

static bool is_rewriting(void)
{
    const char *wish = getenv("GOLDEN_REWRITE");
    return wish && strcmp(wish, "1") == 0;
}

bool golden_fail(const struct golden_case *this_case, const char *message)
{
    printf("%s: %s\n", this_case->name, message);
    return false;
}

static const char *path_of(const struct golden_case *this_case, const char *file)
{
    return arena_format(this_case->arena, "%s/%s", this_case->folder, file);
}

json_t *golden_read(const struct golden_case *this_case, const char *file)
{
    json_error_t error;
    const char *path = path_of(this_case, file);
    if (access(path, F_OK) != 0)
        return NULL;
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!value)
        (void)golden_fail(this_case, arena_format(this_case->arena, "%s is no JSON: line %d: %s", file,
                                                  error.line, error.text));
    return value;
}

/* ---- the difference, line by line
 * ----------------------------------------------------------------------------------- */

struct lines {
    char *text;
    char *list[LINES_MAX];
    size_t count;
};

static struct lines *lines_new(const json_t *value)
{
    struct lines *lines = calloc(1, sizeof *lines);
    if (!lines)
        abort();
    lines->text = value ? json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)) : NULL;
    char *rest = lines->text;
    for (char *line = strsep(&rest, "\n"); line && lines->count < LINES_MAX; line = strsep(&rest, "\n"))
        lines->list[lines->count++] = line;
    return lines;
}

static void lines_free(struct lines *lines)
{
    free(lines->text);
    free(lines);
}

static bool same_lines(const struct lines *one, const struct lines *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (strcmp(one->list[i], other->list[i]) != 0)
            return false;
    return true;
}

/* A long line is shown from shortly before the place where it leaves its counterpart. */
static void print_line(char sign, size_t number, const char *line, const char *counterpart)
{
    size_t same = 0;
    while (counterpart && line[same] && line[same] == counterpart[same])
        same++;
    size_t start = strlen(line) > SHOWN_MAX && same > SHOWN_BEFORE ? same - SHOWN_BEFORE : 0;
    while (start && ((unsigned char)line[start] & 0xC0) == 0x80)
        start--;
    bool whole = strlen(line + start) <= SHOWN_MAX;
    printf("    %4zu %c %s%.*s%s\n", number, sign, start ? "…" : "", whole ? INT32_MAX : SHOWN_MAX,
           line + start, whole ? "" : "…");
}

/* Longest common subsequence: common[i][j] is its length from lines i and j on. */
static void print_difference(const struct lines *expected, const struct lines *found)
{
    size_t width = found->count + 1;
    uint16_t *common = calloc((expected->count + 1) * width, sizeof *common);
    if (!common)
        abort();
    for (size_t i = expected->count; i-- > 0;)
        for (size_t j = found->count; j-- > 0;) {
            uint16_t down = common[(i + 1) * width + j];
            uint16_t right = common[i * width + j + 1];
            common[i * width + j] = strcmp(expected->list[i], found->list[j]) == 0
                                        ? (uint16_t)(common[(i + 1) * width + j + 1] + 1)
                                    : down > right ? down
                                                   : right;
        }
    size_t i = 0;
    size_t j = 0;
    while (i < expected->count || j < found->count) {
        if (i < expected->count && j < found->count && strcmp(expected->list[i], found->list[j]) == 0) {
            i++;
            j++;
        } else if (j == found->count ||
                   (i < expected->count && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            print_line('-', i + 1, expected->list[i], j < found->count ? found->list[j] : NULL);
            i++;
        } else {
            print_line('+', j + 1, found->list[j], i ? expected->list[i - 1] : NULL);
            j++;
        }
    }
    free(common);
}

static bool rewrite(const struct golden_case *this_case, const char *file, const json_t *value)
{
    const char *path = path_of(this_case, file);
    if (!value)
        return access(path, F_OK) != 0 || unlink(path) == 0;
    FILE *stream = fopen(path, "w");
    bool good =
        stream && json_dumpf(value, stream, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)) == 0;
    good = good && fputc('\n', stream) != EOF;
    if (stream)
        good = fclose(stream) == 0 && good;
    return good || golden_fail(this_case, arena_format(this_case->arena, "%s cannot be written", file));
}

bool golden_expect(const struct golden_case *this_case, const char *file, json_t *value)
{
    if (is_rewriting()) {
        bool good = rewrite(this_case, file, value);
        json_decref(value);
        return good;
    }
    json_t *wanted = golden_read(this_case, file);
    struct lines *expected = lines_new(wanted);
    struct lines *found = lines_new(value);
    bool same = same_lines(expected, found);
    if (!same) {
        printf("%s: %s differs ('-' expected, '+' found):\n", this_case->name, file);
        print_difference(expected, found);
    }
    lines_free(expected);
    lines_free(found);
    json_decref(wanted);
    json_decref(value);
    return same;
}

/* ---- the cases
 * ------------------------------------------------------------------------------------------------------ */

static int is_case(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_selected(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

static bool run_one(const char *name, bool (*check)(const struct golden_case *this_case))
{
    struct arena *arena = arena_new(CASE_BUDGET);
    struct golden_case this_case = {
        .name = name, .folder = arena_format(arena, "%s/%s", GOLDEN_CASES, name), .arena = arena};
    bool good = check(&this_case);
    arena_free(arena);
    return good;
}

int golden_run(bool (*check)(const struct golden_case *this_case), int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = scandir(GOLDEN_CASES, &entries, is_case, alphasort);
    size_t run = 0;
    size_t failed = 0;
    for (int i = 0; i < count; i++) {
        if (is_selected(entries[i]->d_name, argc, argv)) {
            run++;
            failed += !run_one(entries[i]->d_name, check);
        }
        free(entries[i]);
    }
    free(entries);
    printf("%zu cases, %zu failed\n", run, failed);
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
