/* The HTTP server: libmicrohttpd without threads, its epoll descriptor inside the caller's poll.
 * A complete request is suspended and parked; step hands it to Lua, reply or abort wakes it up.
 * Owns connections and bytes; knows no routes and calls no Lua from inside the library. */

#include <lauxlib.h>
#include <limits.h>
#include <lua.h>
#include <microhttpd.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "class.h"
#include "fail.h"
#include "http_exchange.h"
#include "http_listen.h"
#include "modules.h"
#include "options.h"

#define SERVER "remora.http_server"

enum {
    CONNECTION_MEMORY = 128 * 1024, /* room for a request's headers and one read of its body */
};

TAILQ_HEAD(list, exchange);

struct server {
    struct MHD_Daemon *daemon;   /* NULL once closed */
    struct list ready, given;    /* suspended: not yet seen by Lua; waiting for its reply */
    struct MHD_Response *answer; /* being built, so that an error does not lose it */
    lua_Integer last_id;
    size_t max_body;
    int port;
    bool resumed; /* since the last run: the descriptor does not tell */
};

static struct server *check_server(lua_State *L)
{
    struct server *server = luaL_checkudata(L, 1, SERVER);
    luaL_argcheck(L, server->daemon != NULL, 1, "the server is closed");
    return server;
}

/* --- callbacks --- */

/* The only place that sees the request target as it was sent, escapes and query included. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)context;
    return exchange_new(connection, target);
}

/* Called with the head of a request, with each piece of its body, at its end, and once more when
 * a suspended connection was resumed without an answer. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_length, void **request)
{
    struct server *server = context;
    struct exchange *exchange = *request;
    (void)url, (void)version;
    if (exchange == NULL || exchange->aborted)
        return MHD_NO;
    if (exchange->method == NULL) {
        exchange_begin(exchange, method);
    } else if (*upload_length > 0) {
        exchange_append(exchange, upload, *upload_length, server->max_body);
        *upload_length = 0;
    } else {
        MHD_suspend_connection(connection);
        TAILQ_INSERT_TAIL(&server->ready, exchange, link);
        return MHD_YES;
    }
    return exchange->no_memory ? MHD_NO : MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode reason)
{
    (void)context, (void)connection, (void)reason;
    if (*request != NULL)
        exchange_free(*request);
    *request = NULL;
}

/* --- requests to Lua --- */

/* server:step() → list of requests
 * Does the network work that is due, without waiting, and returns the requests that are now
 * complete: {id, method, path (escapes kept), query (text after "?"), headers (names in lower
 * case, repeated ones joined by ", "), body, peer (address:port), too_big}. Each of them must be
 * answered by reply or abort. A body above max_body arrives empty, with too_big = true. */
static int l_step(lua_State *L)
{
    struct server *server = check_server(L);
    server->resumed = false;
    if (MHD_run(server->daemon) != MHD_YES)
        return luaL_error(L, "http_server: the daemon cannot run");
    lua_newtable(L);
    struct exchange *exchange;
    for (lua_Integer i = 1; (exchange = TAILQ_FIRST(&server->ready)) != NULL; i++) {
        exchange->id = server->last_id + 1;
        exchange_push(L, exchange);
        lua_rawseti(L, -2, i);
        server->last_id++;
        TAILQ_REMOVE(&server->ready, exchange, link);
        TAILQ_INSERT_TAIL(&server->given, exchange, link);
    }
    return 1;
}

static struct exchange *check_given(lua_State *L, struct server *server)
{
    lua_Integer id = luaL_checkinteger(L, 2);
    struct exchange *exchange = TAILQ_FIRST(&server->given);
    while (exchange != NULL && exchange->id != id)
        exchange = TAILQ_NEXT(exchange, link);
    luaL_argcheck(L, exchange != NULL, 2, "no such request waits for an answer");
    return exchange;
}

/* --- answers --- */

static void drop_answer(struct server *server)
{
    if (server->answer != NULL)
        MHD_destroy_response(server->answer);
    server->answer = NULL;
}

static void resume(struct server *server, struct exchange *exchange)
{
    server->resumed = true;
    MHD_resume_connection(exchange->connection);
}

static int socket_of(struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info != NULL ? info->connect_fd : -1;
}

static void drop_connection(struct server *server, struct exchange *exchange)
{
    exchange->aborted = true;
    resume(server, exchange);
}

