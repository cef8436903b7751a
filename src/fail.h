/* How C tells Lua that the world said no: nil and the start of a fault, a table {code, message} or,
 * for a place in a text, {message, line, column}. Bugs and wrong arguments are not for here: they
 * raise with luaL_error and its kin. */
#ifndef REMORA_FAIL_H
#define REMORA_FAIL_H

#include <lua.h>

#include "text.h"

/* Pushes nil and {code = code, message = the formatted text (lua_pushfstring)}. Returns 2, for
 * `return`. */
int fail_with(lua_State *L, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for an errno value: code "system.enoent", message "WHAT: No such file or directory", and
 * its last words alone as `reason`, for who says otherwise what it is about. */
int fail_errno(lua_State *L, int error, const char *what);

/* For a text that cannot be read: nil and {message, line, column}. */
int fail_at(lua_State *L, const char *message, struct text_place place);

#endif
