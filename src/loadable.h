/* C modules in files of their own, see loadable.c. */
#ifndef REMORA_LOADABLE_H
#define REMORA_LOADABLE_H

#include <lua.h>

/* Makes `require` find them. The stack holds package.preload, and on top of it package.loadlib,
 * which is popped. */
void loadable_preload(lua_State *L);

#endif
