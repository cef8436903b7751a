/* The HTTP client as Lua sees it: requests in, finished answers out of poll. Owns the transfers as
 * Lua values. Knows nothing of retries, credentials or JSON; libcurl runs in http_driver.c, where
 * there is no Lua. */

#include <curl/curl.h>
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "class.h"
#include "collector.h"
#include "fail.h"
#include "http_driver.h"
#include "http_transfer.h"
#include "interrupts.h"
#include "modules.h"
#include "options.h"
#include "room.h"

#define CLIENT "remora.http_client"

static const double LONGEST_WAIT = 1e6; /* seconds */
enum { MAX_WATCHED = 8, MOST_PARALLEL = 4096 };

/* Its uservalue is the table id → transfer: what the driver has stays alive in it. */
struct client {
    struct driver *driver; /* NULL once closed */
    struct rooms *rooms;
    lua_Integer last_id;
    int active;     /* submitted, and neither handed over nor cancelled */
    int interrupts; /* as interrupts_count was when the last wait ended */
};

static struct client *check_client(lua_State *L)
{
    struct client *client = luaL_checkudata(L, 1, CLIENT);
    luaL_argcheck(L, client->driver != NULL, 1, "the client is closed");
    return client;
}

/* So many more requests are active (negative: fewer). */
static void count_active(struct client *client, int requests)
{
    client->active += requests;
    rooms_expect(client->rooms, requests);
}

/* client:submit{method="GET", url=, headers={[name]=value}, body=, timeout=60, connect_timeout=10
 * (seconds), max_bytes=64 MB, ca_file=, verify=true, proxy=, buffer=false, sieve=} → id
 * Starts a request; its outcome comes out of a later poll. `proxy` "" goes around every proxy;
 * without it the usual environment variables decide. With `buffer` the body of the answer comes as
 * a buffer (buffer.h) and not as a string; a sieve (sieve.c) then takes rows out of it while it
 * comes, and is to be asked for the page once more. Redirects are not followed, nothing is sent
 * twice. Bad options, and control characters in a header or URL, are Lua errors. */
static int l_submit(lua_State *L)
{
    struct client *client = check_client(L);
    lua_settop(L, 2);
    struct transfer *transfer = transfer_new(L, client->rooms);
    transfer->id = ++client->last_id;
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 3);
    lua_rawseti(L, -2, transfer->id);
    lua_settop(L, 3);
    transfer_hold(L);
    driver_submit(client->driver, transfer);
    count_active(client, 1);
    lua_pushinteger(L, transfer->id);
    return 1;
}

/* Waits for one of some descriptors or a signal; how it ends does not matter, as the caller looks:
 * without time there is nothing to wait for. A signal that came since the last wait was looked at
 * by nobody yet: then there is no waiting. */
