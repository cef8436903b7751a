/*
 * Owns the module `yaml`: one YAML 1.2 document into Lua tables, with the place of every key and value. Built on
 * libyaml's events; refuses what has two meanings (duplicate keys, merge keys, foreign tags) and what has no bound.
 * Never reads files and knows no playbook.
 */
#include "yaml_parts.h"
#include "json.h"
#include "options.h"
#include "text.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <yaml.h>

#define LOADER "yaml.loader"

int luaopen_yaml(lua_State *L);

/* Where a load keeps its things on the Lua stack. */
enum { TEXT = 1, OPTIONS, LOADER_SLOT, MARKS, ANCHORS, OPEN };

struct loader {
    lua_State *L;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_parser;
    bool has_event;
    int max_depth;
    int max_aliases;
    int max_nodes;
    int depth;
    int aliases;
    int nodes;
    yaml_mark_t fault; /* where the load failed; the reason is on top of the stack */
};

/* Leaves the reason on the stack and gives false to whoever must stop. */
static bool fail(struct loader *loader, yaml_mark_t mark, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(loader->L, format, arguments);
    va_end(arguments);
    loader->fault = mark;
    return false;
}

static void drop_event(struct loader *loader)
{
    if (loader->has_event)
        yaml_event_delete(&loader->event);
    loader->has_event = false;
}

static int l_close(lua_State *L)
{
    struct loader *loader = luaL_checkudata(L, 1, LOADER);
    drop_event(loader);
    if (loader->has_parser)
        yaml_parser_delete(&loader->parser);
    loader->has_parser = false;
    return 0;
}

/* The character at a mark of the parser, which counts from the start of its input. */
static char byte_at(struct loader *loader, size_t character)
{
    const char *text = (const char *)loader->parser.input.string.start;
    const char *end = (const char *)loader->parser.input.string.end;
    while (text < end && character-- > 0)
        text += text_sequence(text, end);
    return text < end ? *text : '\0';
}

static bool fail_parse(struct loader *loader)
{
    const yaml_parser_t *parser = &loader->parser;
    const char *problem = parser->problem;
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_MEMORY_ERROR || !problem)
        luaL_error(loader->L, "not enough memory");
    if (byte_at(loader, mark.index) == '\t')
        return fail(loader, mark, "a tab cannot indent YAML; use spaces");
    if (!parser->context || parser->context_mark.line == mark.line)
        return fail(loader, mark, "%s", problem);
    return fail(loader, mark, "%s %s that begins in line %d", problem, parser->context,
                (int)parser->context_mark.line + 1);
}

static bool next_event(struct loader *loader)
{
    drop_event(loader);
    if (!yaml_parser_parse(&loader->parser, &loader->event))
        return fail_parse(loader);
    loader->has_event = true;
    return true;
}

static uint64_t clamp(size_t number, unsigned bits)
{
    uint64_t most = (UINT64_C(1) << bits) - 1;
    return number < most ? number : most;
}

/* Two places in one integer: 24 bits of line and 14 of column for the value, 12 bits back to the key's line, 14. */
static lua_Integer pack(yaml_mark_t value, yaml_mark_t key)
{
    uint64_t packed = clamp(value.line + 1, 24);
    packed = packed << 14 | clamp(value.column + 1, 14);
    packed = packed << 12 | clamp(value.line - key.line, 12);
    packed = packed << 14 | clamp(key.column + 1, 14);
    return (lua_Integer)packed;
}

static bool count_node(struct loader *loader, yaml_mark_t mark)
{
    if (++loader->nodes > loader->max_nodes)
        return fail(loader, mark, "more than %d values, aliases unfolded", loader->max_nodes);
    return true;
}

static bool enter(struct loader *loader, yaml_mark_t mark)
{
    luaL_checkstack(loader->L, 8, "YAML nested too deeply");
    if (++loader->depth > loader->max_depth)
        return fail(loader, mark, "nested deeper than %d levels", loader->max_depth);
    return true;
}

/* Remembers the value on top of the stack under its anchor, if it has one. A later anchor of the name replaces it. */
static void keep_anchor(struct loader *loader, const yaml_char_t *anchor)
{
    if (!anchor)
        return;
    lua_pushvalue(loader->L, -1);
    lua_setfield(loader->L, ANCHORS, (const char *)anchor);
}

