/* Owns the module "pick": takes a few values out of each row of a page, so that rows of which
 * little is wanted never become tables. What it cannot read that way it leaves to the decoder.
 * Knows no call of the platform. */
#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "buffer.h"
#include "class.h"
#include "modules.h"
#include "pick_trail.h"
#include "pick_values.h"
#include "sieve_page.h"
#include "sieve_shape.h"
#include "sieve_text.h"
#include "sieve_tree.h"

#define PICK "remora.pick"

/* What is wanted of a row: one value, or the text of a list of several: those of some members, or
 * all that a trail leads to from a member on. */
struct column {
    size_t first, count; /* of the picker's nodes */
    bool as_text;
    struct trail trail; /* no step: there is none */
};

/* A picker; its user value is the list of the names under which values come: that of the rows' own
 * names first, where they have one, then those of the columns. */
struct pick {
    struct tree tree;
    int *nodes;
    struct column *columns;
    size_t node_count, node_capacity, column_count, column_capacity;
    struct way way;
    struct shapes shapes;
    struct span scalars[ROW_SCALARS]; /* of the row at hand */
};

/* One value; false when it is none that can be picked. */
static bool pick_value(lua_State *L, struct picked *picked, const struct place_in_row *place,
                       const struct span *scalars)
{
    static const struct span nothing = {"", 0};
    if (place->kind == PLACE_LIST || place->kind == PLACE_OBJECT)
        return false;
    picked_add(L, picked, place->kind == PLACE_SCALAR ? scalars[place->number] : nothing);
    return true;
}

/* Adds one to the values of a JSON list, whose text is what was added last. */
static void append_value(lua_State *L, struct picked *picked, struct span value)
{
    static const struct span open = {"[", 1}, comma = {",", 1};
    picked_append(L, picked, picked_last(picked) == 0 ? open : comma);
    picked_append(L, picked, value);
}

/* The values of a column as the text of a JSON list, as the page writes them. */
static bool pick_text(lua_State *L, const struct pick *pick, struct picked *picked,
                      const struct column *column, const struct shape *shape)
{
    static const struct span close = {"]", 1}, null = {"null", 4};
    picked_add_empty(L, picked);
    for (size_t i = 0; i < column->count; i++) {
        const struct place_in_row *place = &shape->places[pick->nodes[column->first + i]];
        struct span text = null;
        if (place->kind != PLACE_NONE)
            text = shape_text(place, pick->scalars);
        if (text.start == NULL)
            return false;
        append_value(L, picked, text);
    }
    picked_append(L, picked, close);
    return true;
}

static void take_value(lua_State *L, void *picked, struct span value)
{
    append_value(L, picked, value);
}

/* All values at the end of a column's trail as the text of a JSON list. */
static bool pick_trail(lua_State *L, struct picked *picked, const struct place_in_row *place,
                       const struct span *scalars, struct trail *trail)
{
    static const struct span empty = {"[]", 2}, close = {"]", 1};
    picked_add_empty(L, picked);
    if (place->kind != PLACE_NONE) {
        struct span value = shape_text(place, scalars);
        if (value.start == NULL || !trail_follow(L, trail, value, take_value, picked))
            return false;
    }
    picked_append(L, picked, picked_last(picked) == 0 ? empty : close);
    return true;
}

static bool pick_column(lua_State *L, struct pick *pick, struct picked *picked,
                        struct column *column, const struct shape *shape)
{
    const struct place_in_row *first = &shape->places[pick->nodes[column->first]];
    if (column->as_text)
        return pick_text(L, pick, picked, column, shape);
    if (column->trail.count > 0)
        return pick_trail(L, picked, first, pick->scalars, &column->trail);
    return pick_value(L, picked, first, pick->scalars);
}

/* The values of the row at `at`. Behind the row, NULL when it cannot be read here. */
static const char *pick_row(lua_State *L, struct pick *pick, struct picked *picked, const char *at,
                            const char *end)
{
    const struct shape *shape = shapes_find(&pick->shapes, &pick->tree, pick->scalars, &at, end);
    if (shape == NULL)
        return NULL;
    for (size_t i = 0; i < pick->column_count; i++)
        if (!pick_column(L, pick, picked, &pick->columns[i], shape))
            return NULL;
    picked->rows++;
    return at;
}

/* All rows from the inside of their brackets on; the closing one, NULL when not all can be read. */
static const char *pick_rows(lua_State *L, struct pick *pick, struct picked *picked, const char *at,
                             const char *end)
{
    struct span name;
    at = page_first_row(&pick->way, at, end, &name);
    while (at != NULL && *at == '{') {
        if (pick->way.named)
            picked_add(L, picked, name);
        at = pick_row(L, pick, picked, at, end);
        at = at != NULL ? page_next_row(&pick->way, at, end, &name) : NULL;
    }
    return at;
}

/* pick:page(text) → text, picked
 * The text, a string or a buffer (buffer.h), without its rows, and what was picked of them
 * (pick_values.c). A text whose rows are not where they should be, or hold what cannot be
 * picked (lists and objects where one value is wanted, numbers that are no plain integers), comes
 * back as it is, without anything picked. */
