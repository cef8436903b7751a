/* Owns reading the table of named options (limits, seconds, names) that a Lua caller passes.
 * A wrong name, type or range is the caller's bug and raises a Lua error. */
#include "options.h"

#include <lauxlib.h>
#include <string.h>

static const struct option *find_option(const struct option *options, const char *name)
{
    for (; options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options;
    return NULL;
}

static void read_integer(lua_State *L, const struct option *option)
{
    int exact;
    lua_Integer value = lua_tointegerx(L, -1, &exact);
    if (!exact || value < option->least || value > option->most)
        luaL_error(L, "option '%s' must be an integer from %d to %d", option->name, option->least,
                   option->most);
    *option->value = (int)value;
}

static void read_number(lua_State *L, const struct option *option)
{
    double value = lua_tonumber(L, -1);
    if (lua_type(L, -1) != LUA_TNUMBER || !(value >= option->least && value <= option->most))
        luaL_error(L, "option '%s' must be a number from %d to %d", option->name, option->least,
                   option->most);
    *option->number = value;
}

static void read_flag(lua_State *L, const struct option *option)
{
    if (!lua_isboolean(L, -1))
        luaL_error(L, "option '%s' must be true or false", option->name);
    *option->flag = lua_toboolean(L, -1);
}

static void read_text(lua_State *L, const struct option *option)
{
    size_t length = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (!text || (!option->length && strlen(text) != length))
        luaL_error(L, "option '%s' must be a string", option->name);
    *option->text = text;
    if (option->length)
        *option->length = length;
}

void options_read(lua_State *L, int arg, const struct option *options)
{
    if (lua_isnoneornil(L, arg))
        return;
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, arg)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);
        const struct option *option = find_option(options, name);
        if (!option)
            luaL_error(L, "unknown option '%s'", name);
        if (option->value)
            read_integer(L, option);
        else if (option->number)
            read_number(L, option);
        else if (option->flag)
            read_flag(L, option);
        else if (option->text)
            read_text(L, option);
        lua_pop(L, 1);
    }
}