/* Marks the table on top of the stack as being built, or as complete: an alias to an open one would never end. */
static void set_open(struct loader *loader, bool open)
{
    lua_State *L = loader->L;
    lua_pushvalue(L, -1);
    if (open)
        lua_pushboolean(L, true);
    else
        lua_pushnil(L);
    lua_rawset(L, OPEN);
}

static bool is_open(struct loader *loader)
{
    lua_State *L = loader->L;
    lua_pushvalue(L, -1);
    bool open = lua_rawget(L, OPEN) != LUA_TNIL;
    lua_pop(L, 1);
    return open;
}

/* Pushes a new table for the container whose event this is, then the table of its marks. */
static void push_container(struct loader *loader, const yaml_char_t *anchor, bool list)
{
    lua_State *L = loader->L;
    lua_newtable(L);
    if (list)
        luaL_setmetatable(L, JSON_ARRAY);
    keep_anchor(loader, anchor);
    if (anchor)
        set_open(loader, true);
    lua_newtable(L);
    lua_pushinteger(L, pack(loader->event.start_mark, loader->event.start_mark));
    lua_rawseti(L, -2, 0);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, MARKS);
}

/* Pops the marks; the container stays. */
static bool finish_container(struct loader *loader, bool anchored)
{
    lua_pop(loader->L, 1);
    if (anchored)
        set_open(loader, false);
    loader->depth--;
    return true;
}

static bool is_container_tag(const yaml_char_t *tag, const char *core)
{
    return !tag || strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, core) == 0;
}

static bool fail_tag(struct loader *loader, const yaml_char_t *tag)
{
    yaml_tag_refuse(loader->L, (const char *)tag);
    loader->fault = loader->event.start_mark;
    return false;
}

static bool build(struct loader *loader);

static bool build_sequence(struct loader *loader)
{
    lua_State *L = loader->L;
    const yaml_char_t *tag = loader->event.data.sequence_start.tag;
    if (!is_container_tag(tag, YAML_CORE_TAG "seq"))
        return fail_tag(loader, tag);
    bool anchored = loader->event.data.sequence_start.anchor != NULL;
    push_container(loader, loader->event.data.sequence_start.anchor, true);
    for (lua_Integer i = 1;; i++) {
        if (!next_event(loader))
            return false;
        if (loader->event.type == YAML_SEQUENCE_END_EVENT)
            return finish_container(loader, anchored);
        yaml_mark_t mark = loader->event.start_mark;
        if (!build(loader))
            return false;
        lua_rawseti(L, -3, i);
        lua_pushinteger(L, pack(mark, mark));
        lua_rawseti(L, -2, i);
    }
}

static bool build_scalar(struct loader *loader)
{
    const yaml_event_t *event = &loader->event;
    struct yaml_scalar scalar = {
        .text = (const char *)event->data.scalar.value,
        .length = event->data.scalar.length,
        .tag = (const char *)event->data.scalar.tag,
        .plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
    };
    if (!yaml_scalar_push(loader->L, &scalar)) {
        loader->fault = event->start_mark;
        return false;
    }
    keep_anchor(loader, event->data.scalar.anchor);
    return true;
}

static void unpack_key(lua_Integer packed, lua_Integer *line, lua_Integer *column)
{
    uint64_t bits = (uint64_t)packed;
    *line = (lua_Integer)((bits >> 40) - (bits >> 14 & 0xFFF));
    *column = (lua_Integer)(bits & 0x3FFF);
}

/* Pushes the key of the current event as a string, once it is known to be new among those with marks on top. */
static bool build_key(struct loader *loader)
{
    lua_State *L = loader->L;
    yaml_event_t *event = &loader->event;
    if (event->type != YAML_SCALAR_EVENT)
        return fail(loader, event->start_mark, "a key must be a plain or quoted word");
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const char *text = (const char *)event->data.scalar.value;
    if (plain && !event->data.scalar.tag && strcmp(text, "<<") == 0)
        return fail(loader, event->start_mark,
                    "YAML 1.2 has no merge key '<<'; write the keys out, or quote it if it is a name");
    if (plain && event->data.scalar.length == 0)
        return fail(loader, event->start_mark, "a key is missing here; quote it if it is empty");
    if (event->data.scalar.tag || event->data.scalar.anchor) {
        if (!build_scalar(loader))
            return false;
        lua_pop(L, 1);
    }
    lua_pushlstring(L, text, event->data.scalar.length);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
        lua_pop(L, 1);
        return true;
    }
    lua_Integer line;
    lua_Integer column;
    unpack_key(lua_tointeger(L, -1), &line, &column);
    return fail(loader, event->start_mark, "the key '%s' is already in line %d", text, (int)line);
}

