/* How the modules written in C are opened: src/NAME.c has luaopen_NAME. Read by host.c, and by name
 * in loadable.c. */
#ifndef REMORA_MODULES_H
#define REMORA_MODULES_H

#include <lua.h>

int luaopen_git(lua_State *L);
int luaopen_http_client(lua_State *L);
int luaopen_http_server(lua_State *L);
int luaopen_json(lua_State *L);
int luaopen_pick(lua_State *L);
int luaopen_process(lua_State *L);
int luaopen_sieve(lua_State *L);
int luaopen_sqlite(lua_State *L);
int luaopen_system(lua_State *L);
int luaopen_terminal(lua_State *L);
int luaopen_yaml(lua_State *L);

#endif
