/* How both ends of HTTP show headers to Lua: {[name in lower case] = value}.
 * Declares the one function that adds to such a table. */
#ifndef REMORA_HTTP_HEADERS_H
#define REMORA_HTTP_HEADERS_H

#include <lua.h>

/* Adds a header to the table on top of the stack. A repeated one is joined to what is there by
 * ", " (RFC 9110, section 5.3). */
void headers_add(lua_State *L, const char *name, const char *value);

#endif
