/* Bytes outside of Lua's memory that one module in C hands to another without a copy: an answer of
 * the HTTP client that the sieve looks through. In Lua a userdata with #, text() and close(). */
#ifndef REMORA_BUFFER_H
#define REMORA_BUFFER_H

#include <lua.h>
#include <stddef.h>

#include "room.h"
#include "sieve_strain.h"

struct buffer {
    struct room room;
    size_t length;         /* of the bytes in it */
    struct strain *strain; /* what takes rows out of it, or NULL */
};

/* Frees all that it has. Idempotent. */
void buffer_free(struct buffer *buffer);

/* Pushes an empty buffer, which gives back the room that it is given. */
struct buffer *buffer_push(lua_State *L);

/* The buffer at the index, a Lua error when it is none. */
struct buffer *buffer_check(lua_State *L, int index);

/* The bytes of the string or buffer at the index, a Lua error when it is neither. They stay as long
 * as the value does and is not closed. */
const char *buffer_text(lua_State *L, int index, size_t *length);

#endif
