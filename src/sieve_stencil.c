/* Cuts stencils and lays them over rows, see sieve_stencil.h. Knows no pattern. */
#include "sieve_stencil.h"

#include <stdlib.h>
#include <string.h>

#include "sieve_text.h"

static bool resize(struct stencil *stencil, size_t length, size_t count)
{
    char *text = realloc(stencil->text, length);
    if (text != NULL)
        stencil->text = text;
    size_t *ends = realloc(stencil->ends, (count + 1) * sizeof *ends);
    if (ends != NULL)
        stencil->ends = ends;
    if (text == NULL || ends == NULL) {
        stencil_free(stencil); /* what is cut half must fit nothing */
        return false;
    }
    return true;
}

bool stencil_cut(struct stencil *stencil, const char *start, const char *behind,
                 const struct span *holes, size_t count)
{
    if (!resize(stencil, (size_t)(behind - start), count))
        return false;
    stencil->holes = count;
    size_t length = 0;
    for (size_t i = 0; i <= count; i++) {
        const char *stop = i < count ? holes[i].start : behind;
        memcpy(stencil->text + length, start, (size_t)(stop - start));
        length += (size_t)(stop - start);
        stencil->ends[i] = length;
        if (i < count)
            start = stop + holes[i].length;
    }
    return true;
}

const char *stencil_fits(const struct stencil *stencil, struct span *holes, const char *at,
                         const char *end)
{
    const char *piece = stencil->text;
    for (size_t i = 0;; i++) {
        const char *next = stencil->text + stencil->ends[i];
        size_t length = (size_t)(next - piece);
        if ((size_t)(end - at) < length || memcmp(at, piece, length) != 0)
            return NULL;
        at += length;
        piece = next;
        if (i == stencil->holes)
            return at;
        bool exact = true;
        const char *behind = sieve_scalar(at, end, &exact);
        if (behind == NULL || !exact)
            return NULL;
        holes[i] = (struct span){at, (size_t)(behind - at)};
        at = behind;
    }
}

void stencil_free(struct stencil *stencil)
{
    free(stencil->text);
    free(stencil->ends);
    *stencil = (struct stencil){0};
}
