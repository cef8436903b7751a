/* Owns turning the events of one YAML document into Lua tables and marks. Refuses what has two
 * meanings (duplicate keys, merge keys, foreign tags) and what has no bound (depth, aliases,
 * recursion). Builds by recursion; a false result means: stop, the reason is on top of the stack.
 */
#include "yaml_tree.h"
#include "json.h"
#include "text.h"
#include "yaml_marks.h"
#include "yaml_scalar.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <string.h>

static bool fail(struct yaml_tree *tree, yaml_mark_t mark, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(tree->L, format, arguments);
    va_end(arguments);
    tree->fault = mark;
    return false;
}

/* The byte at which the character `index` (from 0) of the parser's input begins. */
static char byte_at(const struct yaml_tree *tree, size_t index)
{
    const char *text = (const char *)tree->parser.input.string.start;
    const char *end = (const char *)tree->parser.input.string.end;
    while (text < end && index-- > 0)
        text += text_sequence(text, end);
    return *text;
}

static bool fail_parse(struct yaml_tree *tree)
{
    const yaml_parser_t *parser = &tree->parser;
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
        luaL_error(tree->L, "not enough memory");
    if (byte_at(tree, mark.index) == '\t')
        return fail(tree, mark, "a tab cannot stand here; indent with spaces");
    if (!parser->context || parser->context_mark.line == mark.line)
        return fail(tree, mark, "%s", parser->problem);
    return fail(tree, mark, "%s %s that begins in line %d", parser->problem, parser->context,
                (int)parser->context_mark.line + 1);
}

static void drop_event(struct yaml_tree *tree)
{
    if (tree->has_event)
        yaml_event_delete(&tree->event);
    tree->has_event = false;
}

static bool next_event(struct yaml_tree *tree)
{
    drop_event(tree);
    if (!yaml_parser_parse(&tree->parser, &tree->event))
        return fail_parse(tree);
    tree->has_event = true;
    return true;
}

static bool count_node(struct yaml_tree *tree, yaml_mark_t mark)
{
    if (++tree->nodes > tree->max_nodes)
        return fail(tree, mark, "more than %d values, those of aliases included", tree->max_nodes);
    return true;
}

static bool enter(struct yaml_tree *tree, yaml_mark_t mark)
{
    luaL_checkstack(tree->L, 10, "YAML nested too deeply");
    if (++tree->depth > tree->max_depth)
        return fail(tree, mark, "nested deeper than %d levels", tree->max_depth);
    return true;
}

/* Remembers the value on top of the stack; a later anchor of the same name replaces it. */
static void keep_anchor(struct yaml_tree *tree, const yaml_char_t *anchor)
{
    if (!anchor)
        return;
    lua_pushvalue(tree->L, -1);
    lua_setfield(tree->L, tree->anchors, (const char *)anchor);
}

/* Says of the container on top of the stack whether it is being built. */
static void set_open(struct yaml_tree *tree, bool open)
{
    lua_State *L = tree->L;
    lua_pushvalue(L, -1);
    if (open)
        lua_pushboolean(L, true);
    else
        lua_pushnil(L);
    lua_rawset(L, tree->open);
}

static bool is_open(struct yaml_tree *tree)
{
    lua_State *L = tree->L;
    lua_pushvalue(L, -1);
    bool open = lua_rawget(L, tree->open) != LUA_TNIL;
    lua_pop(L, 1);
    return open;
}

/* Pushes the table of the container that the current event begins.
 * Siblings tend to have as many entries, and growing a table costs more than filling it. */
static void push_container(struct yaml_tree *tree, const yaml_char_t *anchor, bool list)
{
    lua_State *L = tree->L;
    int size = tree->sizes[tree->depth];
    lua_createtable(L, list ? size : 0, list ? 0 : size);
    if (list)
        luaL_setmetatable(L, JSON_ARRAY);
    keep_anchor(tree, anchor);
    if (anchor)
        set_open(tree, true);
}

