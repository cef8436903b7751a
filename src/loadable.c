/* Owns the C modules that lie in files of their own, and where these files are: what few commands
 * need, with libraries that take longer to link than most commands take to run. */
#include "loadable.h"

#include <dlfcn.h>
#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "class.h"
#include "thread.h"

/* In the registry: the type, and the one that was begun last. */
#define EXPECTED "remora.expected"
#define LATEST "remora.expected.latest"

/* From the directory of the program: as it was built, as it is installed. */
static const char *const places[] = {"", REMORA_LIBRARIES "/", NULL};

/* Where the program is. What it was started as serves a bare chroot, which lacks /proc; it is not
 * the program where that runs a script by its "#!", or was started by a descriptor. */
static char *find_program(char *program)
{
    char *found = realpath("/proc/self/exe", program);
    return found != NULL ? found : realpath((const char *)getauxval(AT_EXECFN), program);
}

int loadable_program(lua_State *L)
{
    char program[PATH_MAX];

    if (find_program(program) == NULL)
        return luaL_error(L, "cannot find where this program is: %s", strerror(errno));
    lua_pushstring(L, program);
    return 1;
}

/* Pushes the file of a module. */
static const char *push_file(lua_State *L, const char *name)
{
    loadable_program(L);
    const char *program = lua_tostring(L, -1), *file = NULL;
    const char *directory =
        lua_pushlstring(L, program, (size_t)(strrchr(program, '/') + 1 - program));

    for (const char *const *place = places; *place != NULL; place++) {
        file = lua_pushfstring(L, "%s%s%s.so", directory, *place, name);
        if (access(file, R_OK) == 0)
            break;
    }
    return file;
}

/* A file on its way into memory; its name is the uservalue. */
struct expected {
    pthread_t thread;
    const char *file;
    bool coming;
};

static void *load_ahead(void *context)
{
    const struct expected *expected = context;
    dlopen(expected->file, RTLD_LAZY); /* whether that went well is seen when it is required */
    return NULL;
}

static int l_arrive(lua_State *L)
{
    struct expected *expected = lua_touserdata(L, 1);
    if (expected != NULL && expected->coming)
        pthread_join(expected->thread, NULL);
    if (expected != NULL)
        expected->coming = false;
    return 0;
}

int loadable_expect(lua_State *L)
{
    static const luaL_Reg methods[] = {{"__gc", l_arrive}, {NULL, NULL}};
    const char *file = push_file(L, luaL_checkstring(L, 1));
    struct expected *expected = lua_newuserdatauv(L, sizeof *expected, 1);
    *expected = (struct expected){.file = file};
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
    class_define(L, EXPECTED, methods);
    luaL_setmetatable(L, EXPECTED);
    expected->coming = thread_start(&expected->thread, load_ahead, expected);
    lua_setfield(L, LUA_REGISTRYINDEX, LATEST);
    return 0;
}

/* package.preload entry of such a module. What it loads stays for good: some libraries do not bear
 * being taken out of a process again. */
static int l_load(lua_State *L)
{
    const char *file = push_file(L, luaL_checkstring(L, 1));
    lua_CFunction open;

    lua_pushcfunction(L, l_arrive);
    lua_getfield(L, LUA_REGISTRYINDEX, LATEST);
    lua_call(L, 1, 0);
    void *library = dlopen(file, RTLD_LAZY);
    if (library == NULL)
        return luaL_error(L, "%s", dlerror());
    lua_pushfstring(L, "luaopen_%s", lua_tostring(L, 1));
    *(void **)&open = dlsym(library, lua_tostring(L, -1)); /* as POSIX has it */
    if (open == NULL)
        return luaL_error(L, "%s", dlerror());
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    return 1;
}

void loadable_preload(lua_State *L)
{
    static const luaL_Reg modules[] = {
        {"git", l_load},
        {"http_client", l_load},
        {"http_server", l_load},
        {"terminal", l_load},
        {NULL, NULL},
    };

    luaL_setfuncs(L, modules, 0);
}
