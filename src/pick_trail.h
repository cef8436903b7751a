/* A trail through a JSON value, to any number of values in it: names of members, and "*" for every
 * element of a list. Where the value is a string, it goes through the JSON inside. */
#ifndef REMORA_PICK_TRAIL_H
#define REMORA_PICK_TRAIL_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "sieve_stencil.h"

enum { TRAIL_STEPS = 8 }; /* at most */

struct trail {
    struct span steps[TRAIL_STEPS]; /* each owns its text */
    size_t count;
    char *inside; /* of the string at hand */
    size_t inside_capacity;
};

/* Takes one more step, the string at the index; a Lua error when there are too many, or when there
 * is no memory. The trail was zeroed in the beginning. */
void trail_add(lua_State *L, struct trail *trail, int index);

/* Hands over the values as they are written, in their order, for a value that was walked over.
 * False when only the decoder can tell which these are; some may have been handed over by then. */
bool trail_follow(lua_State *L, struct trail *trail, struct span value,
                  void (*take)(lua_State *L, void *data, struct span value), void *data);

void trail_free(struct trail *trail);

#endif
