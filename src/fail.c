/* Builds the pair nil and the start of a fault. Knows no module and decides nothing. */
#include "fail.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

int fail_with(lua_State *L, const char *code, const char *format, ...)
{
    va_list arguments;

    lua_pushnil(L);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, code);
    lua_setfield(L, -2, "code");
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    lua_setfield(L, -2, "message");
    return 2;
}

int fail_errno(lua_State *L, int error, const char *what)
{
    char code[32] = "system.";
    const char *name = strerrorname_np(error);
    size_t length = strlen(code);

    for (; name != NULL && *name != '\0' && length < sizeof code - 1; name++)
        code[length++] = (char)tolower((unsigned char)*name);
    code[length] = '\0';
    fail_with(L, code, "%s: %s", what, strerror(error));
    lua_pushstring(L, strerror(error));
    lua_setfield(L, -2, "reason");
    return 2;
}

int fail_at(lua_State *L, const char *message, struct text_place place)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 4);
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    lua_pushinteger(L, (lua_Integer)place.line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, (lua_Integer)place.column);
    lua_setfield(L, -2, "column");
    return 2;
}
