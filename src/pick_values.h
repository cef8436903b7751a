/* The values that were picked out of the rows of one page, outside of Lua's memory. In Lua a
 * userdata with # (rows), row(number, table) and close(). */
#ifndef REMORA_PICK_VALUES_H
#define REMORA_PICK_VALUES_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

#include "sieve_stencil.h"

/* A value as it is in the page: `length` bytes of the text from `start` on, or an integer. */
struct picked_value {
    enum {
        PICKED_NONE,
        PICKED_NULL,
        PICKED_TRUE,
        PICKED_FALSE,
        PICKED_INTEGER,
        PICKED_STRING,
    } kind;
    int64_t integer;
    size_t start, length;
};

struct picked {
    char *text;                  /* of all strings */
    struct picked_value *values; /* row by row */
    size_t rows, columns, text_length, text_capacity, value_count, value_capacity;
};

/* Pushes what will be picked, empty; the list at the index names the columns. */
struct picked *picked_push(lua_State *L, size_t columns, int names);

/* Adds a value, as it is written in JSON; nothing at all for a member that is not there. */
void picked_add(lua_State *L, struct picked *picked, struct span written);

/* Adds a string that is empty, and bytes to the string that was added last. */
void picked_add_empty(lua_State *L, struct picked *picked);
void picked_append(lua_State *L, struct picked *picked, struct span bytes);

/* The length of the string that was added last. */
size_t picked_last(const struct picked *picked);

/* Frees all values, before the collector, which does not see how much they are, gets to it. */
void picked_free(struct picked *picked);

#endif
