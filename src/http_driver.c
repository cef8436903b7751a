/* The thread that libcurl works on, see http_driver.h. Owns the line of what waits, what is in
 * flight, and what has ended; only the thread itself touches libcurl's multi handle. */
#include "http_driver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "http_sockets.h"
#include "thread.h"

TAILQ_HEAD(list, transfer);

struct driver {
    pthread_t thread;
    struct sockets sockets;
    struct bell bell;     /* something ended */
    pthread_mutex_t lock; /* for all that follows, and the links and states of transfers */
    int room; /* how many more may fly: answers that nobody took yet count, or they would pile up */
    struct list lists[TRANSFER_STATES];
    CURLMcode failure;
    bool stopping;
};

/* --- a transfer is in the list of its state --- */

static void enter(struct driver *driver, struct transfer *transfer, enum transfer_state state)
{
    transfer->state = state;
    TAILQ_INSERT_TAIL(&driver->lists[state], transfer, link);
}

static void leave(struct driver *driver, struct transfer *transfer)
{
    TAILQ_REMOVE(&driver->lists[transfer->state], transfer, link);
}

static struct transfer *first(struct driver *driver, enum transfer_state state)
{
    return TAILQ_FIRST(&driver->lists[state]);
}

/* --- the thread's side; all of it but drive() holds the lock --- */

static void end(struct driver *driver, struct transfer *transfer)
{
    leave(driver, transfer);
    enter(driver, transfer, TRANSFER_ENDED);
    bell_ring(&driver->bell);
}

/* Ends what is in flight, dropped or not. */
static void land(struct driver *driver, struct transfer *transfer)
{
    curl_multi_remove_handle(driver->sockets.multi, transfer->easy);
    end(driver, transfer);
}

static void land_all(struct driver *driver, enum transfer_state state)
{
    struct transfer *transfer;
    while ((transfer = first(driver, state)) != NULL)
        land(driver, transfer);
}

static void start_waiting(struct driver *driver)
{
    struct transfer *transfer;
    while (driver->room > 0 && (transfer = first(driver, TRANSFER_WAITING)) != NULL) {
        driver->room--;
        if (curl_multi_add_handle(driver->sockets.multi, transfer->easy) == CURLM_OK) {
            leave(driver, transfer);
            enter(driver, transfer, TRANSFER_FLYING);
        } else {
            transfer_finish(transfer, CURLE_OUT_OF_MEMORY);
            end(driver, transfer);
        }
    }
}

/* Takes what libcurl has finished off its hands. */
static void collect(struct driver *driver)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(driver->sockets.multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_finish(transfer, message->data.result);
        land(driver, transfer); /* frees the message too */
    }
}

/* What happened since; false: no more is to. */
static bool exchange(void *context)
{
    struct driver *driver = context;
    pthread_mutex_lock(&driver->lock);
    collect(driver);
    land_all(driver, TRANSFER_DROPPED);
    start_waiting(driver);
    bool go_on = !driver->stopping;
    pthread_mutex_unlock(&driver->lock);
    return go_on;
}

static void *drive(void *context)
{
    struct driver *driver = context;
    CURLMcode failure = sockets_drive(&driver->sockets, exchange, driver);
    pthread_mutex_lock(&driver->lock);
    driver->failure = failure;
    land_all(driver, TRANSFER_DROPPED);
    land_all(driver, TRANSFER_FLYING);
    bell_ring(&driver->bell);
    pthread_mutex_unlock(&driver->lock);
    return NULL;
}

/* --- the owner's side --- */

static void release(struct driver *driver)
{
    bell_close(&driver->bell);
    sockets_close(&driver->sockets);
    pthread_mutex_destroy(&driver->lock);
    free(driver);
}

struct driver *driver_start(int parallelism)
{
    struct driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL)
        return NULL;
    pthread_mutex_init(&driver->lock, NULL); /* cannot fail with glibc's defaults */
    for (int state = 0; state < TRANSFER_STATES; state++)
        TAILQ_INIT(&driver->lists[state]);
    driver->room = parallelism;
    bool bell = bell_open(&driver->bell);
    bool opened = sockets_open(&driver->sockets, parallelism);
    if (!bell || !opened || !thread_start(&driver->thread, drive, driver)) {
        int error = errno;
        release(driver);
        errno = error;
        return NULL;
    }
    return driver;
}

void driver_submit(struct driver *driver, struct transfer *transfer)
{
    pthread_mutex_lock(&driver->lock);
    enter(driver, transfer, TRANSFER_WAITING);
    pthread_mutex_unlock(&driver->lock);
    bell_ring(&driver->sockets.bell);
}

/* Gives a transfer that does not fly back to its owner. */
static void give_back(struct driver *driver, struct transfer *transfer)
{
    leave(driver, transfer);
    if (transfer->state == TRANSFER_ENDED)
        driver->room++;
}

bool driver_cancel(struct driver *driver, struct transfer *transfer)
{
    pthread_mutex_lock(&driver->lock);
    bool flying = transfer->state == TRANSFER_FLYING;
    if (flying) {
        leave(driver, transfer);
        enter(driver, transfer, TRANSFER_DROPPED);
    } else {
        give_back(driver, transfer);
    }
    pthread_mutex_unlock(&driver->lock);
    bell_ring(&driver->sockets.bell);
    return !flying;
}

struct transfer *driver_take(struct driver *driver)
{
    pthread_mutex_lock(&driver->lock);
    struct transfer *transfer = first(driver, TRANSFER_ENDED);
    bool more = transfer != NULL && first(driver, TRANSFER_WAITING) != NULL;
    if (transfer != NULL)
        give_back(driver, transfer);
    if (first(driver, TRANSFER_ENDED) == NULL)
        bell_hush(&driver->bell); /* so that the next wait is one */
    pthread_mutex_unlock(&driver->lock);
    if (more)
        bell_ring(&driver->sockets.bell);
    return transfer;
}

int driver_fd(const struct driver *driver)
{
    return driver->bell.fd;
}

CURLMcode driver_failure(struct driver *driver)
{
    pthread_mutex_lock(&driver->lock);
    CURLMcode failure = driver->failure;
    pthread_mutex_unlock(&driver->lock);
    return failure;
}

void driver_stop(struct driver *driver)
{
    pthread_mutex_lock(&driver->lock);
    driver->stopping = true;
    pthread_mutex_unlock(&driver->lock);
    bell_ring(&driver->sockets.bell);
    pthread_join(driver->thread, NULL);
    release(driver);
}
