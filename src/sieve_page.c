/* Finds the rows in a page, see sieve_page.h. */
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

/* From the name of a member to its value; NULL when there is none. */
static const char *member_value(const char *at, const char *end, struct span *name)
{
    const char *quoted = sieve_space(at, end);
    const char *behind = sieve_string(quoted, end);
    if (behind == NULL)
        return NULL;
    *name = (struct span){quoted, (size_t)(behind - quoted)};
    at = sieve_space(behind, end);
    return at < end && *at == ':' ? sieve_space(at + 1, end) : NULL;
}

static bool is_name(struct span quoted, struct span name)
{
    return quoted.length == name.length + 2
           && memcmp(quoted.start + 1, name.start, name.length) == 0;
}

/* From the object at `at` to the value of its member; *beside tells whether the other name was met
 * before it with an integer. NULL when it is not there. */
static const char *find_member(const char *at, const char *end, struct span name,
                               struct span beside_name, bool *beside)
{
    if (at >= end || *at != '{')
        return NULL;
    do {
        struct span key;
        const char *value = member_value(at + 1, end, &key);
        if (value == NULL || is_name(key, name))
            return value;
        at = sieve_value(value, end, 1);
        int64_t integer;
        if (at != NULL && beside_name.start != NULL && is_name(key, beside_name))
            *beside = sieve_integer(value, (size_t)(at - value), &integer);
        at = at != NULL ? sieve_space(at, end) : NULL;
    } while (at != NULL && at < end && *at == ',');
    return NULL;
}

const char *page_rows(const struct way *way, const char *at, const char *end)
{
    bool beside = false;
    at = sieve_space(at, end);
    for (size_t i = 0; i < way->count && at != NULL; i++) {
        beside = false;
        at = find_member(at, end, way->names[i], way->beside, &beside);
    }
    if (way->beside.start != NULL && !beside)
        return NULL;
    return at != NULL && at < end && *at == (way->named ? '{' : '[') ? at + 1 : NULL;
}

static bool is_close(const struct way *way, const char *at, const char *end)
{
    return at < end && *at == (way->named ? '}' : ']');
}

static const char *row_at(const struct way *way, const char *at, const char *end, struct span *name)
{
    at = way->named ? member_value(at, end, name) : sieve_space(at, end);
    return at != NULL && at < end && *at == '{' ? at : NULL;
}

const char *page_first_row(const struct way *way, const char *at, const char *end,
                           struct span *name)
{
    at = sieve_space(at, end);
    return is_close(way, at, end) ? at : row_at(way, at, end, name);
}

const char *page_next_row(const struct way *way, const char *at, const char *end, struct span *name)
{
    at = sieve_space(at, end);
    if (is_close(way, at, end))
        return at;
    return at < end && *at == ',' ? row_at(way, at + 1, end, name) : NULL;
}
