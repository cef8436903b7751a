/* Owns the fuzz targets: hands libFuzzer's bytes to the Lua check that the build names in
 * FUZZ_CHECK and stops at the first check that raises. Knows nothing about what is checked. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdlib.h>

#include "modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Counters that libFuzzer reads beside those of the compiler: here, steps from Lua line to line. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t steps[1 << 15];

static void on_line(lua_State *L, lua_Debug *where)
{
    static uintptr_t previous;
    lua_getinfo(L, "Sl", where);
    uintptr_t line = ((uintptr_t)where->source >> 4) * 31
                     + (uintptr_t)where->currentline * 2654435761u;
    steps[(line ^ previous >> 1) % sizeof steps]++;
    previous = line;
}

static void stop(lua_State *L)
{
    lua_writestringerror("%s\n", lua_tostring(L, -1));
    abort();
}

/* A state with what the checks need, the check on its stack. */
static lua_State *open_check(void)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return NULL;
    luaL_openlibs(L);
    luaL_requiref(L, "json", luaopen_json, 0);
    luaL_requiref(L, "pick", luaopen_pick, 0);
    luaL_requiref(L, "sieve", luaopen_sieve, 0);
    luaL_requiref(L, "yaml", luaopen_yaml, 0);
#ifdef FUZZ_SOURCE_DIR /* the check is about Lua modules, and these need the rest of the host */
    luaL_requiref(L, "sqlite", luaopen_sqlite, 0);
    luaL_requiref(L, "system", luaopen_system, 0);
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_pushliteral(L, FUZZ_SOURCE_DIR "/lua/?.lua;" FUZZ_SOURCE_DIR "/lua/?/init.lua;"
                       FUZZ_SOURCE_DIR "/?.lua");
    lua_setfield(L, -2, "path");
#endif
    lua_settop(L, 0);
    if (luaL_loadfilex(L, FUZZ_CHECK, "t") != LUA_OK)
        stop(L);
    return L;
}

/* A state of its own for every input, so that one finding cannot come from another input. A check
 * that is slow to set up returns a function instead: it stays, and is called with every input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *kept;
    lua_State *L = kept ? kept : open_check();
    if (!L)
        return 0;
    if (kept)
        lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, kept ? 0 : 1, 0) != LUA_OK)
        stop(L);
    if (!kept && lua_isfunction(L, 1)) {
        kept = L;
        lua_sethook(L, on_line, LUA_MASKLINE, 0);
    } else if (!kept) {
        lua_close(L);
    }
    return 0;
}
