/* Owns the module "sieve": takes out of a page of rows, before it is decoded, those that are surely
 * as they should be. What it cannot prove stays, for Lua to judge, so that an error here costs time
 * and never correctness. Decodes nothing and knows no call of the platform. */
#include "sieve.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "class.h"
#include "modules.h"
#include "sieve_text.h"

#define SIEVE "remora.sieve"

/* What Lua has of a sieve; pages that go through it may use it longer. */
struct handle {
    struct sieve *sieve; /* NULL once closed */
    lua_Integer *taken;  /* rows taken out, by choice */
};

static struct handle *check_handle(lua_State *L, int index)
{
    struct handle *handle = luaL_checkudata(L, index, SIEVE);
    luaL_argcheck(L, handle->sieve != NULL, index, "the sieve is closed");
    return handle;
}

struct strain *sieve_strain(lua_State *L, int index)
{
    struct strain *strain = strain_new(check_handle(L, index)->sieve);
    if (strain == NULL)
        luaL_error(L, "not enough memory");
    return strain;
}

/* Adds up the rows that were taken out of a page of which this text is left; how many. When its
 * list did not end as it should, they count only if it is JSON nevertheless. */
static size_t count(const struct handle *handle, const struct strain *strain, const char *text,
                    size_t length)
{
    const char *end = text + length;
    if (strain->place != BEHIND_ROWS) {
        const char *behind = sieve_value(sieve_space(text, end), end, 0);
        if (behind == NULL || sieve_space(behind, end) != end)
            return 0;
    }
    for (size_t i = 0; i < handle->sieve->patterns.choice_capacity; i++)
        handle->taken[i] += (lua_Integer)strain->taken[i];
    return strain->total;
}

/* sieve:page(text) → text, taken
 * The text, a string or a buffer (buffer.h), which is then empty, without those rows that match,
 * and how many those were. From what looks odd on, the text stays as it is; rows of a text that is
 * not JSON do not count. */
static int l_page(lua_State *L)
{
    size_t length;
    const struct handle *handle = check_handle(L, 1);
    const char *bytes = buffer_text(L, 2, &length);
    bool is_copy = lua_type(L, 2) == LUA_TSTRING;
    struct buffer *page = is_copy ? buffer_push(L) : buffer_check(L, 2);
    char *text =
        is_copy ? memcpy(lua_newuserdatauv(L, length, 0), bytes, length) : page->room.bytes;
    if (page->strain == NULL)
        page->strain = sieve_strain(L, 1);
    struct strain *strain = page->strain;
    luaL_argcheck(L, strain->sieve == handle->sieve, 2, "the page went through another sieve");
    length = strain_run(strain, text, length, true);
    lua_pushlstring(L, text, length);
    lua_pushinteger(L, strain->total > 0 ? (lua_Integer)count(handle, strain, text, length) : 0);
    buffer_free(page);
    return 2;
}

/* sieve:ready() → the sieve itself: a page may go through it from now on (remora.net.client) */
static int l_ready(lua_State *L)
{
    check_handle(L, 1);
    lua_settop(L, 1);
    return 1;
}

/* sieve:counts() → {[first] = {[second] = rows taken so far}}, without those of which none was */
static int l_counts(lua_State *L)
{
    const struct handle *handle = check_handle(L, 1);
    const struct patterns *patterns = &handle->sieve->patterns;
    lua_newtable(L);
    for (size_t i = 0; i < patterns->choice_capacity; i++) {
        const struct choice *choice = &patterns->choices[i];
        if (handle->taken[i] == 0)
            continue;
        if (lua_rawgeti(L, -1, choice->first) != LUA_TTABLE) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -1);
            lua_rawseti(L, -3, choice->first);
        }
        lua_pushinteger(L, handle->taken[i]);
        lua_rawseti(L, -2, choice->second);
        lua_pop(L, 1);
    }
    return 1;
}

/* sieve:take_counts() → the same, and counting begins anew */
static int l_take_counts(lua_State *L)
{
    const struct handle *handle = check_handle(L, 1);
    l_counts(L);
    memset(handle->taken, 0, handle->sieve->patterns.choice_capacity * sizeof *handle->taken);
    return 1;
}

/* sieve:close(): frees everything that no page needs any more. Idempotent; also __gc, __close. */
static int l_close(lua_State *L)
{
    struct handle *handle = luaL_checkudata(L, 1, SIEVE);
    if (handle->sieve != NULL)
        sieve_leave(handle->sieve);
    free(handle->taken);
    *handle = (struct handle){0};
    return 0;
}

/* sieve.new{list={"data", "info"}, beside="count", choose={{"a", "id"}, {"b", "id"}}, patterns=
 * {[first] = {[second] = pattern}}} → sieve
 * `list` is the path to the rows of a page, which are left alone unless an integer `beside` comes
 * before them in the same object. The integers at the two paths of `choose` tell which pattern a
 * row must match: an object of the pattern needs the members it names to match (json.null: to be
 * null or absent), a list the same number of elements; texts, integers and booleans must be the
 * same. A row of which no pattern tells never matches. */
static int l_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
    *handle = (struct handle){.sieve = sieve_make()};
    luaL_setmetatable(L, SIEVE);
    if (handle->sieve == NULL)
        return luaL_error(L, "not enough memory");
    struct patterns *patterns = &handle->sieve->patterns;
    way_read(L, &handle->sieve->way, 1);
    patterns_compile(L, patterns, 1);
    lua_settop(L, 2);
    handle->taken = calloc(patterns->choice_capacity + 1, sizeof *handle->taken);
    if (handle->taken == NULL || !sieve_open(handle->sieve))
        return luaL_error(L, "not enough memory");
    return 1;
}

int luaopen_sieve(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"close", l_close}, {"counts", l_counts}, {"take_counts", l_take_counts},
        {"page", l_page},   {"ready", l_ready},   {"__close", l_close},
        {"__gc", l_close},  {NULL, NULL},
    };
    static const luaL_Reg library[] = {{"new", l_new}, {NULL, NULL}};
    class_define(L, SIEVE, methods);
    luaL_newlib(L, library);
    return 1;
}
