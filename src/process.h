/* The seam between the two halves of the module "process": process_spawn.c starts a child,
 * process.c follows it. Owns the shape of a child. */
#ifndef REMORA_PROCESS_H
#define REMORA_PROCESS_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCESS "process.process" /* the metatable of a struct process */

/* What the child wrote to a pipe and Lua has not taken yet. */
struct stream {
    int fd; /* our end; -1 when there is no pipe or it has ended */
    char *data;
    size_t length;
    size_t size;
};

struct process {
    pid_t pid;  /* 0 until started */
    int pidfd;  /* readable when the child has ended; -1 after that */
    int status; /* wait's, once ended */
    bool ended;
    bool detached;           /* leads a session of its own, and lives on when we let go of it */
    int child_fds[3];        /* the child's ends, ours only while it starts; -1: inherited */
    struct stream output[2]; /* its stdout and stderr */
};

/* process.spawn, see the definition. */
int process_spawn(lua_State *L);

/* Closes the descriptor, if it is one, and forgets it. */
void process_close_fd(int *fd);

#endif
