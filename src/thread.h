/* Threads beside Lua's own one, for work that no Lua takes part in. */
#ifndef REMORA_THREAD_H
#define REMORA_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread that gets no signals: they are for the one that waits for them, Lua's. False,
 * with errno: none is to be had. */
bool thread_start(pthread_t *thread, void *(*run)(void *), void *context);

#endif
