/* C modules in files of their own, see loadable.c. */
#ifndef REMORA_LOADABLE_H
#define REMORA_LOADABLE_H

#include <lua.h>

/* Adds them to package.preload, which is on top of the stack. */
void loadable_preload(lua_State *L);

/* host.expect(name): one of them will be required soon. Its libraries are loaded meanwhile, which
 * takes longer than most of what comes before. */
int loadable_expect(lua_State *L);

/* host.program() → the path of the running program, for who starts it a second time */
int loadable_program(lua_State *L);

#endif
