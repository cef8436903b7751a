/* When Lua's collector works, see collector.h. */
#include "collector.h"

#include <stdlib.h>

enum {
    START_KB = 5632,   /* in use when it begins */
    PAUSE = 140,       /* % of what is in use at which it begins anew */
    HELD_KB = 1 << 30, /* more than anybody makes while it is held */
};

static bool under_stress(void)
{
    return getenv("REMORA_GC_STRESS") != NULL;
}

/* A step backwards: as if so much less had been allocated since the last cycle. */
static void put_off(lua_State *L, int kilobytes)
{
    lua_gc(L, LUA_GCSTEP, -kilobytes);
}

void collector_set(lua_State *L)
{
    if (under_stress())
        lua_gc(L, LUA_GCINC, 1, 100, 8); /* cycle after cycle without a pause, in small steps */
    else
        lua_gc(L, LUA_GCINC, PAUSE, 0, 0);
    lua_gc(L, LUA_GCRESTART);
    collector_rest(L);
}

void collector_rest(lua_State *L)
{
    int used = lua_gc(L, LUA_GCCOUNT), begins = used / 100 * PAUSE; /* at the latest, by itself */
    if (begins >= START_KB || under_stress() || !lua_gc(L, LUA_GCISRUNNING))
        return;
    lua_gc(L, LUA_GCRESTART); /* as if nothing had been allocated since the last cycle */
    put_off(L, START_KB - used);
}

bool collector_hold(lua_State *L)
{
    if (!lua_gc(L, LUA_GCISRUNNING))
        return false;
    put_off(L, HELD_KB);
    return true;
}

void collector_release(lua_State *L)
{
    put_off(L, -HELD_KB);
}
