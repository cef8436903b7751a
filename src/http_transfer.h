/* One HTTP request and its answer over a libcurl easy handle, as a Lua userdata.
 * Declares what http_client.c needs to drive it; nobody else uses it. */
#ifndef REMORA_HTTP_TRANSFER_H
#define REMORA_HTTP_TRANSFER_H

#include <curl/curl.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "buffer.h"

/* Where a transfer is while a driver has it (http_driver.h). */
enum transfer_state {
    TRANSFER_WAITING,
    TRANSFER_LEAVING, /* a worker is to start it */
    TRANSFER_FLYING,
    TRANSFER_DROPPED, /* in flight, and nobody wants it any more */
    TRANSFER_ENDED,
    TRANSFER_STATES,
};

/* A userdata, so that a Lua error anywhere frees it. Its uservalue is the request body, which
 * libcurl reads in place. */
struct transfer {
    TAILQ_ENTRY(transfer) link; /* this and the next two are the driver's */
    enum transfer_state state;
    struct worker *worker; /* once it left the line */
    CURL *easy;
    struct curl_slist *headers;
    struct buffer body;
    size_t received, max_bytes; /* of it */
    lua_Integer id;
    CURLcode result;
    int requests; /* times a request was about to be written */
    bool head_complete, too_big, no_memory;
    bool as_buffer; /* the body is handed over as a buffer (buffer.h) */
    bool settled;   /* handed over or cancelled: nothing is to be reported any more */
    char message[CURL_ERROR_SIZE];
};

/* Prepares the request that the option table at index 2 describes and leaves its userdata on
 * the stack; there is room for the answer in `rooms`. Bad options are Lua errors. */
struct transfer *transfer_new(lua_State *L, struct rooms *rooms);

/* Takes the transfer on top of the stack away from the collector, which would free it under the
 * thread that drives it; the memory of the userdata itself stays Lua's. */
void transfer_hold(lua_State *L);

/* Takes libcurl's verdict. */
void transfer_finish(struct transfer *transfer, CURLcode result);

/* Pushes a finished transfer as the table that client:poll documents. */
void transfer_push(lua_State *L, struct transfer *transfer);

/* Frees all that a transfer holds which no driver has. Idempotent. */
void transfer_close(struct transfer *transfer);

#endif
