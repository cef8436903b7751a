/* Owns where every key and value of one YAML document stands. Nearly all of it is never asked for:
 * so noting a place is two numbers in a row, and what makes finding it quick waits for the first
 * question about its container.
 *
 * Two places, a value's and its key's, are packed into one number. From the highest bit: 24 of the
 * value's line, 14 of its column, 12 of the lines from it back to its key, 14 of the key's column.
 * What does not fit is clamped. */
#include "yaml_marks.h"
#include "class.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MARKS "yaml.marks"

/* The key of a container's own mark: how many entries follow it, and whether they are sorted. */
enum { SORTED = 1, ENTRIES_SHIFT = 1 };

static uint64_t clamp(size_t number, unsigned bits)
{
    uint64_t most = (UINT64_C(1) << bits) - 1;
    return number < most ? number : most;
}

static uint64_t pack(yaml_mark_t value, yaml_mark_t key)
{
    uint64_t bits = clamp(value.line + 1, 24);
    bits = bits << 14 | clamp(value.column + 1, 14);
    bits = bits << 12 | clamp(value.line - key.line, 12);
    return bits << 14 | clamp(key.column + 1, 14);
}

static lua_Integer key_line(uint64_t place)
{
    return (lua_Integer)(place >> 40) - (lua_Integer)(place >> 14 & 0xFFF);
}

/* Room for so many marks more at the end of a list. */
static struct yaml_mark *extend(lua_State *L, struct yaml_mark_list *list, size_t more)
{
    if (list->room - list->count < more) {
        size_t room = list->room * 2 + more + 64;
        struct yaml_mark *marks = realloc(list->marks, room * sizeof *marks);
        if (!marks)
            luaL_error(L, "not enough memory");
        list->marks = marks;
        list->room = room;
    }
    list->count += more;
    return list->marks + list->count - more;
}

uint64_t yaml_marks_key(const char *name, size_t length)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        key = (key ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
    return key;
}

void yaml_marks_add(lua_State *L, struct yaml_marks *marks, uint64_t key, yaml_mark_t value,
                    yaml_mark_t at)
{
    *extend(L, &marks->open, 1) = (struct yaml_mark){key, pack(value, at)};
}

lua_Integer yaml_marks_line(const struct yaml_marks *marks, uint64_t key, size_t entries)
{
    const struct yaml_mark *end = marks->open.marks + marks->open.count;
    for (const struct yaml_mark *mark = end - entries; mark < end; mark++)
        if (mark->key == key)
            return key_line(mark->place);
    return 0;
}

void yaml_marks_close(lua_State *L, int index, yaml_mark_t container, size_t entries)
{
    struct yaml_marks *marks = lua_touserdata(L, index);
    size_t own = marks->closed.count;
    struct yaml_mark *mark = extend(L, &marks->closed, entries + 1);

    *mark = (struct yaml_mark){(uint64_t)entries << ENTRIES_SHIFT, pack(container, container)};
    marks->open.count -= entries;
    if (entries > 0)
        memcpy(mark + 1, marks->open.marks + marks->open.count, entries * sizeof *mark);
    lua_getiuservalue(L, index, 1);
    lua_pushvalue(L, -2);
    lua_pushinteger(L, (lua_Integer)own);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

void yaml_marks_share(lua_State *L, int index, int container)
{
    lua_getiuservalue(L, index, 1);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, container);
    lua_rawget(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

static int compare(const void *left, const void *right)
{
    uint64_t a = ((const struct yaml_mark *)left)->key, b = ((const struct yaml_mark *)right)->key;
    return (a > b) - (a < b);
}

/* The mark of an entry of a container, given the container's own; NULL: there is none. */
static const struct yaml_mark *find(struct yaml_mark *own, uint64_t key)
{
    const struct yaml_mark wanted = {.key = key};
    size_t entries = (size_t)(own->key >> ENTRIES_SHIFT);

    if ((own->key & SORTED) == 0)
        qsort(own + 1, entries, sizeof *own, compare);
    own->key |= SORTED;
    return bsearch(&wanted, own + 1, entries, sizeof *own, compare);
}

/* marks:find(container [, key]) → value's line, value's column, key's line, key's column | nil
 * Where an entry of a container stands, or without a key the container itself. */
static int l_find(lua_State *L)
{
    const struct yaml_marks *marks = luaL_checkudata(L, 1, MARKS);
    const struct yaml_mark *mark;
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    if (lua_isnil(L, 2) || lua_rawget(L, 4) == LUA_TNIL)
        return 0;
    struct yaml_mark *own = marks->closed.marks + lua_tointeger(L, -1);
    size_t length;
    const char *name = lua_type(L, 3) == LUA_TSTRING ? lua_tolstring(L, 3, &length) : NULL;
    if (name)
        mark = find(own, yaml_marks_key(name, length));
    else
        mark = lua_isnil(L, 3) ? own : find(own, (uint64_t)lua_tointeger(L, 3));
    if (!mark)
        return 0;
    lua_pushinteger(L, (lua_Integer)(mark->place >> 40));
    lua_pushinteger(L, (lua_Integer)(mark->place >> 26 & 0x3FFF));
    lua_pushinteger(L, key_line(mark->place));
    lua_pushinteger(L, (lua_Integer)(mark->place & 0x3FFF));
    return 4;
}

static int l_close(lua_State *L)
{
    struct yaml_marks *marks = luaL_checkudata(L, 1, MARKS);
    free(marks->closed.marks);
    free(marks->open.marks);
    memset(marks, 0, sizeof *marks);
    return 0;
}

struct yaml_marks *yaml_marks_push(lua_State *L)
{
    static const luaL_Reg methods[] = {{"find", l_find}, {"__gc", l_close}, {NULL, NULL}};
    struct yaml_marks *marks = lua_newuserdatauv(L, sizeof *marks, 1);
    memset(marks, 0, sizeof *marks);
    lua_newtable(L); /* container → number of its own mark */
    lua_setiuservalue(L, -2, 1);
    class_define(L, MARKS, methods);
    luaL_setmetatable(L, MARKS);
    return marks;
}
