/* Memory that grows, see arena.h. */
#include "arena.h"

#include <string.h>

void arena_open(struct arena *arena, lua_State *L, void *memory, size_t size)
{
    lua_pushnil(L);
    *arena = (struct arena){.L = L, .data = memory, .size = size, .slot = lua_gettop(L)};
}

void arena_grow(struct arena *arena, size_t length)
{
    size_t needed = arena->used + length;
    size_t size = needed > arena->size * 2 ? needed : arena->size * 2;
    char *data = lua_newuserdatauv(arena->L, size, 0);

    if (arena->used > 0)
        memcpy(data, arena->data, arena->used);
    lua_replace(arena->L, arena->slot);
    arena->data = data;
    arena->size = size;
}
