/* Room for the bodies of answers, which come and go by the half megabyte while a fleet is read. It
 * is the system's own: among the small pieces of malloc each body would leave a gap that small
 * pieces soon fill, and the next one would need new memory. What is given back serves the answers
 * that are still to come; once none is, nothing is kept. For any thread. */
#ifndef REMORA_ROOM_H
#define REMORA_ROOM_H

#include <stdbool.h>
#include <stddef.h>

/* Where room comes from and goes back to: one for each client. */
struct rooms;

/* A zeroed one is as good as one that was given back. */
struct room {
    char *bytes;
    size_t size;
    struct rooms *home;
};

/* NULL: no memory. */
struct rooms *rooms_new(void);

/* So many more answers are on their way (negative: fewer). */
void rooms_expect(struct rooms *rooms, int answers);

/* Lets go of them, if there are any; they last until the last room is given back. */
void rooms_release(struct rooms *rooms);

/* A room without any bytes yet. */
struct room room_in(struct rooms *rooms);

/* Makes it as large as that, if it is smaller; what lies in it stays. False: no memory. */
bool room_grow(struct room *room, size_t size);

/* Gives it back. Idempotent. */
void room_give(struct room *room);

#endif
