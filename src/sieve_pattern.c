/* Compiles the patterns of a sieve from Lua tables, see sieve_pattern.h. */
#include "sieve_pattern.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "json.h"
#include "sieve_text.h"
#include "sieve_tree.h"

enum { FIRST_CHOICES = 16 };

static struct want *add_want(lua_State *L, struct patterns *p, enum want_kind kind, int node)
{
    p->wants = array_grow(L, p->wants, p->want_count, &p->want_capacity, sizeof *p->wants);
    struct want *want = &p->wants[p->want_count++];
    *want = (struct want){.kind = kind, .node = node};
    return want;
}

static void add_bytes(lua_State *L, struct patterns *p, enum want_kind kind, int node)
{
    size_t length;
    const char *bytes = lua_tolstring(L, -1, &length);
    size_t text = tree_text(L, &p->tree, bytes, length);
    struct want *want = add_want(L, p, kind, node);
    want->text = text;
    want->length = length;
}

static void add_table(lua_State *L, struct patterns *p, int node, int depth);

/* The wants of the value on top, for a node. */
static void add_value(lua_State *L, struct patterns *p, int node, int depth)
{
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        add_bytes(L, p, WANT_STRING, node);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
        add_bytes(L, p, WANT_SCALAR, node);
        lua_pop(L, 1);
        break;
    case LUA_TNUMBER:
        if (!lua_isinteger(L, -1)) {
            add_want(L, p, WANT_NEVER, node);
            break;
        }
        lua_pushfstring(L, "%I", lua_tointeger(L, -1));
        add_bytes(L, p, WANT_SCALAR, node);
        lua_pop(L, 1);
        break;
    case LUA_TLIGHTUSERDATA:
        add_want(L, p, WANT_UNSET, node);
        break;
    case LUA_TTABLE:
        add_table(L, p, node, depth);
        break;
    default:
        luaL_error(L, "a pattern holds a %s", luaL_typename(L, -1));
    }
}

static void add_table(lua_State *L, struct patterns *p, int node, int depth)
{
    int table = lua_gettop(L);
    lua_Integer length = luaL_len(L, table);
    luaL_checkstack(L, 6, "pattern nested too deeply");
    if (depth > SIEVE_DEPTH)
        luaL_error(L, "pattern nested too deeply");
    if (length > 0 || json_has_mark(L, table, JSON_ARRAY)) {
        add_want(L, p, WANT_LIST, node)->length = (size_t)length;
        for (lua_Integer i = 1; i <= length; i++) {
            lua_rawgeti(L, table, i);
            add_value(L, p, tree_add_element(L, &p->tree, node, i), depth + 1);
            lua_pop(L, 1);
        }
        return;
    }
    add_want(L, p, WANT_OBJECT, node);
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "an object in a pattern has names");
        add_value(L, p, tree_add_member(L, &p->tree, node, -2), depth + 1);
    }
}

static struct choice *place(struct choice *choices, size_t capacity, int64_t first, int64_t second)
{
    uint64_t hash = ((uint64_t)first * 0x9E3779B97F4A7C15 ^ (uint64_t)second) * 0xC2B2AE3D27D4EB4F;
    size_t at = (size_t)(hash >> 32) & (capacity - 1);
    while (choices[at].pattern >= 0 && (choices[at].first != first || choices[at].second != second))
        at = (at + 1) & (capacity - 1);
    return &choices[at];
}

const struct choice *patterns_choose(const struct patterns *p, int64_t first, int64_t second)
{
    if (p->choice_count == 0)
        return NULL;
    const struct choice *choice = place(p->choices, p->choice_capacity, first, second);
    return choice->pattern >= 0 ? choice : NULL;
}

/* Keeps at least half of the places free. */
static void add_choice(lua_State *L, struct patterns *p, struct choice new)
{
    if (p->choice_capacity < 2 * (p->choice_count + 1)) {
        size_t capacity = p->choice_capacity > 0 ? p->choice_capacity * 2 : FIRST_CHOICES;
        struct choice *choices = malloc(capacity * sizeof *choices);
        if (choices == NULL)
            luaL_error(L, "not enough memory");
        for (size_t i = 0; i < capacity; i++)
            choices[i].pattern = -1;
        for (size_t i = 0; i < p->choice_capacity; i++) {
            struct choice *old = &p->choices[i];
            if (old->pattern >= 0)
                *place(choices, capacity, old->first, old->second) = *old;
        }
        free(p->choices);
        p->choices = choices;
        p->choice_capacity = capacity;
    }
    *place(p->choices, p->choice_capacity, new.first, new.second) = new;
    p->choice_count++;
}

/* The number of the pattern on top; a table met before is the same pattern. `seen` is the index of
 * a table of those. */
static int pattern_number(lua_State *L, struct patterns *p, int seen)
{
    lua_pushvalue(L, -1);
    if (lua_rawget(L, seen) == LUA_TNUMBER) {
        int number = (int)lua_tointeger(L, -1);
        lua_pop(L, 1);
        return number;
    }
    lua_pop(L, 1);
    p->patterns =
        array_grow(L, p->patterns, p->pattern_count, &p->pattern_capacity, sizeof *p->patterns);
    int number = (int)p->pattern_count;
    size_t first = p->want_count;
    luaL_argcheck(L, lua_istable(L, -1), 1, "a pattern must be a table");
    add_table(L, p, 0, 0);
    p->patterns[p->pattern_count++] =
        (struct pattern){.first = first, .count = p->want_count - first};
    lua_pushvalue(L, -1);
    lua_pushinteger(L, number);
    lua_rawset(L, seen);
    return number;
}

/* The nodes of the paths in the list at the top, which tell where the two numbers are. */
static void read_chooser(lua_State *L, struct patterns *p)
{
    for (int i = 0; i < 2; i++) {
        luaL_argcheck(L, lua_istable(L, -1) && lua_rawgeti(L, -1, i + 1) == LUA_TTABLE, 1,
                      "choose must be a list of two paths");
        int node = 0;
        for (lua_Integer k = 1; lua_rawgeti(L, -1, k) == LUA_TSTRING; k++) {
            node = tree_add_member(L, &p->tree, node, -1);
            lua_pop(L, 1);
        }
        p->chooser[i] = node;
        lua_pop(L, 2);
    }
}

void patterns_compile(lua_State *L, struct patterns *p, int spec)
{
    tree_plant(L, &p->tree);
    lua_getfield(L, spec, "choose");
    read_chooser(L, p);
    lua_newtable(L);
    int seen = lua_gettop(L);
    luaL_argcheck(L, lua_getfield(L, spec, "patterns") == LUA_TTABLE, 1,
                  "patterns must be a table");
    for (lua_pushnil(L); lua_next(L, seen + 1) != 0; lua_pop(L, 1)) {
        int64_t first = luaL_checkinteger(L, seen + 2);
        luaL_checktype(L, seen + 3, LUA_TTABLE);
        for (lua_pushnil(L); lua_next(L, seen + 3) != 0; lua_pop(L, 1)) {
            int64_t second = luaL_checkinteger(L, -2);
            add_choice(L, p,
                       (struct choice){.first = first,
                                       .second = second,
                                       .pattern = pattern_number(L, p, seen)});
        }
    }
    lua_settop(L, seen - 2);
}

void patterns_free(struct patterns *p)
{
    tree_free(&p->tree);
    free(p->wants);
    free(p->patterns);
    free(p->choices);
    *p = (struct patterns){0};
}
