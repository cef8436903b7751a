/*
 * Learns the shapes of rows and compares rows with patterns, see sieve_row.h. Says that a row
 * matches only when every byte of it was seen to be strict JSON and every wanted member to be
 * there once, with the wanted value.
 */
#include "sieve_row.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sieve_text.h"

enum { MOST_KEYS = 512 }; /* of all open objects of a row */

/* A row being learned. */
struct lesson {
    const struct patterns *patterns;
    struct shape *shape;
    struct span *spans;
    const char *end;
    struct span keys[MOST_KEYS];
    size_t key_count;
    bool fit; /* rows of this shape can be compared */
};

static void note_place(struct lesson *l, int node, enum place_kind kind, size_t number)
{
    if (node >= 0) {
        l->shape->places[node].kind = kind;
        l->shape->places[node].number = number;
    }
}

static const char *learn_scalar(struct lesson *l, const char *at, int node)
{
    struct shape *shape = l->shape;
    bool exact = true;
    const char *behind = sieve_scalar(at, l->end, &exact);
    if (behind == NULL)
        return NULL;
    if (!exact || shape->scalars == ROW_SCALARS) {
        l->fit = false;
        return behind;
    }
    l->spans[shape->scalars] = (struct span){at, (size_t)(behind - at)};
    note_place(l, node, PLACE_SCALAR, shape->scalars++);
    return behind;
}

/* The key at `at`: plain ASCII, and not one of those of its object, which begin at `first`. */
static const char *learn_key(struct lesson *l, const char *at, size_t first, struct span *key)
{
    const char *behind = sieve_string(at, l->end);
    if (behind == NULL)
        return NULL;
    *key = (struct span){at + 1, (size_t)(behind - at) - 2};
    if (memchr(key->start, '\\', key->length) != NULL || l->key_count == MOST_KEYS) {
        l->fit = false;
        return behind;
    }
    for (size_t i = first; i < l->key_count; i++)
        if (l->keys[i].length == key->length
            && memcmp(l->keys[i].start, key->start, key->length) == 0)
            l->fit = false;
    l->keys[l->key_count++] = *key;
    return behind;
}

static const char *learn(struct lesson *l, const char *at, int node, int depth);

/* Behind what separates two members, or behind the last one; `more` tells which. */
static const char *separator(const struct lesson *l, const char *at, char close, bool *more)
{
    at = sieve_space(at, l->end);
    if (at >= l->end || (*at != ',' && *at != close))
        return NULL;
    *more = *at == ',';
    return at + 1;
}

static const char *learn_list(struct lesson *l, const char *at, int node, int depth)
{
    lua_Integer count = 0;
    const char *inside = sieve_space(at + 1, l->end);
    bool more = inside < l->end && *inside != ']';
    at = more ? at + 1 : inside + 1;
    while (more) {
        at = learn(l, at, patterns_element(l->patterns, node, ++count), depth + 1);
        at = at != NULL ? separator(l, at, ']', &more) : NULL;
        if (at == NULL)
            return NULL;
    }
    note_place(l, node, PLACE_LIST, (size_t)count);
    return at;
}

static const char *learn_object(struct lesson *l, const char *at, int node, int depth)
{
    size_t first = l->key_count;
    const char *inside = sieve_space(at + 1, l->end);
    bool more = inside < l->end && *inside != '}';
    at = more ? at + 1 : inside + 1;
    while (more) {
        struct span key;
        at = learn_key(l, sieve_space(at, l->end), first, &key);
        at = at != NULL ? sieve_space(at, l->end) : NULL;
        if (at == NULL || at >= l->end || *at != ':')
            return NULL;
        at = learn(l, at + 1, patterns_member(l->patterns, node, key.start, key.length),
                   depth + 1);
        at = at != NULL ? separator(l, at, '}', &more) : NULL;
        if (at == NULL)
            return NULL;
    }
    l->key_count = first;
    note_place(l, node, PLACE_OBJECT, 0);
    return at;
}

/* Walks any value strictly and notes its scalars and where the wanted members are. */
static const char *learn(struct lesson *l, const char *at, int node, int depth)
{
    at = sieve_space(at, l->end);
    if (at >= l->end || depth > SIEVE_DEPTH)
        return NULL;
    if (*at == '{')
        return learn_object(l, at, node, depth);
    if (*at == '[')
        return learn_list(l, at, node, depth);
    return learn_scalar(l, at, node);
}

static void free_shape(struct shape *shape)
{
    if (shape == NULL)
        return;
    free(shape->text);
    free(shape->places);
    free(shape);
}

/* A shape without anything, to be learned. */
static struct shape *new_draft(lua_State *L, struct rows *rows, size_t nodes)
{
    if (rows->draft == NULL) {
        rows->draft = calloc(1, sizeof *rows->draft);
        if (rows->draft == NULL)
            luaL_error(L, "not enough memory");
        rows->draft->places = malloc(nodes * sizeof *rows->draft->places);
        if (rows->draft->places == NULL)
            luaL_error(L, "not enough memory");
    }
    rows->draft->scalars = 0;
    memset(rows->draft->places, 0, nodes * sizeof *rows->draft->places);
    return rows->draft;
}

