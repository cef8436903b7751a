/* What the sieve compares rows with: patterns, and the tree of all members that they name. Compiled
 * once from Lua tables. Declares what sieve.c and sieve_row.c share; knows no text of a page. */
#ifndef REMORA_SIEVE_PATTERN_H
#define REMORA_SIEVE_PATTERN_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

#include "sieve_tree.h"

enum want_kind {
    WANT_UNSET,  /* null, or not there */
    WANT_SCALAR, /* exactly this text: true, false or an integer */
    WANT_STRING, /* a string of these bytes, however they are written */
    WANT_LIST,   /* of so many elements */
    WANT_OBJECT,
    WANT_NEVER, /* nothing that could be compared byte by byte */
};

struct want {
    enum want_kind kind;
    int node;
    size_t text, length; /* in the sieve's text; of a list its elements */
};

/* What a row must hold: wants of the sieve, one after the other. */
struct pattern {
    size_t first, count;
};

/* Which pattern rows with these two numbers must match. */
struct choice {
    int64_t first, second;
    int pattern; /* -1: this place is free */
};

struct patterns {
    struct tree tree; /* of all members that are named, and the texts of the wants */
    struct want *wants;
    struct pattern *patterns;
    struct choice *choices; /* by hash; a power of two of them */
    size_t want_count, want_capacity;
    size_t pattern_count, pattern_capacity;
    size_t choice_count, choice_capacity;
    int chooser[2]; /* nodes of the two numbers */
};

/* Compiles the spec table at the index (see sieve.new). All memory belongs to `patterns`, which was
 * zeroed, also when a Lua error ends it. */
void patterns_compile(lua_State *L, struct patterns *patterns, int spec);

/* The choice for two numbers, or NULL. */
const struct choice *patterns_choose(const struct patterns *patterns, int64_t first,
                                     int64_t second);

void patterns_free(struct patterns *patterns);

#endif
