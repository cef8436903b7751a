/* How other modules in C make use of a sieve that Lua has. */
#ifndef REMORA_SIEVE_H
#define REMORA_SIEVE_H

#include <lua.h>

#include "sieve_strain.h"

/* A strain for one text, of the sieve at the index; a Lua error when there is none. */
struct strain *sieve_strain(lua_State *L, int index);

#endif
