/* Owns turning the events of one YAML document into Lua tables and marks, see yaml_tree.c. */
#ifndef REMORA_YAML_TREE_H
#define REMORA_YAML_TREE_H

#include <lua.h>
#include <stdbool.h>
#include <yaml.h>

/* Levels of nesting: what is read unless the caller says otherwise, and what can be asked for. */
enum { YAML_DEPTH = 128, YAML_DEPTH_MOST = 1000 };

/* One load. Lives in a userdata, so that a Lua error loses neither the parser nor an event. */
struct yaml_tree {
    lua_State *L;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_parser;
    bool has_event;
    bool holds_collector;
    int max_depth;
    int max_aliases; /* how many aliases may be written */
    int max_nodes;   /* how many values there may be, those that aliases repeat included */
    int depth;
    int aliases;
    int nodes;
    struct yaml_marks *marks;
    int marks_index; /* where on the Lua stack: the marks */
    int anchors;     /* anchor → value */
    int open;        /* set of the anchored containers that are not complete */
    yaml_mark_t fault;
    unsigned char sizes[YAML_DEPTH_MOST + 1]; /* entries of the last container of each level */
};

/* Pushes the value of the only document (an empty stream: null) and returns true; or leaves the
 * reason on top of the stack, its place in `fault`, and returns false. */
bool yaml_tree_build(struct yaml_tree *tree);

/* Frees what the parser holds; may be called again. */
void yaml_tree_close(struct yaml_tree *tree);

#endif
