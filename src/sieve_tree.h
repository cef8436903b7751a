/* The members of rows that somebody named, as a tree. Only grows; knows neither patterns nor the
 * text of a page. */
#ifndef REMORA_SIEVE_TREE_H
#define REMORA_SIEVE_TREE_H

#include <lua.h>
#include <stddef.h>

/* A named member. Nodes know each other by index; 0 is the row, -1 none. */
struct node {
    size_t key, length;  /* the name in the tree's text; of an element of a list no name, */
    lua_Integer element; /* but its number, from 1 */
    int child, next;
};

struct tree {
    char *text;
    struct node *nodes;
    size_t text_length, text_capacity, node_count, node_capacity;
};

/* Makes the row itself, in a tree that was zeroed. Here and below a Lua error when there is no
 * memory; what was made until then stays the tree's. */
void tree_plant(lua_State *L, struct tree *tree);

/* The member of a node that the string at the index names; made when it is new. */
int tree_add_member(lua_State *L, struct tree *tree, int node, int index);

/* The element of a node by its number; made when it is new. */
int tree_add_element(lua_State *L, struct tree *tree, int node, lua_Integer number);

/* Keeps bytes in the tree's text; where they begin. */
size_t tree_text(lua_State *L, struct tree *tree, const char *bytes, size_t length);

/* The child of a node by name, or -1. */
int tree_member(const struct tree *tree, int node, const char *name, size_t length);

/* The child of a node by its number in a list, or -1. */
int tree_element(const struct tree *tree, int node, lua_Integer number);

void tree_free(struct tree *tree);

#endif
