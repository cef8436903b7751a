/* Owns writing JSON in one canonical form: the same value gives the same bytes in every run. Walks
 * lists and objects; json_text.c spells what is in them. Never reads JSON and never changes the
 * value. */
#include "arena.h"
#include "json.h"
#include "json_text.h"
#include "options.h"

#include <lauxlib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEW_KEYS = 16,
    SHORT_TEXT = 2048,
    WRITTEN = 64, /* tables of which it is remembered that they were written */
};

/* A key of an object that is being written; the string is held by the object itself. */
struct key {
    const char *text;
    size_t length;
};

/* A table that was written, where its text lies, and how deep it was. */
struct written {
    const void *table;
    size_t from;
    size_t length;
    int depth;
};

struct writer {
    lua_State *L;
    struct arena text;
    struct arena keys;     /* of all objects that are open, outermost first */
    const void *list_mark; /* metatables, see json.h */
    const void *raw_mark;
    int indent; /* spaces a level; 0: everything on one line */
    int depth;
    struct written written[WRITTEN]; /* each at the place that its address gives */
};

static void put_line(struct writer *writer)
{
    if (writer->indent == 0)
        return;
    size_t width = (size_t)writer->indent * (size_t)writer->depth;
    char *line = arena_take(&writer->text, width + 1);
    line[0] = '\n';
    memset(line + 1, ' ', width);
}

static void put_number(struct writer *writer)
{
    lua_State *L = writer->L;
    if (lua_isinteger(L, -1))
        json_put_integer(&writer->text, lua_tointeger(L, -1));
    else
        json_put_float(&writer->text, lua_tonumber(L, -1));
}

static void put_value(struct writer *writer);

static void put_list(struct writer *writer, lua_Integer length)
{
    lua_State *L = writer->L;
    int list = lua_gettop(L);
    json_put_byte(&writer->text, '[');
    writer->depth++;
    for (lua_Integer i = 1; i <= length; i++) {
        if (i > 1)
            json_put_byte(&writer->text, ',');
        put_line(writer);
        lua_rawgeti(L, list, i);
        put_value(writer);
        lua_pop(L, 1);
    }
    writer->depth--;
    if (length > 0)
        put_line(writer);
    json_put_byte(&writer->text, ']');
}

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left;
    const struct key *b = right;
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Most objects have a few members only, which qsort is slow to begin with. */
static void sort_keys(struct key *keys, size_t count)
{
    if (count > FEW_KEYS) {
        qsort(keys, count, sizeof *keys, compare_keys);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct key key = keys[i];
        size_t place = i;
        for (; place > 0 && compare_keys(&keys[place - 1], &key) > 0; place--)
            keys[place] = keys[place - 1];
        keys[place] = key;
    }
}

/* The keys lie in the arena from `first` bytes on; asked for anew each time because a nested object
 * may move it. */
static const struct key *key_at(struct writer *writer, size_t first, size_t index)
{
    return (const struct key *)(void *)(writer->keys.data + first) + index;
}

static void put_object(struct writer *writer, size_t first, size_t count)
{
    lua_State *L = writer->L;
    int object = lua_gettop(L);
    sort_keys((struct key *)(void *)(writer->keys.data + first), count);
    json_put_byte(&writer->text, '{');
    writer->depth++;
    for (size_t i = 0; i < count; i++) {
        const struct key *key = key_at(writer, first, i);
        if (i > 0)
            json_put_byte(&writer->text, ',');
        put_line(writer);
        json_put_string(&writer->text, key->text, key->length);
        json_put_byte(&writer->text, ':');
        if (writer->indent > 0)
            json_put_byte(&writer->text, ' ');
        lua_pushlstring(L, key->text, key->length);
        lua_rawget(L, object);
        put_value(writer);
        lua_pop(L, 1);
    }
    writer->depth--;
    if (count > 0)
        put_line(writer);
    json_put_byte(&writer->text, '}');
}

/* One walk over the keys tells a list from an object and gathers what an object needs to be sorted.
 */
