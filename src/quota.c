/* Counts what the Lua state may use: memory in the allocator, instructions in a hook.
 * Owns host.limited; decides nothing about what the limits are. */
#include "quota.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "fail.h"
#include "interrupts.h"

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
        slabs_give(quota->slabs, block, old_size);
        quota->used -= old_size;
        return NULL;
    }
    if (new_size > old_size
        && (quota->used > quota->memory || new_size - old_size > quota->memory - quota->used))
        return NULL;
    result = slabs_resize(quota->slabs, block, old_size, new_size);
    if (result != NULL)
        quota->used += new_size - old_size; /* wraps correctly when shrinking */
    return result;
}

static bool interrupted(const struct quota *quota)
{
    return quota->interruptible && interrupts_count() > quota->interrupts;
}

/* Counts down; at the end, or after Ctrl-C where that is wanted, raises at every instruction, so
 * that no pcall in the limited code can go on. */
static void on_count(lua_State *L, lua_Debug *activation)
{
    struct quota *quota = quota_of(L);

    (void)activation;
    if (!quota->counting) { /* a coroutine that outlived its limited call */
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    quota->budget -= COUNT_STEP;
    if (quota->budget > 0 && !interrupted(quota))
        return;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    luaL_error(L, quota->budget > 0 ? "interrupted" : "too many instructions");
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

/* What was in force before a limited call. A to-be-closed value of it restores that also when the
 * coroutine which the call runs in is closed. */
struct outer {
    struct quota quota;
    lua_Hook hook;
    int mask;
    int count;
};

static int l_restore(lua_State *L)
{
    const struct outer *outer = lua_touserdata(L, 1);
    struct quota *quota = quota_of(L);
    const size_t used = quota->used;

    *quota = outer->quota;
    quota->used = used;
    lua_sethook(L, outer->hook, outer->mask, outer->count);
    return 0;
}

/* Puts it at the bottom of the stack. */
static void keep_outer(lua_State *L)
{
    struct outer *outer = lua_newuserdatauv(L, sizeof *outer, 0);

    *outer = (struct outer){*quota_of(L), lua_gethook(L), lua_gethookmask(L), lua_gethookcount(L)};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_restore);
    lua_setfield(L, -2, "__close");
    lua_setmetatable(L, -2);
    lua_insert(L, 1);
    lua_toclose(L, 1);
}

/* The end of a limited call. Restores before it makes anything: the limit may be used up. */
static int finish(lua_State *L, int status, lua_KContext context)
{
    const struct quota *quota = quota_of(L);
    const bool exhausted = quota->budget <= 0;
    const bool stopped = interrupted(quota);

    (void)context;
    l_restore(L);
    if (exhausted)
        return fail_with(L, "limit.instructions",
                         "too many instructions: is there a loop without end?");
    if (status == LUA_ERRMEM)
        return fail_with(L, "limit.memory", "too much memory");
    if (status != LUA_OK && status != LUA_YIELD)
        return stopped ? fail_with(L, "limit.interrupted", "interrupted") : lua_error(L);
    return lua_gettop(L) - 1; /* without the outer limits */
}

/* host.limited(fn, {instructions = n, memory = bytes, interruptible = true}, ...) → fn's results
 *     | nil, {code = "limit.instructions"|"limit.memory"|"limit.interrupted", message}
 * All are optional; memory is what may be allocated beyond the present use; interruptible: Ctrl-C
 * ends fn even where it waits for nothing. In a coroutine fn may yield; meanwhile no other limited
 * call may begin. Other errors of fn pass through. Not counted: what a C function does in one call
 * (so a pattern can still take its time), and what Lua runs without hooks, finalizers and xpcall's
 * handlers: keep those out of reach of what is limited. */
int quota_limited(lua_State *L)
{
    struct quota *quota = quota_of(L);
    lua_Integer instructions, memory;
    bool interruptible;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TTABLE);
    instructions = limit_option(L, "instructions");
    memory = limit_option(L, "memory");
    lua_getfield(L, 2, "interruptible");
    interruptible = lua_toboolean(L, -1);
    lua_pop(L, 1);
    lua_remove(L, 2);
    keep_outer(L);

    quota->budget = instructions;
    quota->counting = true;
    quota->interruptible = interruptible;
    quota->interrupts = interrupts_count();
    if (quota->memory > quota->used && (size_t)memory < quota->memory - quota->used)
        quota->memory = quota->used + (size_t)memory;
    lua_sethook(L, on_count, LUA_MASKCOUNT,
                instructions < COUNT_STEP ? (int)instructions : COUNT_STEP);
    return finish(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish), 0);
}
