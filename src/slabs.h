/* Memory for the many small blocks of a Lua state. Lua tells the size of what it gives back: so no
 * block needs a head, and one of a size serves the next of that size. For one thread. */
#ifndef REMORA_SLABS_H
#define REMORA_SLABS_H

#include <stddef.h>

/* Bytes: sizes differ by units, as aligned as all that Lua keeps; what is larger is malloc's, and
 * all of it where malloc looks who uses what it gave back. */
#ifdef __SANITIZE_ADDRESS__
enum { SLABS_UNIT = 8, SLABS_MOST = 0 };
#else
enum { SLABS_UNIT = 8, SLABS_MOST = 512 };
#endif

struct slabs {
    struct slab *slabs;                       /* all that were made */
    char *at, *end;                           /* what no block was cut from yet */
    void *spare[SLABS_MOST / SLABS_UNIT + 1]; /* blocks given back, by units */
};

/* A block of that many bytes, from 1. NULL: no memory. */
void *slabs_take(struct slabs *slabs, size_t size);

/* Gives a block of that many bytes back; NULL is fine. */
void slabs_give(struct slabs *slabs, void *block, size_t size);

/* Makes a block of `old` bytes, or NULL, one of `size` bytes with what lies in it. NULL: no memory,
 * and the block stays as it is; never when it becomes smaller. */
void *slabs_resize(struct slabs *slabs, void *block, size_t old, size_t size);

/* Frees all slabs, and with them every block of at most SLABS_MOST bytes. */
void slabs_free(struct slabs *slabs);

#endif
