/*
 * The shape of a row: what stands around its scalars, and where in it the members are that patterns
 * name. Learned by a strict walk over one row; rows of one call look alike.
 */
#ifndef REMORA_SIEVE_SHAPE_H
#define REMORA_SIEVE_SHAPE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "sieve_pattern.h"
#include "sieve_stencil.h"

enum { ROW_SCALARS = 256 }; /* strings, numbers and words in a row that can be compared */

enum place_kind { PLACE_NONE, PLACE_SCALAR, PLACE_LIST, PLACE_OBJECT };

/* Where a named member is in rows of a shape. */
struct place_in_row {
    enum place_kind kind;
    size_t number; /* of the scalar, or how many elements */
};

struct shape {
    struct stencil around; /* the scalars */
    struct place_in_row *places; /* by node */
};

/* Makes an empty shape the one of the row at `at`, and finds its scalars. Behind the row, NULL when
 * no value is there; `*fit` tells whether rows of this shape can be compared at all. A Lua error when
 * there is no memory. */
const char *shape_learn(lua_State *L, struct shape *shape, const struct patterns *patterns,
                        struct span *scalars, const char *at, const char *end, bool *fit);

void shape_free(struct shape *shape);

#endif
