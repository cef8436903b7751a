/*
 * Owns the seams between the parts of the YAML module: yaml.c (documents into tables), yaml_scalar.c (what a plain
 * word means) and yaml_text.c (which characters are read at all).
 */
#ifndef REMORA_YAML_PARTS_H
#define REMORA_YAML_PARTS_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* How a scalar stands in the text: its characters, its tag in full (NULL: none) and whether it is unquoted. */
struct yaml_scalar {
    const char *text;
    size_t length;
    const char *tag;
    bool plain;
};

/* What all tags of the core schema begin with. */
#define YAML_CORE_TAG "tag:yaml.org,2002:"

/* Pushes the value of a scalar under the YAML 1.2 core schema and returns true; or pushes why not, returns false. */
bool yaml_scalar_push(lua_State *L, const struct yaml_scalar *scalar);

/* Pushes the sentence that refuses a tag. */
void yaml_tag_refuse(lua_State *L, const char *tag);

/* First byte from `text` on that cannot be part of a YAML 1.2 text, with the reason in `message`; NULL: all can. */
const char *yaml_text_refuse(const char *text, const char *end, const char **message);

#endif
