/* The module "sqlite": databases for Lua, with prepared statements kept for the next call.
 * Knows no schema. What the file or another writer refuses is nil, {code = "sqlite.busy", message};
 * SQL that cannot be right is a Lua error. */
#include <lauxlib.h>
#include <lua.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

#include "class.h"
#include "fail.h"
#include "modules.h"
#include "options.h"
#include "sqlite_value.h"

#define DATABASE "sqlite.database"
#define CURSOR "sqlite.cursor"

enum {
    BUSY_TIMEOUT_MS = 5000,
    KEPT_STATEMENTS = 256, /* prepared and kept for each database; then all make room */
};

/* Its user value maps SQL text to a kept statement (light userdata), idle between two calls. */
struct database {
    sqlite3 *connection; /* NULL once closed; owns every statement */
    int kept;
};

/* A running db:each, with a statement of its own. Its user value is the database. */
struct cursor {
    const struct database *database;
    sqlite3_stmt *statement; /* NULL at the end */
};

/* Names of SQLite's primary result codes, https://www.sqlite.org/rescode.html */
static const char *const code_names[] = {
    [SQLITE_PERM] = "perm",
    [SQLITE_ABORT] = "abort",
    [SQLITE_BUSY] = "busy",
    [SQLITE_LOCKED] = "locked",
    [SQLITE_NOMEM] = "nomem",
    [SQLITE_READONLY] = "readonly",
    [SQLITE_INTERRUPT] = "interrupt",
    [SQLITE_IOERR] = "ioerr",
    [SQLITE_CORRUPT] = "corrupt",
    [SQLITE_FULL] = "full",
    [SQLITE_CANTOPEN] = "cantopen",
    [SQLITE_PROTOCOL] = "protocol",
    [SQLITE_SCHEMA] = "schema",
    [SQLITE_TOOBIG] = "toobig",
    [SQLITE_CONSTRAINT] = "constraint",
    [SQLITE_MISMATCH] = "mismatch",
    [SQLITE_NOLFS] = "nolfs",
    [SQLITE_AUTH] = "auth",
    [SQLITE_NOTADB] = "notadb",
};

/* nil, {code, message} for what the world refused, with the system's own words of a file that
 * failed, where SQLite kept them; a Lua error for wrong SQL and wrong calls. */
