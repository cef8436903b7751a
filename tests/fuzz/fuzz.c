/*
 * Owns the fuzz targets: hands libFuzzer's bytes to the Lua check that the build names in FUZZ_CHECK
 * and stops at the first check that raises. Knows nothing about the formats.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdlib.h>

int luaopen_json(lua_State *L);
int luaopen_yaml(lua_State *L);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int stop(lua_State *L)
{
    lua_writestringerror("%s\n", lua_tostring(L, -1));
    abort();
}

/* A state of its own for every input, so that one finding cannot come from another input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return 0;
    luaL_openlibs(L);
    luaL_requiref(L, "json", luaopen_json, 0);
    luaL_requiref(L, "yaml", luaopen_yaml, 0);
    if (luaL_loadfilex(L, FUZZ_CHECK, "t") != LUA_OK)
        stop(L);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        stop(L);
    lua_close(L);
    return 0;
}