/* Keeps what stands around the scalars of a row, and remembers the draft; the oldest shape becomes
 * the next draft when there are too many. */
static void keep_draft(lua_State *L, struct rows *rows, const char *start, const char *behind)
{
    struct shape *shape = rows->draft;
    char *text = realloc(shape->text, (size_t)(behind - start));
    if (text == NULL)
        luaL_error(L, "not enough memory");
    shape->text = text;
    size_t length = 0;
    for (size_t i = 0; i <= shape->scalars; i++) {
        const char *stop = i < shape->scalars ? rows->spans[i].start : behind;
        memcpy(text + length, start, (size_t)(stop - start));
        length += (size_t)(stop - start);
        shape->gaps[i] = length;
        if (i < shape->scalars)
            start = stop + rows->spans[i].length;
    }
    size_t at = rows->count < ROW_SHAPES ? rows->count++ : rows->oldest++ % ROW_SHAPES;
    rows->draft = rows->shapes[at];
    rows->shapes[at] = shape;
    rows->latest = at;
}

/* Behind a row of this shape, with its spans filled in; NULL when it has another shape. */
static const char *fits(const struct shape *shape, struct span *spans, const char *at,
                        const char *end)
{
    const char *gap = shape->text;
    for (size_t i = 0;; i++) {
        const char *next = shape->text + shape->gaps[i];
        size_t length = (size_t)(next - gap);
        if ((size_t)(end - at) < length || memcmp(at, gap, length) != 0)
            return NULL;
        at += length;
        gap = next;
        if (i == shape->scalars)
            return at;
        bool exact = true;
        const char *behind = sieve_scalar(at, end, &exact);
        if (behind == NULL || !exact)
            return NULL;
        spans[i] = (struct span){at, (size_t)(behind - at)};
        at = behind;
    }
}

static bool is_met(const struct patterns *p, const struct want *want, const struct shape *shape,
                   const struct span *spans)
{
    const struct place_in_row *place = &shape->places[want->node];
    const struct span *span = place->kind == PLACE_SCALAR ? &spans[place->number] : NULL;
    switch (want->kind) {
    case WANT_UNSET:
        return place->kind == PLACE_NONE || (span != NULL && *span->start == 'n');
    case WANT_SCALAR:
        return span != NULL && span->length == want->length
               && memcmp(span->start, p->text + want->text, want->length) == 0;
    case WANT_STRING:
        return span != NULL && *span->start == '"'
               && sieve_same_string(span->start, span->length, p->text + want->text,
                                    want->length);
    case WANT_LIST:
        return place->kind == PLACE_LIST && place->number == want->length;
    case WANT_OBJECT:
        return place->kind == PLACE_OBJECT;
    case WANT_NEVER:
        break;
    }
    return false;
}

/* The choice for a row whose spans are known, if it has all that its pattern wants. */
static struct choice *matching(const struct patterns *p, const struct shape *shape,
                               const struct span *spans)
{
    int64_t numbers[2];
    for (int i = 0; i < 2; i++) {
        const struct place_in_row *place = &shape->places[p->chooser[i]];
        if (place->kind != PLACE_SCALAR
            || !sieve_integer(spans[place->number].start, spans[place->number].length,
                              &numbers[i]))
            return NULL;
    }
    struct choice *choice = patterns_choose(p, numbers[0], numbers[1]);
    if (choice == NULL)
        return NULL;
    const struct pattern *pattern = &p->patterns[choice->pattern];
    for (size_t i = 0; i < pattern->count; i++)
        if (!is_met(p, &p->wants[pattern->first + i], shape, spans))
            return NULL;
    return choice;
}

const char *rows_match(lua_State *L, struct rows *rows, const struct patterns *p, const char *at,
                       const char *end, struct choice **choice)
{
    for (size_t i = 0; i < rows->count; i++) {
        size_t each = (rows->latest + rows->count - i) % rows->count;
        const char *behind = fits(rows->shapes[each], rows->spans, at, end);
        if (behind != NULL) {
            rows->latest = each;
            *choice = matching(p, rows->shapes[each], rows->spans);
            return behind;
        }
    }
    struct lesson lesson = {.patterns = p, .spans = rows->spans, .end = end, .fit = true};
    lesson.shape = new_draft(L, rows, p->node_count);
    const char *behind = learn(&lesson, at, 0, 0);
    *choice = NULL;
    if (behind != NULL && lesson.fit) {
        struct shape *shape = rows->draft;
        *choice = matching(p, shape, rows->spans);
        keep_draft(L, rows, at, behind);
    }
    return behind;
}

void rows_free(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free_shape(rows->shapes[i]);
    free_shape(rows->draft);
    *rows = (struct rows){0};
}
