/* The bare decode of the floor: simdjson, which is C++, behind a face for C. */
#ifndef BENCH_DECODE_H
#define BENCH_DECODE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DECODE_SLACK = 64 }; /* bytes behind a text that may be read */

/* Decodes a whole page of a list call, every number and string of it, into memory that the next
 * page overwrites; the text must be followed by DECODE_SLACK bytes of any kind. The rows of the
 * page, -1 when it is no page. */
long decode_page(const char *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
