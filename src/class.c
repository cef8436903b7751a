/* Defines classes of userdata, see class.h. Knows none of them. */
#include "class.h"

void class_define(lua_State *L, const char *name, const luaL_Reg *functions)
{
    if (luaL_getmetatable(L, name) == LUA_TNIL) {
        lua_newtable(L);
        luaL_setfuncs(L, functions, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -2, "__index");
        lua_pushstring(L, name);
        lua_setfield(L, -2, "__name");
        lua_setfield(L, LUA_REGISTRYINDEX, name); /* once it is whole: memory may end on the way */
    }
    lua_pop(L, 1);
}
