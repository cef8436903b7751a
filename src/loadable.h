/* C modules in files of their own, see loadable.c. */
#ifndef REMORA_LOADABLE_H
#define REMORA_LOADABLE_H

#include <lua.h>

/* Adds them to package.preload, which is on top of the stack. */
void loadable_preload(lua_State *L);

#endif