/* The container on top of the stack, which began at a mark, is complete. */
static bool finish_container(struct yaml_tree *tree, yaml_mark_t mark, bool anchored, int entries)
{
    yaml_marks_close(tree->L, tree->marks_index, mark, (size_t)entries);
    if (anchored)
        set_open(tree, false);
    tree->sizes[tree->depth] = (unsigned char)(entries < 16 ? entries : 16);
    tree->depth--;
    return true;
}

static bool check_tag(struct yaml_tree *tree, const yaml_char_t *tag, const char *expected)
{
    if (!tag || strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, expected) == 0)
        return true;
    yaml_scalar_refuse_tag(tree->L, (const char *)tag);
    tree->fault = tree->event.start_mark;
    return false;
}

static bool build(struct yaml_tree *tree);

static bool build_sequence(struct yaml_tree *tree)
{
    lua_State *L = tree->L;
    const yaml_char_t *anchor = tree->event.data.sequence_start.anchor;
    bool anchored = anchor != NULL;
    yaml_mark_t start = tree->event.start_mark;
    if (!check_tag(tree, tree->event.data.sequence_start.tag, YAML_CORE_TAG "seq"))
        return false;
    push_container(tree, anchor, true);
    for (int entries = 0;; entries++) {
        if (!next_event(tree))
            return false;
        if (tree->event.type == YAML_SEQUENCE_END_EVENT)
            return finish_container(tree, start, anchored, entries);
        yaml_mark_t mark = tree->event.start_mark;
        if (!build(tree))
            return false;
        lua_rawseti(L, -2, entries + 1);
        yaml_marks_add(L, tree->marks, (uint64_t)entries + 1, mark, mark);
    }
}

static bool build_scalar(struct yaml_tree *tree)
{
    const yaml_event_t *event = &tree->event;
    struct yaml_scalar scalar = {
        .text = (const char *)event->data.scalar.value,
        .length = event->data.scalar.length,
        .tag = (const char *)event->data.scalar.tag,
        .plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
    };
    if (!yaml_scalar_push(tree->L, &scalar)) {
        tree->fault = event->start_mark;
        return false;
    }
    keep_anchor(tree, event->data.scalar.anchor);
    return true;
}

/* Refuses what cannot be a key, before its text is looked at. */
static bool check_key(struct yaml_tree *tree)
{
    const yaml_event_t *event = &tree->event;
    if (event->type != YAML_SCALAR_EVENT)
        return fail(tree, event->start_mark, "a key must be a plain or quoted word");
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && event->data.scalar.length == 0)
        return fail(tree, event->start_mark, "a key is missing here; quote it if it is empty");
    if (plain && strcmp((const char *)event->data.scalar.value, "<<") == 0)
        return fail(tree, event->start_mark,
                    "YAML 1.2 has no merge key '<<'; write the keys out, or quote it as a name");
    if (!event->data.scalar.tag && !event->data.scalar.anchor)
        return true;
    if (!build_scalar(tree))
        return false;
    lua_pop(tree->L, 1);
    return true;
}

/* Pushes the current event's key, a string as written, new in the container on top of the stack,
 * which has so many entries; gives its number among the marks. */
static bool build_key(struct yaml_tree *tree, int entries, uint64_t *number)
{
    lua_State *L = tree->L;
    if (!check_key(tree))
        return false;
    const char *text = (const char *)tree->event.data.scalar.value;
    size_t length = tree->event.data.scalar.length;
    *number = yaml_marks_key(text, length);
    lua_pushlstring(L, text, length);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) != LUA_TNIL)
        return fail(tree, tree->event.start_mark, "the key '%s' is already in line %d", text,
                    (int)yaml_marks_line(tree->marks, *number, (size_t)entries));
    lua_pop(L, 1);
    return true;
}

