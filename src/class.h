/* The classes of userdata, by which C hands to Lua what is not a plain value. */
#ifndef REMORA_CLASS_H
#define REMORA_CLASS_H

#include <lauxlib.h>

/* Makes the metatable of this name, for luaL_setmetatable: its functions are the methods of its
 * userdata and, as __gc, __close and the like, what Lua calls by itself. Does nothing when it is
 * there already. */
void class_define(lua_State *L, const char *name, const luaL_Reg *functions);

#endif
