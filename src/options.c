/*
 * Owns reading the small table of numbers (limits, widths) that a Lua caller may pass last.
 * A wrong name, type or range is the caller's bug and raises a Lua error.
 */
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

void options_read(lua_State *L, int arg, const struct option *options)
{
    if (lua_isnoneornil(L, arg))
        return;
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, arg)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);
        const struct option *option = find_option(options, name);
        if (!option)
            luaL_error(L, "unknown option '%s'", name);
        int exact;
        lua_Integer value = lua_tointegerx(L, -1, &exact);
        if (!exact || value < option->least || value > option->most)
            luaL_error(L, "option '%s' must be an integer from %d to %d", name, option->least, option->most);
        *option->value = (int)value;
        lua_pop(L, 1);
    }
}
