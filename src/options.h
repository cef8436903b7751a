/*
 * Owns reading the small table of numbers (limits, widths) that a Lua caller may pass last.
 * A wrong name, type or range is the caller's bug and raises a Lua error.
 */
#ifndef REMORA_OPTIONS_H
#define REMORA_OPTIONS_H

#include <lua.h>

/* One option that may be given: where its value goes, and the range it must lie in. */
struct option {
    const char *name;
    int *value;
    int least;
    int most;
};

/* Reads argument `arg` (a table, or none) into the values of `options`, a list that ends with a NULL name. */
void options_read(lua_State *L, int arg, const struct option *options);

#endif
