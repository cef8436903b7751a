/* Header tables for Lua, see http_headers.h. Reads no network and knows no header by name. */

#include "http_headers.h"

#include <lauxlib.h>

static void push_lowercase(lua_State *L, const char *text)
{
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (; *text != '\0'; text++)
        luaL_addchar(&buffer, (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text));
    luaL_pushresult(&buffer);
}

void headers_add(lua_State *L, const char *name, const char *value)
{
    push_lowercase(L, name);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TSTRING)
        lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
    else
        lua_pushstring(L, value);
    lua_remove(L, -2);
    lua_rawset(L, -3);
}
