/* When Lua's collector works. Owns how much memory is traded for its time; frees nothing itself. */
#ifndef REMORA_COLLECTOR_H
#define REMORA_COLLECTOR_H

#include <lua.h>

/* Sets it for a new state: at rest at first, and all the time at work where REMORA_GC_STRESS says
 * so. */
void collector_set(lua_State *L);

/* Starts it, and lets it rest until there is half as much again, and more than a program takes that
 * is merely there: what was made until now stays, to go over it again and again would find
 * nothing. */
void collector_rest(lua_State *L);

#endif