static bool build_mapping(struct yaml_tree *tree)
{
    lua_State *L = tree->L;
    const yaml_char_t *anchor = tree->event.data.mapping_start.anchor;
    bool anchored = anchor != NULL;
    yaml_mark_t start = tree->event.start_mark;
    if (!check_tag(tree, tree->event.data.mapping_start.tag, YAML_CORE_TAG "map"))
        return false;
    push_container(tree, anchor, false);
    for (int entries = 0;; entries++) {
        if (!next_event(tree))
            return false;
        if (tree->event.type == YAML_MAPPING_END_EVENT)
            return finish_container(tree, start, anchored, entries);
        yaml_mark_t key = tree->event.start_mark;
        uint64_t number;
        if (!build_key(tree, entries, &number) || !next_event(tree))
            return false;
        yaml_mark_t value = tree->event.start_mark;
        if (!build(tree)) /* container, key, value */
            return false;
        lua_rawset(L, -3);
        yaml_marks_add(L, tree->marks, number, value, key);
    }
}

/* Sets table[key] for the pair on top of the stack; leaves only the key, as lua_next wants it. */
static void set_pair(lua_State *L, int table)
{
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, table);
}

/* Replaces the value on top of the stack by a copy that stands where it does, so that a document is
 * a tree whatever its aliases. Every copied value counts: that bounds an alias bomb. */
static bool copy(struct yaml_tree *tree, yaml_mark_t alias)
{
    lua_State *L = tree->L;
    if (!count_node(tree, alias))
        return false;
    if (!lua_istable(L, -1))
        return true;
    if (!enter(tree, alias))
        return false;
    int source = lua_gettop(L);
    lua_newtable(L);
    int clone = source + 1;
    if (lua_getmetatable(L, source))
        lua_setmetatable(L, clone);
    yaml_marks_share(L, tree->marks_index, source);
    lua_pushnil(L);
    while (lua_next(L, source)) {
        if (!copy(tree, alias))
            return false;
        set_pair(L, clone);
    }
    lua_replace(L, source);
    tree->depth--;
    return true;
}

static bool build_alias(struct yaml_tree *tree)
{
    yaml_mark_t mark = tree->event.start_mark;
    const char *anchor = (const char *)tree->event.data.alias.anchor;
    if (++tree->aliases > tree->max_aliases)
        return fail(tree, mark, "more than %d aliases", tree->max_aliases);
    if (lua_getfield(tree->L, tree->anchors, anchor) == LUA_TNIL)
        return fail(tree, mark, "the alias *%s has no anchor before it", anchor);
    if (is_open(tree))
        return fail(tree, mark, "the alias *%s is inside of what it stands for", anchor);
    return copy(tree, mark);
}

/* Pushes the value that begins with the current event. */
static bool build(struct yaml_tree *tree)
{
    yaml_mark_t mark = tree->event.start_mark;
    switch (tree->event.type) {
    case YAML_ALIAS_EVENT:
        return build_alias(tree);
    case YAML_SCALAR_EVENT:
        return count_node(tree, mark) && build_scalar(tree);
    case YAML_SEQUENCE_START_EVENT:
        return count_node(tree, mark) && enter(tree, mark) && build_sequence(tree);
    default:
        return count_node(tree, mark) && enter(tree, mark) && build_mapping(tree);
    }
}

static bool check_version(struct yaml_tree *tree)
{
    const yaml_version_directive_t *version = tree->event.data.document_start.version_directive;
    if (version && version->minor != 2)
        return fail(tree, tree->event.start_mark, "this asks for YAML %d.%d; only 1.2 is read",
                    version->major, version->minor);
    return true;
}

bool yaml_tree_build(struct yaml_tree *tree)
{
    if (!next_event(tree) || !next_event(tree)) /* the stream begins, a document begins */
        return false;
    if (tree->event.type == YAML_STREAM_END_EVENT) {
        lua_pushlightuserdata(tree->L, NULL);
        return true;
    }
    if (!check_version(tree) || !next_event(tree) || !build(tree))
        return false;
    if (!next_event(tree) || !next_event(tree)) /* the document ends, the stream ends */
        return false;
    if (tree->event.type != YAML_STREAM_END_EVENT)
        return fail(tree, tree->event.start_mark, "a second document begins here; one is read");
    return true;
}

void yaml_tree_close(struct yaml_tree *tree)
{
    drop_event(tree);
    if (tree->has_parser)
        yaml_parser_delete(&tree->parser);
    tree->has_parser = false;
}
