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

#include "thread.h"

/* From the directory of the program: as it was built, as it is installed. */
static const char *const places[] = {"", REMORA_LIBRARIES "/", NULL};

/* Where the program is. What it was started as serves a bare chroot, which lacks /proc; it is not
 * the program where that runs a script by its "#!", or was started by a descriptor. */
static char *find_program(char *program)
{
    char *found = realpath("/proc/self/exe", program);
    return found != NULL ? found : realpath((const char *)getauxval(AT_EXECFN), program);
}

/* Pushes the file of a module. */
static const char *push_file(lua_State *L, const char *name)
{
    const char *file = NULL;
    char program[PATH_MAX];

    if (find_program(program) == NULL)
        luaL_error(L, "cannot find where %s.so is: %s", name, strerror(errno));
    strrchr(program, '/')[1] = '\0';
    for (const char *const *place = places; *place != NULL; place++) {
        file = lua_pushfstring(L, "%s%s%s.so", program, *place, name);
        if (access(file, R_OK) == 0)
            break;
    }
    return file;
}

/* package.preload entry of such a module. What it loads stays for good: some libraries do not bear
 * being taken out of a process again. */
static int l_load(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    void *library = dlopen(push_file(L, name), RTLD_LAZY);
    lua_CFunction open;

    if (library == NULL)
        return luaL_error(L, "%s", dlerror());
    lua_pushfstring(L, "luaopen_%s", name);
    *(void **)&open = dlsym(library, lua_tostring(L, -1)); /* as POSIX has it */
    if (open == NULL)
        return luaL_error(L, "%s", dlerror());
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    return 1;
}

static void *load_ahead(void *file)
{
    dlopen(file, RTLD_LAZY); /* whether that goes well is seen when it is required */
    free(file);
    return NULL;
}

int loadable_expect(lua_State *L)
{
    pthread_t thread;
    char *file = strdup(push_file(L, luaL_checkstring(L, 1)));

    if (file == NULL || !thread_start(&thread, load_ahead, file)) {
        free(file); /* then it is loaded when it is required */
        return 0;
    }
    pthread_detach(thread);
    return 0;
}

void loadable_preload(lua_State *L)
{
    static const luaL_Reg modules[] = {
        {"http_client", l_load},
        {"http_server", l_load},
        {"terminal", l_load},
        {NULL, NULL},
    };

    luaL_setfuncs(L, modules, 0);
}
