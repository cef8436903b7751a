/* The bare decode of the floor: a JSON text into a flat list of values. */
#ifndef BENCH_DECODE_H
#define BENCH_DECODE_H

#include <stddef.h>
#include <stdint.h>

enum decode_type {
    DECODE_NULL,
    DECODE_BOOLEAN,
    DECODE_INTEGER,
    DECODE_FLOAT,
    DECODE_STRING,
    DECODE_LIST,
    DECODE_OBJECT,
};

/* One value. Keys are strings before their values; what is inside a list or object follows it. */
struct decode_value {
    uint32_t type, length; /* length: bytes of a string, values and keys in a list or object */
    union {
        int64_t integer;
        double number;
        const char *string; /* into the text, escapes undone in place; not ended by a zero */
    } as;
};

struct decode_tape {
    struct decode_value *values; /* kept between texts */
    size_t count, capacity;
};

/* Decodes one text, changing it; it must be followed by 16 zero bytes. Strict RFC 8259: order of
 * tokens, escapes, control characters, UTF-8, numbers, 512 levels. 1 when it is JSON, else 0. */
int decode(struct decode_tape *tape, char *text, size_t length);

#endif