static void put_table(struct writer *writer, bool marked)
{
    lua_State *L = writer->L;
    size_t first = writer->keys.used;
    lua_Integer names = 0;
    lua_Integer indices = 0;
    lua_Integer most = 0;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING) {
            struct key *key = arena_take(&writer->keys, sizeof *key);
            key->text = lua_tolstring(L, -1, &key->length);
            names++;
        } else if (lua_isinteger(L, -1) && lua_tointeger(L, -1) > 0) {
            lua_Integer index = lua_tointeger(L, -1);
            most = index > most ? index : most;
            indices++;
        } else {
            luaL_error(L, "JSON cannot hold a key of type %s", luaL_typename(L, -1));
        }
    }
    if (most != indices)
        luaL_error(L, "JSON cannot hold a list with holes");
    if (names > 0 && (indices > 0 || marked))
        luaL_error(L, "JSON cannot hold a table that is both list and object");
    if (indices > 0 || marked)
        put_list(writer, indices);
    else
        put_object(writer, first, (size_t)names);
    writer->keys.used = first;
}

static void put_raw(struct writer *writer)
{
    lua_State *L = writer->L;
    lua_rawgeti(L, -1, 1);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    json_put(&writer->text, text, length);
    lua_pop(L, 1);
}

/* Objects that are alike mostly share a part, whose text is copied when it comes again. */
static void put_nested(struct writer *writer)
{
    lua_State *L = writer->L;
    const void *mark = NULL;
    if (lua_getmetatable(L, -1)) {
        mark = lua_topointer(L, -1);
        lua_pop(L, 1);
    }
    if (mark == writer->raw_mark) {
        put_raw(writer);
        return;
    }
    const void *table = lua_topointer(L, -1);
    struct written *written = &writer->written[(uintptr_t)table / sizeof(void *) % WRITTEN];
    if (written->table == table && writer->depth <= written->depth && writer->indent == 0) {
        char *text = arena_take(&writer->text, written->length);
        memcpy(text, writer->text.data + written->from, written->length);
        return;
    }
    if (writer->depth >= JSON_DEPTH_MOST)
        luaL_error(L, "JSON nested deeper than %d levels; does the value contain itself?",
                   JSON_DEPTH_MOST);
    luaL_checkstack(L, 8, "JSON nested too deeply");
    size_t from = writer->text.used;
    put_table(writer, mark == writer->list_mark);
    *written = (struct written){table, from, writer->text.used - from, writer->depth};
}

/* Writes the value on top of the stack and leaves it there. */
static void put_value(struct writer *writer)
{
    lua_State *L = writer->L;
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
        put_number(writer);
        return;
    case LUA_TBOOLEAN: {
        const char *word = lua_toboolean(L, -1) ? "true" : "false";
        json_put(&writer->text, word, strlen(word));
        return;
    }
    case LUA_TSTRING: {
        size_t length;
        const char *text = lua_tolstring(L, -1, &length);
        json_put_string(&writer->text, text, length);
        return;
    }
    case LUA_TTABLE:
        put_nested(writer);
        return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, -1)) {
            json_put(&writer->text, "null", 4);
            return;
        }
        break;
    default:
        break;
    }
    luaL_error(L, "JSON cannot hold a value of type %s", luaL_typename(L, -1));
}

/* json.encode(value [, {indent = 0}]) → text
 * Keys in byte order, integers exact, floats in the fewest digits that read back the same, UTF-8 as
 * it is. A table is a list when it carries json.array_mt or its keys are exactly 1..n; an empty one
 * without the mark is an object. What JSON cannot hold (functions, NaN, holes, mixed keys) is the
 * caller's bug: a Lua error. */
int json_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    struct writer writer = {.L = L};
    const struct option options[] = {
        {"indent", .value = &writer.indent, .least = 0, .most = 16},
        {0},
    };
    options_read(L, 2, options);
    lua_settop(L, 1);
    char text[SHORT_TEXT];
    struct key keys[FEW_KEYS];
    arena_open(&writer.text, L, text, sizeof text);
    arena_open(&writer.keys, L, keys, sizeof keys);
    luaL_getmetatable(L, JSON_ARRAY);
    writer.list_mark = lua_topointer(L, -1);
    luaL_getmetatable(L, JSON_RAW);
    writer.raw_mark = lua_topointer(L, -1);
    lua_pushvalue(L, 1);
    put_value(&writer);
    lua_pushlstring(L, writer.text.data, writer.text.used);
    return 1;
}
