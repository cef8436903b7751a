/*
 * Owns the module "sieve": takes out of a page of rows, before it is decoded, those that are surely
 * as they should be. What it cannot prove stays, for Lua to judge, so that an error here costs time
 * and never correctness. Decodes nothing and knows no call of the platform.
 */
#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "class.h"
#include "modules.h"
#include "sieve_page.h"
#include "sieve_pattern.h"
#include "sieve_row.h"
#include "sieve_text.h"

#define SIEVE "remora.sieve"

struct sieve {
    struct patterns patterns;
    struct rows rows;
    struct choice **dropped; /* by the rows taken out of the page at hand */
    size_t dropped_capacity;
};

static struct sieve *check_sieve(lua_State *L)
{
    struct sieve *sieve = luaL_checkudata(L, 1, SIEVE);
    luaL_argcheck(L, sieve->patterns.tree.nodes != NULL, 1, "the sieve is closed");
    return sieve;
}

/* What is left of a page so far. */
struct rest {
    luaL_Buffer text;
    size_t kept, dropped;
};

static void drop(lua_State *L, struct sieve *sieve, struct rest *rest, struct choice *choice)
{
    sieve->dropped = sieve_grow(L, sieve->dropped, rest->dropped, &sieve->dropped_capacity,
                                sizeof *sieve->dropped);
    sieve->dropped[rest->dropped++] = choice;
}

/* Takes rows from the inside of the list at `at` on; its closing bracket, or NULL when anything
 * looks odd. */
static const char *take_rows(lua_State *L, struct sieve *sieve, const char *at, const char *end,
                             struct rest *rest)
{
    at = page_first_row(at, end);
    while (at != NULL && *at == '{') {
        struct choice *choice;
        const char *row = at;
        at = rows_match(L, &sieve->rows, &sieve->patterns, row, end, &choice);
        if (at == NULL)
            return NULL;
        if (choice != NULL) {
            drop(L, sieve, rest, choice);
        } else {
            if (rest->kept++ > 0)
                luaL_addchar(&rest->text, ',');
            luaL_addlstring(&rest->text, row, (size_t)(at - row));
        }
        at = page_next_row(at, end);
    }
    return at;
}

/* sieve:page(text) → text, dropped
 * The text, a string or a buffer (buffer.h), without those rows that match, and how many those
 * were. A text in which the list is not where the sieve expects it, or that is not JSON, comes back
 * as it is. */
static int l_page(lua_State *L)
{
    struct sieve *sieve = check_sieve(L);
    size_t length;
    const char *text = buffer_check(L, 2, &length), *end = text + length;
    lua_settop(L, 2);
    const char *inside = page_list(L, 1, text, end);
    struct rest rest = {.kept = 0};
    if (inside != NULL) {
        luaL_buffinit(L, &rest.text);
        luaL_addlstring(&rest.text, text, (size_t)(inside - text));
        inside = take_rows(L, sieve, inside, end, &rest);
    }
    if (inside == NULL || rest.dropped == 0) {
        lua_pushlstring(L, text, length);
        lua_pushinteger(L, 0);
        return 2;
    }
    luaL_addlstring(&rest.text, inside, (size_t)(end - inside));
    luaL_pushresult(&rest.text);
    for (size_t i = 0; i < rest.dropped; i++)
        sieve->dropped[i]->dropped++;
    lua_pushinteger(L, (lua_Integer)rest.dropped);
    return 2;
}

/* sieve:counts() → {[first] = {[second] = rows dropped so far}}, without those of which none was */
static int l_counts(lua_State *L)
{
    const struct patterns *patterns = &check_sieve(L)->patterns;
    lua_newtable(L);
    for (size_t i = 0; i < patterns->choice_capacity; i++) {
        const struct choice *choice = &patterns->choices[i];
        if (choice->pattern < 0 || choice->dropped == 0)
            continue;
        if (lua_rawgeti(L, -1, choice->first) != LUA_TTABLE) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -1);
            lua_rawseti(L, -3, choice->first);
        }
        lua_pushinteger(L, choice->dropped);
        lua_rawseti(L, -2, choice->second);
        lua_pop(L, 1);
    }
    return 1;
}

/* sieve:take_counts() → the same, and counting begins anew */
static int l_take_counts(lua_State *L)
{
    struct patterns *patterns = &check_sieve(L)->patterns;
    l_counts(L);
    for (size_t i = 0; i < patterns->choice_capacity; i++)
        patterns->choices[i].dropped = 0;
    return 1;
}

/* sieve:close(): frees everything; closing twice is fine. Also __gc and __close. */
static int l_close(lua_State *L)
{
    struct sieve *sieve = luaL_checkudata(L, 1, SIEVE);
    patterns_free(&sieve->patterns);
    rows_free(&sieve->rows);
    free(sieve->dropped);
    sieve->dropped = NULL;
    sieve->dropped_capacity = 0;
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
    struct sieve *sieve = lua_newuserdatauv(L, sizeof *sieve, 1);
    memset(sieve, 0, sizeof *sieve);
    luaL_setmetatable(L, SIEVE);
    page_keep_way(L, 2, 1);
    patterns_compile(L, &sieve->patterns, 1);
    lua_settop(L, 2);
    return 1;
}

int luaopen_sieve(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"close", l_close},
        {"counts", l_counts},
        {"take_counts", l_take_counts},
        {"page", l_page},
        {"__close", l_close},
        {"__gc", l_close},
        {NULL, NULL},
    };
    static const luaL_Reg library[] = {{"new", l_new}, {NULL, NULL}};
    class_define(L, SIEVE, methods);
    luaL_newlib(L, library);
    return 1;
}
