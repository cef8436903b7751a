/* Keeps picked values and puts them into tables, see pick_values.h. Never looks at a page. */
#include "pick_values.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "class.h"
#include "sieve_text.h"

#define PICKED "remora.picked"

static void make_room(lua_State *L, struct picked *picked, size_t length)
{
    while (picked->text_capacity < picked->text_length + length)
        picked->text =
            array_grow(L, picked->text, picked->text_capacity, &picked->text_capacity, 1);
}

static void add_value(lua_State *L, struct picked *picked, struct picked_value value)
{
    picked->values = array_grow(L, picked->values, picked->value_count, &picked->value_capacity,
                                sizeof *picked->values);
    picked->values[picked->value_count++] = value;
}

/* The string's bytes, at the end of the text. */
static struct picked_value keep_string(lua_State *L, struct picked *picked, struct span written)
{
    make_room(L, picked, written.length);
    struct picked_value value = {.kind = PICKED_STRING, .start = picked->text_length};
    value.length = sieve_unquote(written.start, written.length, picked->text + value.start);
    picked->text_length += value.length;
    return value;
}

void picked_add(lua_State *L, struct picked *picked, struct span written)
{
    struct picked_value value = {.kind = PICKED_NONE};
    if (written.length > 0 && *written.start == '"')
        value = keep_string(L, picked, written);
    else if (sieve_integer(written.start, written.length, &value.integer))
        value.kind = PICKED_INTEGER;
    else if (written.length > 0)
        value.kind = *written.start == 't'   ? PICKED_TRUE
                     : *written.start == 'f' ? PICKED_FALSE
                                             : PICKED_NULL;
    add_value(L, picked, value);
}

void picked_add_empty(lua_State *L, struct picked *picked)
{
    add_value(L, picked,
              (struct picked_value){.kind = PICKED_STRING, .start = picked->text_length});
}

void picked_append(lua_State *L, struct picked *picked, struct span bytes)
{
    make_room(L, picked, bytes.length);
    memcpy(picked->text + picked->text_length, bytes.start, bytes.length);
    picked->text_length += bytes.length;
    picked->values[picked->value_count - 1].length += bytes.length;
}

size_t picked_last(const struct picked *picked)
{
    return picked->values[picked->value_count - 1].length;
}

static void push(lua_State *L, const struct picked *picked, const struct picked_value *value)
{
    switch (value->kind) {
    case PICKED_NONE:
        lua_pushnil(L);
        break;
    case PICKED_NULL:
        lua_pushlightuserdata(L, NULL);
        break;
    case PICKED_TRUE:
    case PICKED_FALSE:
        lua_pushboolean(L, value->kind == PICKED_TRUE);
        break;
    case PICKED_INTEGER:
        lua_pushinteger(L, value->integer);
        break;
    case PICKED_STRING:
        lua_pushlstring(L, picked->text + value->start, value->length);
        break;
    }
}

/* Whether the table at 3 holds this value already under the name on top. Rows one after the other
 * have much in common, and a long text costs most when it is made anew, and hashed. */
static bool stays(lua_State *L, const struct picked *picked, const struct picked_value *value)
{
    if (value->kind != PICKED_STRING)
        return false;
    lua_pushvalue(L, -1);
    size_t length = 0;
    const char *text = lua_rawget(L, 3) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    bool same = text != NULL && length == value->length
                && (length == 0 || memcmp(text, picked->text + value->start, length) == 0);
    lua_pop(L, 1);
    return same;
}

/* picked:row(number, table) → table
 * Sets the columns of a row (from 1) in a table; what the row has not becomes nil. */
static int l_row(lua_State *L)
{
    const struct picked *picked = luaL_checkudata(L, 1, PICKED);
    lua_Integer number = luaL_checkinteger(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    luaL_argcheck(L, number >= 1 && (size_t)number <= picked->rows, 2, "no such row");
    const struct picked_value *values = picked->values + (size_t)(number - 1) * picked->columns;
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, 1);
    for (size_t i = 0; i < picked->columns; i++) {
        lua_rawgeti(L, 4, (lua_Integer)i + 1);
        if (stays(L, picked, &values[i])) {
            lua_pop(L, 1);
        } else {
            push(L, picked, &values[i]);
            lua_rawset(L, 3);
        }
    }
    lua_pop(L, 1);
    return 1;
}

static int l_length(lua_State *L)
{
    const struct picked *picked = luaL_checkudata(L, 1, PICKED);
    lua_pushinteger(L, (lua_Integer)picked->rows);
    return 1;
}

void picked_free(struct picked *picked)
{
    free(picked->text);
    free(picked->values);
    *picked = (struct picked){0};
}

/* picked:close(): frees the values, after which there are none. Idempotent; also __gc, __close. */
static int l_close(lua_State *L)
{
    picked_free(luaL_checkudata(L, 1, PICKED));
    return 0;
}

struct picked *picked_push(lua_State *L, size_t columns, int names)
{
    static const luaL_Reg methods[] = {
        {"close", l_close}, {"row", l_row},      {"__close", l_close},
        {"__gc", l_close},  {"__len", l_length}, {NULL, NULL},
    };
    struct picked *picked = lua_newuserdatauv(L, sizeof *picked, 1);
    *picked = (struct picked){.columns = columns};
    class_define(L, PICKED, methods);
    luaL_setmetatable(L, PICKED);
    lua_pushvalue(L, names);
    lua_setiuservalue(L, -2, 1);
    return picked;
}
