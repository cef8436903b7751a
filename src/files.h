/* The file half of the module "system": what system.c needs to offer it. Owns no state. */
#ifndef REMORA_FILES_H
#define REMORA_FILES_H

#include <lua.h>

/* Adds list, lock, mkdir, read_file, remove, stat and write_file to the table on the top of the
 * stack. */
void files_register(lua_State *L);

#endif
