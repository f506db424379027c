#include "plaza/visitor.h"

#include <stdio.h>
#include <string.h>

static const char cookie_name[] = "plaza=";

static void set_cookie(struct plaza *plaza, struct request *request, const char *token)
{
    bool secure = strncmp(plaza->url, "https://", 8) == 0;
    snprintf(request->set_cookie, sizeof request->set_cookie, "%s%s; Path=/; HttpOnly; SameSite=Lax%s",
             cookie_name, token, secure ? "; Secure" : "");
}

static void derive_csrf(struct visitor *visitor)
{
    char text[TOKEN_TEXT_SIZE + 8];
    int length = snprintf(text, sizeof text, "csrf:%s", visitor->token);
    hash_text(text, (size_t)length, visitor->csrf);
}

static bool read_cookie(const struct request *request, char token[TOKEN_TEXT_SIZE])
{
    for (const char *at = request->cookie; at; at = strchr(at, ';')) {
        at += strspn(at, "; ");
        if (strncmp(at, cookie_name, sizeof cookie_name - 1) != 0)
            continue;
        const char *value = at + sizeof cookie_name - 1;
        if (strspn(value, "0123456789abcdef") != TOKEN_TEXT_SIZE - 1)
            return false;
        snprintf(token, TOKEN_TEXT_SIZE, "%s", value);
        return true;
    }
    return false;
}

void visitor_read(struct plaza *plaza, struct request *request, struct visitor *visitor)
{
    *visitor = (struct visitor){0};
    if (!read_cookie(request, visitor->token)) {
        token_new(visitor->token);
        set_cookie(plaza, request, visitor->token);
    }
    derive_csrf(visitor);
    char hash[HASH_TEXT_SIZE];
    hash_text(visitor->token, strlen(visitor->token), hash);
    int64_t account =
        database_number(&plaza->database, 0, "SELECT account FROM session WHERE token_hash = ?", "t", hash);
    visitor->signed_in = account && account_by_id(&plaza->database, account, &visitor->account) &&
                         account_is_active(&visitor->account);
}

/* A fresh token at each change of who somebody is: one that was planted before is worth nothing after. */
static void renew(struct plaza *plaza, struct request *request, struct visitor *visitor)
{
    char hash[HASH_TEXT_SIZE];
    hash_text(visitor->token, strlen(visitor->token), hash);
    database_run(&plaza->database, "DELETE FROM session WHERE token_hash = ?", "t", hash);
    token_new(visitor->token);
    set_cookie(plaza, request, visitor->token);
    derive_csrf(visitor);
}

void visitor_sign_in(struct plaza *plaza, struct request *request, struct visitor *visitor, int64_t account)
{
    char hash[HASH_TEXT_SIZE];
    renew(plaza, request, visitor);
    hash_text(visitor->token, strlen(visitor->token), hash);
    database_run(&plaza->database, "INSERT INTO session(token_hash, account, created) VALUES(?, ?, ?)", "tii",
                 hash, account, time_now_ms());
}

void visitor_sign_out(struct plaza *plaza, struct request *request, struct visitor *visitor)
{
    renew(plaza, request, visitor);
    visitor->signed_in = false;
}

json_t *visitor_form(struct plaza *plaza, struct request *request, struct visitor *visitor)
{
    json_t *form = request_form(request);
    if (!form)
        return NULL;
    const char *csrf = json_string_value(json_object_get(form, "csrf"));
    bool foreign = request->fetch_site[0] && strcmp(request->fetch_site, "same-origin") != 0;
    visitor_read(plaza, request, visitor);
    if (csrf && !foreign && equal_secret(csrf, visitor->csrf))
        return form;
    json_decref(form);
    answer_problem(request, 403, "csrf", NULL,
                   "This form is out of date. Go back, load the page again and repeat.");
    return NULL;
}
