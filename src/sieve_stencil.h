/* A row of a page as text with holes where scalars stand. Rows that a stencil fits are the same,
 * byte for byte, but for what is in the holes, and are JSON if the first one was. */
#ifndef REMORA_SIEVE_STENCIL_H
#define REMORA_SIEVE_STENCIL_H

#include <stdbool.h>
#include <stddef.h>

struct span {
    const char *start;
    size_t length;
};

struct stencil {
    char *text;   /* what stands before, between and behind the holes; NULL: nothing was cut yet */
    size_t *ends; /* where in it each of these pieces ends; one more than there are holes */
    size_t holes;
};

/* Makes the stencil of the row from `start` to `behind`, with these holes in their order. What it
 * was before is lost. False: no memory, nothing is cut. */
bool stencil_cut(struct stencil *stencil, const char *start, const char *behind,
                 const struct span *holes, size_t count);

/* Behind a row at `at` that the stencil fits, with what is in its holes: strings, words and plain
 * integers; NULL when it does not fit. */
const char *stencil_fits(const struct stencil *stencil, struct span *holes, const char *at,
                         const char *end);

void stencil_free(struct stencil *stencil);

#endif
