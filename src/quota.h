/* Limits on memory and instructions of the Lua state. host.c starts the state with them; Lua
 * narrows them for a function with host.limited. */
#ifndef REMORA_QUOTA_H
#define REMORA_QUOTA_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "slabs.h"

/* What the allocator and the count hook know. Belongs to who creates the state, and outlives it. */
struct quota {
    size_t used;         /* bytes the state has */
    size_t memory;       /* bytes it may have */
    bool counting;       /* a limited call is running */
    bool interruptible;  /* and Ctrl-C ends it */
    int interrupts;      /* how often that was pressed before */
    lua_Integer budget;  /* instructions it has left */
    struct slabs *slabs; /* where the memory comes from */
};

/* lua_Alloc over a struct quota. */
void *quota_allocate(void *data, void *block, size_t old_size, size_t new_size);

/* host.limited, see the definition. */
int quota_limited(lua_State *L);

#endif