static int l_page(lua_State *L)
{
    struct pick *pick = luaL_checkudata(L, 1, PICK);
    luaL_argcheck(L, pick->nodes != NULL, 1, "the picker is closed");
    size_t length;
    const char *text = buffer_text(L, 2, &length), *end = text + length;
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, 1);
    struct picked *picked = picked_push(L, pick->column_count + pick->way.named, 3);
    const char *inside = page_rows(&pick->way, text, end);
    const char *close = inside != NULL ? pick_rows(L, pick, picked, inside, end) : NULL;
    if (close == NULL) {
        picked_free(picked);
        lua_pushlstring(L, text, length);
        return 1;
    }
    lua_pushlstring(L, text, (size_t)(inside - text));
    lua_pushlstring(L, close, (size_t)(end - close));
    lua_concat(L, 2);
    lua_insert(L, -2);
    return 2;
}

/* Adds the node of the path at the top: a list of names. */
static void add_path(lua_State *L, struct pick *pick)
{
    int node = 0;
    luaL_argcheck(L, lua_istable(L, -1) && luaL_len(L, -1) > 0, 1, "a path must have names");
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "a path must be a list of names");
        node = tree_add_member(L, &pick->tree, node, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    pick->nodes =
        array_grow(L, pick->nodes, pick->node_count, &pick->node_capacity, sizeof *pick->nodes);
    pick->nodes[pick->node_count++] = node;
}

/* Reads the trail of the path at the top, if it has one. */
static void read_trail(lua_State *L, struct trail *trail)
{
    int type = lua_getfield(L, -1, "trail");
    luaL_argcheck(L, type == LUA_TTABLE || type == LUA_TNIL, 1, "a trail must be a list of names");
    for (lua_Integer i = 1; type == LUA_TTABLE && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        trail_add(L, trail, -1);
        lua_pop(L, 1);
    }
    if (type == LUA_TTABLE)
        lua_pop(L, 1);
    lua_pop(L, 1);
}

/* Adds the column at the top: a path, or a list of paths. */
static void add_column(lua_State *L, struct pick *pick)
{
    luaL_argcheck(L, lua_istable(L, -1), 1, "a column must be a path or a list of paths");
    pick->columns = array_grow(L, pick->columns, pick->column_count, &pick->column_capacity,
                               sizeof *pick->columns);
    struct column *column = &pick->columns[pick->column_count++];
    *column = (struct column){.first = pick->node_count};
    column->as_text = lua_rawgeti(L, -1, 1) == LUA_TTABLE;
    lua_pop(L, 1);
    if (!column->as_text) {
        add_path(L, pick);
        read_trail(L, &column->trail);
    }
    for (lua_Integer i = 1; column->as_text && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        add_path(L, pick);
        lua_pop(L, 1);
    }
    if (column->as_text)
        lua_pop(L, 1);
    column->count = pick->node_count - column->first;
}

/* pick:close(): frees everything; closing twice is fine. Also __gc and __close. */
static int l_close(lua_State *L)
{
    struct pick *pick = luaL_checkudata(L, 1, PICK);
    way_free(&pick->way);
    tree_free(&pick->tree);
    shapes_free(&pick->shapes);
    for (size_t i = 0; i < pick->column_count; i++)
        trail_free(&pick->columns[i].trail);
    free(pick->nodes);
    free(pick->columns);
    *pick = (struct pick){0};
    return 0;
}

/* Whether the rows have names, and under which name these come: it is added to the list on top. */
static void read_named(lua_State *L, struct pick *pick)
{
    int type = lua_getfield(L, 1, "named");
    luaL_argcheck(L, type == LUA_TSTRING || type == LUA_TNIL, 1, "named must be a name");
    pick->way.named = type == LUA_TSTRING;
    if (pick->way.named)
        lua_rawseti(L, -2, 1);
    else
        lua_pop(L, 1);
}

/* pick.new{list={"data", "info"}, beside="count", named="key", columns={name = {"process",
 * "user"}}} → pick `list` and `beside` tell where a page has its rows (sieve_page.h), `columns` the
 * name under which a value is wanted and where it is in a row: a path, or a list of paths, whose
 * values come as the text of a JSON list, null for what is not there. A path may have a `trail`
 * (pick_trail.h): all values that it leads to from there on come as the text of a JSON list. With
 * `named` the rows are not in a list, but members of an object, and their names come under that
 * name. */
static int l_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct pick *pick = lua_newuserdatauv(L, sizeof *pick, 1);
    memset(pick, 0, sizeof *pick);
    luaL_setmetatable(L, PICK);
    way_read(L, &pick->way, 1);
    tree_plant(L, &pick->tree);
    luaL_argcheck(L, lua_getfield(L, 1, "columns") == LUA_TTABLE, 1, "columns must be a table");
    lua_newtable(L);
    read_named(L, pick);
    for (lua_pushnil(L); lua_next(L, 3) != 0; lua_pop(L, 1)) {
        luaL_argcheck(L, lua_type(L, 5) == LUA_TSTRING, 1, "a column has a name");
        add_column(L, pick);
        lua_pushvalue(L, 5);
        lua_rawseti(L, 4, luaL_len(L, 4) + 1);
    }
    luaL_argcheck(L, pick->column_count > 0, 1, "columns must not be empty");
    lua_setiuservalue(L, 2, 1);
    lua_settop(L, 2);
    return 1;
}

int luaopen_pick(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"close", l_close}, {"page", l_page}, {"__close", l_close}, {"__gc", l_close}, {NULL, NULL},
    };
    static const luaL_Reg library[] = {{"new", l_new}, {NULL, NULL}};
    class_define(L, PICK, methods);
    luaL_newlib(L, library);
    return 1;
}
