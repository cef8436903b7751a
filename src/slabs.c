/* Cuts blocks from slabs, see slabs.h. */
#include "slabs.h"

#include <stdlib.h>
#include <string.h>

enum { SLAB_SIZE = 32768 };

struct slab {
    struct slab *next;
    char bytes[SLAB_SIZE];
};

/* A block that nobody has holds the address of the next one. */
static void *pop(void **spare)
{
    void *block = *spare;
    memcpy(spare, block, sizeof *spare);
    return block;
}

static void push(void **spare, void *block)
{
    memcpy(block, spare, sizeof *spare);
    *spare = block;
}

static size_t units(size_t size)
{
    return (size + SLABS_UNIT - 1) / SLABS_UNIT;
}

/* The rest of a slab that is too small for what is asked serves a block of its own size. */
static void *cut(struct slabs *slabs, size_t length)
{
    if ((size_t)(slabs->end - slabs->at) < length) {
        struct slab *slab = malloc(sizeof *slab);
        if (slab == NULL)
            return NULL;
        if (slabs->at < slabs->end)
            push(&slabs->spare[(slabs->end - slabs->at) / SLABS_UNIT], slabs->at);
        slab->next = slabs->slabs;
        slabs->slabs = slab;
        slabs->at = slab->bytes;
        slabs->end = slab->bytes + SLAB_SIZE;
    }
    char *block = slabs->at;
    slabs->at += length;
    return block;
}

void *slabs_take(struct slabs *slabs, size_t size)
{
    if (size > SLABS_MOST)
        return malloc(size);
    void **spare = &slabs->spare[units(size)];
    return *spare != NULL ? pop(spare) : cut(slabs, units(size) * SLABS_UNIT);
}

void slabs_give(struct slabs *slabs, void *block, size_t size)
{
    if (size > SLABS_MOST)
        free(block);
    else if (block != NULL)
        push(&slabs->spare[units(size)], block);
}

void *slabs_resize(struct slabs *slabs, void *block, size_t old, size_t size)
{
    if (old > SLABS_MOST && size > SLABS_MOST)
        return realloc(block, size);
    if (block != NULL && units(old) == units(size))
        return block;
    void *moved = slabs_take(slabs, size);
    if (moved == NULL && size < old)
        return block;
    if (moved != NULL && block != NULL) {
        memcpy(moved, block, old < size ? old : size);
        slabs_give(slabs, block, old);
    }
    return moved;
}

void slabs_free(struct slabs *slabs)
{
    while (slabs->slabs != NULL) {
        struct slab *slab = slabs->slabs;
        slabs->slabs = slab->next;
        free(slab);
    }
    *slabs = (struct slabs){0};
}