static bool build_mapping(struct loader *loader)
{
    lua_State *L = loader->L;
    const yaml_char_t *tag = loader->event.data.mapping_start.tag;
    if (!is_container_tag(tag, YAML_CORE_TAG "map"))
        return fail_tag(loader, tag);
    bool anchored = loader->event.data.mapping_start.anchor != NULL;
    push_container(loader, loader->event.data.mapping_start.anchor, false);
    for (;;) {
        if (!next_event(loader))
            return false;
        if (loader->event.type == YAML_MAPPING_END_EVENT)
            return finish_container(loader, anchored);
        yaml_mark_t key = loader->event.start_mark;
        if (!build_key(loader) || !next_event(loader))
            return false;
        yaml_mark_t value = loader->event.start_mark;
        lua_pushvalue(L, -1);
        if (!build(loader)) /* container, marks, key, key, value */
            return false;
        lua_rawset(L, -5);
        lua_pushinteger(L, pack(value, key));
        lua_rawset(L, -3);
    }
}

/*
 * Replaces the value on top of the stack by a copy with marks of its own, so that a document is a tree whatever its
 * aliases. Counts what it copies: that bounds an alias bomb.
 */
static bool copy(struct loader *loader, yaml_mark_t mark)
{
    lua_State *L = loader->L;
    if (!count_node(loader, mark))
        return false;
    if (!lua_istable(L, -1))
        return true;
    if (!enter(loader, mark))
        return false;
    int source = lua_gettop(L);
    lua_newtable(L);
    if (lua_getmetatable(L, source))
        lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_pushvalue(L, source);
    lua_rawget(L, MARKS);
    lua_pushnil(L);
    while (lua_next(L, -2)) { /* source, copy, its marks, the source's marks, key, mark */
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, source + 2);
    }
    lua_pop(L, 1);
    lua_pushvalue(L, source + 1);
    lua_insert(L, -2);
    lua_rawset(L, MARKS);
    lua_pushnil(L);
    while (lua_next(L, source)) {
        if (!copy(loader, mark))
            return false;
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, source + 1);
    }
    lua_remove(L, source);
    loader->depth--;
    return true;
}

static bool build_alias(struct loader *loader)
{
    lua_State *L = loader->L;
    yaml_mark_t mark = loader->event.start_mark;
    const char *anchor = (const char *)loader->event.data.alias.anchor;
    if (++loader->aliases > loader->max_aliases)
        return fail(loader, mark, "more than %d aliases", loader->max_aliases);
    if (lua_getfield(L, ANCHORS, anchor) == LUA_TNIL)
        return fail(loader, mark, "the alias *%s has no anchor before it", anchor);
    if (is_open(loader))
        return fail(loader, mark, "the alias *%s is inside of what it stands for", anchor);
    return copy(loader, mark);
}

/* Pushes the value that begins with the current event. */
static bool build(struct loader *loader)
{
    yaml_mark_t mark = loader->event.start_mark;
    switch (loader->event.type) {
    case YAML_ALIAS_EVENT:
        return build_alias(loader);
    case YAML_SCALAR_EVENT:
        return count_node(loader, mark) && build_scalar(loader);
    case YAML_SEQUENCE_START_EVENT:
        return count_node(loader, mark) && enter(loader, mark) && build_sequence(loader);
    default:
        return count_node(loader, mark) && enter(loader, mark) && build_mapping(loader);
    }
}

static bool check_version(struct loader *loader)
{
    const yaml_version_directive_t *version = loader->event.data.document_start.version_directive;
    if (version && version->minor != 2)
        return fail(loader, loader->event.start_mark, "this asks for YAML %d.%d; only 1.2 is read", version->major,
                    version->minor);
    return true;
}