/* Makes the end of the connection a reset; where that fails the peer sees an orderly end. */
static void reset_at_end(struct exchange *exchange)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(socket_of(exchange), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

/* server:reply(id, status, headers or nil, body or nil)
 * Answers a request that step returned. Headers are {[name]=value}; Content-Length and Date are
 * added. An id that waits for no answer, or a header that HTTP does not allow, is a Lua error. */
static int l_reply(lua_State *L)
{
    struct server *server = check_server(L);
    struct exchange *exchange = check_given(L, server);
    lua_Integer status = luaL_checkinteger(L, 3);
    luaL_argcheck(L, status >= 200 && status <= 599, 3, "not an HTTP status");
    size_t length;
    const char *body = luaL_optlstring(L, 5, "", &length);
    lua_settop(L, 5);
    drop_answer(server); /* left over when an earlier call failed below */
    server->answer =
        MHD_create_response_from_buffer(length, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    if (server->answer == NULL)
        return luaL_error(L, "not enough memory");
    if (!lua_isnil(L, 4)) {
        luaL_checktype(L, 4, LUA_TTABLE);
        for (lua_pushnil(L); lua_next(L, 4) != 0; lua_pop(L, 1)) {
            luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, 4,
                          "header names and values must be strings");
            if (MHD_add_response_header(server->answer, lua_tostring(L, -2), lua_tostring(L, -1))
                != MHD_YES)
                return luaL_error(L, "header refused: %s", lua_tostring(L, -2));
        }
    }
    enum MHD_Result queued =
        MHD_queue_response(exchange->connection, (unsigned)status, server->answer);
    drop_answer(server);
    TAILQ_REMOVE(&server->given, exchange, link);
    if (queued == MHD_YES)
        resume(server, exchange);
    else
        drop_connection(server, exchange);
    return 0;
}

/* server:abort(id, bytes or nil) → number of bytes written
 * Drops the connection of a request unanswered; the peer sees a reset. With bytes these are written
 * first, as they are and as far as the socket takes them at once, and the end is an orderly one:
 * how answers are simulated that no sane server gives. */
static int l_abort(lua_State *L)
{
    struct server *server = check_server(L);
    struct exchange *exchange = check_given(L, server);
    size_t length, written = 0;
    const char *bytes = luaL_optlstring(L, 3, NULL, &length);
    if (bytes == NULL)
        reset_at_end(exchange);
    while (bytes != NULL && written < length) {
        ssize_t count = send(socket_of(exchange), bytes + written, length - written,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count <= 0)
            break;
        written += (size_t)count;
    }
    TAILQ_REMOVE(&server->given, exchange, link);
    drop_connection(server, exchange);
    lua_pushinteger(L, (lua_Integer)written);
    return 1;
}

/* server:port() → the port that is listened on */
static int l_port(lua_State *L)
{
    lua_pushinteger(L, check_server(L)->port);
    return 1;
}

/* server:fd() → a descriptor that becomes readable when step has work to do */
static int l_fd(lua_State *L)
{
    struct server *server = check_server(L);
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL)
        return luaL_error(L, "http_server: no epoll descriptor");
    lua_pushinteger(L, info->epoll_fd);
    return 1;
}

/* server:timeout() → seconds after which step must run even when the descriptor stays silent, or
 * nil when it need not */
static int l_timeout(lua_State *L)
{
    struct server *server = check_server(L);
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    if (!server->resumed && MHD_get_timeout(server->daemon, &milliseconds) != MHD_YES)
        return 0;
    lua_pushnumber(L, (lua_Number)milliseconds / 1000);
    return 1;
}

/* server:close(): drops every connection and stops listening. Idempotent; also __close, __gc. */
static int l_close(lua_State *L)
{
    struct server *server = luaL_checkudata(L, 1, SERVER);
    if (server->daemon == NULL)
        return 0;
    /* The library must not be stopped while a connection is suspended. */
    struct exchange *each;
    TAILQ_FOREACH (each, &server->ready, link)
        drop_connection(server, each);
    TAILQ_FOREACH (each, &server->given, link)
        drop_connection(server, each);
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    drop_answer(server);
    return 0;
}

/* --- listening --- */

static int fail(lua_State *L, const char *address, int port, const char *reason)
{
    return fail_with(L, "net.listen", "cannot listen on %s port %d: %s", address, port, reason);
}

/* http_server.listen{address="127.0.0.1", port=0, max_body=64 MB (bytes), max_connections=1024,
 * idle_timeout=60 (seconds)} → server, or nil, {code="net.listen", message}
 * The address is numeric; port 0 takes a free one. */
static int l_listen(lua_State *L)
{
    const char *address = "127.0.0.1";
    int port = 0, max_body = 64 * 1024 * 1024, max_connections = 1024, idle_timeout = 60;
    options_read(
        L, 1,
        (struct option[]){
            {.name = "address", .text = &address},
            {.name = "port", .value = &port, .most = 65535},
            {.name = "max_body", .value = &max_body, .most = INT_MAX},
            {.name = "max_connections", .value = &max_connections, .least = 1, .most = 65535},
            {.name = "idle_timeout", .value = &idle_timeout, .most = 86400},
            {0}});
    struct server *server = lua_newuserdatauv(L, sizeof *server, 0);
    memset(server, 0, sizeof *server);
    TAILQ_INIT(&server->ready);
    TAILQ_INIT(&server->given);
    luaL_setmetatable(L, SERVER);
    server->max_body = (size_t)max_body;
    server->port = port;
    const char *reason = "";
    int fd = listen_open(address, &server->port, &reason);
    if (fd < 0)
        return fail(L, address, port, reason);
    listen_allow(max_connections);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)max_connections, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)idle_timeout,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (server->daemon == NULL) {
        close(fd);
        return fail(L, address, port, "the HTTP daemon does not start");
    }
    return 1;
}

static const luaL_Reg methods[] = {
    {"step", l_step},  {"reply", l_reply},     {"abort", l_abort}, {"port", l_port},
    {"fd", l_fd},      {"timeout", l_timeout}, {"close", l_close}, {"__close", l_close},
    {"__gc", l_close}, {NULL, NULL},
};
static const luaL_Reg library[] = {{"listen", l_listen}, {NULL, NULL}};

int luaopen_http_server(lua_State *L)
{
    class_define(L, SERVER, methods);
    luaL_newlib(L, library);
    return 1;
}
