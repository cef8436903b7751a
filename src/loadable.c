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

/* From the directory of the program: as it was built, as it is installed. */
static const char *const places[] = {"", REMORA_LIBRARIES "/", NULL};

/* Where the program is. What it was started as serves a bare chroot, which lacks /proc; it is not
 * the program where that runs a script by its "#!", or was started by a descriptor. */
static char *find_program(char *program)
{
    char *found = realpath("/proc/self/exe", program);
    return found != NULL ? found : realpath((const char *)getauxval(AT_EXECFN), program);
}

/* package.preload entry of such a module. What it loads stays for good: some libraries do not bear
 * being taken out of a process again. */
static int l_load(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *file = NULL;
    char program[PATH_MAX];
    void *library;
    lua_CFunction open;

    if (find_program(program) == NULL)
        return luaL_error(L, "cannot find where %s.so is: %s", name, strerror(errno));
    strrchr(program, '/')[1] = '\0';
    for (const char *const *place = places; *place != NULL; place++) {
        file = lua_pushfstring(L, "%s%s%s.so", program, *place, name);
        if (access(file, R_OK) == 0)
            break;
    }
    library = dlopen(file, RTLD_LAZY);
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