static void wait_or_signal(struct client *client, struct pollfd *watched, nfds_t count,
                           double seconds)
{
    sigset_t signals, before;
    if (seconds <= 0)
        return;
    interrupts_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    if (interrupts_count() != client->interrupts)
        seconds = 0;
    const struct timespec time = {(time_t)seconds, (long)(fmod(seconds, 1) * 1e9)};
    ppoll(watched, count, &time, &before);
    client->interrupts = interrupts_count();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Waits until a transfer ended or one of the descriptors from index 3 on is readable. */
static void wait_for_any(lua_State *L, struct client *client, double seconds)
{
    struct pollfd watched[MAX_WATCHED + 1] = {{driver_fd(client->driver), POLLIN, 0}};
    nfds_t count = 1;
    for (int i = 3; i <= lua_gettop(L) && !lua_isnil(L, i); i++) {
        luaL_argcheck(L, count <= MAX_WATCHED, i, "too many file descriptors");
        watched[count++] = (struct pollfd){(int)luaL_checkinteger(L, i), POLLIN, 0};
    }
    wait_or_signal(client, watched, count, fmin(fmax(seconds, 0), LONGEST_WAIT));
}

/* Forgets a transfer that the driver gave back; `transfers` is the stack index of the table that
 * kept it. Its memory is freed at once, a large body need not wait for the collector. */
static void forget(lua_State *L, struct transfer *transfer, int transfers)
{
    transfer_close(transfer);
    lua_pushnil(L);
    lua_rawseti(L, transfers, transfer->id);
}

/* client:poll(seconds, fd, …) → finished | nil
 * Waits up to `seconds` for a transfer to finish or for one of up to 8 further file descriptors to
 * become readable; a signal ends the wait too. What finished is {id, status, headers, body,
 * seconds} or {id, error={code, message}, sent, seconds}; `sent` is false only when no byte of the
 * request can have reached the server. One at a time: the next one leaves as one is handed over. */
static int l_poll(lua_State *L)
{
    struct client *client = check_client(L);
    collector_rest(L);
    wait_for_any(L, client, luaL_checknumber(L, 2));
    CURLMcode failure = driver_failure(client->driver);
    if (failure != CURLM_OK)
        return luaL_error(L, "libcurl: %s", curl_multi_strerror(failure));
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, 1);
    struct transfer *transfer;
    while ((transfer = driver_take(client->driver)) != NULL && transfer->settled)
        forget(L, transfer, 2);
    if (transfer == NULL)
        return 0;
    transfer->settled = true; /* also when there is no memory to tell of it */
    count_active(client, -1);
    transfer_push(L, transfer);
    forget(L, transfer, 2);
    return 1;
}

/* client:cancel(id) → whether the request may have reached the server
 * Drops a transfer; nothing is reported for it. An unknown id is ignored. */
static int l_cancel(lua_State *L)
{
    struct client *client = check_client(L);
    lua_Integer id = luaL_checkinteger(L, 2);
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, 1);
    if (lua_rawgeti(L, 3, id) != LUA_TUSERDATA)
        return 0;
    struct transfer *transfer = lua_touserdata(L, 4);
    if (transfer->settled)
        return 0;
    transfer->settled = true;
    count_active(client, -1);
    if (driver_cancel(client->driver, transfer)) {
        lua_pushboolean(L, transfer->requests > 0);
        forget(L, transfer, 3);
    } else {
        lua_pushboolean(L, true);
    }
    return 1;
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
    if (client->driver == NULL)
        return 0;
    driver_stop(client->driver);
    client->driver = NULL;
    count_active(client, -client->active);
    lua_getiuservalue(L, 1, 1);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        transfer_close(lua_touserdata(L, -1));
    lua_pushnil(L);
    lua_setiuservalue(L, 1, 1);
    rooms_release(client->rooms);
    curl_global_cleanup();
    return 0;
}

/* Where this file is loaded ahead, by a thread of its own, libcurl gets ready there, beside all
 * else that starts. It counts who needs it; should it fail, it is asked again when there is a
 * client. */
__attribute__((constructor)) static void get_ready(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* http_client.new{parallelism=16} → client | nil, {code, message}
 * It has so many requests in flight, or answered and not yet handed over, and as many connections
 * to a host; more of them wait in line, and their time-outs with them. Fails when no thread, file
 * descriptor or memory is to be had. */
static int l_new(lua_State *L)
{
    int parallelism = 16;
    options_read(
        L, 1,
        (struct option[]){
            {.name = "parallelism", .value = &parallelism, .least = 1, .most = MOST_PARALLEL},
            {0}});
    struct client *client = lua_newuserdatauv(L, sizeof *client, 1);
    memset(client, 0, sizeof *client);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, CLIENT);
    /* Counted by libcurl, and undone in close. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return luaL_error(L, "libcurl cannot start");
    client->rooms = rooms_new();
    client->driver = client->rooms != NULL ? driver_start(parallelism) : NULL;
    if (client->driver == NULL) {
        int error = errno;
        rooms_release(client->rooms);
        curl_global_cleanup();
        return fail_errno(L, error, "the HTTP client cannot start");
    }
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
