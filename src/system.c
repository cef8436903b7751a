/* The module "system": clocks, the terminal and the process itself (files are in files.c).
 * Thin over the kernel's calls; never caches or prints. Failures: nil, {code = "system.enoent",
 * message}. */
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "files.h"
#include "interrupts.h"
#include "modules.h"

/* --- time --- */

static int push_clock(lua_State *L, clockid_t clock)
{
    struct timespec now;

    if (clock_gettime(clock, &now) != 0)
        return luaL_error(L, "no clock: %s", strerror(errno));
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
    return 1;
}

/* system.monotonic() → seconds (float) that never go back, from an arbitrary start */
static int l_monotonic(lua_State *L)
{
    return push_clock(L, CLOCK_MONOTONIC);
}

/* system.time() → seconds (float) since 1970-01-01 UTC */
static int l_time(lua_State *L)
{
    return push_clock(L, CLOCK_REALTIME);
}

/* system.sleep(seconds) → false when a signal ended it early, else true */
static int l_sleep(lua_State *L)
{
    lua_Number seconds = luaL_checknumber(L, 1);
    struct timespec duration;

    luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 1, "seconds, not negative");
    duration.tv_sec = (time_t)seconds;
    duration.tv_nsec = (long)((seconds - floor(seconds)) * 1e9);
    lua_pushboolean(L, nanosleep(&duration, NULL) == 0);
    return 1;
}

/* --- terminal --- */

/* system.isatty(fd) → boolean */
static int l_isatty(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

/* system.terminal_width(fd) → columns, or nil when fd is no terminal */
static int l_terminal_width(lua_State *L)
{
    struct winsize size = {0};

    if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        lua_pushinteger(L, size.ws_col);
    else
        lua_pushnil(L);
    return 1;
}

/* --- the process --- */

/* system.getenv(name) → value | nil */
static int l_getenv(lua_State *L)
{
    lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
    return 1;
}

/* system.environ() → {name = value} */
static int l_environ(lua_State *L)
{
    lua_newtable(L);
    for (char **entry = environ; *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');

        if (equals == NULL)
            continue;
        lua_pushlstring(L, *entry, (size_t)(equals - *entry));
        lua_pushstring(L, equals + 1);
        lua_rawset(L, -3);
    }
    return 1;
}

/* system.getcwd() → absolute path */
static int l_getcwd(lua_State *L)
{
    char path[4096];

    if (getcwd(path, sizeof path) == NULL)
        return fail_errno(L, errno, "working directory");
    lua_pushstring(L, path);
    return 1;
}

/* system.random_hex(bytes) → 2 × bytes hexadecimal digits from the kernel; bytes is 1 to 64 */
static int l_random_hex(lua_State *L)
{
    lua_Integer count = luaL_checkinteger(L, 1);
    unsigned char bytes[64];
    char text[2 * sizeof bytes + 1];

    if (count < 1 || count > (lua_Integer)sizeof bytes)
        return luaL_argerror(L, 1, "1 to 64 bytes");
    if (getrandom(bytes, (size_t)count, 0) != (ssize_t)count)
        return fail_errno(L, errno, "random bytes");
    for (lua_Integer i = 0; i < count; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
    lua_pushlstring(L, text, 2 * (size_t)count);
    return 1;
}

/* system.uid() → effective user id */
static int l_uid(lua_State *L)
{
    lua_pushinteger(L, geteuid());
    return 1;
}

/* system.pid() → id of this process */
static int l_pid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

/* system.hostname() → name of this machine */
static int l_hostname(lua_State *L)
{
    char name[256] = "";

    if (gethostname(name, sizeof name - 1) != 0)
        return fail_errno(L, errno, "host name");
    lua_pushstring(L, name);
    return 1;
}

/* system.username() → name of the effective user, or the id in digits when it has no name */
static int l_username(lua_State *L)
{
    const struct passwd *entry = getpwuid(geteuid());

    if (entry != NULL)
        lua_pushstring(L, entry->pw_name);
    else
        lua_pushfstring(L, "%d", (int)geteuid());
    return 1;
}

/* system.interrupted() → how often SIGINT or SIGTERM arrived since the start; SIGHUP counts as the
 * first of them */
static int l_interrupted(lua_State *L)
{
    lua_pushinteger(L, interrupts_count());
    return 1;
}

/* system.forget_interrupts(): what was interrupted has ended, the program goes on */
static int l_forget_interrupts(lua_State *L)
{
    (void)L;
    interrupts_forget();
    return 0;
}

static const luaL_Reg functions[] = {
    {"environ", l_environ},
    {"forget_interrupts", l_forget_interrupts},
    {"getcwd", l_getcwd},
    {"getenv", l_getenv},
    {"hostname", l_hostname},
    {"interrupted", l_interrupted},
    {"isatty", l_isatty},
    {"monotonic", l_monotonic},
    {"pid", l_pid},
    {"random_hex", l_random_hex},
    {"sleep", l_sleep},
    {"terminal_width", l_terminal_width},
    {"time", l_time},
    {"uid", l_uid},
    {"username", l_username},
    {NULL, NULL},
};

int luaopen_system(lua_State *L)
{
    luaL_newlib(L, functions);
    files_register(L);
    return 1;
}
