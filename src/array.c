/* Arrays that grow, see array.h. */
#include "array.h"

#include <lauxlib.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

void *array_grow(lua_State *L, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t more = *capacity > 0 ? *capacity * 2 : FIRST_CAPACITY;
    void *grown = realloc(array, more * size);
    if (grown == NULL)
        luaL_error(L, "not enough memory");
    *capacity = more;
    return grown;
}
