/*
 * Room for the bodies of answers, which come and go by the half megabyte while a fleet is read. It
 * is the system's own: among the small pieces of malloc each body would leave a gap that small
 * pieces soon fill, and the next one would need new memory. What is given back serves the answers
 * that are still to come; once none is, nothing is kept. For any thread.
 */
#ifndef REMORA_ROOM_H
#define REMORA_ROOM_H

#include <stdbool.h>
#include <stddef.h>

/* A zeroed one has none. */
struct room {
    char *bytes;
    size_t size;
};

/* Makes room for so many bytes, if it is smaller; what lies in it stays. False: no memory. */
bool room_grow(struct room *room, size_t size);

/* Gives it back. Idempotent. */
void room_give(struct room *room);

/* So many more answers are on their way (negative: fewer). */
void room_expect(int answers);

#endif
