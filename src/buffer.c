/* Bytes outside of Lua's memory, see buffer.h. Owns when they are freed; never looks at them. */
#include "buffer.h"

#include <lauxlib.h>

#include "class.h"

#define BUFFER "remora.buffer"

void buffer_free(struct buffer *buffer)
{
    room_give(&buffer->room);
    strain_free(buffer->strain);
    buffer->strain = NULL;
    buffer->length = 0;
}

struct buffer *buffer_check(lua_State *L, int index)
{
    return luaL_checkudata(L, index, BUFFER);
}

const char *buffer_text(lua_State *L, int index, size_t *length)
{
    if (lua_type(L, index) == LUA_TSTRING)
        return lua_tolstring(L, index, length);
    const struct buffer *buffer = buffer_check(L, index);
    *length = buffer->length;
    return buffer->room.bytes != NULL ? buffer->room.bytes : "";
}

/* buffer:text() → its bytes as a string */
static int l_text(lua_State *L)
{
    size_t length;
    buffer_check(L, 1);
    const char *bytes = buffer_text(L, 1, &length);
    lua_pushlstring(L, bytes, length);
    return 1;
}

static int l_length(lua_State *L)
{
    const struct buffer *buffer = buffer_check(L, 1);
    lua_pushinteger(L, (lua_Integer)buffer->length);
    return 1;
}

/* buffer:close(): frees the bytes, after which there are none. Idempotent; also __gc, __close. */
static int l_close(lua_State *L)
{
    buffer_free(buffer_check(L, 1));
    return 0;
}

struct buffer *buffer_push(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"close", l_close}, {"text", l_text},    {"__close", l_close},
        {"__gc", l_close},  {"__len", l_length}, {NULL, NULL},
    };
    struct buffer *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
    *buffer = (struct buffer){0};
    class_define(L, BUFFER, methods);
    luaL_setmetatable(L, BUFFER);
    return buffer;
}