/* Pushes the value of the only document; an empty stream is null. */
static bool build_stream(struct loader *loader)
{
    if (!next_event(loader) || !next_event(loader))
        return false;
    if (loader->event.type == YAML_STREAM_END_EVENT) {
        lua_pushlightuserdata(loader->L, NULL);
        return true;
    }
    if (!check_version(loader) || !next_event(loader) || !build(loader) || !next_event(loader) || !next_event(loader))
        return false;
    if (loader->event.type != YAML_STREAM_END_EVENT)
        return fail(loader, loader->event.start_mark, "a second document begins here; a file holds one");
    return true;
}

/* Pushes a new loader whose memory the collector owns from its first byte on. */
static struct loader *push_loader(lua_State *L)
{
    struct loader *loader = lua_newuserdatauv(L, sizeof *loader, 0);
    memset(loader, 0, sizeof *loader);
    luaL_setmetatable(L, LOADER);
    loader->L = L;
    loader->max_depth = JSON_DEPTH;
    loader->max_aliases = 10000;
    loader->max_nodes = 2000000;
    return loader;
}

static void read_limits(lua_State *L, struct loader *loader)
{
    options_read(L, OPTIONS, (struct option[]){
        {"max_depth", .value = &loader->max_depth, .least = 1, .most = JSON_DEPTH_MOST},
        {"max_aliases", .value = &loader->max_aliases, .least = 0, .most = INT32_MAX - 1},
        {"max_nodes", .value = &loader->max_nodes, .least = 1, .most = INT32_MAX - 1},
        {0}});
}

static int push_fault(lua_State *L, const char *message, size_t line, size_t column)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    lua_pushinteger(L, (lua_Integer)line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, (lua_Integer)column);
    lua_setfield(L, -2, "column");
    return 2;
}

/*
 * yaml.load(text [, {max_depth = 128, max_aliases = 10000, max_nodes = 2000000}])
 *   → value, marks | nil, {message, line, column}
 * YAML 1.2 core schema, one document. Keys are strings as written; null is json.null; sequences carry json.array_mt;
 * an alias is a copy. marks[container][key] is the place of that entry and marks[container][0] of the container
 * itself, both for yaml.unpack. Lines and columns (characters) count from 1. All limits count what aliases unfold to.
 */
static int l_load(lua_State *L)
{
    size_t length;
    luaL_checktype(L, TEXT, LUA_TSTRING);
    const char *text = lua_tolstring(L, TEXT, &length);
    lua_settop(L, OPTIONS);
    struct loader *loader = push_loader(L);
    read_limits(L, loader);
    const char *start = strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text;
    const char *end = text + length;
    const char *message;
    const char *refused = yaml_text_refuse(start, end, &message);
    if (refused) {
        struct text_place place = text_locate(start, (size_t)(refused - start));
        return push_fault(L, message, place.line, place.column);
    }
    lua_newtable(L);
    lua_newtable(L);
    lua_newtable(L);
    if (!yaml_parser_initialize(&loader->parser))
        return luaL_error(L, "not enough memory");
    loader->has_parser = true;
    yaml_parser_set_encoding(&loader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&loader->parser, (const unsigned char *)start, (size_t)(end - start));
    if (!build_stream(loader))
        return push_fault(L, lua_tostring(L, -1), loader->fault.line + 1, loader->fault.column + 1);
    drop_event(loader);
    lua_pushvalue(L, MARKS);
    return 2;
}

/* yaml.unpack(mark) → value's line, value's column, key's line, key's column. */
static int l_unpack(lua_State *L)
{
    lua_Integer packed = luaL_checkinteger(L, 1);
    uint64_t bits = (uint64_t)packed;
    lua_Integer line;
    lua_Integer column;
    unpack_key(packed, &line, &column);
    lua_pushinteger(L, (lua_Integer)(bits >> 40));
    lua_pushinteger(L, (lua_Integer)(bits >> 26 & 0x3FFF));
    lua_pushinteger(L, line);
    lua_pushinteger(L, column);
    return 4;
}

int luaopen_yaml(lua_State *L)
{
    static const luaL_Reg functions[] = {{"load", l_load}, {"unpack", l_unpack}, {NULL, NULL}};
    luaL_newmetatable(L, JSON_ARRAY);
    luaL_newmetatable(L, LOADER);
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__gc");
    luaL_newlib(L, functions);
    return 1;
}
