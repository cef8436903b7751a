/* The Lua host: one protected state with chosen libraries, modules from the program's own bytes, limits on
 * memory and instructions, and tracebacks. Owns the module "host". Never holds policy: that is Lua's. */
#include "host.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "modules.h"

enum {
    MEMORY_LIMIT_MB = 2048, /* of the whole state, unless REMORA_MEMORY_LIMIT says otherwise */
    COUNT_STEP = 1000,      /* instructions between two looks at the budget */
};

/* What the allocator and the count hook know of the state. Lives in host_run's frame. */
struct host {
    size_t used;
    size_t limit;
    bool counting;          /* a limited call is running */
    lua_Integer budget;     /* instructions it has left */
};

/* What run_protected needs beside the state. */
struct invocation {
    const struct host_program *program;
    int argc;
    char **argv;
};

static volatile sig_atomic_t interrupts;

int host_interrupts(void)
{
    return interrupts;
}

/* The first two are counted, for Lua to stop clean; the third stops a program that no longer looks. */
static void on_interrupt(int signal_number)
{
    interrupts++;
    if (interrupts >= 3) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

static struct host *host_of(lua_State *L)
{
    void *data;

    lua_getallocf(L, &data);
    return data;
}

/* lua_Alloc with a cap. Refusing makes Lua collect once and ask again before it raises. Shrinking never fails. */
static void *allocate(void *data, void *block, size_t old_size, size_t new_size)
{
    struct host *host = data;
    void *result;

    if (block == NULL)
        old_size = 0; /* then it is a type tag */
    if (new_size == 0) {
        free(block);
        host->used -= old_size;
        return NULL;
    }
    if (new_size > old_size && (host->used > host->limit || new_size - old_size > host->limit - host->used))
        return NULL;
    result = realloc(block, new_size);
    if (result != NULL)
        host->used += new_size - old_size; /* wraps correctly when shrinking */
    return result;
}

/* Message handler: the error as text, with the stack below it. */
static int l_traceback(lua_State *L)
{
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

/* --- limits ------------------------------------------------------------------------------------------------ */

/* Counts down; at the end raises at every instruction, so that a pcall in the limited code cannot go on. */
static void on_count(lua_State *L, lua_Debug *activation)
{
    struct host *host = host_of(L);

    (void)activation;
    if (!host->counting) { /* a coroutine that outlived its limited call */
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    host->budget -= COUNT_STEP;
    if (host->budget > 0)
        return;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    luaL_error(L, "too many instructions");
}

/* nil, {code, message} */
static int refuse(lua_State *L, const char *code, const char *message)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    return 2;
}

static lua_Integer limit_option(lua_State *L, const char *name)
{
    lua_Integer value;

    lua_getfield(L, 2, name);
    value = luaL_optinteger(L, -1, LUA_MAXINTEGER);
    luaL_argcheck(L, value > 0, 2, "limits are positive integers");
    lua_pop(L, 1);
    return value;
}

/* host.limited(fn, {instructions = n, memory = bytes}, ...) → fn's results
 *                                                           | nil, {code = "limit.instructions"|"limit.memory", message}
 * Both limits are optional; memory is what may be allocated beyond the present use. fn cannot yield. Other errors
 * of fn pass through. One call of a C function counts as one instruction: keep string.rep and patterns out of reach
 * or under the memory limit. */
static int l_limited(lua_State *L)
{
    struct host *host = host_of(L);
    const struct host outer = *host;
    lua_Hook outer_hook = lua_gethook(L);
    const int outer_mask = lua_gethookmask(L);
    const int outer_count = lua_gethookcount(L);
    lua_Integer instructions, memory;
    int status;
    bool exhausted;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TTABLE);
    instructions = limit_option(L, "instructions");
    memory = limit_option(L, "memory");

    lua_remove(L, 2);
    host->budget = instructions;
    host->counting = true;
    if (host->limit > host->used && (size_t)memory < host->limit - host->used)
        host->limit = host->used + (size_t)memory;
    lua_sethook(L, on_count, LUA_MASKCOUNT, instructions < COUNT_STEP ? (int)instructions : COUNT_STEP);
    status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    lua_sethook(L, outer_hook, outer_mask, outer_count);
    exhausted = host->budget <= 0;
    host->budget = outer.budget;
    host->counting = outer.counting;
    host->limit = outer.limit;

    if (exhausted)
        return refuse(L, "limit.instructions", "too many instructions: is there a loop without end?");
    if (status == LUA_ERRMEM)
        return refuse(L, "limit.memory", "too much memory");
    if (status != LUA_OK)
        return lua_error(L);
    return lua_gettop(L);
}

static const luaL_Reg host_functions[] = {
    {"limited", l_limited},
    {NULL, NULL},
};

static int open_host(lua_State *L)
{
    luaL_newlib(L, host_functions);
    lua_pushliteral(L, REMORA_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}

/* --- modules ----------------------------------------------------------------------------------------------- */

/* package.preload entry of an embedded module: compiles it and runs it as require expects. */
static int l_load_embedded(lua_State *L)
{
    const struct embedded_module *module = lua_touserdata(L, lua_upvalueindex(1));

    if (luaL_loadbufferx(L, (const char *)module->bytes, module->length, module->chunk, "t") != LUA_OK)
        return lua_error(L);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static void preload_embedded(lua_State *L, const struct embedded_module *module)
{
    for (; module != NULL && module->name != NULL; module++) {
        lua_pushlightuserdata(L, (void *)module);
        lua_pushcclosure(L, l_load_embedded, 1);
        lua_setfield(L, -2, module->name);
    }
}

/* Searcher for one directory (the upvalue): module a.b is DIR/a/b.lua or DIR/a/b/init.lua. */
static int l_search_directory(lua_State *L)
{
    const char *directory = lua_tostring(L, lua_upvalueindex(1));
    const char *path = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
    const char *file = lua_pushfstring(L, "%s/%s.lua", directory, path);

    if (access(file, R_OK) != 0)
        file = lua_pushfstring(L, "%s/%s/init.lua", directory, path);
    if (access(file, R_OK) != 0) {
        lua_pushfstring(L, "no file '%s/%s.lua'", directory, path);
        return 1;
    }
    if (luaL_loadfilex(L, file, "t") != LUA_OK)
        return lua_error(L);
    lua_pushstring(L, file);
    return 2;
}

/* Appends a directory searcher to the list on the top of the stack. */
static void add_directory(lua_State *L, const char *directory)
{
    if (directory == NULL)
        return;
    lua_pushstring(L, directory);
    lua_pushcclosure(L, l_search_directory, 1);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

/* Sets fields of the library (a global; "_G" for the basic one) to nil. */
static void remove_fields(lua_State *L, const char *library, const char *const *names)
{
    lua_getglobal(L, library);
    for (; *names != NULL; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
    lua_pop(L, 1);
}

/* The standard libraries without what would run or load something by a name in the working directory, or leave
 * the process behind the host's back. */
static void open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},          {LUA_LOADLIBNAME, luaopen_package}, {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table},    {LUA_IOLIBNAME, luaopen_io},        {LUA_OSLIBNAME, luaopen_os},
        {LUA_STRLIBNAME, luaopen_string},   {LUA_UTF8LIBNAME, luaopen_utf8},    {LUA_MATHLIBNAME, luaopen_math},
        {LUA_DBLIBNAME, luaopen_debug},     {NULL, NULL},
    };
    static const char *const no_base[] = {"dofile", "loadfile", NULL};
    static const char *const no_io[] = {"popen", NULL};
    static const char *const no_os[] = {"execute", "exit", "setlocale", "tmpname", NULL};
    static const char *const no_package[] = {"loadlib", "searchpath", NULL};

    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV"); /* LUA_PATH and the like mean nothing here */
    for (const luaL_Reg *library = libraries; library->name != NULL; library++) {
        luaL_requiref(L, library->name, library->func, 1);
        lua_pop(L, 1);
    }
    remove_fields(L, LUA_GNAME, no_base);
    remove_fields(L, LUA_IOLIBNAME, no_io);
    remove_fields(L, LUA_OSLIBNAME, no_os);
    remove_fields(L, LUA_LOADLIBNAME, no_package);
}

/* require finds, in this order: REMORA_LUA_DIR (for who works on the Lua side), the modules inside the program,
 * the program's source directory. Nothing else, least of all the working directory. */
static void open_modules(lua_State *L, const struct host_program *program)
{
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");

    lua_getfield(L, -1, "preload");
    luaL_setfuncs(L, c_modules, 0);
    lua_pushcfunction(L, open_host);
    lua_setfield(L, -2, "host");
    preload_embedded(L, embedded_modules);
    preload_embedded(L, program->extra);
    lua_pop(L, 1);

    lua_createtable(L, 3, 0);
    add_directory(L, getenv("REMORA_LUA_DIR"));
    lua_getfield(L, -2, "searchers");
    lua_rawgeti(L, -1, 1); /* the standard one: package.preload */
    lua_rawseti(L, -3, (lua_Integer)lua_rawlen(L, -3) + 1);
    lua_pop(L, 1);
    add_directory(L, program->source_dir);
    lua_setfield(L, -2, "searchers");
    lua_pop(L, 1);
}

static void require(lua_State *L, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

/* --- running ----------------------------------------------------------------------------------------------- */

/* Everything that may raise, start-up included. Returns the exit code. */
static int l_run(lua_State *L)
{
    const struct invocation *invocation = lua_touserdata(L, 1);
    lua_Integer code;
    int is_integer;

    luaL_checkversion(L);
    if (getenv("REMORA_GC_STRESS") != NULL)
        lua_gc(L, LUA_GCINC, 1, 1000, 8); /* a new cycle as soon as one ends, in the smallest steps */
    open_libraries(L);
    open_modules(L, invocation->program);
    require(L, "remora.core.strict");
    require(L, invocation->program->entry);
    lua_createtable(L, invocation->argc, 0);
    for (int i = 0; i < invocation->argc; i++) {
        lua_pushstring(L, invocation->argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_call(L, 1, 1);
    code = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || code < 0 || code > 255)
        return luaL_error(L, "%s returned no exit code", invocation->program->entry);
    lua_pushinteger(L, code);
    return 1;
}

static size_t memory_limit(void)
{
    const char *text = getenv("REMORA_MEMORY_LIMIT");
    unsigned long megabytes = text != NULL ? strtoul(text, NULL, 10) : 0;

    if (megabytes == 0 || megabytes > SIZE_MAX / 1024 / 1024)
        megabytes = MEMORY_LIMIT_MB;
    return (size_t)megabytes * 1024 * 1024;
}

/* A full disk or a closed pipe must not look like success. */
static int flush_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno != EPIPE)
        fprintf(stderr, "remora: cannot write to standard output: %s\n", strerror(errno));
    return code != 0 ? code : HOST_EXIT_ERROR;
}

int host_run(const struct host_program *program, int argc, char **argv)
{
    struct host host = {.limit = memory_limit()};
    struct invocation invocation = {.program = program, .argc = argc, .argv = argv};
    const struct sigaction on_sigint = {.sa_handler = on_interrupt};
    lua_State *L = lua_newstate(allocate, &host);
    int code = HOST_EXIT_BUG;

    sigaction(SIGINT, &on_sigint, NULL); /* without SA_RESTART: a wait ends, and Lua looks */
    signal(SIGPIPE, SIG_IGN);
    if (L == NULL) {
        fputs("remora: not enough memory to start\n", stderr);
        return HOST_EXIT_ERROR;
    }
    lua_pushcfunction(L, l_traceback);
    lua_pushcfunction(L, l_run);
    lua_pushlightuserdata(L, &invocation);
    switch (lua_pcall(L, 1, 1, 1)) {
    case LUA_OK:
        code = (int)lua_tointeger(L, -1);
        break;
    case LUA_ERRMEM:
        fprintf(stderr, "remora: out of memory at %zu MB; REMORA_MEMORY_LIMIT (in MB) raises the limit\n",
                host.limit / 1024 / 1024);
        code = HOST_EXIT_ERROR;
        break;
    default:
        fprintf(stderr, "remora: this is a bug in remora: %s\n", lua_tostring(L, -1));
    }
    lua_close(L);
    return flush_output(code);
}
