/* The HTTP client: many transfers at once over libcurl's multi interface, driven by poll.
 * Owns the connections and what is in flight. Knows nothing of retries, credentials or JSON, and
 * calls no Lua from inside libcurl: poll hands finished answers over. */

#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <string.h>

#include "class.h"
#include "http_transfer.h"
#include "modules.h"
#include "options.h"

#define CLIENT "remora.http_client"

static const double LONGEST_WAIT = 1e6; /* seconds */
enum { MAX_WATCHED = 8, MOST_CONNECTIONS = 4096 };

/* Its uservalue is the table id → transfer, which keeps every unfinished transfer alive. */
struct client {
    CURLM *multi; /* NULL once closed */
    struct transfer *done, **done_end;
    lua_Integer last_id;
    lua_Integer active; /* submitted and not yet handed over */
};

static struct client *check_client(lua_State *L)
{
    struct client *client = luaL_checkudata(L, 1, CLIENT);
    luaL_argcheck(L, client->multi != NULL, 1, "the client is closed");
    return client;
}

static void check(lua_State *L, CURLMcode code)
{
    if (code != CURLM_OK)
        luaL_error(L, "libcurl: %s", curl_multi_strerror(code));
}

/* Takes what libcurl has finished off its hands; Lua only comes later. */
static void collect(struct client *client)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_finish(transfer, message->data.result);
        curl_multi_remove_handle(client->multi, transfer->easy); /* frees the message too */
        transfer->multi = NULL;
        transfer->next_done = NULL;
        *client->done_end = transfer;
        client->done_end = &transfer->next_done;
    }
}

static void perform(lua_State *L, struct client *client)
{
    int running;
    check(L, curl_multi_perform(client->multi, &running));
    collect(client);
}

/* client:submit{method="GET", url=, headers={[name]=value}, body=, timeout=60, connect_timeout=10
 * (seconds), max_bytes=64 MB, ca_file=, verify=true, proxy=, buffer=false} → id
 * Starts a request; its outcome comes out of a later poll. `proxy` "" goes around every proxy;
 * without it the usual environment variables decide. With `buffer` the body of the answer comes as
 * a buffer (buffer.h) and not as a string. Redirects are not followed, nothing is sent
 * twice. Bad options, and control characters in a header or URL, are Lua errors. */
static int l_submit(lua_State *L)
{
    struct client *client = check_client(L);
    lua_settop(L, 2);
    struct transfer *transfer = transfer_new(L);
    transfer->id = ++client->last_id;
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 3);
    lua_rawseti(L, -2, transfer->id);
    CURLMcode code = curl_multi_add_handle(client->multi, transfer->easy);
    if (code != CURLM_OK) {
        lua_pushnil(L);
        lua_rawseti(L, -2, transfer->id);
        check(L, code);
    }
    transfer->multi = client->multi;
    client->active++;
    perform(L, client); /* it leaves now, whatever Lua does before it polls again */
    lua_pushinteger(L, transfer->id);
    return 1;
}

static void wait_for_any(lua_State *L, struct client *client, double seconds)
{
    struct curl_waitfd watched[MAX_WATCHED];
    unsigned count = 0;
    for (int i = 3; i <= lua_gettop(L) && !lua_isnil(L, i); i++) {
        luaL_argcheck(L, count < MAX_WATCHED, i, "too many file descriptors");
        watched[count++] = (struct curl_waitfd){(int)luaL_checkinteger(L, i), CURL_WAIT_POLLIN, 0};
    }
    int milliseconds = (int)ceil(fmin(seconds, LONGEST_WAIT) * 1000);
    check(L, curl_multi_poll(client->multi, watched, count, milliseconds, NULL));
}

/* Forgets a transfer that was handed over or cancelled; `transfers` is the stack index of the
 * table that kept it. Its memory is freed at once, a large body need not wait for the collector. */
static void forget(lua_State *L, struct client *client, struct transfer *transfer, int transfers)
{
    client->active--;
    transfer_close(transfer);
    lua_pushnil(L);
    lua_rawseti(L, transfers, transfer->id);
}

