/* A bell wakes a thread that sleeps: a file descriptor that is readable once it was rung, until it
 * is hushed. Ringing one that rings already costs nothing. Says nothing of why it was rung. */
#ifndef REMORA_BELL_H
#define REMORA_BELL_H

#include <stdatomic.h>
#include <stdbool.h>

struct bell {
    int fd;
    atomic_bool rung;
};

/* False, with errno and the descriptor -1: none is to be had. */
bool bell_open(struct bell *bell);

/* By any thread, after what the woken one is to find. */
void bell_ring(struct bell *bell);

/* By the thread that was woken, before it looks for what there is. */
void bell_hush(struct bell *bell);

void bell_close(struct bell *bell);

#endif
