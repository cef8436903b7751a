/* Owns the YAML 1.2 core schema (chapter 10.3): which unquoted words are null, booleans and
 * numbers. Never sees documents; in doubt a word is a string. */
#include "yaml_scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_STRING, KIND_NULL, KIND_BOOLEAN, KIND_INTEGER, KIND_FLOAT };

static const struct {
    const char *text;
    enum kind kind;
} words[] = {
    {"", KIND_NULL},         {"~", KIND_NULL},        {"null", KIND_NULL},
    {"Null", KIND_NULL},     {"NULL", KIND_NULL},     {"true", KIND_BOOLEAN},
    {"True", KIND_BOOLEAN},  {"TRUE", KIND_BOOLEAN},  {"false", KIND_BOOLEAN},
    {"False", KIND_BOOLEAN}, {"FALSE", KIND_BOOLEAN},
};

static const struct {
    const char *name;
    enum kind kind;
} tags[] = {
    {"str", KIND_STRING},  {"null", KIND_NULL},   {"bool", KIND_BOOLEAN},
    {"int", KIND_INTEGER}, {"float", KIND_FLOAT},
};

static const char decimal[] = "0123456789";

static const char *skip_sign(const char *text)
{
    return *text == '+' || *text == '-' ? text + 1 : text;
}

/* 0o17 and 0x1F have no sign; 012 is twelve. */
static bool is_integer(const char *text)
{
    const char *digits = decimal;
    if (strncmp(text, "0o", 2) == 0) {
        digits = "01234567";
        text += 2;
    } else if (strncmp(text, "0x", 2) == 0) {
        digits = "0123456789abcdefABCDEF";
        text += 2;
    } else {
        text = skip_sign(text);
    }
    size_t count = strspn(text, digits);
    return count > 0 && text[count] == '\0';
}

static bool is_infinity(const char *text)
{
    text = skip_sign(text);
    return strcmp(text, ".inf") == 0 || strcmp(text, ".Inf") == 0 || strcmp(text, ".INF") == 0;
}

static bool is_nan(const char *text)
{
    return strcmp(text, ".nan") == 0 || strcmp(text, ".NaN") == 0 || strcmp(text, ".NAN") == 0;
}

static bool is_float(const char *text)
{
    if (is_infinity(text) || is_nan(text))
        return true;
    text = skip_sign(text);
    size_t whole = strspn(text, decimal);
    text += whole;
    if (*text == '.') {
        size_t fraction = strspn(++text, decimal);
        if (whole + fraction == 0)
            return false;
        text += fraction;
    } else if (whole == 0) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text = skip_sign(text + 1);
        size_t exponent = strspn(text, decimal);
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

static enum kind classify(const struct yaml_scalar *scalar)
{
    const char *text = scalar->text;
    if (strlen(text) != scalar->length)
        return KIND_STRING;
    if (*text && !strchr("~nNtTfF.+-0123456789", *text))
        return KIND_STRING;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].text[0] == text[0] && strcmp(words[i].text, text) == 0)
            return words[i].kind;
    return is_integer(text) ? KIND_INTEGER : is_float(text) ? KIND_FLOAT : KIND_STRING;
}

static bool push_integer(lua_State *L, const char *text)
{
    bool based = text[0] == '0' && (text[1] == 'o' || text[1] == 'x');
    errno = 0;
    intmax_t value =
        based ? strtoimax(text + 2, NULL, text[1] == 'o' ? 8 : 16) : strtoimax(text, NULL, 10);
    if (errno == ERANGE || value > LUA_MAXINTEGER || value < LUA_MININTEGER) {
        lua_pushfstring(L, "the integer %s does not fit 64 bits; quote it if it is text", text);
        return false;
    }
    lua_pushinteger(L, (lua_Integer)value);
    return true;
}

static bool push_float(lua_State *L, const char *text)
{
    if (is_nan(text)) {
        lua_pushnumber(L, (lua_Number)NAN);
        return true;
    }
    if (is_infinity(text)) {
        lua_pushnumber(L, *text == '-' ? -(lua_Number)INFINITY : (lua_Number)INFINITY);
        return true;
    }
    double value = strtod(text, NULL);
    if (isinf(value)) {
        lua_pushfstring(L, "the number %s is too large", text);
        return false;
    }
    lua_pushnumber(L, value);
    return true;
}

void yaml_scalar_refuse_tag(lua_State *L, const char *tag)
{
    size_t prefix = strlen(YAML_CORE_TAG);
    if (strncmp(tag, YAML_CORE_TAG, prefix) == 0)
        lua_pushfstring(L, "the tag !!%s does not fit here", tag + prefix);
    else
        lua_pushfstring(L, "the tag %s is not one of the YAML core schema", tag);
}

/* Finds what a tag asks for; '!' alone asks for a string. False: no scalar tag of the schema. */
static bool find_tag(const char *tag, enum kind *kind)
{
    *kind = KIND_STRING;
    if (strcmp(tag, "!") == 0)
        return true;
    if (strncmp(tag, YAML_CORE_TAG, strlen(YAML_CORE_TAG)) != 0)
        return false;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tags[i].name, tag + strlen(YAML_CORE_TAG)) == 0) {
            *kind = tags[i].kind;
            return true;
        }
    return false;
}

bool yaml_scalar_push(lua_State *L, const struct yaml_scalar *scalar)
{
    enum kind kind = KIND_STRING;
    if (scalar->tag) {
        enum kind written = classify(scalar);
        bool known = find_tag(scalar->tag, &kind);
        bool widened = kind == KIND_FLOAT && written == KIND_INTEGER && is_float(scalar->text);
        if (!known || (kind != KIND_STRING && kind != written && !widened)) {
            yaml_scalar_refuse_tag(L, scalar->tag);
            return false;
        }
    } else if (scalar->plain) {
        kind = classify(scalar);
    }
    switch (kind) {
    case KIND_NULL:
        lua_pushlightuserdata(L, NULL);
        return true;
    case KIND_BOOLEAN:
        lua_pushboolean(L, scalar->text[0] == 't' || scalar->text[0] == 'T');
        return true;
    case KIND_INTEGER:
        return push_integer(L, scalar->text);
    case KIND_FLOAT:
        return push_float(L, scalar->text);
    default:
        lua_pushlstring(L, scalar->text, scalar->length);
        return true;
    }
}
