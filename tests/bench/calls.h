/* Which answer of the fleet each call gets. Knows the platform's calls, not HTTP. */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

#include "fleet.h"

/* The body of an answer, in three parts that are sent one after the other. */
struct body {
    struct text made; /* kept by whom it belongs to, to be used again */
    const char *kept; /* of the fleet */
    size_t kept_length;
    const char *tail;
};

/* Fills in the body that a call is answered with; 0 when nobody handles it. `path` tells the call
 * by its last name, `request` is its JSON, ended by a zero. */
int calls_answer(struct fleet *fleet, const char *path, const char *request, struct body *body);

#endif
