/* One row of a page against the patterns of a sieve. Remembers for each pattern a row that matched
 * it: where the next one is the same in all that the pattern wants, no value of it needs to be
 * looked at. */
#ifndef REMORA_SIEVE_ROW_H
#define REMORA_SIEVE_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "sieve_pattern.h"
#include "sieve_shape.h"
#include "sieve_stencil.h"

enum { NO_HOLE = ROW_SCALARS };

/* A row that matched a pattern, with holes where the pattern wants nothing and rows were seen to
 * differ: long pieces are compared at once. */
struct proof {
    struct stencil around;
    size_t scalar_count;
    bool open[ROW_SCALARS];      /* the holes by scalar */
    const struct choice *choice; /* of the row */
    size_t numbers[2];           /* the holes with the two numbers that chose it, or NO_HOLE */
    size_t next;                 /* pattern of the row that came behind such a row the last time */
};

struct rows {
    struct shapes shapes;
    struct proof *proofs; /* by pattern */
    size_t proof_count, latest_proof;
    struct span spans[ROW_SCALARS]; /* of the row at hand */
};

/* Gets ready for so many patterns, in rows that were zeroed. False: no memory. */
bool rows_open(struct rows *rows, size_t patterns);

/* Looks at the row at `at`. Behind it, NULL when no value is there. `choice` becomes that of the
 * pattern which the row surely matches, or NULL. */
const char *rows_match(struct rows *rows, const struct patterns *patterns, const char *at,
                       const char *end, const struct choice **choice);

void rows_free(struct rows *rows);

#endif
