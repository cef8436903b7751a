/* Follows trails, see pick_trail.h. A member that stands twice in an object ends it: which one
 * counts is for the decoder to say. */
#include "pick_trail.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "sieve_text.h"

void trail_add(lua_State *L, struct trail *trail, int index)
{
    size_t length;
    const char *text = luaL_checklstring(L, index, &length);
    luaL_argcheck(L, trail->count < TRAIL_STEPS, 1, "a path must not have so many steps");
    char *copy = malloc(length + 1);
    if (copy == NULL)
        luaL_error(L, "not enough memory");
    memcpy(copy, text, length + 1);
    trail->steps[trail->count++] = (struct span){copy, length};
}

void trail_free(struct trail *trail)
{
    for (size_t i = 0; i < trail->count; i++)
        free((char *)trail->steps[i].start);
    free(trail->inside);
    *trail = (struct trail){0};
}

/* Where values go. */
struct sink {
    lua_State *L;
    void (*take)(lua_State *L, void *data, struct span value);
    void *data;
};

/* The steps from `step` on, from the value at `at`. Behind the value, NULL when only the decoder
 * can tell. */
static const char *follow(const struct trail *trail, size_t step, const char *at, const char *end,
                          const struct sink *sink);

static const char *follow_elements(const struct trail *trail, size_t step, const char *at,
                                   const char *end, const struct sink *sink)
{
    at = sieve_space(at + 1, end);
    while (at != NULL && *at != ']') {
        at = follow(trail, step + 1, at, end, sink);
        at = at != NULL ? sieve_space(at, end) : NULL;
        if (at != NULL && *at == ',')
            at = sieve_space(at + 1, end);
    }
    return at != NULL ? at + 1 : NULL;
}

static const char *follow_member(const struct trail *trail, size_t step, const char *at,
                                 const char *end, const struct sink *sink)
{
    struct span name = trail->steps[step];
    bool met = false;
    at = sieve_space(at + 1, end);
    while (at != NULL && *at != '}') {
        const char *behind = sieve_string(at, end);
        bool is_it = sieve_same_string(at, (size_t)(behind - at), name.start, name.length);
        if (is_it && met)
            return NULL;
        met = met || is_it;
        at = sieve_space(sieve_space(behind, end) + 1, end); /* behind the colon */
        at = is_it ? follow(trail, step + 1, at, end, sink) : sieve_value(at, end, 1);
        at = at != NULL ? sieve_space(at, end) : NULL;
        if (at != NULL && *at == ',')
            at = sieve_space(at + 1, end);
    }
    return at != NULL ? at + 1 : NULL;
}

static const char *follow(const struct trail *trail, size_t step, const char *at, const char *end,
                          const struct sink *sink)
{
    bool ends = step == trail->count;
    bool all = !ends && trail->steps[step].length == 1 && *trail->steps[step].start == '*';
    if (!ends && all && *at == '[')
        return follow_elements(trail, step, at, end, sink);
    if (!ends && !all && *at == '{')
        return follow_member(trail, step, at, end, sink);
    const char *behind = sieve_value(at, end, 1);
    if (ends)
        sink->take(sink->L, sink->data, (struct span){at, (size_t)(behind - at)});
    return behind;
}

/* The text inside of a string. */
static struct span unquoted(lua_State *L, struct trail *trail, struct span written)
{
    while (trail->inside_capacity < written.length)
        trail->inside =
            array_grow(L, trail->inside, trail->inside_capacity, &trail->inside_capacity, 1);
    return (struct span){trail->inside,
                         sieve_unquote(written.start, written.length, trail->inside)};
}

bool trail_follow(lua_State *L, struct trail *trail, struct span value,
                  void (*take)(lua_State *L, void *data, struct span value), void *data)
{
    struct sink sink = {L, take, data};
    bool in_string = value.length > 0 && *value.start == '"';
    if (in_string)
        value = unquoted(L, trail, value);
    const char *end = value.start + value.length, *at = sieve_space(value.start, end);
    if (at >= end || (*at != '{' && *at != '['))
        return true;
    const char *behind = in_string ? sieve_value(at, end, 1) : end;
    if (behind == NULL || sieve_space(behind, end) != end)
        return false;
    return follow(trail, 0, at, end, &sink) != NULL;
}
