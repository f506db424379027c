#include "gateway/fed/local.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct config_host *host_of(const struct config *config, const char *url, const char **path)
{
    const char *authority = NULL;
    if (strncasecmp(url, "https://", 8) == 0)
        authority = url + 8;
    else if (strncasecmp(url, "http://", 7) == 0)
        authority = url + 7;
    if (!authority)
        return NULL;
    size_t length = strcspn(authority, "/?#");
    char lower[256];
    if (length >= sizeof lower)
        return NULL;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(authority[i] >= 'A' && authority[i] <= 'Z' ? authority[i] + 32 : authority[i]);
    lower[length] = '\0';
    const struct config_host *host = config_host_find(config, lower);
    *path = authority + length;
    return host;
}

static void parse_post(struct local_id *id, const char *rest, enum local_kind kind)
{
    size_t length = strcspn(rest, "/#");
    if (!oid_is_valid(rest, length))
        return;
    memcpy(id->oid, rest, length);
    id->kind = kind;
    rest += length;
    if (*rest != '/' || kind != LOCAL_POST)
        return;
    id->kind = LOCAL_POST_PART;
    if (snprintf(id->part, sizeof id->part, "%s", rest + 1) >= (int)sizeof id->part)
        id->kind = LOCAL_NONE;
}

struct local_id local_parse_path(const struct config_host *host, const char *path)
{
    struct local_id id = {.host = host};
    size_t instance = strcspn(path, "#");
    if (instance == 6 && memcmp(path, "/actor", 6) == 0) {
        id.kind = LOCAL_INSTANCE;
        return id;
    }
    if (strncmp(path, "/u/", 3) != 0)
        return id;
    path += 3;
    size_t length = strcspn(path, "/#");
    if (!aid_is_valid(path, length))
        return id;
    memcpy(id.aid, path, length);
    path += length;
    if (*path == '\0' || *path == '#') {
        id.kind = LOCAL_ACTOR;
    } else if (strncmp(path, "/p/", 3) == 0) {
        parse_post(&id, path + 3, LOCAL_POST);
    } else if (strncmp(path, "/b/", 3) == 0) {
        parse_post(&id, path + 3, LOCAL_BOOST);
    } else if (strncmp(path, "/q/", 3) == 0) {
        parse_post(&id, path + 3, LOCAL_QUOTE);
    } else {
        id.kind = LOCAL_PART;
        if (snprintf(id.part, sizeof id.part, "%s", path + 1) >= (int)sizeof id.part)
            id.kind = LOCAL_NONE;
    }
    return id;
}

struct local_id local_parse(const struct config *config, const char *url)
{
    const char *path = NULL;
    const struct config_host *host = url ? host_of(config, url, &path) : NULL;
    return host ? local_parse_path(host, path) : (struct local_id){.kind = LOCAL_NONE};
}

bool local_is_ours(const struct config *config, const char *url)
{
    const char *path = NULL;
    return url && host_of(config, url, &path) != NULL;
}

enum view account_view(const struct account_record *record, const struct config_host *host,
                       enum public_part part)
{
    if (!record || !host || strcmp(record->host, host->authority) != 0)
        return VIEW_ABSENT;
    switch (record->consent) {
    case CONSENT_OFF:
        return VIEW_ABSENT;
    case CONSENT_GONE:
        return VIEW_GONE;
    case CONSENT_LEAVING:
        if (part == PART_INBOX)
            return VIEW_ALL;
        return part == PART_ACTOR ? VIEW_STUB : VIEW_GONE;
    case CONSENT_ON:
    case CONSENT_PAUSED:
        break;
    }
    if (record->account.status != ACCOUNT_ACTIVE && part != PART_INBOX)
        return VIEW_SUSPENDED;
    return VIEW_ALL;
}
