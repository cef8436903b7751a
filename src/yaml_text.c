/* Owns which characters a YAML text may contain. Looks before the parser does, so that every
 * refusal has a place, and so that what YAML 1.1 took for line breaks (libyaml still does) cannot
 * shift the lines that an editor shows. */
#include "yaml_text.h"
#include "text.h"

#include <stdbool.h>
#include <string.h>

static const char control[] = "control characters must be escaped in double quotes";

static bool begins(const char *at, const char *bytes)
{
    return strncmp(at, bytes, strlen(bytes)) == 0;
}

/* Reason why the sequence of two or three bytes at `at` is refused, or NULL. */
static const char *refuse_wide(const char *at)
{
    if (begins(at, "\xC2\x85") || begins(at, "\xE2\x80\xA8") || begins(at, "\xE2\x80\xA9"))
        return "some YAML readers end a line at this character; escape it in double quotes as "
               "\\u0085, \\u2028 or \\u2029";
    if (*at == '\xC2' && (unsigned char)at[1] < 0xA0)
        return control;
    if (begins(at, "\xEF\xBB\xBF"))
        return "a byte order mark may only begin the file";
    if (begins(at, "\xEF\xBF\xBE") || begins(at, "\xEF\xBF\xBF"))
        return "this is not a character";
    return NULL;
}

/* Reason why the sequence of `length` bytes at `at` is refused, or NULL. */
static const char *refuse(const char *at, size_t length)
{
    switch (length) {
    case 0:
        return "these bytes are not UTF-8";
    case 1:
        return *at == '\n' || *at == '\t' || *at == '\r' ? NULL : control;
    case 4:
        return NULL;
    default:
        return refuse_wide(at);
    }
}

const char *yaml_text_refuse(const char *text, const char *end, const char **message)
{
    while (text < end) {
        if (*text >= 0x20 && *text < 0x7F) {
            text++;
            continue;
        }
        size_t length = text_sequence(text, end);
        *message = refuse(text, length);
        if (*message)
            return text;
        text += length;
    }
    return NULL;
}
