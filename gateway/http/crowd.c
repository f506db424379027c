/* Too many connections, or too much that they hold: who has to go. Whoever moves on, stays. */
#include "gateway/http/connection.h"

enum { STANDSTILL_MS = 1000 };

static void take_out(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    if (connection->previous)
        connection->previous->next = connection->next;
    else if (server->connections == connection)
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    else if (server->newest == connection)
        server->newest = connection->previous;
    connection->previous = connection->next = NULL;
}

void http_crowd_move(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    take_out(connection);
    connection->previous = server->newest;
    if (server->newest)
        server->newest->next = connection;
    else
        server->connections = connection;
    server->newest = connection;
}

void http_crowd_leave(struct http_connection *connection)
{
    take_out(connection);
    connection->server->connection_count--;
}

static bool stands_still(const struct http_connection *connection, int64_t now)
{
    if (http_connection_is_idle(connection))
        return true;
    return http_connection_holds(connection) && now - connection->moved_ms >= STANDSTILL_MS;
}

bool http_crowd_make_room(struct http_server *server)
{
    int64_t now = loop_monotonic_ms();
    for (struct http_connection *at = server->connections; at; at = at->next) {
        if (!stands_still(at, now))
            continue;
        http_connection_kill(at);
        return true;
    }
    return false;
}

bool http_crowd_shed(struct http_server *server, const struct http_connection *spared)
{
    size_t maximum = server->options.held_max;
    if (server->held <= maximum)
        return true;
    /* Of the unfinished ones those go that hold more than their share: honest requests are small, and soon
     * whole. */
    size_t share = server->held / server->connection_count + 1;
    struct http_connection *next;
    for (struct http_connection *at = server->connections; at && server->held > maximum / 8 * 7; at = next) {
        next = at->next;
        if (at != spared && http_connection_holds(at) >= share)
            http_connection_shed(at);
    }
    return server->held <= maximum;
}
