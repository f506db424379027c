#include "gateway/ledger/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[EVIDENCE_STATES] = {
    [EVIDENCE_EXPOSED] = "exposed",         [EVIDENCE_QUEUED] = "queued",
    [EVIDENCE_UNREACHABLE] = "unreachable", [EVIDENCE_ACCEPTED] = "accepted",
    [EVIDENCE_REFUSED] = "refused",         [EVIDENCE_OBSERVED] = "observed",
    [EVIDENCE_NO_INBOX] = "no inbox known",
};

const char *evidence_name(enum evidence_state state)
{
    return names[state];
}

bool evidence_of_name(const char *name, enum evidence_state *out)
{
    if (strcmp(name, "no-inbox") == 0)
        name = names[EVIDENCE_NO_INBOX];
    for (size_t i = 0; i < EVIDENCE_STATES; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum evidence_state)i;
            return true;
        }
    return false;
}

const char *copy_look_name(enum copy_look look)
{
    static const char *const looks[] = {NULL, "gone", "still there", "cannot tell"};
    return looks[look];
}

static bool state_of(char letter, bool unreachable, enum evidence_state *out)
{
    switch (letter) {
    case 'q':
        *out = unreachable ? EVIDENCE_UNREACHABLE : EVIDENCE_QUEUED;
        return true;
    case 'a':
        *out = EVIDENCE_ACCEPTED;
        return true;
    case 'r':
        *out = EVIDENCE_REFUSED;
        return true;
    case 'v':
        *out = EVIDENCE_OBSERVED;
        return true;
    case 'n':
        *out = EVIDENCE_NO_INBOX;
        return true;
    default:
        return false;
    }
}

static void note_look(struct evidence *out, enum copy_look look, int64_t time, unsigned count)
{
    out->copy_looks += count;
    if (time < out->copy_time)
        return;
    out->copy = look;
    out->copy_time = time;
}

/* One thing that happened: "LETTER:CODE:TIME:COUNT:REASON". */
static void note(struct evidence *out, char letter, int code, int64_t time, unsigned count,
                 const char *reason)
{
    switch (letter) {
    case 'q':
        out->queued = time;
        break;
    case 'a':
        out->accepted = time;
        out->accepted_code = code;
        break;
    case 'r':
        out->refused = time;
        out->refused_code = code;
        break;
    case 'v':
        out->observed = time;
        break;
    case 't':
        out->failures = count;
        out->last_failure = time;
        out->failure_code = code;
        (void)snprintf(out->failure_reason, sizeof out->failure_reason, "%s", reason);
        break;
    case 'g':
        note_look(out, COPY_GONE, time, count);
        break;
    case 's':
        note_look(out, COPY_STILL_THERE, time, count);
        break;
    case 'c':
        note_look(out, COPY_CANNOT_TELL, time, count);
        break;
    default:
        break;
    }
}

/* A number and the character after it. */
static bool take_number(const char **text, char after, int64_t *out)
{
    char *end = NULL;
    if (**text < '0' || **text > '9')
        return false;
    *out = strtoll(*text, &end, 10);
    if (*end != after && !(after == ' ' && *end == '\0'))
        return false;
    *text = end + (*end == after && after != ' ' ? 1 : 0);
    return true;
}

static bool read_one(const char **text, struct evidence *out)
{
    char reason[EVIDENCE_REASON_SIZE] = "";
    int64_t code;
    int64_t time;
    int64_t count;
    char letter = (*text)[1];
    if (letter == '\0' || (*text)[2] != ':')
        return false;
    *text += 3;
    if (!take_number(text, ':', &code) || !take_number(text, ':', &time) || !take_number(text, ':', &count))
        return false;
    size_t length = strcspn(*text, " ");
    for (size_t i = 0; i < length && i + 1 < sizeof reason; i++)
        reason[i] = (char)((*text)[i] == '_' ? ' ' : (*text)[i]);
    *text += length;
    note(out, letter, (int)code, time, (unsigned)count, reason);
    return true;
}

bool evidence_read(const char *text, bool unreachable, struct evidence *out)
{
    int64_t code;
    *out = (struct evidence){.state = EVIDENCE_EXPOSED};
    if (!text)
        return true;
    char letter = text[0];
    if (!state_of(letter, unreachable, &out->state) || text[1] != ' ')
        return false;
    text += 2;
    if (!take_number(&text, ' ', &code) || *text != ' ')
        return false;
    text++;
    if (!take_number(&text, ' ', &out->time))
        return false;
    out->code = (int)code;
    note(out, letter, out->code, out->time, 1, "");
    while (*text == ' ')
        if (!read_one(&text, out))
            return false;
    return *text == '\0';
}
