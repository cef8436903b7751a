/*
 * Owns the packing of two places of a YAML text, a value's and its key's, into one Lua integer, so
 * that remembering where everything stands costs no table for each value.
 */
#ifndef REMORA_YAML_MARK_H
#define REMORA_YAML_MARK_H

#include <lua.h>
#include <yaml.h>

/* Both places from 1, columns in characters; what has no key has the place of its value twice. */
struct yaml_place {
    lua_Integer line;
    lua_Integer column;
    lua_Integer key_line;
    lua_Integer key_column;
};

/*
 * Packs two marks of libyaml. What does not fit is clamped: lines beyond 16777215, columns beyond
 * 16383, a value more than 4095 lines below its key.
 */
lua_Integer yaml_mark_pack(yaml_mark_t value, yaml_mark_t key);

/* What yaml_mark_pack packed. */
struct yaml_place yaml_mark_unpack(lua_Integer packed);

#endif