static int fail(lua_State *L, sqlite3 *connection)
{
    size_t code = (size_t)sqlite3_errcode(connection) & 0xFF;
    const char *name = code < sizeof code_names / sizeof *code_names ? code_names[code] : NULL;
    bool of_file = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
    int error = of_file ? sqlite3_system_errno(connection) : 0;

    if (name == NULL)
        return luaL_error(L, "SQL: %s", sqlite3_errmsg(connection));
    lua_pushfstring(L, "sqlite.%s", name);
    return fail_with(L, lua_tostring(L, -1), "%s%s%s", sqlite3_errmsg(connection),
                     error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
}

static struct database *check_database(lua_State *L, int index)
{
    struct database *database = luaL_checkudata(L, index, DATABASE);

    luaL_argcheck(L, database->connection != NULL, index, "the database is closed");
    return database;
}

/* --- statements --- */

/* Begins a new table of kept statements for the database at 1 and finalizes the old ones; they are
 * forgotten first, since there may be no memory for a table. */
static void drop_kept(lua_State *L, struct database *database)
{
    lua_getiuservalue(L, 1, 1);
    lua_newtable(L);
    lua_setiuservalue(L, 1, 1);
    database->kept = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        sqlite3_finalize(lua_touserdata(L, -1));
    lua_pop(L, 1);
}

/* A new statement for the one SQL statement at argument 2; NULL: the reason is the connection's. */
static sqlite3_stmt *compile(lua_State *L, const struct database *database, unsigned flags)
{
    size_t length;
    const char *sql = luaL_checklstring(L, 2, &length);
    const char *rest = sql;
    sqlite3_stmt *statement = NULL;

    luaL_argcheck(L, length < 1 << 30, 2, "too long");
    if (sqlite3_prepare_v3(database->connection, sql, (int)length + 1, flags, &statement, &rest)
        != SQLITE_OK)
        return NULL;
    if (statement == NULL || rest[strspn(rest, " \t\r\n;")] != '\0') {
        sqlite3_finalize(statement);
        luaL_error(L, "SQL: expected one statement: %s", sql);
    }
    return statement;
}

/* The kept statement for the SQL at argument 2 of the database at 1, or a new one; NULL: see it. */
static sqlite3_stmt *prepare(lua_State *L, struct database *database)
{
    sqlite3_stmt *statement;

    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    statement = lua_touserdata(L, -1);
    lua_pop(L, 2);
    if (statement != NULL) {
        sqlite3_reset(statement); /* a Lua error may have left it half way */
        return statement;
    }
    if (database->kept >= KEPT_STATEMENTS)
        drop_kept(L, database);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    lua_pushboolean(L, true);
    lua_rawset(L, -3); /* makes the room first: the last step below then cannot raise */
    statement = compile(L, database, SQLITE_PREPARE_PERSISTENT);
    lua_pushvalue(L, 2);
    if (statement != NULL)
        lua_pushlightuserdata(L, statement);
    else
        lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    database->kept++;
    return statement;
}

/* --- databases --- */

/* Pushes the URI of a file that nobody changes, so that SQLite makes no file beside it. */
static const char *push_immutable(lua_State *L, const char *path)
{
    path = luaL_gsub(L, path, "%", "%25");
    path = luaL_gsub(L, path, "?", "%3f");
    path = luaL_gsub(L, path, "#", "%23");
    return lua_pushfstring(L, "file:%s?immutable=1", path);
}

/* sqlite.open(path[, {readonly = true, immutable = true}]) → db. Creates the file unless readonly;
 * ":memory:" is a private database. Committed is on the disk: write-ahead log, synchronous = FULL.
 * Waits up to 5 s for another writer. immutable: reads the file alone, without what its write-ahead
 * log has beyond it; nobody may write it meanwhile. */
static int l_open(lua_State *L)
{
    static const char settings[] =
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL";
    const char *path = luaL_checkstring(L, 1);
    bool readonly = false, immutable = false;
    struct database *database;
    int flags;

    options_read(L, 2,
                 (const struct option[]){{.name = "readonly", .flag = &readonly},
                                         {.name = "immutable", .flag = &immutable},
                                         {.name = NULL}});
    readonly = readonly || immutable;
    flags = readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (immutable) {
        flags |= SQLITE_OPEN_URI;
        path = push_immutable(L, path);
    }
    database = lua_newuserdatauv(L, sizeof *database, 1);
    *database = (struct database){.connection = NULL};
    luaL_setmetatable(L, DATABASE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);

    if (sqlite3_open_v2(path, &database->connection, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
        && sqlite3_busy_timeout(database->connection, BUSY_TIMEOUT_MS) == SQLITE_OK
        && sqlite3_exec(database->connection, readonly ? "" : settings, NULL, NULL, NULL)
               == SQLITE_OK)
        return 1;
    if (database->connection == NULL)
        return luaL_error(L, "not enough memory for a database");
    return fail(L, database->connection);
}

/* db:exec(sql) → true; any number of statements, without values */
static int l_exec(lua_State *L)
{
    struct database *database = check_database(L, 1);

    if (sqlite3_exec(database->connection, luaL_checkstring(L, 2), NULL, NULL, NULL) != SQLITE_OK)
        return fail(L, database->connection);
    lua_pushboolean(L, true);
    return 1;
}

/* db:run(sql, …) → number of rows changed */
static int l_run(lua_State *L)
{
    struct database *database = check_database(L, 1);
    sqlite3_stmt *statement = prepare(L, database);
    sqlite3_int64 before = sqlite3_total_changes64(database->connection);

    if (statement == NULL || !sqlite_value_bind(L, statement))
        return fail(L, database->connection);
    while (sqlite3_step(statement) == SQLITE_ROW) {
    }
    if (sqlite3_reset(statement) != SQLITE_OK)
        return fail(L, database->connection);
    if (sqlite3_total_changes64(database->connection) == before)
        lua_pushinteger(L, 0); /* changes still has the number of an earlier statement */
    else
        lua_pushinteger(L, sqlite3_changes64(database->connection));
    return 1;
}

/* db:rows(sql, …) → list of rows {column = value}; a NULL column is absent */
static int l_rows(lua_State *L)
{
    struct database *database = check_database(L, 1);
    sqlite3_stmt *statement = prepare(L, database);
    lua_Integer count = 0;

    if (statement == NULL || !sqlite_value_bind(L, statement))
        return fail(L, database->connection);
    lua_newtable(L);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        sqlite_value_push_row(L, statement);
        lua_rawseti(L, -2, ++count);
    }
    return sqlite3_reset(statement) == SQLITE_OK ? 1 : fail(L, database->connection);
}

/* Runs up to the first row and pushes it with `push`, or nil when there is none. */
static int first(lua_State *L, void (*push)(lua_State *L, sqlite3_stmt *statement))
{
    struct database *database = check_database(L, 1);
    sqlite3_stmt *statement = prepare(L, database);

    if (statement == NULL || !sqlite_value_bind(L, statement))
        return fail(L, database->connection);
    if (sqlite3_step(statement) == SQLITE_ROW)
        push(L, statement);
    else
        lua_pushnil(L);
    return sqlite3_reset(statement) == SQLITE_OK ? 1 : fail(L, database->connection);
}

/* db:row(sql, …) → first row | nil */
static int l_row(lua_State *L)
{
    return first(L, sqlite_value_push_row);
}

static void push_first_column(lua_State *L, sqlite3_stmt *statement)
{
    sqlite_value_push(L, statement, 0);
}

/* db:value(sql, …) → first column of the first row | nil */
static int l_value(lua_State *L)
{
    return first(L, push_first_column);
}

/* db:last_insert_rowid() → integer */
static int l_last_insert_rowid(lua_State *L)
{
    lua_pushinteger(L, sqlite3_last_insert_rowid(check_database(L, 1)->connection));
    return 1;
}

/* db:in_transaction() → boolean */
static int l_in_transaction(lua_State *L)
{
    lua_pushboolean(L, !sqlite3_get_autocommit(check_database(L, 1)->connection));
    return 1;
}

/* db:close(); closing twice is fine. An open transaction is rolled back. */
static int l_close(lua_State *L)
{
    struct database *database = luaL_checkudata(L, 1, DATABASE);
    sqlite3_stmt *statement;

    if (database->connection == NULL)
        return 0;
    while ((statement = sqlite3_next_stmt(database->connection, NULL)) != NULL)
        sqlite3_finalize(statement);
    sqlite3_close(database->connection);
    database->connection = NULL;
    return 0;
}

/* --- cursors --- */

static int l_cursor_close(lua_State *L)
{
    struct cursor *cursor = luaL_checkudata(L, 1, CURSOR);

    if (cursor->database->connection != NULL) /* else it went with the connection */
        sqlite3_finalize(cursor->statement);
    cursor->statement = NULL;
    return 0;
}

static int l_cursor_next(lua_State *L)
{
    struct cursor *cursor = lua_touserdata(L, lua_upvalueindex(1));
    int result;

    if (cursor->database->connection == NULL)
        return luaL_error(L, "the database was closed while its rows were read");
    if (cursor->statement == NULL)
        return 0;
    result = sqlite3_step(cursor->statement);
    if (result == SQLITE_ROW) {
        sqlite_value_push_row(L, cursor->statement);
        return 1;
    }
    if (result != SQLITE_DONE)
        return luaL_error(L, "SQL: %s", sqlite3_errmsg(cursor->database->connection));
    sqlite3_finalize(cursor->statement);
    cursor->statement = NULL;
    return 0;
}

/* for row in db:each(sql, …): one row at a time. A failure on the way is a Lua error; rows()
 * reports it instead. */
static int l_each(lua_State *L)
{
    struct database *database = check_database(L, 1);
    struct cursor *cursor = lua_newuserdatauv(L, sizeof *cursor, 1);

    *cursor = (struct cursor){.database = database};
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, CURSOR);
    lua_replace(L, 1);
    cursor->statement = compile(L, database, 0);
    if (cursor->statement == NULL || !sqlite_value_bind(L, cursor->statement))
        return fail(L, database->connection);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, l_cursor_next, 1);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, 1);
    return 4;
}

static const luaL_Reg methods[] = {
    {"close", l_close},
    {"each", l_each},
    {"exec", l_exec},
    {"in_transaction", l_in_transaction},
    {"last_insert_rowid", l_last_insert_rowid},
    {"row", l_row},
    {"rows", l_rows},
    {"run", l_run},
    {"value", l_value},
    {"__close", l_close},
    {"__gc", l_close},
    {NULL, NULL},
};

static const luaL_Reg cursor_methods[] = {
    {"__close", l_cursor_close},
    {"__gc", l_cursor_close},
    {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"open", l_open},
    {NULL, NULL},
};

int luaopen_sqlite(lua_State *L)
{
    class_define(L, CURSOR, cursor_methods);
    class_define(L, DATABASE, methods);
    luaL_newlib(L, functions);
    return 1;
}
