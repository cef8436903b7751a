/* The Lua host: one protected state with chosen libraries, modules from the program's own bytes,
 * limits on memory and instructions, and tracebacks. Owns the module "host". Never holds policy:
 * that is Lua's. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector.h"
#include "interrupts.h"
#include "loadable.h"
#include "modules.h"
#include "quota.h"

enum { MEMORY_LIMIT_MB = 2048 }; /* of the whole state, unless REMORA_MEMORY_LIMIT says otherwise */

/* What l_run needs beside the state. */
struct invocation {
    const struct host_program *program;
    int argc;
    char **argv;
};

/* Message handler: the error as text, with the stack below it. */
static int l_traceback(lua_State *L)
{
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

/* --- modules --- */

static const luaL_Reg host_functions[] = {
    {"expect", loadable_expect},
    {"limited", quota_limited},
    {"program", loadable_program},
    {NULL, NULL},
};

static int open_host(lua_State *L)
{
    luaL_newlib(L, host_functions);
    lua_pushliteral(L, REMORA_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}

static const luaL_Reg c_modules[] = {
    {"host", open_host},
    {"json", luaopen_json},
    {"pick", luaopen_pick},
    {"process", luaopen_process},
    {"sieve", luaopen_sieve},
    {"sqlite", luaopen_sqlite},
    {"system", luaopen_system},
    {"yaml", luaopen_yaml},
    {NULL, NULL},
};

/* package.preload entry of an embedded module: loads it and runs it as require expects. */
static int l_load_embedded(lua_State *L)
{
    const struct embedded_module *module = lua_touserdata(L, lua_upvalueindex(1));

    if (luaL_loadbufferx(L, (const char *)module->bytes, module->length, module->chunk, "b")
        != LUA_OK)
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
    if (directory == NULL || *directory == '\0')
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

/* The standard libraries without what would run or load something by a name in the working
 * directory, or leave the process behind the host's back. */
static void open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},
        {LUA_LOADLIBNAME, luaopen_package},
        {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_TABLIBNAME, luaopen_table},
        {LUA_IOLIBNAME, luaopen_io},
        {LUA_OSLIBNAME, luaopen_os},
        {LUA_STRLIBNAME, luaopen_string},
        {LUA_UTF8LIBNAME, luaopen_utf8},
        {LUA_MATHLIBNAME, luaopen_math},
        {LUA_DBLIBNAME, luaopen_debug},
        {NULL, NULL},
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

/* require finds, in this order: REMORA_LUA_DIR (for who works on the Lua side), the modules inside
 * the program, the program's source directory. Nothing else, least of all the working directory. */
static void open_modules(lua_State *L, const struct host_program *program)
{
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");

    lua_getfield(L, -1, "preload");
    luaL_setfuncs(L, c_modules, 0);
    loadable_preload(L);
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

/* --- running --- */

/* Everything that may raise, start-up included. Returns the exit code. */
static int l_run(lua_State *L)
{
    const struct invocation *invocation = lua_touserdata(L, 1);
    lua_Integer code;
    int is_integer;

    luaL_checkversion(L);
    collector_set(L);
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

/* Bytes that the whole state may take; 0: REMORA_MEMORY_LIMIT is no number of megabytes. */
static size_t memory_limit(void)
{
    const char *text = getenv("REMORA_MEMORY_LIMIT");
    unsigned long megabytes = MEMORY_LIMIT_MB;

    if (text != NULL && *text != '\0')
        megabytes = text[strspn(text, "0123456789")] == '\0' ? strtoul(text, NULL, 10) : 0;
    return megabytes <= SIZE_MAX / 1024 / 1024 ? (size_t)megabytes * 1024 * 1024 : 0;
}

/* Whoever starts us may have closed standard input, output or error. A file or connection that took
 * over the number would be read or written in its place. Writing to what is opened here fails. */
static void guard_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            abort();
}

/* Asks for the first megabytes of the heap in large pages, where the system has them: most runs
 * need them, and one fault then does for hundreds. It is advice; no page is taken before it is
 * used. */
static void prefer_large_pages(void)
{
#if defined __GLIBC__ && defined MADV_HUGEPAGE
    const size_t large = (size_t)2 * 1024 * 1024, length = 4 * large;
    char *heap = malloc(length); /* what is freed at once is what the next blocks are cut from */
    if (heap == NULL)
        return;
    char *aligned = heap + (large - (uintptr_t)heap % large) % large;
    madvise(aligned, (size_t)(heap + length - aligned) / large * large, MADV_HUGEPAGE);
    free(heap);
#endif
}

/* Texts of half a megabyte come and go where lists are made or decoded. Giving their memory back to
 * the system each time, and taking it again page by page, costs more than what is done with them.
 */
static void keep_freed_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
    mallopt(M_ARENA_MAX, 1); /* what one thread frees serves the others */
#endif
}

/* A full disk or a closed pipe must not look like success. Who wrote has told what failed
 * earlier. */
static int flush_output(int code)
{
    bool failed = ferror(stdout) != 0;

    if (fflush(stdout) == 0 && !failed)
        return code;
    if (!failed && errno != EPIPE)
        fprintf(stderr, "remora: cannot write to standard output: %s\n", strerror(errno));
    return code != 0 ? code : HOST_EXIT_ERROR;
}

/* Whether a run ended for want of memory. Raised again by who runs a coroutine, or raised by a
 * module, that is a plain error with Lua's own words for it. */
static bool is_out_of_memory(lua_State *L, int status)
{
    static const char words[] = "not enough memory";
    const char *message = lua_tostring(L, -1);

    return status == LUA_ERRMEM
           || (status != LUA_OK && message != NULL
               && strncmp(message, words, sizeof words - 1) == 0);
}

/* Whether somebody looks at what is not given back. */
static bool leaks_are_looked_for(void)
{
#ifdef __SANITIZE_ADDRESS__
    return true;
#else
    return getenv("REMORA_LEAK_CHECK") != NULL;
#endif
}

/* Ends the process. What outlives it was closed by who opened it; the rest the system takes back at
 * once, while giving it back piece by piece costs as much as planning a thousand processes. */
static int end(lua_State *L, struct slabs *slabs, int code)
{
    code = flush_output(code);
    if (!leaks_are_looked_for()) {
        fflush(NULL); /* files that a script left open */
        _exit(code);
    }
    lua_close(L);
    slabs_free(slabs);
    return code;
}

int host_run(const struct host_program *program, int argc, char **argv)
{
    struct slabs slabs = {0};
    struct quota quota = {.memory = memory_limit(), .slabs = &slabs};
    struct invocation invocation = {.program = program, .argc = argc, .argv = argv};
    int code = HOST_EXIT_BUG, status;

    keep_freed_memory();
    prefer_large_pages();
    lua_State *L = lua_newstate(quota_allocate, &quota);
    guard_standard_files();
    interrupts_catch();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is told as an error, as a full disk is */
    signal(SIGCHLD, SIG_DFL); /* ignored, as a parent may leave it, no child could be waited for */
    if (quota.memory == 0) {
        fprintf(stderr,
                "error: REMORA_MEMORY_LIMIT: '%s' is not a whole number of megabytes above zero\n",
                getenv("REMORA_MEMORY_LIMIT"));
        return HOST_EXIT_USAGE;
    }
    if (L == NULL) {
        fputs("remora: not enough memory to start\n", stderr);
        return HOST_EXIT_ERROR;
    }
    lua_pushcfunction(L, l_traceback);
    lua_pushcfunction(L, l_run);
    lua_pushlightuserdata(L, &invocation);
    status = lua_pcall(L, 1, 1, 1);
    if (status == LUA_OK) {
        code = (int)lua_tointeger(L, -1);
    } else if (is_out_of_memory(L, status)) {
        fprintf(stderr,
                "remora: out of memory at %zu MB; REMORA_MEMORY_LIMIT (in MB) raises the limit\n",
                quota.memory / 1024 / 1024);
        code = HOST_EXIT_ERROR;
    } else {
        fprintf(stderr, "remora: this is a bug in remora: %s\n", lua_tostring(L, -1));
    }
    return end(L, &slabs, code);
}
