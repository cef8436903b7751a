/* Owns reading the table of named options (limits, seconds, names) that a Lua caller passes.
 * A wrong name, type or range is the caller's bug and raises a Lua error. */
#ifndef REMORA_OPTIONS_H
#define REMORA_OPTIONS_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* One option that may be given. What its value becomes is said by the one pointer that is set; what
 * is absent leaves the pointer's target as it was. With no pointer set any value is accepted and
 * left to the caller. */
struct option {
    const char *name;
    int *value; /* an integer from least to most */
    int least;
    int most;
    double *number;    /* a number from least to most */
    bool *flag;        /* a boolean */
    const char **text; /* a string; it lives as long as the caller's table keeps it */
    size_t *length; /* with text, if wanted: its bytes; without it the string must not hold a NUL */
};

/* Reads argument `arg` (a table, or none) as `options` say, a list that ends with a NULL name. */
void options_read(lua_State *L, int arg, const struct option *options);

#endif
