/* Grows the tree of named members, see sieve_tree.h. */
#include "sieve_tree.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

size_t tree_text(lua_State *L, struct tree *tree, const char *bytes, size_t length)
{
    size_t start = tree->text_length;
    while (tree->text_capacity < start + length + 1)
        tree->text = array_grow(L, tree->text, tree->text_capacity, &tree->text_capacity, 1);
    memcpy(tree->text + start, bytes, length);
    tree->text_length += length;
    return start;
}

static int add_node(lua_State *L, struct tree *tree, int parent)
{
    tree->nodes =
        array_grow(L, tree->nodes, tree->node_count, &tree->node_capacity, sizeof *tree->nodes);
    int node = (int)tree->node_count++;
    tree->nodes[node] = (struct node){.child = -1, .next = -1};
    if (parent >= 0) {
        tree->nodes[node].next = tree->nodes[parent].child;
        tree->nodes[parent].child = node;
    }
    return node;
}

void tree_plant(lua_State *L, struct tree *tree)
{
    add_node(L, tree, -1);
}

int tree_member(const struct tree *tree, int node, const char *name, size_t length)
{
    int child = node >= 0 ? tree->nodes[node].child : -1;
    while (child >= 0
           && (tree->nodes[child].element != 0 || tree->nodes[child].length != length
               || memcmp(tree->text + tree->nodes[child].key, name, length) != 0))
        child = tree->nodes[child].next;
    return child;
}

int tree_element(const struct tree *tree, int node, lua_Integer number)
{
    int child = node >= 0 ? tree->nodes[node].child : -1;
    while (child >= 0 && tree->nodes[child].element != number)
        child = tree->nodes[child].next;
    return child;
}

int tree_add_member(lua_State *L, struct tree *tree, int node, int index)
{
    size_t length;
    const char *name = lua_tolstring(L, index, &length);
    int child = tree_member(tree, node, name, length);
    if (child >= 0)
        return child;
    size_t key = tree_text(L, tree, name, length);
    child = add_node(L, tree, node);
    tree->nodes[child].key = key;
    tree->nodes[child].length = length;
    return child;
}

int tree_add_element(lua_State *L, struct tree *tree, int node, lua_Integer number)
{
    int child = tree_element(tree, node, number);
    if (child >= 0)
        return child;
    child = add_node(L, tree, node);
    tree->nodes[child].element = number;
    return child;
}

void tree_free(struct tree *tree)
{
    free(tree->text);
    free(tree->nodes);
    *tree = (struct tree){0};
}
