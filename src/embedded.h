/* Lua modules carried inside the program, compiled. embed.lua writes the tables; host.c is their
 * only reader. Owns the shape of one entry, nothing else. */
#ifndef REMORA_EMBEDDED_H
#define REMORA_EMBEDDED_H

#include <stddef.h>

/* One module. A table ends with an entry whose name is NULL. */
struct embedded_module {
    const char *name;           /* what require asks for: "remora.core.fault" */
    const char *chunk;          /* its place in the source tree: "@lua/remora/core/fault.lua" */
    const unsigned char *bytes; /* what string.dump gave, debug information included */
    size_t length;              /* in bytes */
};

extern const struct embedded_module embedded_modules[];      /* the product and argparse */
extern const struct embedded_module embedded_test_modules[]; /* luaunit; only in remora-test */

#endif
