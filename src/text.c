/* Owns what the readers and writers of text agree on: which bytes are UTF-8, and where a byte is
 * for a person. Knows no format and never allocates. */
#include "text.h"

#include <stdbool.h>

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

size_t text_sequence(const char *at, const char *end)
{
    if (at >= end)
        return 0;
    unsigned char first = (unsigned char)*at;
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || (size_t)(end - at) < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (!is_continuation(at[i]))
            return 0;
    unsigned char second = (unsigned char)at[1];
    bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    bool surrogate = first == 0xED && second > 0x9F;
    bool beyond = first == 0xF4 && second > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

struct text_place text_locate(const char *text, size_t offset)
{
    struct text_place place = {1, 1};
    const char *end = text + offset;
    while (text < end) {
        if (*text == '\n' || (*text == '\r' && text[1] != '\n')) {
            place.line++;
            place.column = 1;
            text++;
            continue;
        }
        size_t length = text_sequence(text, end);
        text += length > 0 ? length : 1;
        place.column++;
    }
    return place;
}
