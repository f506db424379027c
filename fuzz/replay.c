/* Feeds every file of the folders that are named to a fuzz target: what fuzzing has found stays found, also
 * where there is no clang. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerInitialize(int *count, char ***arguments) __attribute__((weak));

enum { FILE_MAX = 4 << 20, PATH_SIZE = 4096 };

static int replay(const char *path)
{
    FILE *file = fopen(path, "re");
    unsigned char *whole = malloc(FILE_MAX);
    if (!file || !whole) {
        (void)fprintf(stderr, "%s cannot be read (%s)\n", path, strerror(errno));
        exit(1);
    }
    size_t size = fread(whole, 1, FILE_MAX, file);
    (void)fclose(file);
    /* An allocation of the very size, so that a byte read beyond the end is seen. */
    unsigned char *data = malloc(size ? size : 1);
    if (!data)
        abort();
    memcpy(data, whole, size);
    free(whole);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int replay_folder(const char *folder)
{
    int files = 0;
    DIR *entries = opendir(folder);
    if (!entries) {
        (void)fprintf(stderr, "%s cannot be opened (%s)\n", folder, strerror(errno));
        exit(1);
    }
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        char path[PATH_SIZE];
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path)
            files += replay(path);
    }
    (void)closedir(entries);
    return files;
}

int main(int count, char **arguments)
{
    int files = 0;
    if (LLVMFuzzerInitialize)
        (void)LLVMFuzzerInitialize(&count, &arguments);
    for (int i = 1; i < count; i++)
        files += replay_folder(arguments[i]);
    (void)printf("%d inputs replayed\n", files);
    return files ? 0 : 1;
}
