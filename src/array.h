/* Arrays that grow one item after the other, inside the structure that owns them: so a Lua error in
 * between loses nothing. */
#ifndef REMORA_ARRAY_H
#define REMORA_ARRAY_H

#include <lua.h>
#include <stddef.h>

/* Makes room for one more item of `size` bytes in an array that its owner frees; where it is now. A
 * Lua error when there is no memory, and the array stays as it was. */
void *array_grow(lua_State *L, void *array, size_t count, size_t *capacity, size_t size);

#endif
