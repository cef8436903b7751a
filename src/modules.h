/* The modules written in C that Lua code can require by bare name. One file each: src/NAME.c.
 * Declares how they are opened; owns no code. */
#ifndef REMORA_MODULES_H
#define REMORA_MODULES_H

#include <lauxlib.h>
#include <lua.h>

int luaopen_http_client(lua_State *L);
int luaopen_http_server(lua_State *L);
int luaopen_json(lua_State *L);
int luaopen_process(lua_State *L);
int luaopen_sqlite(lua_State *L);
int luaopen_system(lua_State *L);
int luaopen_yaml(lua_State *L);

extern const struct luaL_Reg c_modules[]; /* ends with a NULL name */

#endif
