/*
 * Compares rows with patterns, see sieve_row.h. Says that a row matches only when every byte of it
 * was seen to be strict JSON and every wanted member to be there once, with the wanted value.
 */
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

/* The choice for the numbers that are written there, or NULL. */
static const struct choice *chosen(const struct patterns *p, struct span first, struct span second)
{
    int64_t numbers[2];
    if (!sieve_integer(first.start, first.length, &numbers[0])
        || !sieve_integer(second.start, second.length, &numbers[1]))
        return NULL;
    return patterns_choose(p, numbers[0], numbers[1]);
}

/* The choice for a row of this shape, or NULL. */
static const struct choice *choose(const struct patterns *p, const struct shape *shape,
                                   const struct span *scalars)
{
    const struct place_in_row *first = &shape->places[p->chooser[0]];
    const struct place_in_row *second = &shape->places[p->chooser[1]];
    if (first->kind != PLACE_SCALAR || second->kind != PLACE_SCALAR)
        return NULL;
    return chosen(p, scalars[first->number], scalars[second->number]);
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

/* Keeps a row that matched a pattern as the proof of others, unless what chooses the pattern is
 * also wanted by it. */
static void keep_proof(struct rows *rows, const struct patterns *p, size_t number,
                       const struct shape *shape, const char *start, const char *behind)
{
    const struct pattern *pattern = &p->patterns[number];
    bool wanted[ROW_SCALARS] = {false};
    for (size_t i = 0; i < pattern->count; i++) {
        const struct place_in_row *place = &shape->places[p->wants[pattern->first + i].node];
        if (place->kind == PLACE_SCALAR)
            wanted[place->number] = true;
    }
    const size_t choosers[] = {shape->places[p->chooser[0]].number,
                               shape->places[p->chooser[1]].number};
    if (wanted[choosers[0]] || wanted[choosers[1]])
        return;
    struct proof *proof = &rows->proofs[number];
    size_t scalar_count = shape->around.holes;
    if (!open_changed(proof, wanted, rows->spans, scalar_count, start)) {
        memset(proof->open, 0, sizeof proof->open);
        proof->scalar_count = scalar_count;
        proof->open[choosers[0]] = proof->open[choosers[1]] = true;
    }
    struct span holes[ROW_SCALARS];
    size_t count = 0;
    for (size_t i = 0; i < scalar_count; i++) {
        for (int k = 0; k < 2; k++)
            if (choosers[k] == i)
                proof->numbers[k] = count;
        if (proof->open[i])
            holes[count++] = rows->spans[i];
    }
    stencil_cut(&proof->around, start, behind, holes, count);
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
    const struct choice *choice =
        chosen(p, rows->spans[proof->numbers[0]], rows->spans[proof->numbers[1]]);
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
        keep_proof(rows, p, number, shape, start, at);
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
