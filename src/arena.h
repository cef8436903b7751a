/* Memory that grows while something is made of a Lua value: first the caller's, which is enough for
 * nearly all values and leaves nothing to collect, then the collector's at a fixed place of the
 * stack, so that no Lua error loses it. What lies in it may move each time something is taken. */
#ifndef REMORA_ARENA_H
#define REMORA_ARENA_H

#include <lua.h>
#include <stddef.h>

struct arena {
    lua_State *L;
    char *data;
    size_t used;
    size_t size;
    int slot;
};

/* Begins with the caller's memory; takes the next place of the stack. */
void arena_open(struct arena *arena, lua_State *L, void *memory, size_t size);

/* Makes room for so many bytes more than are used. */
void arena_grow(struct arena *arena, size_t length);

/* The next bytes. Here, because texts are written byte by byte. */
static inline void *arena_take(struct arena *arena, size_t length)
{
    if (length > arena->size - arena->used)
        arena_grow(arena, length);
    void *taken = arena->data + arena->used;
    arena->used += length;
    return taken;
}

#endif
