/* When Lua's collector works, see collector.h. */
#include "collector.h"

#include <stdbool.h>
#include <stdlib.h>

enum {
    START_KB = 4608, /* in use when it first begins */
    PAUSE = 150,     /* % of what is in use at which it begins anew */
};

static bool under_stress(void)
{
    return getenv("REMORA_GC_STRESS") != NULL;
}

void collector_set(lua_State *L)
{
    if (under_stress())
        lua_gc(L, LUA_GCINC, 1, 100, 8); /* cycle after cycle without a pause, in small steps */
    else
        lua_gc(L, LUA_GCINC, PAUSE, 0, 0);
    collector_rest(L);
}

void collector_rest(lua_State *L)
{
    lua_gc(L, LUA_GCRESTART);
    if (under_stress())
        return;
    int used = lua_gc(L, LUA_GCCOUNT), enough = used / 100 * PAUSE;
    /* A step backwards: as if so much less had been allocated since the last cycle. */
    lua_gc(L, LUA_GCSTEP, used - (enough > START_KB ? enough : START_KB));
}
