/* Lua sources carried inside the program. embed.cmake writes the tables; host.c is their only
 * reader. Owns the shape of one entry, nothing else. */
#ifndef REMORA_EMBEDDED_H
#define REMORA_EMBEDDED_H

#include <stddef.h>

/* One module. A table ends with an entry whose name is NULL. */
struct embedded_module {
    const char *name;           /* what require asks for: "remora.core.fault" */
    const char *chunk;          /* its place in the source tree: "@lua/remora/core/fault.lua" */
    const unsigned char *bytes; /* the source text */
    size_t length;              /* of the text, in bytes */
};

extern const struct embedded_module embedded_modules[];      /* the product and argparse */
extern const struct embedded_module embedded_test_modules[]; /* luaunit; only in remora-test */

#endif
