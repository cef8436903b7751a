/* Drives transfers over libcurl on threads of its own, so that neither an answer on its way nor
 * the next request ever waits for who looks at the last one. Knows no Lua: http_client.c does. */
#ifndef REMORA_HTTP_DRIVER_H
#define REMORA_HTTP_DRIVER_H

#include <stdbool.h>

#include "http_transfer.h"

struct driver;

/* Starts a driver that has at most `parallelism` requests in flight or answers that nobody took
 * yet, over as many connections to a host. NULL, with errno: no memory, no file descriptor, or no
 * thread is to be had. */
struct driver *driver_start(int parallelism);

/* Puts a transfer in line. From here on it is the driver's, until driver_take or driver_cancel
 * gives it back. */
void driver_submit(struct driver *driver, struct transfer *transfer);

/* Drops a transfer. True: it was not in flight, and is the caller's again; false: it was, and comes
 * out of driver_take as if nobody had dropped it. */
bool driver_cancel(struct driver *driver, struct transfer *transfer);

/* The next transfer that ended, the caller's again; NULL when there is none. */
struct transfer *driver_take(struct driver *driver);

/* A file descriptor that is readable while there may be something to take. */
int driver_fd(const struct driver *driver);

/* What libcurl said when it could not go on; CURLM_OK while all is well. */
CURLMcode driver_failure(struct driver *driver);

/* Ends the threads and forgets every transfer; they are the caller's again. */
void driver_stop(struct driver *driver);

#endif
