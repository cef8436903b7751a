/* Room for the bodies of answers, see room.h. Owns what is kept of it between two of them; never
 * looks into it. */
#include "room.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Pages of a list are nearly of one size: in steps, one fits another's room. */
enum { STEP = 65536 };

/* Room that nobody has, written into itself. */
struct spare {
    struct spare *next;
    size_t size;
};

struct rooms {
    pthread_mutex_t lock; /* for what follows */
    struct spare *spares;
    int expected;
    size_t users; /* rooms, and who made them */
};

struct rooms *rooms_new(void)
{
    struct rooms *rooms = calloc(1, sizeof *rooms);
    if (rooms == NULL)
        return NULL;
    pthread_mutex_init(&rooms->lock, NULL); /* cannot fail with glibc's defaults */
    rooms->users = 1;
    return rooms;
}

/* Only with the lock. */
static void free_spares(struct rooms *rooms)
{
    while (rooms->spares != NULL) {
        struct spare *spare = rooms->spares;
        rooms->spares = spare->next;
        munmap(spare, spare->size);
    }
}

void rooms_expect(struct rooms *rooms, int answers)
{
    pthread_mutex_lock(&rooms->lock);
    rooms->expected += answers;
    if (rooms->expected == 0)
        free_spares(rooms);
    pthread_mutex_unlock(&rooms->lock);
}

void rooms_release(struct rooms *rooms)
{
    if (rooms == NULL)
        return;
    pthread_mutex_lock(&rooms->lock);
    bool last = --rooms->users == 0;
    pthread_mutex_unlock(&rooms->lock);
    if (!last)
        return;
    free_spares(rooms);
    pthread_mutex_destroy(&rooms->lock);
    free(rooms);
}

struct room room_in(struct rooms *rooms)
{
    pthread_mutex_lock(&rooms->lock);
    rooms->users++;
    pthread_mutex_unlock(&rooms->lock);
    return (struct room){.home = rooms};
}

static void take_spare(struct room *room)
{
    struct rooms *rooms = room->home;
    pthread_mutex_lock(&rooms->lock);
    struct spare *spare = rooms->spares;
    if (spare != NULL) {
        rooms->spares = spare->next;
        room->bytes = (char *)spare;
        room->size = spare->size;
    }
    pthread_mutex_unlock(&rooms->lock);
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
    room->bytes = bytes;
    room->size = rounded;
    return true;
}

static void keep(struct rooms *rooms, const struct room *room)
{
    struct spare *spare = (struct spare *)(void *)room->bytes;
    *spare = (struct spare){rooms->spares, room->size};
    rooms->spares = spare;
}

void room_give(struct room *room)
{
    struct rooms *rooms = room->home;
    if (rooms == NULL)
        return;
    pthread_mutex_lock(&rooms->lock);
    bool kept = room->bytes != NULL && rooms->expected > 0;
    if (kept)
        keep(rooms, room);
    pthread_mutex_unlock(&rooms->lock);
    if (room->bytes != NULL && !kept)
        munmap(room->bytes, room->size);
    *room = (struct room){0};
    rooms_release(rooms);
}
