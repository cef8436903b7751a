/* A page on its way through a sieve: the rows that surely match are taken out of its text in place,
 * while the rest of it may still be coming. For one text, and any thread; no Lua takes part. */
#ifndef REMORA_SIEVE_STRAIN_H
#define REMORA_SIEVE_STRAIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "sieve_page.h"
#include "sieve_pattern.h"
#include "sieve_row.h"

enum { SIEVE_PAGES = 2 }; /* looked through at a time: one by each worker of http_driver.c */

/* What all pages go through. It lasts as long as somebody uses it. */
struct sieve {
    struct way way;
    struct patterns patterns;
    struct seen { /* what rows were like, for one page at a time */
        pthread_mutex_t lock;
        struct rows rows;
    } seen[SIEVE_PAGES];
    pthread_mutex_t lock; /* for what follows */
    size_t users;
};

/* One without patterns, with one user. NULL: no memory. */
struct sieve *sieve_make(void);

/* Gets ready for pages, once there are patterns. False: no memory. */
bool sieve_open(struct sieve *sieve);

/* One user fewer. */
void sieve_leave(struct sieve *sieve);

struct strain {
    struct sieve *sieve;
    enum { BEFORE_ROWS, AMONG_ROWS, BEHIND_ROWS } place;
    size_t settled; /* bytes of the text that were looked at and stay; a row begins behind them */
    size_t enough;  /* bytes behind those that are worth another look */
    size_t longest; /* row so far */
    bool kept;      /* a row stays */
    size_t *taken;  /* rows taken out, by choice */
    size_t total;   /* of them */
};

/* A user of the sieve, for one text. NULL: no memory. */
struct strain *strain_new(struct sieve *sieve);

/* Takes rows out of a text of which more bytes came; how long it then is. `complete` says that no
 * more will come. From what looks odd on, the text stays as it is. */
size_t strain_run(struct strain *strain, char *text, size_t length, bool complete);

void strain_free(struct strain *strain);

#endif
