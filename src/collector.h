/* When Lua's collector works. Owns how much memory is traded for its time; frees nothing itself. */
#ifndef REMORA_COLLECTOR_H
#define REMORA_COLLECTOR_H

#include <lua.h>
#include <stdbool.h>

/* Sets it for a new state: at rest until more is in use than a program takes that is merely there,
 * and all the time at work where REMORA_GC_STRESS says so. */
void collector_set(lua_State *L);

/* Puts off what it does until more is in use than a program takes that is merely there. It would
 * begin anew at a share of what it left, which is too soon when that was little; so whoever waits
 * for something says this first. */
void collector_rest(lua_State *L);

/* Lets it rest until it is released, for what is about to be made and stays: to go over it again
 * and again would find nothing. False when it was stopped already, and is not to be released. */
bool collector_hold(lua_State *L);

/* Lets it go on where it was, what was made meanwhile included. Were it to rest once more, whoever
 * holds it now and then would keep it from ever beginning. */
void collector_release(lua_State *L);

#endif
