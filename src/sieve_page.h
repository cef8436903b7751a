/*
 * Where in the text of a page its rows are. Looks into no row, and at nothing behind their list.
 */
#ifndef REMORA_SIEVE_PAGE_H
#define REMORA_SIEVE_PAGE_H

#include <lua.h>

/* Keeps in the first user value of the userdata `owner` where rows are, as the table `spec` says:
 * `list` is the path to them, `beside` the name of an integer in the same object, if any. */
void page_keep_way(lua_State *L, int owner, int spec);

/* Behind the opening bracket of the list, NULL when it is not where it should be, or when the
 * integer is wanted and does not come before it. */
const char *page_list(lua_State *L, int owner, const char *text, const char *end);

/* The first row of the list whose inside begins at `at`, or its closing bracket; NULL when there is
 * neither. */
const char *page_first_row(const char *at, const char *end);

/* The row that follows the one that ends at `at`, or the closing bracket; NULL when there is
 * neither. */
const char *page_next_row(const char *at, const char *end);

#endif
