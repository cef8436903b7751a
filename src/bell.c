/* Bells are eventfds, see bell.h. */
#include "bell.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool bell_open(struct bell *bell)
{
    atomic_init(&bell->rung, false);
    bell->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return bell->fd >= 0;
}

void bell_ring(struct bell *bell)
{
    const uint64_t once = 1;
    if (atomic_exchange(&bell->rung, true))
        return;
    if (write(bell->fd, &once, sizeof once) < 0)
        return; /* only a count that is full refuses, and rings as well */
}

void bell_hush(struct bell *bell)
{
    uint64_t count;
    if (!atomic_load(&bell->rung))
        return;
    if (read(bell->fd, &count, sizeof count) < 0)
        return; /* who rings it has yet to write: it wakes once for nothing, and is hushed then */
    atomic_store(&bell->rung, false);
}

void bell_close(struct bell *bell)
{
    if (bell->fd >= 0)
        close(bell->fd);
    bell->fd = -1;
}
