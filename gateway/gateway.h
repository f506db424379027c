/* What a worker (or the CLI) holds: made in worker.c, passed to every room. */
#ifndef DRAWBRIDGE_GATEWAY_GATEWAY_H
#define DRAWBRIDGE_GATEWAY_GATEWAY_H

#include <stdbool.h>

#include "gateway/config.h"
#include "gateway/loop.h"
#include "gateway/store/store.h"
#include "gateway/task.h"

struct http_server;
struct fetch_client;
struct websocket_client;
struct key_cache;
struct delivery;
struct upstream;
struct serve_cache;
struct signer_cache;
struct inbox;
struct jobs;
struct limits;
struct watch;
struct admin;
struct domains;
struct in_vain;
struct work;
struct health;
struct refusals;

struct gateway {
    const struct config *config;
    struct loop *loop;
    struct task_pool *tasks;
    struct crypto_pool *crypto;
    struct store *store;
    struct fetch_client *fetch;
    struct websocket_client *websockets;
    struct http_server *http;
    struct key_cache *keys;
    struct delivery *delivery;
    struct upstream *upstream;
    struct serve_cache *cache;
    struct signer_cache *signers;
    struct inbox *inbox;
    struct jobs *jobs;
    struct limits *limits;
    struct watch *watch;
    struct admin *admin;
    struct domains *domains;
    struct in_vain *in_vain;
    struct work *flags;
    struct health *health;
    struct refusals *refusals;
    char worker_id[33]; /* random, new at each start of a worker */
    bool stopping;      /* SIGTERM came: start nothing new */
};

#endif
