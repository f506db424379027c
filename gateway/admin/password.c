#include "gateway/admin/password.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Unbuffered: no second copy stays in the stream. */
static bool read_line(FILE *file, char out[PASSWORD_MAX], const char **why)
{
    (void)setvbuf(file, NULL, _IONBF, 0);
    if (!fgets(out, PASSWORD_MAX, file))
        out[0] = '\0';
    size_t length = strcspn(out, "\r\n");
    bool whole = out[length] || feof(file);
    out[length] = '\0';
    *why = !whole ? "the password is longer than any" : "the password is empty; write it on the first line";
    return whole && length;
}

static bool ask(const char *prompt, char out[PASSWORD_MAX], const char **why)
{
    struct termios shown;
    bool terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        struct termios hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        (void)fputs(prompt, stderr);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool good = read_line(stdin, out, why);
    if (terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        (void)fputc('\n', stderr);
    }
    return good;
}

bool password_read(const char *path, const char *prompt, char out[PASSWORD_MAX], const char **why)
{
    if (strcmp(path, "-") == 0)
        return ask(prompt, out, why);
    FILE *file = fopen(path, "re");
    if (!file) {
        *why = "the file with the password cannot be read; name one that can be, or - to type it";
        return false;
    }
    bool good = read_line(file, out, why);
    (void)fclose(file);
    return good;
}
