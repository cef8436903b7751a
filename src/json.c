/* Owns the module `json`: reading JSON with exact integers, null and lists that stay lists, and the
 * marks a value carries. The only place that calls lua-cjson, which parses; what it would lose is
 * put right around it. */
#include "json.h"
#include "fail.h"
#include "modules.h"
#include "options.h"
#include "text.h"

#include <lauxlib.h>
#include <lua-cjson.h>
#include <stdlib.h>
#include <string.h>

static void push_array(lua_State *L)
{
    lua_newtable(L);
    luaL_setmetatable(L, JSON_ARRAY);
}

/* Puts the value a marked string stands for in its place: a number as Lua reads it, or []. */
static bool restore_string(lua_State *L)
{
    const char *text = lua_tostring(L, -1);
    if (*text != JSON_MARK)
        return false;
    if (text[1] == '\0')
        push_array(L);
    else
        lua_stringtonumber(L, text + 1);
    lua_replace(L, -2);
    return true;
}

/* The scan left every number whose double has an integral value unmarked only when it was written
 * as an integer. */
static bool restore_number(lua_State *L)
{
    int exact;
    lua_Integer integer = lua_tointegerx(L, -1, &exact);
    if (!exact)
        return false;
    lua_pushinteger(L, integer);
    lua_replace(L, -2);
    return true;
}

static bool restore(lua_State *L, int array_mt);

static void restore_list(lua_State *L, int array_mt, lua_Integer length)
{
    int list = lua_gettop(L);
    lua_pushvalue(L, array_mt);
    lua_setmetatable(L, list);
    for (lua_Integer i = 1; i <= length; i++) {
        lua_rawgeti(L, list, i);
        if (restore(L, array_mt))
            lua_rawseti(L, list, i);
        else
            lua_pop(L, 1);
    }
}

static void restore_object(lua_State *L, int array_mt)
{
    int object = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, object)) {
        if (restore(L, array_mt)) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, object);
        } else {
            lua_pop(L, 1);
        }
    }
}

/* Undoes what the parse lost in the value on top; true when it is another value now. */
static bool restore(lua_State *L, int array_mt)
{
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
        return restore_number(L);
    case LUA_TSTRING:
        return restore_string(L);
    case LUA_TTABLE: {
        luaL_checkstack(L, 6, "JSON nested too deeply");
        lua_Unsigned length = lua_rawlen(L, -1);
        if (length > 0)
            restore_list(L, array_mt, (lua_Integer)length);
        else
            restore_object(L, array_mt);
        return false;
    }
    default:
        return false;
    }
}

static int push_fault(lua_State *L, const char *text, const char *message, size_t offset)
{
    fail_at(L, message, text_locate(text, offset));
    lua_pushinteger(L, (lua_Integer)offset + 1);
    lua_setfield(L, -2, "offset");
    return 2;
}

/* The parser's names of tokens, as a person would call them. */
static const struct {
    const char *name;
    const char *words;
} tokens[] = {
    {"T_OBJ_BEGIN", "'{'"},     {"T_OBJ_END", "'}'"},     {"T_ARR_BEGIN", "'['"},
    {"T_ARR_END", "']'"},       {"T_STRING", "a string"}, {"T_NUMBER", "a number"},
    {"T_BOOLEAN", "a boolean"}, {"T_NULL", "null"},       {"T_COLON", "':'"},
    {"T_COMMA", "','"},         {"T_END", "the end"},     {"object key string", "an object key"},
    {"comma or ", "',' or "},   {"array end", "']'"},     {"object end", "'}'"},
    {"Expected", "expected"},   {"colon", "':'"},         {"value but", "a value but"},
};

/* Replaces the text on top by its value, or by what the parser says against it (false). */
static bool parse(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, -2);
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_ERRMEM)
        lua_error(L);
    return status == LUA_OK;
}

/* Fault for a text the parser refuses: it says "Expected X but found Y at character N". Asked with
 * the original text, because in a rewritten one N is elsewhere. */
