/* Owns what the readers and writers of text agree on: which bytes are UTF-8, and where a byte is
 * for a person. Knows no format and never allocates. */
#ifndef REMORA_TEXT_H
#define REMORA_TEXT_H

#include <stddef.h>

/* A place in a text as editors count it: both from 1, the column in characters. */
struct text_place {
    size_t line;
    size_t column;
};

/* Length in bytes of the UTF-8 sequence at `at` (1 to 4), 0 when the bytes up to `end` are not one
 * (RFC 3629). */
size_t text_sequence(const char *at, const char *end);

/* Place of the byte `offset` (from 0) of `text`. LF, CR LF and CR end a line; what is not UTF-8
 * counts by bytes. */
struct text_place text_locate(const char *text, size_t offset);

#endif
