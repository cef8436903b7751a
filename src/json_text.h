/* How JSON spells single values. Appends to a text; knows neither lists nor objects. */
#ifndef REMORA_JSON_TEXT_H
#define REMORA_JSON_TEXT_H

#include <lua.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"

static inline void json_put(struct arena *text, const char *bytes, size_t length)
{
    memcpy(arena_take(text, length), bytes, length);
}

static inline void json_put_byte(struct arena *text, char byte)
{
    *(char *)arena_take(text, 1) = byte;
}

/* Bytes that are not UTF-8 become U+FFFD: a log line or a platform's answer must not make the whole
 * text invalid. */
void json_put_string(struct arena *text, const char *bytes, size_t length);

void json_put_integer(struct arena *text, lua_Integer number);

/* The fewest digits that read back as the same float, and always something that reads back as a
 * float. Infinity and NaN are Lua errors. */
void json_put_float(struct arena *text, double number);

#endif
