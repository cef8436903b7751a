/*
 * Owns which characters a YAML text may contain. Looks before the parser does, so that every refusal has a place, and
 * so that what YAML 1.1 took for line breaks (the parser still does) cannot shift the lines an editor shows.
 */
#include "text.h"
#include "yaml_parts.h"

#include <string.h>

/* Reason why the sequence of two or three bytes at `at` is refused, or NULL. */
static const char *refuse_wide(const char *at)
{
    static const char line_break[] =
        "some YAML readers end a line at this character; write it as \\u0085, \\u2028 or \\u2029 in double quotes";
    if (strncmp(at, "\xC2\x85", 2) == 0 || strncmp(at, "\xE2\x80\xA8", 3) == 0 || strncmp(at, "\xE2\x80\xA9", 3) == 0)
        return line_break;
    if (*at == '\xC2' && (unsigned char)at[1] < 0xA0)
        return "control characters are not allowed; in double quotes they can be escaped";
    if (strncmp(at, "\xEF\xBB\xBF", 3) == 0)
        return "a byte order mark may only begin the file";
    if (strncmp(at, "\xEF\xBF\xBE", 3) == 0 || strncmp(at, "\xEF\xBF\xBF", 3) == 0)
        return "this is not a character";
    return NULL;
}

const char *yaml_text_refuse(const char *text, const char *end, const char **message)
{
    while (text < end) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c < 0x7F) {
            text++;
            continue;
        }
        size_t length = text_sequence(text, end);
        *message = NULL;
        if (length == 0)
            *message = "these bytes are not UTF-8";
        else if (length == 1 && c != '\n' && c != '\t' && c != '\r')
            *message = "control characters are not allowed; in double quotes they can be escaped";
        else if (length == 2 || length == 3)
            *message = refuse_wide(text);
        if (*message)
            return text;
        text += length;
    }
    return NULL;
}