static int push_parse_fault(lua_State *L, int text_index)
{
    const char *text = lua_tostring(L, text_index);
    lua_pushvalue(L, text_index);
    const char *message = parse(L) ? NULL : lua_tostring(L, -1);
    static const char before_offset[] = " at character ";
    const char *tail = message ? strstr(message, before_offset) : NULL;
    if (!tail)
        return luaL_error(L, "lua-cjson gave no position: %s", message ? message : "no message");
    size_t character = strtoul(tail + strlen(before_offset), NULL, 10);
    message = lua_pushlstring(L, message, (size_t)(tail - message));
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        message = luaL_gsub(L, message, tokens[i].name, tokens[i].words);
        lua_replace(L, -2);
    }
    return push_fault(L, text, message, character > 0 ? character - 1 : 0);
}

/* json.decode(text [, {max_depth = 128}]) → value | nil, {message, line, column, offset}
 * Strict RFC 8259. Integers of 64 bits are Lua integers, all other numbers floats; null is
 * json.null; every list carries json.array_mt. Of equal keys the last wins. Line, column
 * (characters) and offset (bytes) count from 1. Depth above the limit, bad UTF-8 and numbers beyond
 * a double are refused. */
static int l_decode(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    int max_depth = JSON_DEPTH;
    const struct option options[] = {
        {"max_depth", .value = &max_depth, .least = 1, .most = JSON_DEPTH_MOST},
        {0},
    };
    options_read(L, 2, options);
    lua_settop(L, 1);
    struct json_fault fault;
    if (!json_scan(L, 1, max_depth, &fault))
        return push_fault(L, lua_tostring(L, 1), fault.message, fault.offset);
    if (!parse(L))
        return push_parse_fault(L, 1);
    luaL_getmetatable(L, JSON_ARRAY);
    lua_insert(L, -2);
    restore(L, lua_gettop(L) - 1);
    return 1;
}

bool json_has_mark(lua_State *L, int index, const char *mark)
{
    if (!lua_getmetatable(L, index))
        return false;
    luaL_getmetatable(L, mark);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

/* Whether the table at `index` is written as a list: marked, or with the keys 1..n, n > 0. */
static bool is_array(lua_State *L, int index)
{
    if (json_has_mark(L, index, JSON_ARRAY))
        return true;
    lua_Integer count = 0;
    lua_Integer most = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        lua_Integer key = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
        if (key < 1) {
            lua_pop(L, 1);
            return false;
        }
        most = key > most ? key : most;
        count++;
    }
    return count > 0 && most == count;
}

/* json.array([table]) → the table or a new one, marked so that it is a list even when empty. */
static int l_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        push_array(L);
    } else {
        luaL_checktype(L, 1, LUA_TTABLE);
        lua_settop(L, 1);
        luaL_setmetatable(L, JSON_ARRAY);
    }
    return 1;
}

/* json.is_array(value) → whether json.encode writes the value as a list. */
static int l_is_array(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, lua_istable(L, 1) && is_array(L, 1));
    return 1;
}

/* json.is_object(value) → whether it is a table, and json.encode writes no list of it. */
static int l_is_object(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, lua_istable(L, 1) && !is_array(L, 1));
    return 1;
}

/* json.raw(text) → a value that json.encode writes as this text, which must be JSON. */
static int l_raw(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    luaL_setmetatable(L, JSON_RAW);
    return 1;
}

int luaopen_json(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"array", l_array}, {"is_array", l_is_array}, {"is_object", l_is_object},
        {"raw", l_raw},     {"encode", json_encode},  {NULL, NULL},
    };
    luaL_newlib(L, functions);
    luaL_newmetatable(L, JSON_RAW);
    lua_pop(L, 1);
    luaL_newmetatable(L, JSON_ARRAY);
    lua_setfield(L, -2, "array_mt");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "decode");
    lua_pushcclosure(L, l_decode, 1);
    lua_setfield(L, -3, "decode");
    lua_pop(L, 1);
    return 1;
}
