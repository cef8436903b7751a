/* One request that a server reads, as parked bytes, until Lua takes it.
 * Declares what http_server.c needs; nobody else uses it. */
#ifndef REMORA_HTTP_EXCHANGE_H
#define REMORA_HTTP_EXCHANGE_H

#include <lua.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct bytes {
    char *data;
    size_t length, capacity;
};

/* Lives from the request line until libmicrohttpd reports the request completed. */
struct exchange {
    TAILQ_ENTRY(exchange) link; /* in one of the server's lists */
    struct MHD_Connection *connection;
    struct bytes target, headers, body; /* headers: name, NUL, value, NUL, and so on */
    char *method;
    lua_Integer id;
    bool too_big, no_memory, aborted;
};

/* An exchange for the request target as it was sent, or NULL without memory. */
struct exchange *exchange_new(struct MHD_Connection *connection, const char *target);

/* Takes the head of the request. */
void exchange_begin(struct exchange *exchange, const char *method);

/* Takes a piece of the body; beyond `most` bytes the body is dropped and too_big set. */
void exchange_append(struct exchange *exchange, const char *data, size_t length, size_t most);

/* Pushes the request as the table that server:step documents. */
void exchange_push(lua_State *L, const struct exchange *exchange);

void exchange_free(struct exchange *exchange);

#endif
