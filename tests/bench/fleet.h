/* The fleet of the benchmark, as the platform's answers and as the playbook that describes it.
 * Knows JSON, neither calls nor HTTP. */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include <stdint.h>

#include "text.h"

enum {
    FLEET_PAGE = 500, /* rows of a page */
    FLEET_BUSINESS = 2,
    FLEET_PER_HOST = 5,
    FLEET_PER_MODULE = 5000,
    FLEET_FIRST_MODULE = 1000,
};

/* What every answer begins with, up to its data. */
extern const char fleet_prefix[];

/* Where a row has what is looked at again, in its page. */
struct row_place {
    uint32_t start, process, end; /* the row; its last member but for the brace, "process" */
    uint32_t drifting;            /* the digit that drifts */
};

struct fleet {
    long rows;          /* processes */
    struct text *pages; /* rows of list_process_related_info, with commas between them */
    struct row_place *places;
    struct text topology, business, templates, proc_templates, categories, difference, labels, done;
    struct text playbook;
};

/* Makes a fleet of so many processes, all as the playbook wants them. */
void fleet_make(struct fleet *fleet, long rows);

/* Makes every so-manieth row drift in one value, none with 0; all others are put right. */
void fleet_drift(struct fleet *fleet, long every);

/* Puts a row right, given the id of its process; false when there is none. */
int fleet_repair(struct fleet *fleet, long id);

/* The process with this id, or NULL. */
const char *fleet_process(const struct fleet *fleet, long id, size_t *length);

/* The host with this id, or NULL. */
const char *fleet_host(const struct fleet *fleet, long id, size_t *length);

/* The row of the process with this id, or NULL. */
const char *fleet_row(const struct fleet *fleet, long id, size_t *length);

/* The text of so many rows, all of the page that the first of them is in. */
const char *fleet_rows(const struct fleet *fleet, long first, long count, size_t *length);

#endif
