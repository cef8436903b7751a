/* Counts what the Lua state may use: memory in the allocator, instructions in a hook.
 * Owns host.limited; decides nothing about what the limits are. */
#include "quota.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "fail.h"

enum { COUNT_STEP = 1000 }; /* instructions between two looks at the budget */

static struct quota *quota_of(lua_State *L)
{
    void *data;

    lua_getallocf(L, &data);
    return data;
}

/* lua_Alloc with a cap. Refusing makes Lua collect once and ask again before it raises. Shrinking
 * never fails. */
void *quota_allocate(void *data, void *block, size_t old_size, size_t new_size)
{
    struct quota *quota = data;
    void *result;

    if (block == NULL)
        old_size = 0; /* then it is a type tag */
    if (new_size == 0) {
        free(block);
        quota->used -= old_size;
        return NULL;
    }
    if (new_size > old_size
        && (quota->used > quota->memory || new_size - old_size > quota->memory - quota->used))
        return NULL;
    result = realloc(block, new_size);
    if (result != NULL)
        quota->used += new_size - old_size; /* wraps correctly when shrinking */
    return result;
}

/* Counts down; at the end raises at every instruction, so that no pcall in the limited code can go
 * on. */
static void on_count(lua_State *L, lua_Debug *activation)
{
    struct quota *quota = quota_of(L);

    (void)activation;
    if (!quota->counting) { /* a coroutine that outlived its limited call */
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    quota->budget -= COUNT_STEP;
    if (quota->budget > 0)
        return;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    luaL_error(L, "too many instructions");
}

static lua_Integer limit_option(lua_State *L, const char *name)
{
    lua_Integer value;

    lua_getfield(L, 2, name);
    value = luaL_optinteger(L, -1, LUA_MAXINTEGER);
    luaL_argcheck(L, value > 0, 2, "limits are positive integers");
    lua_pop(L, 1);
    return value;
}

/* host.limited(fn, {instructions = n, memory = bytes}, ...) → fn's results
 *     | nil, {code = "limit.instructions"|"limit.memory", message}
 * Both limits are optional; memory is what may be allocated beyond the present use. fn cannot
 * yield. Other errors of fn pass through. Not counted: what a C function does in one call (so a
 * pattern can still take its time), and what Lua runs without hooks, finalizers and xpcall's
 * handlers: keep those out of reach of what is limited. */
int quota_limited(lua_State *L)
{
    struct quota *quota = quota_of(L);
    const struct quota outer = *quota;
    lua_Hook outer_hook = lua_gethook(L);
    const int outer_mask = lua_gethookmask(L);
    const int outer_count = lua_gethookcount(L);
    lua_Integer instructions, memory;
    int status;
    bool exhausted;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TTABLE);
    instructions = limit_option(L, "instructions");
    memory = limit_option(L, "memory");

    lua_remove(L, 2);
    quota->budget = instructions;
    quota->counting = true;
    if (quota->memory > quota->used && (size_t)memory < quota->memory - quota->used)
        quota->memory = quota->used + (size_t)memory;
    lua_sethook(L, on_count, LUA_MASKCOUNT,
                instructions < COUNT_STEP ? (int)instructions : COUNT_STEP);
    status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    lua_sethook(L, outer_hook, outer_mask, outer_count);
    exhausted = quota->budget <= 0;
    quota->budget = outer.budget;
    quota->counting = outer.counting;
    quota->memory = outer.memory;

    if (exhausted)
        return fail_with(L, "limit.instructions",
                         "too many instructions: is there a loop without end?");
    if (status == LUA_ERRMEM)
        return fail_with(L, "limit.memory", "too much memory");
    if (status != LUA_OK)
        return lua_error(L);
    return lua_gettop(L);
}
