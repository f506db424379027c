/* `drawbridge ledger receipt` and `drawbridge ledger verify`. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/admin/commands.h"
#include "gateway/admin/show.h"
#include "gateway/admin/words.h"
#include "gateway/ledger/receipt.h"

enum { PAGE_MAX = 128 << 20, VERIFY_BUDGET = 8 << 20 };

int command_receipt(struct gateway *gateway, const char *what, bool html)
{
    const char *why = NULL;
    json_t *receipt = receipt_make(gateway, what, &why);
    if (!receipt)
        return command_failed(what, why);
    struct buffer text;
    buffer_init(&text, PAGE_MAX);
    bool good = true;
    if (html)
        receipt_page(receipt, &text);
    else
        good = receipt_text(receipt, &text);
    good = good && !text.failed;
    if (good)
        (void)printf("%s%s", buffer_text(&text), html ? "" : "\n");
    buffer_clear(&text);
    json_decref(receipt);
    return good ? SESSION_GOOD
                : command_failed(what, "the receipt is too large: more servers may hold a copy than one "
                                       "receipt can name; take the "
                                       "list from 'drawbridge ledger … --csv'");
}

/* The whole file, malloc'd; NULL when it cannot be read or is too large for a receipt. */
static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(RECEIPT_MAX + 1) : NULL;
    if (!text) {
        if (file)
            (void)fclose(file);
        return NULL;
    }
    *length = fread(text, 1, RECEIPT_MAX + 1, file);
    bool good = !ferror(file) && *length <= RECEIPT_MAX;
    (void)fclose(file);
    if (good)
        return text;
    free(text);
    return NULL;
}

static void tell_holds(const char *path, const json_t *receipt, bool json)
{
    const char *signer = show_text(receipt, "attributedTo");
    const char *created = show_text(json_object_get(receipt, "proof"), "created");
    const char *name = show_text(receipt, "name");
    const char *says = show_text(json_object_get(receipt, "receipt"), "says");
    if (json) {
        json_t *document = json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "file", path, "holds", 1, "signer",
                                     signer, "created", created, "name", name, "says", says);
        show_json(document);
        json_decref(document);
        return;
    }
    (void)printf("%s holds: %s signed it on %s\n%s\n%s\n", path, signer, created, name, says);
}

int command_verify(struct gateway *gateway, const char *path, bool json)
{
    size_t length = 0;
    char *text = read_file(path, &length);
    if (!text)
        return command_failed(path, "the file cannot be read or is too large for a receipt");
    struct arena *arena = arena_new(VERIFY_BUDGET);
    json_t *receipt = NULL;
    const char *why = receipt_check(gateway, arena, text, length, &receipt);
    int code = why ? command_failed(path, why) : SESSION_GOOD;
    if (!why)
        tell_holds(path, receipt, json);
    json_decref(receipt);
    arena_free(arena);
    free(text);
    return code;
}
