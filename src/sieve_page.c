/* Finds the list of rows in a page, see sieve_page.h. */
#include "sieve_page.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sieve_text.h"

/* A copy of the string on top, which is popped. */
static void take_name(lua_State *L, struct span *name)
{
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    char *copy = malloc(length + 1);
    if (copy == NULL)
        luaL_error(L, "not enough memory");
    memcpy(copy, text, length + 1);
    *name = (struct span){copy, length};
    lua_pop(L, 1);
}

void way_read(lua_State *L, struct way *way, int spec)
{
    luaL_argcheck(L, lua_getfield(L, spec, "list") == LUA_TTABLE, spec, "list must be a path");
    lua_Integer count = luaL_len(L, -1);
    luaL_argcheck(L, count > 0 && count <= WAY_NAMES, spec, "list must have one to eight names");
    for (lua_Integer i = 1; i <= count; i++) {
        luaL_argcheck(L, lua_rawgeti(L, -1, i) == LUA_TSTRING, spec, "list must hold names");
        take_name(L, &way->names[way->count]);
        way->count++;
    }
    int type = lua_getfield(L, spec, "beside");
    luaL_argcheck(L, type == LUA_TSTRING || type == LUA_TNIL, spec, "beside must be a name");
    if (type == LUA_TSTRING)
        take_name(L, &way->beside);
    else
        lua_pop(L, 1);
    lua_pop(L, 1);
}

void way_free(struct way *way)
{
    for (size_t i = 0; i < way->count; i++)
        free((char *)way->names[i].start);
    free((char *)way->beside.start);
    *way = (struct way){0};
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

const char *page_list(const struct way *way, const char *at, const char *end)
{
    bool beside = false;
    at = sieve_space(at, end);
    for (size_t i = 0; i < way->count && at != NULL; i++) {
        beside = false;
        at = find_member(at, end, way->names[i], way->beside, &beside);
    }
    if (way->beside.start != NULL && !beside)
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
