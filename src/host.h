/* The Lua host: one protected Lua state for the life of the process.
 * Declares how a program enters it; what Lua sees of it is in host.c. */
#ifndef REMORA_HOST_H
#define REMORA_HOST_H

#include "embedded.h"

/* Exit codes the host itself gives (sysexits.h); all others are the Lua program's. */
enum host_exit {
    HOST_EXIT_ERROR = 1, /* the machine said no: memory, a full disk */
    HOST_EXIT_USAGE = 64,
    HOST_EXIT_BUG = 70,
};

/* What makes one executable differ from another over the same host. */
struct host_program {
    const char *entry;                   /* the module that returns main(argv) → exit code */
    const struct embedded_module *extra; /* more embedded modules, or NULL */
    const char *source_dir; /* an absolute directory searched last for modules, or NULL */
};

/* Runs the program's entry with the command line; returns the exit code of the process.
 * An error that leaves Lua is a bug: its traceback goes to stderr and the code is HOST_EXIT_BUG. */
int host_run(const struct host_program *program, int argc, char **argv);

#endif
