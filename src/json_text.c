/* How JSON spells single values, see json_text.h. */
#include "json_text.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

static void put_escape(struct arena *text, char c)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *name = named; *name; name += 2)
        if (*name == c) {
            json_put(text, (char[]){'\\', name[1]}, 2);
            return;
        }
    char escape[8];
    int length = snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)c);
    json_put(text, escape, (size_t)length);
}

void json_put_string(struct arena *text, const char *bytes, size_t length)
{
    const char *at = bytes, *kept = bytes, *end = bytes + length;
    json_put_byte(text, '"');
    while (at < end) {
        unsigned char c = (unsigned char)*at;
        if (c >= 0x20 && c != '"' && c != '\\' && c < 0x80) {
            at++;
            continue;
        }
        size_t sequence = c < 0x80 ? 0 : text_sequence(at, end);
        if (sequence > 0) {
            at += sequence;
            continue;
        }
        json_put(text, kept, (size_t)(at - kept));
        if (c < 0x80)
            put_escape(text, *at);
        else
            json_put(text, "\xEF\xBF\xBD", 3);
        kept = ++at;
    }
    json_put(text, kept, (size_t)(end - kept));
    json_put_byte(text, '"');
}

void json_put_float(struct arena *text, double number)
{
    if (!isfinite(number))
        luaL_error(text->L, "JSON has no infinity and no NaN");
    char written[40];
    int length = 0;
    for (int digits = fpclassify(number) == FP_SUBNORMAL ? 1 : 15; digits <= 17; digits++) {
        length = snprintf(written, sizeof written, "%.*g", digits, number);
        if (strtod(written, NULL) == number)
            break;
    }
    json_put(text, written, (size_t)length);
    if (!strpbrk(written, ".e"))
        json_put(text, ".0", 2);
}

/* By hand: requests are full of ids, and snprintf takes ten times as long. */
void json_put_integer(struct arena *text, lua_Integer number)
{
    char written[24];
    char *end = written + sizeof written;
    char *at = end;
    lua_Unsigned rest = number < 0 ? 0 - (lua_Unsigned)number : (lua_Unsigned)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    json_put(text, at, (size_t)(end - at));
}
