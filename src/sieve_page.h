/* Where in the text of a page its rows are: in a list, or as the members of an object, each under a
 * name. Looks into no row, and at nothing behind the last one. */
#ifndef REMORA_SIEVE_PAGE_H
#define REMORA_SIEVE_PAGE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "sieve_stencil.h"

enum { WAY_NAMES = 8 }; /* at most, on the way to the list */

/* Where rows are. */
struct way {
    struct span names[WAY_NAMES]; /* each owns its text */
    size_t count;
    struct span beside; /* name of an integer in the same object; no text: none is needed */
    bool named;         /* the rows are members of an object */
};

/* Reads from the table at the index `list`, the path to the rows, and `beside`, if there is one.
 * Goes into a way that was zeroed, also when a Lua error ends it; whether rows are named is for the
 * caller to say. */
void way_read(lua_State *L, struct way *way, int spec);

void way_free(struct way *way);

/* Behind the opening bracket around the rows, NULL when it is not where it should be, or when the
 * integer is wanted and does not come before it. */
const char *page_rows(const struct way *way, const char *text, const char *end);

/* The first of the rows whose inside begins at `at`, or their closing bracket; NULL when there is
 * neither. The name of a row that has one, as it is written, goes to `name`. */
const char *page_first_row(const struct way *way, const char *at, const char *end,
                           struct span *name);

/* The row that follows the one that ends at `at`, or the closing bracket; NULL when there is
 * neither. */
const char *page_next_row(const struct way *way, const char *at, const char *end,
                          struct span *name);

#endif
