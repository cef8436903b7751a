/* Takes rows out of a text in place, see sieve_strain.h. A row goes only once what follows it was
 * seen as well: what is left is JSON if the whole text was, and otherwise is not. */
#include "sieve_strain.h"

#include <stdlib.h>
#include <string.h>

struct sieve *sieve_make(void)
{
    struct sieve *sieve = calloc(1, sizeof *sieve);
    if (sieve == NULL)
        return NULL;
    pthread_mutex_init(&sieve->lock, NULL); /* cannot fail with glibc's defaults */
    for (int i = 0; i < SIEVE_PAGES; i++)
        pthread_mutex_init(&sieve->seen[i].lock, NULL);
    sieve->users = 1;
    return sieve;
}

bool sieve_open(struct sieve *sieve)
{
    bool opened = true;
    for (int i = 0; i < SIEVE_PAGES; i++)
        opened = rows_open(&sieve->seen[i].rows, sieve->patterns.pattern_count) && opened;
    return opened;
}

static void sieve_join(struct sieve *sieve)
{
    pthread_mutex_lock(&sieve->lock);
    sieve->users++;
    pthread_mutex_unlock(&sieve->lock);
}

void sieve_leave(struct sieve *sieve)
{
    pthread_mutex_lock(&sieve->lock);
    bool last = --sieve->users == 0;
    pthread_mutex_unlock(&sieve->lock);
    if (!last)
        return;
    way_free(&sieve->way);
    patterns_free(&sieve->patterns);
    for (int i = 0; i < SIEVE_PAGES; i++) {
        rows_free(&sieve->seen[i].rows);
        pthread_mutex_destroy(&sieve->seen[i].lock);
    }
    pthread_mutex_destroy(&sieve->lock);
    free(sieve);
}

struct strain *strain_new(struct sieve *sieve)
{
    struct strain *strain = calloc(1, sizeof *strain);
    size_t *taken = calloc(sieve->patterns.choice_capacity + 1, sizeof *taken);
    if (strain == NULL || taken == NULL) {
        free(strain);
        free(taken);
        return NULL;
    }
    sieve_join(sieve);
    strain->sieve = sieve;
    strain->taken = taken;
    return strain;
}

void strain_free(struct strain *strain)
{
    if (strain == NULL)
        return;
    sieve_leave(strain->sieve);
    free(strain->taken);
    free(strain);
}

/* A text being looked through: what stays of it goes to `out`, which never overtakes `at`. */
struct look {
    struct rows *rows;
    char *out;
    const char *at, *end;
};

static void put(struct look *look, const char *bytes, size_t length)
{
    if (look->out != bytes) /* it may lie there already */
        memmove(look->out, bytes, length);
    look->out += length;
}

/* Goes to the first row. False: it is not where it should be, as far as the text goes. */
static bool find_rows(struct strain *strain, struct look *look)
{
    const struct way *way = &strain->sieve->way;
    const char *inside = page_rows(way, look->at, look->end);
    const char *row = inside != NULL ? page_first_row(way, inside, look->end, NULL) : NULL;
    if (row == NULL)
        return false;
    look->out += inside - look->at;
    look->at = row;
    strain->place = *row == '{' ? AMONG_ROWS : BEHIND_ROWS;
    return true;
}

/* Takes the row at hand out or keeps it, and goes to the next one. False: it is odd, or not all of
 * it is there. */
static bool settle_row(struct strain *strain, struct look *look)
{
    const struct choice *choice;
    struct sieve *sieve = strain->sieve;
    const char *behind = rows_match(look->rows, &sieve->patterns, look->at, look->end, &choice);
    const char *next = behind != NULL ? page_next_row(&sieve->way, behind, look->end, NULL) : NULL;
    if (next == NULL)
        return false;
    bool last = *next == ']';
    if (choice == NULL) {
        put(look, look->at, (size_t)(behind - look->at));
        if (!last)
            put(look, ",", 1);
        strain->kept = true;
    } else {
        strain->taken[choice - sieve->patterns.choices]++;
        strain->total++;
        if (last && strain->kept)
            look->out--; /* the comma behind the last row that stays */
    }
    size_t length = (size_t)(next - look->at);
    if (strain->longest < length)
        strain->longest = length;
    strain->place = last ? BEHIND_ROWS : AMONG_ROWS;
    look->at = next;
    return true;
}

/* Looks on as far as the text goes. A look in vain is tried again when there is twice as much. */
static void look_on(struct strain *strain, struct look *look, bool complete)
{
    while (strain->place != BEHIND_ROWS) {
        size_t left = (size_t)(look->end - look->at);
        if (!complete && left < strain->enough)
            return;
        if (strain->place == BEFORE_ROWS ? find_rows(strain, look) : settle_row(strain, look))
            strain->enough = strain->longest + 1;
        else if (!complete)
            strain->enough = 2 * left;
        else
            return;
    }
}

/* Takes what nobody else is at, if there is any; to be unlocked. */
static struct seen *lock_seen(struct sieve *sieve)
{
    for (struct seen *seen = sieve->seen; seen < sieve->seen + SIEVE_PAGES; seen++)
        if (pthread_mutex_trylock(&seen->lock) == 0)
            return seen;
    pthread_mutex_lock(&sieve->seen->lock);
    return sieve->seen;
}

size_t strain_run(struct strain *strain, char *text, size_t length, bool complete)
{
    if (strain->place == BEHIND_ROWS || length == 0)
        return length;
    struct seen *seen = lock_seen(strain->sieve);
    struct look look = {&seen->rows, text + strain->settled, text + strain->settled, text + length};
    look_on(strain, &look, complete);
    pthread_mutex_unlock(&seen->lock);
    strain->settled = (size_t)(look.out - text);
    put(&look, look.at, (size_t)(look.end - look.at));
    return (size_t)(look.out - text);
}
