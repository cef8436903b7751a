/* Defines classes of userdata, see class.h. Knows none of them. */
#include "class.h"

void class_define(lua_State *L, const char *name, const luaL_Reg *functions)
{
    if (luaL_newmetatable(L, name)) {
        luaL_setfuncs(L, functions, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
}
