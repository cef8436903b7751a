/* Values between Lua and SQLite, for the module "sqlite". Owns which type becomes which. */
#ifndef REMORA_SQLITE_VALUE_H
#define REMORA_SQLITE_VALUE_H

#include <lua.h>
#include <sqlite3.h>
#include <stdbool.h>

/* Binds the arguments from 3 on. Wrong types and a wrong number of them are Lua errors. False:
 * SQLite has no room for one; the reason is the connection's. */
bool sqlite_value_bind(lua_State *L, sqlite3_stmt *statement);

/* Pushes a column of the current row; NULL is nil. */
void sqlite_value_push(lua_State *L, sqlite3_stmt *statement, int column);

/* Pushes the current row as {column = value}; a NULL column is absent. */
void sqlite_value_push_row(lua_State *L, sqlite3_stmt *statement);

#endif
