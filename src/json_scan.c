/* Owns the strict look at a JSON text before lua-cjson parses it: characters, numbers, depth.
 * lua-cjson takes every number for a float and an empty list for an object; what it would lose is
 * handed to it as a marked string. Never builds values and never judges the order of tokens. */
#include "json.h"
#include "text.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A decimal of so few digits is held by a double exactly enough to tell integers from fractions. */
static const int safe_digits = 15;

struct scan {
    const char *text;
    const char *end;
    const char *at;
    const char *kept; /* what lies before is already in `out` */
    bool rewrites;    /* whether `out` is in use */
    luaL_Buffer out;
    lua_State *L;
    struct json_fault *fault;
};

static bool fail(struct scan *scan, const char *at, const char *message)
{
    scan->fault->message = message;
    scan->fault->offset = (size_t)(at - scan->text);
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A number may not run into one of these: 0x1F, 1.2.3, 12px. */
static bool continues_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '+' || c == '-';
}

static const char *skip_space(const char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

/* Puts a marked string in place of the bytes from `start` to the current one: the mark, then
 * `length` of them. */
static bool replace(struct scan *scan, const char *start, size_t length)
{
    if (*skip_space(scan->at) == ':')
        return fail(scan, start, "an object key must be a string");
    if (!scan->rewrites) {
        luaL_buffinit(scan->L, &scan->out);
        scan->rewrites = true;
    }
    luaL_addlstring(&scan->out, scan->kept, (size_t)(start - scan->kept));
    luaL_addchar(&scan->out, '"');
    luaL_addchar(&scan->out, JSON_MARK);
    luaL_addlstring(&scan->out, start, length);
    luaL_addchar(&scan->out, '"');
    scan->kept = scan->at;
    return true;
}

/* Escapes are the parser's to judge; here they only must not hide the closing quote. */
static bool scan_string(struct scan *scan)
{
    const char *start = scan->at++;
    for (;;) {
        const char *at = scan->at;
        unsigned char c = (unsigned char)*at;
        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c == '\\' && (at[1] == '"' || at[1] == '\\')) {
            scan->at += 2;
        } else if (c < 0x20) {
            if (at == scan->end)
                return fail(scan, start, "this string is never closed");
            return fail(scan, at, "a control character in a string must be escaped");
        } else if (c < 0x80) {
            scan->at++;
        } else {
            size_t length = text_sequence(at, scan->end);
            if (length == 0)
                return fail(scan, at, "these bytes are not UTF-8");
            scan->at += length;
        }
    }
}

/* Skips digits; returns how many there were. */
static int skip_digits(struct scan *scan)
{
    const char *start = scan->at;
    while (is_digit(*scan->at))
        scan->at++;
    ptrdiff_t count = scan->at - start;
    return count > safe_digits ? safe_digits + 1 : (int)count;
}

/* A number may stay as it is when the parsed double tells the integer or the fraction it was
 * written as. Everything else goes through as marked text: long numbers, exponents, and fractions
 * of zeros, which are floats in Lua. */
static bool scan_number(struct scan *scan)
{
    static const char invalid[] = "this is not a JSON number";
    const char *start = scan->at;
    if (*scan->at == '-')
        scan->at++;
    bool leading_zero = *scan->at == '0';
    int digits = skip_digits(scan);
    if (digits == 0 || (leading_zero && digits > 1))
        return fail(scan, start, invalid);
    bool plain = true;
    if (*scan->at == '.') {
        const char *fraction = ++scan->at;
        int more = skip_digits(scan);
        if (more == 0)
            return fail(scan, start, invalid);
        digits += more;
        plain = strspn(fraction, "0") < (size_t)(scan->at - fraction);
    }
    if (*scan->at == 'e' || *scan->at == 'E') {
        scan->at++;
        if (*scan->at == '+' || *scan->at == '-')
            scan->at++;
        if (skip_digits(scan) == 0)
            return fail(scan, start, invalid);
        plain = false;
    }
    if (continues_word(*scan->at))
        return fail(scan, start, invalid);
    if (plain && digits <= safe_digits)
        return true;
    if (isinf(strtod(start, NULL)))
        return fail(scan, start, "this number is too large");
    return replace(scan, start, (size_t)(scan->at - start));
}

static bool scan_word(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(scan->at, words[i], length) == 0) {
            scan->at += length;
            return true;
        }
    }
    return fail(scan, scan->at, "a value cannot begin with this character");
}

static bool scan_open(struct scan *scan, int *depth, int max_depth)
{
    const char *start = scan->at++;
    if (++*depth > max_depth)
        return fail(scan, start, "this is nested too deeply");
    if (*start == '{')
        return true;
    scan->at = skip_space(scan->at);
    if (*scan->at != ']')
        return true;
    scan->at++;
    --*depth;
    return replace(scan, start, 0);
}

static bool scan_tokens(struct scan *scan, int max_depth)
{
    int depth = 0;
    bool good = true;
    while (good && scan->at < scan->end) {
        char c = *scan->at;
        if (is_space(c) || c == ',' || c == ':') {
            scan->at++;
        } else if (c == ']' || c == '}') {
            scan->at++;
            depth--;
        } else if (c == '"') {
            good = scan_string(scan);
        } else if (c == '[' || c == '{') {
            good = scan_open(scan, &depth, max_depth);
        } else if (c == '-' || is_digit(c)) {
            good = scan_number(scan);
        } else {
            good = scan_word(scan);
        }
    }
    return good;
}

bool json_scan(lua_State *L, int index, int max_depth, struct json_fault *fault)
{
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    struct scan scan = {.text = text, .at = text, .kept = text, .L = L, .fault = fault};
    scan.end = text + length;
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    bool good = scan_tokens(&scan, max_depth);
    if (scan.rewrites) {
        /* A buffer must be finished even if nobody wants it: to drop it with lua_settop makes Lua
         * 5.4.4 lose its stack when closing it needs more room there. */
        luaL_addlstring(&scan.out, scan.kept, (size_t)(scan.end - scan.kept));
        luaL_pushresult(&scan.out);
        lua_replace(L, top + 1);
    }
    if (!good)
        lua_settop(L, top);
    return good;
}
