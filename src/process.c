/* The module "process": starts programs (process_spawn.c) and reads what they write while it waits
 * for them, so that neither side blocks. Owns a child until it has ended; one that nobody holds any
 * more is killed, unless it was started to live on. */
#include "process.h"

#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "class.h"
#include "fail.h"
#include "modules.h"

enum { CHUNK = 65536 };

static struct process *check_process(lua_State *L)
{
    return luaL_checkudata(L, 1, PROCESS);
}

void process_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Takes everything the pipe holds at this moment. 0 or errno. */
static int drain(struct stream *stream)
{
    while (stream->fd >= 0) {
        ssize_t count;

        if (stream->size - stream->length < CHUNK) {
            size_t size = stream->size == 0 ? CHUNK : 2 * stream->size;
            char *data = realloc(stream->data, size);

            if (data == NULL)
                return ENOMEM;
            stream->data = data;
            stream->size = size;
        }
        count = read(stream->fd, stream->data + stream->length, stream->size - stream->length);
        if (count > 0)
            stream->length += (size_t)count;
        else if (count == 0)
            process_close_fd(&stream->fd);
        else if (errno == EAGAIN)
            return 0;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

/* Waits until something happens or the deadline passes, and takes in all there is. 0 or errno. */
static int follow(struct process *process, double deadline)
{
    double seconds = deadline - now();
    struct pollfd watched[] = {
        {.fd = process->output[0].fd, .events = POLLIN},
        {.fd = process->output[1].fd, .events = POLLIN},
        {.fd = process->pidfd, .events = POLLIN},
    };
    int timeout = seconds <= 0 ? 0 : seconds > 1e6 ? -1 : (int)(seconds * 1000) + 1;
    int error;

    if (poll(watched, 3, timeout) < 0 && errno != EINTR)
        return errno;
    if ((watched[2].revents & POLLIN) != 0
        && waitpid(process->pid, &process->status, 0) == process->pid) {
        process->ended = true;
        process_close_fd(&process->pidfd);
    }
    error = drain(&process->output[0]);
    return error != 0 ? error : drain(&process->output[1]);
}

/* The moment given by the optional timeout (seconds) at argument 2. */
static double deadline_argument(lua_State *L)
{
    return now() + luaL_optnumber(L, 2, 1e9);
}

static int fail_timeout(lua_State *L)
{
    return fail_with(L, "process.timeout", "the program took longer than %f s",
                     luaL_optnumber(L, 2, 1e9));
}

/* p:wait([seconds]) → exit code | nil, signal number | nil, {code = "process.timeout", message}.
 * Keeps reading the pipes meanwhile; may be called again. */
static int l_wait(lua_State *L)
{
    struct process *process = check_process(L);
    double deadline = deadline_argument(L);

    while (!process->ended) {
        int error = follow(process, deadline);

        if (error != 0)
            return fail_errno(L, error, "waiting for a program");
        if (!process->ended && now() >= deadline)
            return fail_timeout(L);
    }
    if (WIFEXITED(process->status)) {
        lua_pushinteger(L, WEXITSTATUS(process->status));
        return 1;
    }
    lua_pushnil(L);
    lua_pushinteger(L, WTERMSIG(process->status));
    return 2;
}

/* Pushes the first `length` bytes and forgets them and `skip` more. */
static void push_taken(lua_State *L, struct stream *stream, size_t length, size_t skip)
{
    lua_pushlstring(L, stream->data != NULL ? stream->data : "", length);
    stream->length -= length + skip;
    if (stream->length > 0)
        memmove(stream->data, stream->data + length + skip, stream->length);
}

/* p:read_line([seconds]) → the next line of stdout without its end | nil at the end of the output
 *                        | nil, {code = "process.timeout", message} */
static int l_read_line(lua_State *L)
{
    struct process *process = check_process(L);
    struct stream *stream = &process->output[0];
    double deadline = deadline_argument(L);
    bool late = false;

    for (;;) {
        const char *end = stream->length > 0 ? memchr(stream->data, '\n', stream->length) : NULL;
        int error;

        if (end != NULL) {
            push_taken(L, stream, (size_t)(end - stream->data), 1);
            return 1;
        }
        if (stream->fd < 0 || process->ended)
            break;
        if (late)
            return fail_timeout(L);
        late = now() >= deadline; /* what is there by then is looked at still */
        error = follow(process, deadline);
        if (error != 0)
            return fail_errno(L, error, "reading from a program");
    }
    if (stream->length > 0)
        push_taken(L, stream, stream->length, 0);
    else
        lua_pushnil(L);
    return 1;
}

static int read_output(lua_State *L, int number)
{
    struct process *process = check_process(L);
    int error = process->ended ? 0 : follow(process, now());

    if (error != 0)
        return fail_errno(L, error, "reading from a program");
    push_taken(L, &process->output[number], process->output[number].length, 0);
    return 1;
}

/* p:read_stdout() → what was written and not yet read; everything, once wait has returned */
static int l_read_stdout(lua_State *L)
{
    return read_output(L, 0);
}

/* p:read_stderr(), likewise */
static int l_read_stderr(lua_State *L)
{
    return read_output(L, 1);
}

/* p:pid() → id of the process */
static int l_pid(lua_State *L)
{
    lua_pushinteger(L, check_process(L)->pid);
    return 1;
}

/* p:kill([signal = SIGTERM]) → true, or false when it has been waited for. With a detached one, its
 * whole group is signalled. */
static int l_kill(lua_State *L)
{
    struct process *process = check_process(L);
    int number = (int)luaL_optinteger(L, 2, SIGTERM);
    bool running = process->pid > 0 && !process->ended;

    if (running && kill(process->detached ? -process->pid : process->pid, number) != 0)
        return fail_errno(L, errno, "signalling a program");
    lua_pushboolean(L, running);
    return 1;
}

/* p:close(): kills the child if it still runs, unless it is detached, and frees everything; closing
 * twice is fine */
static int l_close(lua_State *L)
{
    struct process *process = check_process(L);

    if (process->pid > 0 && !process->ended && !process->detached) {
        kill(process->pid, SIGKILL);
        while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR) {
        }
        process->ended = true;
    }
    process_close_fd(&process->pidfd);
    for (int i = 0; i < 3; i++)
        process_close_fd(&process->child_fds[i]);
    for (int i = 0; i < 2; i++) {
        process_close_fd(&process->output[i].fd);
        free(process->output[i].data);
        process->output[i] = (struct stream){.fd = -1};
    }
    return 0;
}

static const luaL_Reg methods[] = {
    {"close", l_close},
    {"kill", l_kill},
    {"pid", l_pid},
    {"read_line", l_read_line},
    {"read_stderr", l_read_stderr},
    {"read_stdout", l_read_stdout},
    {"wait", l_wait},
    {"__close", l_close},
    {"__gc", l_close},
    {NULL, NULL},
};

/* process.end_with(parent): kills this process when the one with that id ends, which has started
 * it, however it ends */
static int l_end_with(lua_State *L)
{
    pid_t parent = (pid_t)luaL_checkinteger(L, 1);

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return luaL_error(L, "prctl: %s", strerror(errno));
    if (getppid() != parent) /* it has ended already */
        raise(SIGKILL);
    return 0;
}

static const luaL_Reg functions[] = {
    {"end_with", l_end_with},
    {"spawn", process_spawn},
    {NULL, NULL},
};

int luaopen_process(lua_State *L)
{
    class_define(L, PROCESS, methods);
    luaL_newlib(L, functions);
    return 1;
}
