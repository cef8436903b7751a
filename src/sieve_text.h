/* Owns the strict walk over one JSON value inside a text (RFC 8259), for sieve and pick. Builds
 * nothing and never allocates; bytes from `end` on are never looked at. */
#ifndef REMORA_SIEVE_TEXT_H
#define REMORA_SIEVE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Levels of nesting that are followed. */
#define SIEVE_DEPTH 64

/* The first byte that is no space. */
const char *sieve_space(const char *at, const char *end);

/* Behind the string that begins at `at`, NULL when there is none. */
const char *sieve_string(const char *at, const char *end);

/* Behind the number, word or string at `at`, NULL when there is none, or a number that a double may
 * not hold. `exact` becomes false for a number that is not written as a plain integer of at most 18
 * digits. */
const char *sieve_scalar(const char *at, const char *end, bool *exact);

/* Behind any value at `at`, NULL when there is none. */
const char *sieve_value(const char *at, const char *end, int depth);

/* Whether a JSON string with these quotes around it stands for exactly these bytes. */
bool sieve_same_string(const char *quoted, size_t length, const char *bytes, size_t count);

/* The bytes that a JSON string with these quotes around it stands for, never more than it has; how
 * many. The string was walked over by sieve_string. */
size_t sieve_unquote(const char *quoted, size_t length, char *out);

/* The integer that is written there; false when it is no plain integer. */
bool sieve_integer(const char *at, size_t length, int64_t *integer);

#endif
