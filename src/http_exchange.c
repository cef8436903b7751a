/* One request as parked bytes, see http_exchange.h. Fills them inside libmicrohttpd's callbacks and
 * shows them to Lua later; never answers. Running out of memory is noted, and ends the connection.
 */

#include "http_exchange.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http_headers.h"

enum { FIRST_CAPACITY = 1024 };

static bool append(struct bytes *bytes, const char *data, size_t length)
{
    if (length > bytes->capacity - bytes->length) {
        size_t capacity = bytes->capacity > 0 ? bytes->capacity : FIRST_CAPACITY;
        while (capacity < bytes->length + length)
            capacity *= 2;
        char *grown = realloc(bytes->data, capacity);
        if (grown == NULL)
            return false;
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
    return true;
}

struct exchange *exchange_new(struct MHD_Connection *connection, const char *target)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    exchange->connection = connection;
    exchange->no_memory = !append(&exchange->target, target, strlen(target) + 1);
    return exchange;
}

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct exchange *exchange = context;
    (void)kind;
    if (value == NULL)
        value = "";
    if (append(&exchange->headers, name, strlen(name) + 1)
        && append(&exchange->headers, value, strlen(value) + 1))
        return MHD_YES;
    exchange->no_memory = true;
    return MHD_NO;
}

void exchange_begin(struct exchange *exchange, const char *method)
{
    exchange->method = strdup(method);
    if (exchange->method == NULL)
        exchange->no_memory = true;
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, on_header, exchange);
}

void exchange_append(struct exchange *exchange, const char *data, size_t length, size_t most)
{
    if (length > most - exchange->body.length) {
        exchange->too_big = true;
        free(exchange->body.data);
        exchange->body = (struct bytes){NULL, 0, 0};
    }
    if (!exchange->too_big && !append(&exchange->body, data, length))
        exchange->no_memory = true;
}

static void push_headers(lua_State *L, const struct bytes *headers)
{
    size_t at = 0;
    lua_newtable(L);
    while (at < headers->length) {
        const char *name = headers->data + at;
        const char *value = name + strlen(name) + 1;
        headers_add(L, name, value);
        at = (size_t)(value - headers->data) + strlen(value) + 1;
    }
}

static void push_peer(lua_State *L, struct MHD_Connection *connection)
{
    char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    bool is_v6 = info != NULL && info->client_addr->sa_family == AF_INET6;
    socklen_t size =
        is_v6 ? (socklen_t)sizeof(struct sockaddr_in6) : (socklen_t)sizeof(struct sockaddr_in);
    if (info == NULL
        || getnameinfo(info->client_addr, size, host, sizeof host, port, sizeof port,
                       NI_NUMERICHOST | NI_NUMERICSERV)
               != 0)
        lua_pushliteral(L, "unknown");
    else
        lua_pushfstring(L, is_v6 ? "[%s]:%s" : "%s:%s", host, port);
}

void exchange_push(lua_State *L, const struct exchange *exchange)
{
    const char *target = exchange->target.data;
    size_t path = strcspn(target, "?");
    lua_createtable(L, 0, 8);
    lua_pushinteger(L, exchange->id);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, exchange->method);
    lua_setfield(L, -2, "method");
    lua_pushlstring(L, target, path);
    lua_setfield(L, -2, "path");
    lua_pushstring(L, target[path] == '?' ? target + path + 1 : "");
    lua_setfield(L, -2, "query");
    push_headers(L, &exchange->headers);
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, exchange->body.data != NULL ? exchange->body.data : "",
                    exchange->body.length);
    lua_setfield(L, -2, "body");
    push_peer(L, exchange->connection);
    lua_setfield(L, -2, "peer");
    lua_pushboolean(L, exchange->too_big);
    lua_setfield(L, -2, "too_big");
}

void exchange_free(struct exchange *exchange)
{
    free(exchange->target.data);
    free(exchange->headers.data);
    free(exchange->body.data);
    free(exchange->method);
    free(exchange);
}
