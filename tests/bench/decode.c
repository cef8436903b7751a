/* The bare decode of the floor, see decode.h. Does what a fast C library does, 16 bytes a value:
 * every number converted, every string checked and its escapes undone, all of it in one list. */
#include "decode.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { DEPTH = 512 };

struct decoding {
    struct decode_tape *tape;
    char *at, *end;
};

/* Room for all values a text of so many bytes can have: each takes two of them. */
static void reserve(struct decode_tape *tape, size_t length)
{
    if (tape->capacity > length / 2)
        return;
    tape->capacity = length / 2 + 1;
    free(tape->values);
    tape->values = malloc(tape->capacity * sizeof *tape->values);
    if (tape->values == NULL)
        text_die("not enough memory");
}

static inline struct decode_value *add(struct decode_tape *tape, enum decode_type type)
{
    struct decode_value *value = &tape->values[tape->count++];
    value->type = type;
    value->length = 0;
    return value;
}

static inline void skip_space(struct decoding *d)
{
    while (*d->at == ' ' || *d->at == '\n' || *d->at == '\r' || *d->at == '\t')
        d->at++;
}

/* Bytes of the UTF-8 sequence at `at`, 0 when it is none. */
static size_t sequence(const unsigned char *at)
{
    static const struct {
        unsigned char first, last, low, high;
        size_t length;
    } rows[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (at[0] < rows[i].first || at[0] > rows[i].last)
            continue;
        if (at[1] < rows[i].low || at[1] > rows[i].high)
            return 0;
        for (size_t k = 2; k < rows[i].length; k++)
            if (at[k] < 0x80 || at[k] > 0xBF)
                return 0;
        return rows[i].length;
    }
    return 0;
}

/* The 16 bits of \uXXXX at `at`, -1 when it is none. */
static long unit(const char *at)
{
    long value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static char *put_utf8(char *to, long point)
{
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(leads[more] | point >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (point >> (6 * more) & 0x3F));
    return to;
}

/* Undoes the escape at d->at; returns where the next byte goes, NULL when it is none. */
static char *escape(struct decoding *d, char *to)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char letter = d->at[1];
    const char *known = letter != '\0' ? strchr(letters, letter) : NULL;
    if (known != NULL) {
        d->at += 2;
        *to = meant[known - letters];
        return to + 1;
    }
    long point = letter == 'u' ? unit(d->at + 2) : -1;
    if (point < 0 || (point >= 0xDC00 && point < 0xE000))
        return NULL;
    d->at += 6;
    if (point < 0xD800 || point >= 0xDC00)
        return put_utf8(to, point);
    long low = d->at[0] == '\\' && d->at[1] == 'u' ? unit(d->at + 2) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return NULL;
    d->at += 6;
    return put_utf8(to, 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00));
}

/* The first byte that is a quote, a backslash, a control character or beyond ASCII. The zeros
 * behind the text end the search. */
static inline char *skip_plain(char *at)
{
    const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    for (;; at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        word = le64toh(word);
        uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
        uint64_t shows = (word | (word - ones * 0x20) | (quote - ones) | (slash - ones)) & highs;
        if (shows != 0)
            return at + __builtin_ctzll(shows) / 8;
    }
}

static bool string(struct decoding *d)
{
    char *start = ++d->at;
    char *to = d->at = skip_plain(d->at);
    for (;;) {
        unsigned char c = (unsigned char)*d->at;
        if (c == '"')
            break;
        if (c == '\\') {
            to = escape(d, to);
            if (to == NULL)
                return false;
        } else if (c < 0x20) {
            return false;
        } else {
            size_t length = c < 0x80 ? 1 : sequence((unsigned char *)d->at);
            if (length == 0)
                return false;
            if (to != d->at)
                memmove(to, d->at, length);
            to += length;
            d->at += length;
        }
    }
    d->at++;
    struct decode_value *value = add(d->tape, DECODE_STRING);
    value->as.string = start;
    value->length = (uint32_t)(to - start);
    return true;
}

static bool digits(struct decoding *d)
{
    char *start = d->at;
    while (*d->at >= '0' && *d->at <= '9')
        d->at++;
    return d->at > start;
}

static bool number(struct decoding *d)
{
    char *start = d->at;
    bool negative = *start == '-', is_float = false;
    d->at += negative;
    char *first = d->at;
    if (!digits(d) || (*first == '0' && d->at - first > 1))
        return false;
    char *last = d->at;
    if (*d->at == '.') {
        is_float = true;
        d->at++;
        if (!digits(d))
            return false;
    }
    if (*d->at == 'e' || *d->at == 'E') {
        is_float = true;
        d->at += d->at[1] == '+' || d->at[1] == '-' ? 2 : 1;
        if (!digits(d))
            return false;
    }
    if (is_float || last - first > 18) {
        add(d->tape, DECODE_FLOAT)->as.number = strtod(start, NULL);
        return true;
    }
    int64_t integer = 0;
    for (char *at = first; at < last; at++)
        integer = integer * 10 + (*at - '0');
    add(d->tape, DECODE_INTEGER)->as.integer = negative ? -integer : integer;
    return true;
}

static bool word(struct decoding *d)
{
    if (memcmp(d->at, "true", 4) == 0 || memcmp(d->at, "null", 4) == 0) {
        add(d->tape, *d->at == 't' ? DECODE_BOOLEAN : DECODE_NULL)->as.integer = *d->at == 't';
        d->at += 4;
        return true;
    }
    if (memcmp(d->at, "false", 5) != 0)
        return false;
    add(d->tape, DECODE_BOOLEAN)->as.integer = 0;
    d->at += 5;
    return true;
}

static bool value(struct decoding *d, int depth);

/* A list or an object, from its first byte behind the bracket. */
static bool members(struct decoding *d, int depth, char close)
{
    size_t mine = d->tape->count;
    uint32_t count = 0;
    add(d->tape, close == '}' ? DECODE_OBJECT : DECODE_LIST);
    d->at++;
    skip_space(d);
    while (*d->at != close || count > 0) {
        if (close == '}') {
            if (*d->at != '"' || !string(d))
                return false;
            skip_space(d);
            if (*d->at++ != ':')
                return false;
            skip_space(d);
        }
        if (!value(d, depth + 1))
            return false;
        count++;
        skip_space(d);
        if (*d->at == close)
            break;
        if (*d->at++ != ',')
            return false;
        skip_space(d);
    }
    d->at++;
    d->tape->values[mine].length = count;
    return true;
}

static bool value(struct decoding *d, int depth)
{
    switch (*d->at) {
    case '{':
        return depth < DEPTH && members(d, depth, '}');
    case '[':
        return depth < DEPTH && members(d, depth, ']');
    case '"':
        return string(d);
    case 't':
    case 'f':
    case 'n':
        return word(d);
    default:
        return number(d);
    }
}

int decode(struct decode_tape *tape, char *text, size_t length)
{
    struct decoding d = {.tape = tape, .at = text, .end = text + length};
    reserve(tape, length);
    tape->count = 0;
    skip_space(&d);
    if (!value(&d, 0))
        return 0;
    skip_space(&d);
    return d.at == d.end;
}
