/* Values between Lua and SQLite: integers stay exact, text and blobs are strings, booleans are 0
 * and 1, nil and json.null are NULL. */
#include "sqlite_value.h"

#include <lauxlib.h>

/* Binds the argument at the index to a parameter. An SQLite result code. */
static int bind(lua_State *L, int index, sqlite3_stmt *statement, int parameter)
{
    size_t length;
    const char *text;

    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return sqlite3_bind_null(statement, parameter);
    case LUA_TBOOLEAN:
        return sqlite3_bind_int(statement, parameter, lua_toboolean(L, index));
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            return sqlite3_bind_int64(statement, parameter, lua_tointeger(L, index));
        return sqlite3_bind_double(statement, parameter, lua_tonumber(L, index));
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &length);
        return sqlite3_bind_text64(statement, parameter, text, length, SQLITE_TRANSIENT,
                                   SQLITE_UTF8);
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, index) == NULL) /* json.null */
            return sqlite3_bind_null(statement, parameter);
        break;
    default:
        break;
    }
    return luaL_error(L, "SQL: value %d is a %s: %s", parameter, luaL_typename(L, index),
                      sqlite3_sql(statement));
}

bool sqlite_value_bind(lua_State *L, sqlite3_stmt *statement)
{
    int count = lua_gettop(L) - 2;

    if (count != sqlite3_bind_parameter_count(statement))
        luaL_error(L, "SQL: %d values for %d parameters: %s", count,
                   sqlite3_bind_parameter_count(statement), sqlite3_sql(statement));
    for (int i = 1; i <= count; i++)
        if (bind(L, i + 2, statement, i) != SQLITE_OK)
            return false;
    return true;
}

void sqlite_value_push(lua_State *L, sqlite3_stmt *statement, int column)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        lua_pushinteger(L, sqlite3_column_int64(statement, column));
        break;
    case SQLITE_FLOAT:
        lua_pushnumber(L, sqlite3_column_double(statement, column));
        break;
    case SQLITE_NULL:
        lua_pushnil(L);
        break;
    default: {
        const void *bytes = sqlite3_column_blob(statement, column);

        lua_pushlstring(L, bytes != NULL ? bytes : "",
                        (size_t)sqlite3_column_bytes(statement, column));
    }
    }
}

void sqlite_value_push_row(lua_State *L, sqlite3_stmt *statement)
{
    int count = sqlite3_column_count(statement);

    lua_createtable(L, 0, count);
    for (int i = 0; i < count; i++) {
        sqlite_value_push(L, statement, i);
        lua_setfield(L, -2, sqlite3_column_name(statement, i));
    }
}
