/* Where every key and value of one YAML document stands, see yaml_marks.c. */
#ifndef REMORA_YAML_MARKS_H
#define REMORA_YAML_MARKS_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

/* What is noted of one entry, or of a container itself. */
struct yaml_mark {
    uint64_t key;   /* yaml_marks_key, or an index from 1 */
    uint64_t place; /* of the value and of its key, packed */
};

struct yaml_mark_list {
    struct yaml_mark *marks;
    size_t count, room;
};

/* The marks of a document. In Lua a userdata with find; it knows containers by their tables. */
struct yaml_marks {
    struct yaml_mark_list closed; /* per container: itself, then its entries */
    struct yaml_mark_list open;   /* entries of the containers that are not complete */
};

/* Pushes the marks of a document that has not begun. */
struct yaml_marks *yaml_marks_push(lua_State *L);

/* A number for the name of an entry. Others may share it, though none that is met by chance. */
uint64_t yaml_marks_key(const char *name, size_t length);

/* Notes the next entry of the innermost container; what has no key has its value's mark twice. */
void yaml_marks_add(lua_State *L, struct yaml_marks *marks, uint64_t key, yaml_mark_t value,
                    yaml_mark_t at);

/* The line, from 1, of a key among the last so many entries noted; 0: none of them has it. */
lua_Integer yaml_marks_line(const struct yaml_marks *marks, uint64_t key, size_t entries);

/* Completes the container on top of the stack, whose are the last so many entries noted. The marks
 * are at an absolute index of the stack. */
void yaml_marks_close(lua_State *L, int index, yaml_mark_t container, size_t entries);

/* Lets the container on top of the stack have its entries where that at an absolute index has. */
void yaml_marks_share(lua_State *L, int index, int container);

#endif
