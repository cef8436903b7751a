/* Half of the module "process": starts a program with its arguments, environment and descriptors.
 * Never waits, reads or runs a shell. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "fail.h"
#include "options.h"
#include "process.h"

enum { FILE_MODE = 0666 };

/* The list at `index` as a NULL-ended array. Pushes its memory; the strings stay the table's. */
static char **string_array(lua_State *L, int index)
{
    lua_Integer length = luaL_len(L, index);
    char **array = lua_newuserdatauv(L, ((size_t)length + 1) * sizeof *array, 0);

    for (lua_Integer i = 0; i < length; i++) {
        if (lua_rawgeti(L, index, i + 1) != LUA_TSTRING)
            luaL_error(L, "a program's arguments and environment are strings");
        array[i] = (char *)lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    array[length] = NULL;
    return array;
}

/* Pushes the list of NAME=VALUE for the child: ours, with the fields of the table at `index`
 * instead of or beside (false takes a variable away). */
static void push_environment(lua_State *L, int index)
{
    lua_Integer count = 0;

    lua_newtable(L);
    for (char **entry = environ; *entry != NULL; entry++) {
        lua_pushlstring(L, *entry, strcspn(*entry, "="));
        if (lua_rawget(L, index) == LUA_TNIL) {
            lua_pushstring(L, *entry);
            lua_rawseti(L, -3, ++count);
        }
        lua_pop(L, 1);
    }
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
            continue;
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "env has strings (or false) by name");
        lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), lua_tostring(L, -1));
        lua_rawseti(L, -4, ++count);
    }
}

/* The child's stdin holds `text`, then ends. In memory: nobody has to feed a pipe. 0 or errno. */
static int open_input(struct process *process, const char *text, size_t length)
{
    int fd =
        text != NULL ? memfd_create("stdin", MFD_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);

    process->child_fds[0] = fd;
    if (fd < 0)
        return errno;
    while (length > 0) {
        ssize_t count = write(fd, text, length);

        if (count < 0)
            return errno;
        text += count;
        length -= (size_t)count;
    }
    return text != NULL && lseek(fd, 0, SEEK_SET) < 0 ? errno : 0;
}

/* Where the child's stdout (1) or stderr (2) goes: NULL inherits ours, "pipe" comes to us, else a
 * file. 0 or errno. */
static int open_output(struct process *process, int number, const char *target)
{
    int ends[2];

    if (target == NULL)
        return 0;
    if (strcmp(target, "pipe") != 0) {
        process->child_fds[number] =
            open(target, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, FILE_MODE);
        return process->child_fds[number] < 0 ? errno : 0;
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    process->output[number - 1].fd = ends[0];
    process->child_fds[number] = ends[1];
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ? errno : 0;
}

/* Starts the child with its descriptors. The signals that host.c ignores are normal again: to
 * ignore them would be handed down. 0 or errno. */
static int start(struct process *process, char **arguments, char **environment,
                 const char *directory)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t normal;
    int error;

    sigemptyset(&normal);
    sigaddset(&normal, SIGPIPE);
    sigaddset(&normal, SIGXFSZ);
    error = posix_spawnattr_init(&attributes);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        posix_spawnattr_destroy(&attributes);
        return error;
    }
    error = posix_spawnattr_setsigdefault(&attributes, &normal);
    if (error == 0)
        error = posix_spawnattr_setflags(
            &attributes,
            (short)(POSIX_SPAWN_SETSIGDEF | (process->detached ? POSIX_SPAWN_SETSID : 0)));
    for (int i = 0; i < 3 && error == 0; i++)
        if (process->child_fds[i] >= 0)
            error = posix_spawn_file_actions_adddup2(&actions, process->child_fds[i], i);
    if (error == 0 && process->detached) /* it will outlive what libraries have left open */
        error = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (error == 0 && directory != NULL)
        error = posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (error == 0)
        error = posix_spawnp(&process->pid, arguments[0], &actions, &attributes, arguments,
                             environment);
    if (error != 0)
        process->pid = 0;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* process.spawn{argv = {program, …}, env = {NAME = text|false}, cwd = directory, stdin = text,
 *     stdout = "pipe"|file, stderr = "pipe"|file, detached = boolean} → process
 * The program is looked for in PATH; stdin is empty unless given, stdout and stderr are ours unless
 * given. What is detached leads a session of its own, has no other descriptor of ours, is signalled
 * together with its group, and lives on when nobody holds it any more. Fails with the errno of what
 * could not be opened or started. */
int process_spawn(lua_State *L)
{
    const char *input = NULL, *output = NULL, *errors = NULL, *directory = NULL;
    size_t input_length = 0;
    bool detached = false;
    const struct option options[] = {
        {.name = "argv"},
        {.name = "env"},
        {.name = "stdin", .text = &input, .length = &input_length},
        {.name = "stdout", .text = &output},
        {.name = "stderr", .text = &errors},
        {.name = "cwd", .text = &directory},
        {.name = "detached", .flag = &detached},
        {.name = NULL},
    };
    struct process *process;
    char **arguments, **environment;
    int error;

    luaL_checktype(L, 1, LUA_TTABLE);
    options_read(L, 1, options);
    lua_settop(L, 1);
    process = lua_newuserdatauv(L, sizeof *process, 0);
    *process = (struct process){.pidfd = -1,
                                .detached = detached,
                                .child_fds = {-1, -1, -1},
                                .output = {{.fd = -1}, {.fd = -1}}};
    luaL_setmetatable(L, PROCESS);

    luaL_argcheck(L, lua_getfield(L, 1, "argv") == LUA_TTABLE, 1, "argv is a list");
    arguments = string_array(L, lua_gettop(L));
    luaL_argcheck(L, arguments[0] != NULL, 1, "argv names no program");
    if (lua_getfield(L, 1, "env") == LUA_TNIL)
        lua_newtable(L);
    luaL_argcheck(L, lua_istable(L, -1), 1, "env is a table");
    push_environment(L, lua_gettop(L));
    environment = string_array(L, lua_gettop(L));

    error = open_input(process, input, input_length);
    if (error == 0)
        error = open_output(process, 1, output);
    if (error == 0)
        error = open_output(process, 2, errors);
    if (error == 0)
        error = start(process, arguments, environment, directory);
    for (int i = 0; i < 3; i++)
        process_close_fd(&process->child_fds[i]);
    if (error != 0)
        return fail_errno(L, error, arguments[0]);
    process->pidfd = pidfd_open(process->pid, 0);
    if (process->pidfd < 0)
        return fail_errno(L, errno, arguments[0]);
    lua_pushvalue(L, 2);
    return 1;
}
