/* Text that grows, for the bench's programs: out of memory ends the program. */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include <stddef.h>

struct text {
    char *bytes;
    size_t length, capacity;
};

/* Makes room for `length` more bytes and returns where they go. */
char *text_room(struct text *text, size_t length);

/* Appends bytes. */
void text_add(struct text *text, const char *bytes, size_t length);

/* Appends what printf would print. */
__attribute__((format(printf, 2, 3))) void text_print(struct text *text, const char *format, ...);

/* Says why on stderr and exits with 1. */
_Noreturn void text_die(const char *why);

#endif
