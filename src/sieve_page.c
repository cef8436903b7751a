/*
 * Finds the list of rows in a page, see sieve_page.h.
 */
#include "sieve_page.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sieve_stencil.h"
#include "sieve_text.h"

enum { MOST_NAMES = 8 }; /* on the way to the list */

void page_keep_way(lua_State *L, int owner, int spec)
{
    luaL_argcheck(L, lua_getfield(L, spec, "list") == LUA_TTABLE, spec, "list must be a path");
    lua_Integer count = luaL_len(L, -1);
    luaL_argcheck(L, count > 0 && count <= MOST_NAMES, spec, "list must have one to eight names");
    lua_createtable(L, (int)count + 1, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        luaL_argcheck(L, lua_rawgeti(L, -2, i) == LUA_TSTRING, spec, "list must hold names");
        lua_rawseti(L, -2, i);
    }
    int type = lua_getfield(L, spec, "beside");
    luaL_argcheck(L, type == LUA_TSTRING || type == LUA_TNIL, spec, "beside must be a name");
    if (type == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushboolean(L, false); /* keeps the place, and is no text */
    }
    lua_rawseti(L, -2, count + 1);
    lua_setiuservalue(L, owner, 1);
    lua_pop(L, 1);
}

/* The way to the list, as names in the strings of a table that its owner keeps. */
struct way {
    struct span names[MOST_NAMES];
    size_t count;
    struct span beside; /* no text: none is needed */
};

static struct span text_of(lua_State *L, int index)
{
    struct span text;
    text.start = lua_tolstring(L, index, &text.length);
    return text;
}

static struct way way_of(lua_State *L, int owner)
{
    struct way way = {.count = 0};
    lua_getiuservalue(L, owner, 1);
    lua_Integer count = luaL_len(L, -1);
    for (lua_Integer i = 1; i < count; i++) {
        lua_rawgeti(L, -1, i);
        way.names[way.count++] = text_of(L, -1);
        lua_pop(L, 1);
    }
    lua_rawgeti(L, -1, count);
    way.beside = text_of(L, -1);
    lua_pop(L, 2);
    return way;
}

static bool is_name(const char *quoted, const char *behind, struct span name)
{
    return (size_t)(behind - quoted) == name.length + 2
           && memcmp(quoted + 1, name.start, name.length) == 0;
}

/* From the object at `at` to the value of its member; *beside tells whether the other name was met
 * before it with an integer. NULL when it is not there. */
static const char *find_member(const char *at, const char *end, struct span name,
                               struct span beside_name, bool *beside)
{
    if (at >= end || *at != '{')
        return NULL;
    do {
        const char *key = sieve_space(at + 1, end);
        const char *behind = sieve_string(key, end);
        at = behind != NULL ? sieve_space(behind, end) : NULL;
        if (at == NULL || at >= end || *at != ':')
            return NULL;
        at = sieve_space(at + 1, end);
        if (is_name(key, behind, name))
            return at;
        const char *value = at;
        at = sieve_value(at, end, 1);
        int64_t integer;
        if (at != NULL && beside_name.start != NULL && is_name(key, behind, beside_name))
            *beside = sieve_integer(value, (size_t)(at - value), &integer);
        at = at != NULL ? sieve_space(at, end) : NULL;
    } while (at != NULL && at < end && *at == ',');
    return NULL;
}

const char *page_list(lua_State *L, int owner, const char *at, const char *end)
{
    struct way way = way_of(L, owner);
    bool beside = false;
    at = sieve_space(at, end);
    for (size_t i = 0; i < way.count && at != NULL; i++) {
        beside = false;
        at = find_member(at, end, way.names[i], way.beside, &beside);
    }
    if (way.beside.start != NULL && !beside)
        return NULL;
    return at != NULL && at < end && *at == '[' ? at + 1 : NULL;
}

static const char *row_at(const char *at, const char *end)
{
    at = sieve_space(at, end);
    return at < end && *at == '{' ? at : NULL;
}

const char *page_first_row(const char *at, const char *end)
{
    at = sieve_space(at, end);
    return at < end && *at == ']' ? at : row_at(at, end);
}

const char *page_next_row(const char *at, const char *end)
{
    at = sieve_space(at, end);
    if (at < end && *at == ']')
        return at;
    return at < end && *at == ',' ? row_at(at + 1, end) : NULL;
}
