/* libcurl's sockets and time-outs in one epoll. An answer that has begun to come is read to its end
 * before the next one, so that the first ones are there early and few of them lie in memory half
 * read. Knows no transfers; whoever drives it is asked between any two steps. */
#ifndef REMORA_HTTP_SOCKETS_H
#define REMORA_HTTP_SOCKETS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "bell.h"

struct sockets {
    CURLM *multi;
    int epoll;
    struct bell bell; /* rung by other threads: somebody has something to tell */
    int64_t deadline; /* when libcurl wants to be called in any case, in ms; NONE: never */
};

/* Opens it for transfers over at most so many connections to a host. False, with
 * errno: there is no memory or no file descriptor for it. */
bool sockets_open(struct sockets *sockets, int connections);

/* Does libcurl's work until `between`, which starts and collects transfers, says to stop (false),
 * or libcurl fails. */
CURLMcode sockets_drive(struct sockets *sockets, bool (*between)(void *), void *context);

/* Idempotent; also after a failed open. */
void sockets_close(struct sockets *sockets);

#endif
