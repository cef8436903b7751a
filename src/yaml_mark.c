/*
 * Owns the packing of two places of a YAML text into one Lua integer. From the highest bit: 24 of
 * the value's line, 14 of its column, 12 of the lines from it back to its key, 14 of the key's
 * column.
 */
#include "yaml_mark.h"

#include <stdint.h>

static uint64_t clamp(size_t number, unsigned bits)
{
    uint64_t most = (UINT64_C(1) << bits) - 1;
    return number < most ? number : most;
}

lua_Integer yaml_mark_pack(yaml_mark_t value, yaml_mark_t key)
{
    uint64_t bits = clamp(value.line + 1, 24);
    bits = bits << 14 | clamp(value.column + 1, 14);
    bits = bits << 12 | clamp(value.line - key.line, 12);
    bits = bits << 14 | clamp(key.column + 1, 14);
    return (lua_Integer)bits;
}

struct yaml_place yaml_mark_unpack(lua_Integer packed)
{
    uint64_t bits = (uint64_t)packed;
    lua_Integer line = (lua_Integer)(bits >> 40);
    return (struct yaml_place){
        .line = line,
        .column = (lua_Integer)(bits >> 26 & 0x3FFF),
        .key_line = line - (lua_Integer)(bits >> 14 & 0xFFF),
        .key_column = (lua_Integer)(bits & 0x3FFF),
    };
}
