/* Header tables for Lua, see http_headers.h. Reads no network and knows no header by name. */

#include "http_headers.h"

#include <lauxlib.h>
#include <string.h>

static void push_lowercase(lua_State *L, const char *text)
{
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (; *text != '\0'; text++)
        luaL_addchar(&buffer, (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text));
    luaL_pushresult(&buffer);
}

/* Without the blanks at its end, line end included, which libcurl leaves on an empty value. */
static void push_value(lua_State *L, const char *value)
{
    size_t length = strlen(value);
    while (length > 0 && strchr(" \t\r\n", value[length - 1]) != NULL)
        length--;
    lua_pushlstring(L, value, length);
}

void headers_add(lua_State *L, const char *name, const char *value)
{
    push_lowercase(L, name);
    push_value(L, value);
    lua_pushvalue(L, -2);
    if (lua_rawget(L, -4) == LUA_TSTRING) {
        lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), lua_tostring(L, -2));
        lua_replace(L, -3);
    }
    lua_pop(L, 1);
    lua_rawset(L, -3);
}
