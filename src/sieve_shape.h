/* The shape of a row: what stands around its scalars, and where in it the members are that somebody
 * named. Learned by a strict walk over one row; rows of one call look alike. */
#ifndef REMORA_SIEVE_SHAPE_H
#define REMORA_SIEVE_SHAPE_H

#include <stddef.h>

#include "sieve_stencil.h"
#include "sieve_tree.h"

enum {
    ROW_SHAPES = 32,   /* that are remembered */
    ROW_SCALARS = 256, /* strings, numbers and words in a row that can be compared */
};

enum place_kind { PLACE_NONE, PLACE_SCALAR, PLACE_LIST, PLACE_OBJECT };

/* Where a named member is in rows of a shape. */
struct place_in_row {
    enum place_kind kind;
    size_t number;        /* of the scalar, or how many elements */
    size_t first, end;    /* of the scalars inside a list or object; end is one behind */
    size_t before, after; /* bytes of it in front of the first one, and behind the last one */
};

struct shape {
    struct stencil around;       /* the scalars */
    struct place_in_row *places; /* by node */
};

/* The shapes met so far, as many as are worth it. */
struct shapes {
    struct shape items[ROW_SHAPES];
    struct shape draft; /* of the shape that is being learned */
    size_t count, latest, oldest;
};

/* The shape of the row at `*at`, remembered or learned, and the row's scalars; NULL when it cannot
 * be compared, or when there is no memory for it. `*at` goes behind the row, and becomes NULL when
 * no value is there. */
const struct shape *shapes_find(struct shapes *shapes, const struct tree *tree,
                                struct span *scalars, const char **at, const char *end);

/* The text of the member at a place, which is not PLACE_NONE, in the row with these scalars. Its
 * start is NULL for lists and objects that hold no scalar, but for an empty list. */
struct span shape_text(const struct place_in_row *place, const struct span *scalars);

void shapes_free(struct shapes *shapes);

#endif
