/* Owns the seams between the three parts of the JSON module: json.c (what Lua sees, and undoing
 * what the parser loses), json_scan.c (the strict look before the parse) and json_encode.c
 * (writing, with json_text.c for single values). */
#ifndef REMORA_JSON_H
#define REMORA_JSON_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* Names of metatables: a list, so that an empty one is not taken for an object; a text encoded as
 * it is. */
#define JSON_ARRAY "json.array"
#define JSON_RAW "json.raw"

/* Levels of nesting: what is read unless the caller says otherwise, and what the parser can follow
 * at most. */
#define JSON_DEPTH 128
#define JSON_DEPTH_MOST 1000

/* First byte of a string that stands for a value the parser would lose. No UTF-8 text contains it.
 */
#define JSON_MARK '\xFF'

/* Why a text is not JSON: a constant sentence and the byte (from 0) it is about. */
struct json_fault {
    const char *message;
    size_t offset;
};

/* Checks the tokens of the string at `index` strictly (RFC 8259), leaving their order to the
 * parser. Pushes the text to parse, in which every value the parser would lose is a marked string,
 * and returns true; or pushes nothing, fills `fault` and returns false. */
bool json_scan(lua_State *L, int index, int max_depth, struct json_fault *fault);

/* json.encode(value [, {indent = n}]) → text. See the definition for the rules. */
int json_encode(lua_State *L);

/* True when the metatable of the value at `index` is the one called `mark`. */
bool json_has_mark(lua_State *L, int index, const char *mark);

#endif