/* client:poll(seconds, fd, …) → list of finished
 * Drives the transfers and waits up to `seconds` for one to finish or for one of up to 8 further
 * file descriptors to become readable; a signal ends the wait too. Each finished item is {id,
 * status, headers, body, seconds} or {id, error={code, message}, sent, seconds}; `sent` is false
 * only when no byte of the request can have reached the server. */
static int l_poll(lua_State *L)
{
    struct client *client = check_client(L);
    double seconds = luaL_checknumber(L, 2);
    perform(L, client);
    if (client->done == NULL && seconds > 0) {
        wait_for_any(L, client, seconds);
        perform(L, client);
    }
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, 1);
    lua_newtable(L);
    for (lua_Integer i = 1; client->done != NULL; i++) {
        struct transfer *transfer = client->done;
        transfer_push(L, transfer);
        lua_rawseti(L, 3, i);
        client->done = transfer->next_done;
        if (client->done == NULL)
            client->done_end = &client->done;
        forget(L, client, transfer, 2);
    }
    return 1;
}

/* client:cancel(id): drops a transfer; nothing is reported for it. An unknown id is ignored. */
static int l_cancel(lua_State *L)
{
    struct client *client = check_client(L);
    lua_Integer id = luaL_checkinteger(L, 2);
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, 1);
    if (lua_rawgeti(L, 3, id) != LUA_TUSERDATA)
        return 0;
    struct transfer *transfer = lua_touserdata(L, 4);
    struct transfer **link = &client->done;
    while (*link != NULL && *link != transfer)
        link = &(*link)->next_done;
    if (*link != NULL) {
        *link = transfer->next_done;
        if (*link == NULL)
            client->done_end = link;
    }
    forget(L, client, transfer, 3);
    return 0;
}

/* client:active() → number of requests submitted and neither handed over nor cancelled */
static int l_active(lua_State *L)
{
    lua_pushinteger(L, check_client(L)->active);
    return 1;
}

/* client:close(): drops every transfer and connection. Idempotent; also __close and __gc. */
static int l_close(lua_State *L)
{
    struct client *client = luaL_checkudata(L, 1, CLIENT);
    if (client->multi == NULL)
        return 0;
    lua_getiuservalue(L, 1, 1);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        transfer_close(lua_touserdata(L, -1));
    lua_pushnil(L);
    lua_setiuservalue(L, 1, 1);
    curl_multi_cleanup(client->multi);
    client->multi = NULL;
    curl_global_cleanup();
    return 0;
}

/* http_client.new{max_total=64, max_host=16} → client
 * max_total and max_host bound the connections kept, in all and to one host. */
static int l_new(lua_State *L)
{
    int total = 64, host = 16;
    options_read(L, 1,
                 (struct option[]){
                     {.name = "max_total", .value = &total, .least = 1, .most = MOST_CONNECTIONS},
                     {.name = "max_host", .value = &host, .least = 1, .most = MOST_CONNECTIONS},
                     {0}});
    struct client *client = lua_newuserdatauv(L, sizeof *client, 1);
    memset(client, 0, sizeof *client);
    client->done_end = &client->done;
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, CLIENT);
    /* Counted by libcurl and undone in close: nobody pays for it who never opens a client. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return luaL_error(L, "libcurl cannot start");
    client->multi = curl_multi_init();
    if (client->multi == NULL) {
        curl_global_cleanup();
        return luaL_error(L, "not enough memory");
    }
    check(L, curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)total));
    check(L, curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)host));
    check(L, curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)total));
    return 1;
}

static const luaL_Reg methods[] = {
    {"submit", l_submit}, {"poll", l_poll},     {"cancel", l_cancel}, {"active", l_active},
    {"close", l_close},   {"__close", l_close}, {"__gc", l_close},    {NULL, NULL},
};
static const luaL_Reg library[] = {{"new", l_new}, {NULL, NULL}};

int luaopen_http_client(lua_State *L)
{
    class_define(L, CLIENT, methods);
    luaL_newlib(L, library);
    return 1;
}
