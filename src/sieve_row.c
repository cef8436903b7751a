/* Compares rows with patterns, see sieve_row.h. Says that a row matches only when every byte of it
 * was seen to be strict JSON and every wanted member to be there once, with the wanted value. */
#include "sieve_row.h"

#include <stdlib.h>
#include <string.h>

#include "sieve_text.h"

static bool is_met(const struct patterns *p, const struct want *want, const struct shape *shape,
                   const struct span *scalars)
{
    const struct place_in_row *place = &shape->places[want->node];
    const struct span *span = place->kind == PLACE_SCALAR ? &scalars[place->number] : NULL;
    switch (want->kind) {
    case WANT_UNSET:
        return place->kind == PLACE_NONE || (span != NULL && *span->start == 'n');
    case WANT_SCALAR:
        return span != NULL && span->length == want->length
               && memcmp(span->start, p->tree.text + want->text, want->length) == 0;
    case WANT_STRING:
        return span != NULL && *span->start == '"'
               && sieve_same_string(span->start, span->length, p->tree.text + want->text,
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

static bool is_matched(const struct patterns *p, size_t number, const struct shape *shape,
                       const struct span *scalars)
{
    const struct pattern *pattern = &p->patterns[number];
    for (size_t i = 0; i < pattern->count; i++)
        if (!is_met(p, &p->wants[pattern->first + i], shape, scalars))
            return false;
    return true;
}

/* The choice for a row of this shape, or NULL. */
static const struct choice *choose(const struct patterns *p, const struct shape *shape,
                                   const struct span *scalars)
{
    int64_t numbers[2];
    for (int k = 0; k < 2; k++) {
        const struct place_in_row *place = &shape->places[p->chooser[k]];
        if (place->kind != PLACE_SCALAR)
            return NULL;
        const struct span span = scalars[place->number];
        if (!sieve_integer(span.start, span.length, &numbers[k]))
            return NULL;
    }
    return patterns_choose(p, numbers[0], numbers[1]);
}

/* Opens a proof where a row that matches as well has another value that is not wanted. False: the
 * row has another form than the proof, which then says nothing. */
static bool open_changed(struct proof *proof, const bool *wanted, const struct span *scalars,
                         size_t count, const char *at)
{
    const char *text = proof->around.text;
    if (text == NULL || proof->scalar_count != count)
        return false;
    const char *end = text + proof->around.ends[proof->around.holes];
    for (size_t i = 0; i < count; i++) {
        size_t between = (size_t)(scalars[i].start - at);
        if ((size_t)(end - text) < between || memcmp(text, at, between) != 0)
            return false;
        text += between;
        at = scalars[i].start + scalars[i].length;
        if (proof->open[i])
            continue;
        bool exact;
        const char *behind = sieve_scalar(text, end, &exact);
        if (behind == NULL)
            return false;
        size_t length = (size_t)(behind - text);
        proof->open[i] =
            !wanted[i]
            && (length != scalars[i].length || memcmp(text, scalars[i].start, length) != 0);
        text = behind;
    }
    return true;
}

/* Keeps a row that matched the pattern of its choice as the proof of others. */
static void keep_proof(struct rows *rows, const struct patterns *p, const struct choice *choice,
                       const struct shape *shape, const char *start, const char *behind)
{
    const struct pattern *pattern = &p->patterns[choice->pattern];
    bool wanted[ROW_SCALARS] = {false};
    for (size_t i = 0; i < pattern->count; i++) {
        const struct place_in_row *place = &shape->places[p->wants[pattern->first + i].node];
        if (place->kind == PLACE_SCALAR)
            wanted[place->number] = true;
    }
    struct proof *proof = &rows->proofs[choice->pattern];
    size_t scalar_count = shape->around.holes;
    if (!open_changed(proof, wanted, rows->spans, scalar_count, start)) {
        memset(proof->open, 0, sizeof proof->open);
        proof->scalar_count = scalar_count;
    }
    proof->choice = choice;
    struct span holes[ROW_SCALARS];
    size_t count = 0, hole_of[ROW_SCALARS];
    for (size_t i = 0; i < scalar_count; i++) {
        hole_of[i] = proof->open[i] ? count : NO_HOLE;
        if (proof->open[i])
            holes[count++] = rows->spans[i];
    }
    for (int k = 0; k < 2; k++)
        proof->numbers[k] = hole_of[shape->places[p->chooser[k]].number];
    stencil_cut(&proof->around, start, behind, holes, count);
}

/* The choice for a row that fits a proof, or NULL. */
static const struct choice *choose_again(const struct patterns *p, const struct proof *proof,
                                         const struct span *holes)
{
    int64_t numbers[2] = {proof->choice->first, proof->choice->second};
    bool same = true;
    for (int k = 0; k < 2; k++) {
        if (proof->numbers[k] == NO_HOLE)
            continue;
        const struct span hole = holes[proof->numbers[k]];
        same = false;
        if (!sieve_integer(hole.start, hole.length, &numbers[k]))
            return NULL;
    }
    return same ? proof->choice : patterns_choose(p, numbers[0], numbers[1]);
}

/* The choice for the row at `*at` when it is as one that matched before, of the pattern whose turn
 * it should be; `*at` then goes behind the row. */
static const struct choice *guess(struct rows *rows, const struct patterns *p, const char **at,
                                  const char *end)
{
    if (rows->proof_count == 0)
        return NULL;
    size_t number = rows->proofs[rows->latest_proof].next;
    const struct proof *proof = &rows->proofs[number];
    if (proof->around.text == NULL)
        return NULL;
    const char *behind = stencil_fits(&proof->around, rows->spans, *at, end);
    if (behind == NULL)
        return NULL;
    const struct choice *choice = choose_again(p, proof, rows->spans);
    if (choice == NULL || (size_t)choice->pattern != number)
        return NULL;
    rows->latest_proof = number;
    *at = behind;
    return choice;
}

bool rows_open(struct rows *rows, size_t patterns)
{
    rows->proofs = calloc(patterns, sizeof *rows->proofs);
    if (rows->proofs == NULL)
        return patterns == 0;
    rows->proof_count = patterns;
    return true;
}

const char *rows_match(struct rows *rows, const struct patterns *p, const char *at, const char *end,
                       const struct choice **choice)
{
    const char *start = at;
    *choice = guess(rows, p, &at, end);
    if (*choice != NULL)
        return at;
    const struct shape *shape = shapes_find(&rows->shapes, &p->tree, rows->spans, &at, end);
    const struct choice *its = shape != NULL ? choose(p, shape, rows->spans) : NULL;
    if (its == NULL)
        return at;
    size_t number = (size_t)its->pattern;
    rows->proofs[rows->latest_proof].next = number; /* it came behind the latest one */
    rows->latest_proof = number;
    if (is_matched(p, number, shape, rows->spans)) {
        keep_proof(rows, p, its, shape, start, at);
        *choice = its;
    }
    return at;
}

void rows_free(struct rows *rows)
{
    shapes_free(&rows->shapes);
    for (size_t i = 0; i < rows->proof_count; i++)
        stencil_free(&rows->proofs[i].around);
    free(rows->proofs);
    *rows = (struct rows){0};
}
