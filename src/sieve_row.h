/*
 * One row of a page against the patterns of a sieve. Rows of one call look alike: the bytes between
 * their values are the same, and so are the places of the members that patterns name. Both are
 * learned from the first row of each shape.
 */
#ifndef REMORA_SIEVE_ROW_H
#define REMORA_SIEVE_ROW_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

#include "sieve_pattern.h"

enum {
    ROW_SHAPES = 32,   /* that are remembered */
    ROW_SCALARS = 256, /* strings, numbers and words in a row that can be compared */
};

enum place_kind { PLACE_NONE, PLACE_SCALAR, PLACE_LIST, PLACE_OBJECT };

/* Where a named member is in rows of a shape. */
struct place_in_row {
    enum place_kind kind;
    size_t number; /* of the scalar, or how many elements */
};

struct span {
    const char *start;
    size_t length;
};

struct shape {
    char *text; /* what stands before, between and behind the scalars */
    size_t gaps[ROW_SCALARS + 1]; /* where in it each of these ends */
    size_t scalars;
    struct place_in_row *places; /* by node */
};

struct rows {
    struct shape *shapes[ROW_SHAPES];
    struct shape *draft; /* of the shape that is being learned */
    size_t count, latest, oldest;
    struct span spans[ROW_SCALARS]; /* the scalars of the row at hand */
};

/* Looks at the row at `at`. Behind it, NULL when no value is there. `choice` becomes that of the
 * pattern which the row surely matches, or NULL. A Lua error when there is no memory. */
const char *rows_match(lua_State *L, struct rows *rows, const struct patterns *patterns,
                       const char *at, const char *end, struct choice **choice);

void rows_free(struct rows *rows);

#endif
