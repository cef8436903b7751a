/* Where in the text of a page its rows are. Looks into no row, and at nothing behind their list. */
#ifndef REMORA_SIEVE_PAGE_H
#define REMORA_SIEVE_PAGE_H

#include <lua.h>
#include <stddef.h>

#include "sieve_stencil.h"

enum { WAY_NAMES = 8 }; /* at most, on the way to the list */

/* Where rows are. */
struct way {
    struct span names[WAY_NAMES]; /* each owns its text */
    size_t count;
    struct span beside; /* name of an integer in the same object; no text: none is needed */
};

/* Reads from the table at the index `list`, the path to the rows, and `beside`, if there is one.
 * Goes into a way that was zeroed, also when a Lua error ends it. */
void way_read(lua_State *L, struct way *way, int spec);

void way_free(struct way *way);

/* Behind the opening bracket of the list, NULL when it is not where it should be, or when the
 * integer is wanted and does not come before it. */
const char *page_list(const struct way *way, const char *text, const char *end);

/* The first row of the list whose inside begins at `at`, or its closing bracket; NULL when there is
 * neither. */
const char *page_first_row(const char *at, const char *end);

/* The row that follows the one that ends at `at`, or the closing bracket; NULL when there is
 * neither. */
const char *page_next_row(const char *at, const char *end);

#endif
