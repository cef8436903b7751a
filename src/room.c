/*
 * Room for the bodies of answers, see room.h. Owns what is kept of it between two of them; never
 * looks into it.
 */
#include "room.h"

#include <pthread.h>
#include <sys/mman.h>

enum {
    STEP = 65536
}; /* pages of a list are nearly of one size: in steps, one fits another's room */

/* Room that nobody has, written into itself. */
struct spare {
    struct spare *next;
    size_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for what follows */
static struct spare *spares;
static int expected;

static void take_spare(struct room *room)
{
    pthread_mutex_lock(&lock);
    struct spare *spare = spares;
    if (spare != NULL) {
        spares = spare->next;
        *room = (struct room){(char *)spare, spare->size};
    }
    pthread_mutex_unlock(&lock);
}

bool room_grow(struct room *room, size_t size)
{
    size_t rounded = (size + STEP - 1) / STEP * STEP;
    if (room->bytes == NULL)
        take_spare(room);
    if (room->size >= size)
        return true;
    void *bytes = room->bytes != NULL ? mremap(room->bytes, room->size, rounded, MREMAP_MAYMOVE)
                                      : mmap(NULL, rounded, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        return false;
    *room = (struct room){bytes, rounded};
    return true;
}

static void keep(struct room *room)
{
    struct spare *spare = (struct spare *)(void *)room->bytes;
    *spare = (struct spare){spares, room->size};
    spares = spare;
}

static void free_spares(void)
{
    while (spares != NULL) {
        struct spare *spare = spares;
        spares = spare->next;
        munmap(spare, spare->size);
    }
}

void room_give(struct room *room)
{
    if (room->bytes == NULL)
        return;
    pthread_mutex_lock(&lock);
    if (expected > 0)
        keep(room);
    else
        munmap(room->bytes, room->size);
    pthread_mutex_unlock(&lock);
    *room = (struct room){0};
}

void room_expect(int answers)
{
    pthread_mutex_lock(&lock);
    expected += answers;
    if (expected == 0)
        free_spares();
    pthread_mutex_unlock(&lock);
}
