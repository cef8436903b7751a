/* The fleet of the benchmark, as the platform's answers and as the playbook that describes it.
 * Knows JSON, not HTTP. */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "text.h"

enum { FLEET_PAGE = 500 }; /* rows of a page */

struct fleet {
    long rows;          /* processes */
    struct text *pages; /* whole answers of list_process_related_info */
    size_t *drifting;   /* by row: place in its page of the digit that drifts */
    struct text topology, business, templates, proc_templates, difference, done, playbook;
};

/* Makes a fleet of so many processes, all as the playbook wants them. */
void fleet_make(struct fleet *fleet, long rows);

/* Makes every so-manieth row drift in one value, none with 0; all others are put right. */
void fleet_drift(struct fleet *fleet, long every);

/* Puts a row right, given the id of its process; false when there is none. */
int fleet_repair(struct fleet *fleet, long id);

/* The page that begins at a row, or NULL when none does. */
const struct text *fleet_page(const struct fleet *fleet, long start);

#endif
