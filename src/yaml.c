/* Owns the module `yaml`: one YAML 1.2 document, read with libyaml, as Lua tables with the place of
 * every key and value. Never reads files and knows no playbook. */
#include "class.h"
#include "collector.h"
#include "fail.h"
#include "json.h"
#include "modules.h"
#include "options.h"
#include "text.h"
#include "yaml_marks.h"
#include "yaml_text.h"
#include "yaml_tree.h"

#include <lauxlib.h>
#include <limits.h>
#include <string.h>

#define LOADER "yaml.loader"

/* The end of a load, however it ends. */
static int l_close(lua_State *L)
{
    struct yaml_tree *tree = luaL_checkudata(L, 1, LOADER);
    yaml_tree_close(tree);
    if (tree->holds_collector)
        collector_release(L);
    tree->holds_collector = false;
    return 0;
}

/* Pushes a load that has not begun, closed when the function that runs ends. */
static struct yaml_tree *push_loader(lua_State *L)
{
    struct yaml_tree *tree = lua_newuserdatauv(L, sizeof *tree, 0);
    memset(tree, 0, sizeof *tree);
    luaL_setmetatable(L, LOADER);
    lua_toclose(L, -1);
    tree->L = L;
    tree->max_depth = YAML_DEPTH;
    tree->max_aliases = 10000;
    tree->max_nodes = 2000000;
    return tree;
}

static int push_table(lua_State *L)
{
    lua_newtable(L);
    return lua_gettop(L);
}

/* Starts the parser. The text stays where it is and must outlive the load. All that a load makes it
 * keeps: the collector, which would look at it again and again in vain, has a rest. */
static void begin(struct yaml_tree *tree, const char *text, const char *end)
{
    lua_State *L = tree->L;
    tree->holds_collector = collector_hold(L);
    tree->marks = yaml_marks_push(L);
    tree->marks_index = lua_gettop(L);
    tree->anchors = push_table(L);
    tree->open = push_table(L);
    if (!yaml_parser_initialize(&tree->parser))
        luaL_error(L, "not enough memory");
    tree->has_parser = true;
    yaml_parser_set_encoding(&tree->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&tree->parser, (const unsigned char *)text, (size_t)(end - text));
}

/* The place of a mark of libyaml, which for a text that ends too early lies in a line after it. */
static struct text_place place_of(yaml_mark_t mark, const char *text, const char *end)
{
    struct text_place last = text_locate(text, (size_t)(end - text));
    struct text_place place = {mark.line + 1, mark.column + 1};
    return place.line > last.line ? last : place;
}

/* yaml.load(text [, {max_depth = 128, max_aliases = 10000, max_nodes = 2000000}])
 *   → value, marks | nil, {message, line, column}
 * YAML 1.2 core schema, one document. Keys are strings as written; null (and an empty text) is
 * json.null; sequences carry json.array_mt; an alias is a copy. marks:find(container, key) tells
 * where that entry stands, marks:find(container) the container itself. Lines and columns
 * (characters) count from 1. */
static int l_load(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_settop(L, 2);
    struct yaml_tree *tree = push_loader(L);
    const struct option options[] = {
        {"max_depth", .value = &tree->max_depth, .least = 1, .most = YAML_DEPTH_MOST},
        {"max_aliases", .value = &tree->max_aliases, .least = 0, .most = INT_MAX - 1},
        {"max_nodes", .value = &tree->max_nodes, .least = 1, .most = INT_MAX - 1},
        {0},
    };
    options_read(L, 2, options);
    size_t length;
    const char *text = lua_tolstring(L, 1, &length);
    const char *end = text + length;
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    const char *message;
    const char *refused = yaml_text_refuse(text, end, &message);
    if (refused)
        return fail_at(L, message, text_locate(text, (size_t)(refused - text)));
    begin(tree, text, end);
    if (!yaml_tree_build(tree))
        return fail_at(L, lua_tostring(L, -1), place_of(tree->fault, text, end));
    lua_pushvalue(L, tree->marks_index);
    return 2;
}

int luaopen_yaml(lua_State *L)
{
    /* what is to be closed is not where there is no memory for the call: then it is collected */
    static const luaL_Reg methods[] = {{"__close", l_close}, {"__gc", l_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"load", l_load}, {NULL, NULL}};
    class_define(L, LOADER, methods);
    luaL_newmetatable(L, JSON_ARRAY);
    luaL_newlib(L, functions);
    return 1;
}
