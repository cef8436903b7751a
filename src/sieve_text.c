/* Owns the strict walk over one JSON value inside a text (RFC 8259), for sieve and pick. Builds
 * nothing and never allocates; bytes from `end` on are never looked at. */
#include "sieve_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <string.h>

#include "text.h"

enum {
    EXACT_DIGITS = 18,
    SAFE_DIGITS = 200, /* before the point, and of an exponent: a double holds what has no more */
    SAFE_EXPONENT = 2,
    UNIT = 6, /* bytes of \uXXXX */
};

const char *sieve_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* The 16 bits of \uXXXX at `at`, -1 when that is not there. */
static int32_t unit(const char *at, const char *end)
{
    int32_t value = 0;
    if (end - at < UNIT || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < UNIT; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* Behind the escape at `at`, and what it stands for; NULL when it is none. */
static const char *escape(const char *at, const char *end, int32_t *point)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (end - at < 2)
        return NULL;
    const char *known = at[1] != '\0' ? strchr(letters, at[1]) : NULL;
    if (known != NULL) {
        *point = meant[known - letters];
        return at + 2;
    }
    int32_t high = unit(at, end);
    if (high < 0 || (high >= 0xDC00 && high < 0xE000))
        return NULL;
    *point = high;
    at += UNIT;
    if (high < 0xD800 || high > 0xDBFF)
        return at;
    int32_t low = unit(at, end);
    if (low < 0xDC00 || low > 0xDFFF)
        return NULL;
    *point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return at + UNIT;
}

/* The first byte that is not plain: a quote, a backslash, a control character or no ASCII. */
static inline const char *skip_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
                  space = _mm_set1_epi8(' ');
    while (end - at >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
        /* as signed numbers, what is no ASCII is below a space too */
        unsigned odd =
            (unsigned)_mm_movemask_epi8(_mm_or_si128(marks, _mm_cmplt_epi8(bytes, space)));
        if (odd != 0)
            return at + __builtin_ctz(odd);
        at += 16;
    }
#endif
    while (at < end && *at >= ' ' && *at != '"' && *at != '\\' && (unsigned char)*at < 0x80)
        at++;
    return at;
}

const char *sieve_string(const char *at, const char *end)
{
    if (at >= end || *at != '"')
        return NULL;
    at++;
    for (;;) {
        at = skip_plain(at, end);
        if (at >= end)
            return NULL;
        unsigned char c = (unsigned char)*at;
        if (c == '"')
            return at + 1;
        if (c == '\\') {
            int32_t point;
            at = escape(at, end, &point);
            if (at == NULL)
                return NULL;
        } else {
            size_t length = c < ' ' ? 0 : text_sequence(at, end);
            if (length == 0)
                return NULL;
            at += length;
        }
    }
}

static const char *digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* One that a double may not hold is none here: it is for the decoder to refuse. */
static const char *number(const char *at, const char *end, bool *exact)
{
    if (at < end && *at == '-')
        at++;
    const char *first = at;
    at = digits(first, end);
    if (at == first || (*first == '0' && at - first > 1) || at - first > SAFE_DIGITS)
        return NULL;
    if (at - first > EXACT_DIGITS)
        *exact = false;
    if (at < end && *at == '.') {
        *exact = false;
        first = at + 1;
        at = digits(first, end);
        if (at == first)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        *exact = false;
        first = at + 1;
        if (first < end && (*first == '+' || *first == '-'))
            first++;
        at = digits(first, end);
        if (at == first || at - first > SAFE_EXPONENT)
            return NULL;
    }
    return at;
}

static const char *word(const char *at, const char *end)
{
    static const struct {
        const char *text;
        ptrdiff_t length;
    } words[] = {{"true", 4}, {"null", 4}, {"false", 5}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (end - at >= words[i].length && memcmp(at, words[i].text, (size_t)words[i].length) == 0)
            return at + words[i].length;
    return NULL;
}

const char *sieve_scalar(const char *at, const char *end, bool *exact)
{
    if (at >= end)
        return NULL;
    if (*at == '"')
        return sieve_string(at, end);
    if (*at == '-' || (*at >= '0' && *at <= '9'))
        return number(at, end, exact);
    return word(at, end);
}

const char *sieve_value(const char *at, const char *end, int depth)
{
    bool exact;
    if (at >= end || depth > SIEVE_DEPTH)
        return NULL;
    if (*at != '{' && *at != '[')
        return sieve_scalar(at, end, &exact);
    char close = *at == '{' ? '}' : ']';
    at = sieve_space(at + 1, end);
    if (at < end && *at == close)
        return at + 1;
    for (;;) {
        if (close == '}') {
            at = sieve_string(at, end);
            if (at == NULL)
                return NULL;
            at = sieve_space(at, end);
            if (at >= end || *at != ':')
                return NULL;
            at = sieve_space(at + 1, end);
        }
        at = sieve_value(at, end, depth + 1);
        if (at == NULL)
            return NULL;
        at = sieve_space(at, end);
        if (at >= end || (*at != ',' && *at != close))
            return NULL;
        if (*at == close)
            return at + 1;
        at = sieve_space(at + 1, end);
    }
}

/* The UTF-8 of a code point; how many bytes. */
static size_t encode(int32_t point, char *out)
{
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    size_t more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    out[0] = (char)(leads[more] | point >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        out[i] = (char)(0x80 | (point >> (6 * (more - i)) & 0x3F));
    return more + 1;
}

bool sieve_same_string(const char *quoted, size_t length, const char *bytes, size_t count)
{
    const char *at = quoted + 1, *end = quoted + length - 1;
    if (memchr(at, '\\', (size_t)(end - at)) == NULL)
        return (size_t)(end - at) == count && memcmp(at, bytes, count) == 0;
    while (at < end) {
        char written[4] = {*at};
        size_t size = 1;
        if (*at == '\\') {
            int32_t point = 0;
            at = escape(at, end, &point);
            size = encode(point, written);
        } else {
            at++;
        }
        if (at == NULL || count < size || memcmp(bytes, written, size) != 0)
            return false;
        bytes += size;
        count -= size;
    }
    return count == 0;
}

size_t sieve_unquote(const char *quoted, size_t length, char *out)
{
    const char *at = quoted + 1, *end = quoted + length - 1;
    size_t written = 0;
    while (at < end) {
        const char *escaped = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escaped != NULL ? escaped : end) - at);
        memcpy(out + written, at, plain);
        written += plain;
        at += plain;
        if (escaped != NULL) {
            int32_t point = 0;
            at = escape(at, end, &point);
            written += encode(point, out + written);
        }
    }
    return written;
}

bool sieve_integer(const char *at, size_t length, int64_t *integer)
{
    bool negative = length > 0 && *at == '-';
    size_t first = negative ? 1 : 0;
    int64_t value = 0;
    if (length <= first || length - first > EXACT_DIGITS)
        return false;
    for (size_t i = first; i < length; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        value = value * 10 + (at[i] - '0');
    }
    *integer = negative ? -value : value;
    return true;
}
