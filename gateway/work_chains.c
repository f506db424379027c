/* What a worker has in hand of a queue: chains of entries, one entry of each in work at a time. */
#include <stdlib.h>
#include <string.h>

#include "gateway/work_private.h"

struct chain {
    struct work *work;
    struct entry *first, **last;
    struct chain *next_done;
    bool running;
    UT_hash_handle hh;
    char name[];
};

/* ---- entries
 * -------------------------------------------------------------------------------------------------------- */

struct entry *entry_new(const struct work_entry *told, size_t size, void (*release)(void *parsed))
{
    size_t id_size = strlen(told->id) + 1;
    size_t chain_size = strlen(told->chain) + 1;
    size_t trace_size = strlen(told->trace) + 1;
    struct entry *entry = malloc(sizeof *entry + id_size + chain_size + trace_size + told->data_length + 1);
    if (!entry)
        abort();
    char *text = (char *)(entry + 1);
    *entry = (struct entry){.entry = *told, .size = size, .release = release};
    entry->entry.id = memcpy(text, told->id, id_size);
    entry->entry.chain = memcpy(text + id_size, told->chain, chain_size);
    entry->entry.trace = memcpy(text + id_size + chain_size, told->trace, trace_size);
    char *data = text + id_size + chain_size + trace_size;
    if (told->data_length)
        memcpy(data, told->data, told->data_length);
    data[told->data_length] = '\0';
    entry->entry.data = data;
    return entry;
}

bool chains_hold(const struct work *work, const char *id)
{
    struct entry *entry;
    HASH_FIND_STR(work->entries, id, entry);
    return entry != NULL;
}

static void entry_drop(struct work *work, struct entry *entry)
{
    HASH_DEL(work->entries, entry); /* NOLINT(clang-analyzer-core.NullDereference): it is in it */
    work->bytes -= entry->size;
    if (entry->release)
        entry->release(entry->entry.parsed);
    free(entry);
}

/* ---- chains
 * --------------------------------------------------------------------------------------------------- */

static struct chain *chain_of(struct work *work, const char *name)
{
    struct chain *chain;
    HASH_FIND_STR(work->chains, name, chain);
    if (chain)
        return chain;
    size_t length = strlen(name);
    chain = malloc(sizeof *chain + length + 1);
    if (!chain)
        abort();
    *chain = (struct chain){.work = work, .last = &chain->first};
    memcpy(chain->name, name, length + 1);
    HASH_ADD_KEYPTR(hh, work->chains, chain->name, length, chain);
    return chain;
}

struct chain *chains_add(struct work *work, struct entry *entry)
{
    struct chain *chain = chain_of(work, entry->entry.chain);
    HASH_ADD_KEYPTR(hh, work->entries, entry->entry.id, strlen(entry->entry.id), entry);
    work->bytes += entry->size;
    *chain->last = entry;
    chain->last = &entry->next;
    return chain;
}

static void chain_free(struct work *work, struct chain *chain)
{
    HASH_DEL(work->chains, chain);
    free(chain);
}

static void chain_drop_first(struct work *work, struct chain *chain)
{
    struct entry *entry = chain->first;
    chain->first = entry->next;
    entry_drop(work, entry);
    if (!chain->first)
        chain_free(work, chain);
}

void chains_forget_waiting(struct work *work)
{
    struct chain *chain;
    struct chain *next;
    HASH_ITER(hh, work->chains, chain, next)
    {
        struct entry *entry = chain->running ? chain->first->next : chain->first;
        while (entry) {
            struct entry *after = entry->next;
            entry_drop(work, entry);
            entry = after;
        }
        if (chain->running) {
            chain->first->next = NULL;
            chain->last = &chain->first->next;
        } else {
            chain_free(work, chain);
        }
    }
    memcpy(work->read_up_to, "0", 2);
}

/* ---- removing from the store what is done
 * --------------------------------------------------------------------------- */

static bool may_go_on(const struct work *work)
{
    return lease_held(&work->lease) && !work->gateway->stopping;
}

static bool remove_entries(struct work *work, const struct chain *chains)
{
    struct arguments *arguments = arguments_new();
    arguments_text(arguments, "XDEL");
    arguments_text(arguments, work->stream);
    for (const struct chain *chain = chains; chain; chain = chain->next_done)
        arguments_text(arguments, chain->first->entry.id);
    struct reply *reply = store_run(work->gateway->store, arguments);
    bool removed = !reply_failed(reply);
    reply_free(reply);
    return removed;
}

static struct chain *take_done(struct work *work)
{
    struct chain *chains = work->done;
    work->done = NULL;
    work->done_last = &work->done;
    return chains;
}

static void end_run(struct work *work, struct chain *chain)
{
    work->running--;
    chain->running = false;
}

static void go_on(struct work *work)
{
    chains_start(work);
    work_look_soon(work);
}

static void end_done(struct work *work, struct chain *chains, bool removed)
{
    while (chains) {
        struct chain *next = chains->next_done;
        end_run(work, chains);
        if (removed)
            chain_drop_first(work, chains);
        chains = next;
    }
    if (!removed)
        chains_forget_waiting(work);
    go_on(work);
}

/* One command removes all that was done while the last one was under way. */
static void remove_done(struct work *work)
{
    if (work->removing)
        return;
    work->removing = true;
    while (work->done) {
        struct chain *chains = take_done(work);
        bool removed;
        while (!(removed = remove_entries(work, chains)) && may_go_on(work))
            task_sleep(WORK_RETRY_FIRST_MS);
        end_done(work, chains, removed);
    }
    work->removing = false;
}

/* ---- running
 * --------------------------------------------------------------------------------------------------- */

/* Until the handler is done with it or this worker may not go on. True when it is done. */
static bool run_entry(struct work *work, struct entry *entry)
{
    int64_t pause = WORK_RETRY_FIRST_MS;
    while (may_go_on(work)) {
        if (work->handler(work->context, &entry->entry) == WORK_DONE)
            return true;
        entry->entry.attempt++;
        for (int64_t slept = 0; slept < pause && !work->gateway->stopping; slept += WORK_RETRY_FIRST_MS)
            task_sleep(WORK_RETRY_FIRST_MS);
        pause = pause * 2 > WORK_RETRY_MAX_MS ? WORK_RETRY_MAX_MS : pause * 2;
    }
    return false;
}

static void chain_task(void *context)
{
    struct chain *chain = context;
    struct work *work = chain->work;
    if (run_entry(work, chain->first)) {
        chain->next_done = NULL;
        *work->done_last = chain;
        work->done_last = &chain->next_done;
        remove_done(work);
        return;
    }
    end_run(work, chain);
    chains_forget_waiting(work);
    go_on(work);
}

void chains_start_one(struct work *work, struct chain *chain)
{
    if (chain->running || work->running >= work->parallel || !may_go_on(work))
        return;
    chain->running = true;
    work->running++;
    if (!task_spawn(work->gateway->tasks, chain_task, chain))
        end_run(work, chain); /* the next look tries again */
}

void chains_start(struct work *work)
{
    struct chain *chain;
    struct chain *next;
    HASH_ITER(hh, work->chains, chain, next)
    {
        if (work->running >= work->parallel)
            return;
        chains_start_one(work, chain);
    }
}
