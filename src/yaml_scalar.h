/* Owns what one scalar means under the YAML 1.2 core schema, see yaml_scalar.c. */
#ifndef REMORA_YAML_SCALAR_H
#define REMORA_YAML_SCALAR_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* What all tags of the core schema begin with. */
#define YAML_CORE_TAG "tag:yaml.org,2002:"

/* How a scalar stands in the text: its characters, its tag in full (NULL: none), whether unquoted.
 */
struct yaml_scalar {
    const char *text;
    size_t length;
    const char *tag;
    bool plain;
};

/* Pushes the scalar's value and returns true; or pushes the reason why not and returns false. */
bool yaml_scalar_push(lua_State *L, const struct yaml_scalar *scalar);

/* Pushes the sentence that refuses a tag. */
void yaml_scalar_refuse_tag(lua_State *L, const char *tag);

#endif
