/* Learns the shapes of rows, see sieve_shape.h. Every byte of a row is seen to be strict JSON, and
 * every named member to be there once. */
#include "sieve_shape.h"

#include <stdlib.h>
#include <string.h>

#include "sieve_text.h"

enum { MOST_KEYS = 512 }; /* of all open objects of a row */

/* A row being learned. */
struct lesson {
    const struct tree *tree;
    struct place_in_row *places;
    struct span *scalars;
    size_t scalar_count;
    const char *end;
    struct span keys[MOST_KEYS];
    size_t key_count;
    bool fit; /* rows of this shape can be compared */
};

static void note_place(struct lesson *l, int node, enum place_kind kind, size_t number)
{
    if (node >= 0) {
        l->places[node].kind = kind;
        l->places[node].number = number;
    }
}

/* A list or object from `open` to `behind`, whose scalars begin with number `first`. */
static void note_extent(struct lesson *l, int node, const char *open, size_t first,
                        const char *behind)
{
    if (node < 0 || first == l->scalar_count)
        return;
    struct span last = l->scalars[l->scalar_count - 1];
    l->places[node].first = first;
    l->places[node].end = l->scalar_count;
    l->places[node].before = (size_t)(l->scalars[first].start - open);
    l->places[node].after = (size_t)(behind - (last.start + last.length));
}

struct span shape_text(const struct place_in_row *place, const struct span *scalars)
{
    static const struct span empty = {"[]", 2}, unknown = {NULL, 0};
    if (place->kind == PLACE_SCALAR)
        return scalars[place->number];
    if (place->first == place->end)
        return place->kind == PLACE_LIST && place->number == 0 ? empty : unknown;
    const struct span last = scalars[place->end - 1];
    const char *start = scalars[place->first].start - place->before;
    return (struct span){start, (size_t)(last.start + last.length + place->after - start)};
}

static const char *learn_scalar(struct lesson *l, const char *at, int node)
{
    bool exact = true;
    const char *behind = sieve_scalar(at, l->end, &exact);
    if (behind == NULL)
        return NULL;
    if (!exact || l->scalar_count == ROW_SCALARS) {
        l->fit = false;
        return behind;
    }
    l->scalars[l->scalar_count] = (struct span){at, (size_t)(behind - at)};
    note_place(l, node, PLACE_SCALAR, l->scalar_count++);
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
    const char *open = at;
    size_t first = l->scalar_count;
    const char *inside = sieve_space(at + 1, l->end);
    if (inside >= l->end)
        return NULL;
    bool more = *inside != ']';
    at = more ? at + 1 : inside + 1;
    while (more) {
        at = learn(l, at, tree_element(l->tree, node, ++count), depth + 1);
        at = at != NULL ? separator(l, at, ']', &more) : NULL;
        if (at == NULL)
            return NULL;
    }
    note_place(l, node, PLACE_LIST, (size_t)count);
    note_extent(l, node, open, first, at);
    return at;
}

static const char *learn_object(struct lesson *l, const char *at, int node, int depth)
{
    size_t first_key = l->key_count, first = l->scalar_count;
    const char *open = at, *inside = sieve_space(at + 1, l->end);
    if (inside >= l->end)
        return NULL;
    bool more = *inside != '}';
    at = more ? at + 1 : inside + 1;
    while (more) {
        struct span key;
        at = learn_key(l, sieve_space(at, l->end), first_key, &key);
        at = at != NULL ? sieve_space(at, l->end) : NULL;
        if (at == NULL || at >= l->end || *at != ':')
            return NULL;
        at = learn(l, at + 1, tree_member(l->tree, node, key.start, key.length), depth + 1);
        at = at != NULL ? separator(l, at, '}', &more) : NULL;
        if (at == NULL)
            return NULL;
    }
    l->key_count = first_key;
    note_place(l, node, PLACE_OBJECT, 0);
    note_extent(l, node, open, first, at);
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

/* Makes an empty shape the one of the row at `at`, and finds its scalars. Behind the row, NULL when
 * no value is there; `*fit` tells whether rows of this shape can be compared at all. */
static const char *shape_learn(struct shape *shape, const struct tree *tree, struct span *scalars,
                               const char *at, const char *end, bool *fit)
{
    *fit = false;
    if (shape->places == NULL)
        shape->places = malloc(tree->node_count * sizeof *shape->places);
    if (shape->places == NULL)
        return sieve_value(at, end, 0);
    memset(shape->places, 0, tree->node_count * sizeof *shape->places);
    struct lesson lesson = {
        .tree = tree, .places = shape->places, .scalars = scalars, .end = end, .fit = true};
    const char *behind = learn(&lesson, at, 0, 0);
    *fit = behind != NULL && lesson.fit
           && stencil_cut(&shape->around, at, behind, scalars, lesson.scalar_count);
    return behind;
}

const struct shape *shapes_find(struct shapes *shapes, const struct tree *tree,
                                struct span *scalars, const char **at, const char *end)
{
    for (size_t i = 0; i < shapes->count; i++) {
        size_t each = (shapes->latest + shapes->count - i) % shapes->count;
        const char *behind = stencil_fits(&shapes->items[each].around, scalars, *at, end);
        if (behind != NULL) {
            *at = behind;
            shapes->latest = each;
            return &shapes->items[each];
        }
    }
    bool fit;
    *at = shape_learn(&shapes->draft, tree, scalars, *at, end, &fit);
    if (!fit)
        return NULL;
    size_t place = shapes->count < ROW_SHAPES ? shapes->count++ : shapes->oldest++ % ROW_SHAPES;
    struct shape forgotten = shapes->items[place];
    shapes->items[place] = shapes->draft;
    shapes->draft = forgotten;
    shapes->latest = place;
    return &shapes->items[place];
}

static void shape_free(struct shape *shape)
{
    stencil_free(&shape->around);
    free(shape->places);
}

void shapes_free(struct shapes *shapes)
{
    for (size_t i = 0; i < shapes->count; i++)
        shape_free(&shapes->items[i]);
    shape_free(&shapes->draft);
    *shapes = (struct shapes){0};
}
