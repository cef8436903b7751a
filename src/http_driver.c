/* The threads that libcurl works on, see http_driver.h. Owns the line of what waits, what is in
 * flight, and what has ended; only its own worker touches a multi handle. */
#include "http_driver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "http_sockets.h"
#include "thread.h"

TAILQ_HEAD(list, transfer);

enum { WORKERS = 2 }; /* one core reads, and looks through, less than a fast network carries */

/* One thread, and the libcurl handle that is its own. */
struct worker {
    struct driver *driver;
    struct sockets sockets;
    pthread_t thread;
    bool running;
    int busy; /* transfers that it has, with the driver's lock */
};

struct driver {
    struct worker workers[WORKERS];
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

/* The same of those that a worker has. */
static struct transfer *first_of(const struct worker *worker, enum transfer_state state)
{
    struct transfer *transfer = first(worker->driver, state);
    while (transfer != NULL && transfer->worker != worker)
        transfer = TAILQ_NEXT(transfer, link);
    return transfer;
}

/* --- a worker's side; all of it but work() holds the lock --- */

static void end(struct worker *worker, struct transfer *transfer)
{
    worker->busy--;
    leave(worker->driver, transfer);
    enter(worker->driver, transfer, TRANSFER_ENDED);
    bell_ring(&worker->driver->bell);
}

/* Ends what is in flight, dropped or not. */
static void land(struct worker *worker, struct transfer *transfer)
{
    curl_multi_remove_handle(worker->sockets.multi, transfer->easy);
    end(worker, transfer);
}

static void land_all(struct worker *worker, enum transfer_state state)
{
    struct transfer *transfer;
    while ((transfer = first_of(worker, state)) != NULL)
        land(worker, transfer);
}

static void start_all(struct worker *worker)
{
    struct transfer *transfer;
    while ((transfer = first_of(worker, TRANSFER_LEAVING)) != NULL) {
        if (curl_multi_add_handle(worker->sockets.multi, transfer->easy) == CURLM_OK) {
            leave(worker->driver, transfer);
            enter(worker->driver, transfer, TRANSFER_FLYING);
        } else {
            transfer_finish(transfer, CURLE_OUT_OF_MEMORY);
            end(worker, transfer);
        }
    }
}

/* Takes what libcurl has finished off its hands. */
static void collect(struct worker *worker)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(worker->sockets.multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_finish(transfer, message->data.result);
        land(worker, transfer); /* frees the message too */
    }
}

/* What happened since; false: no more is to. */
static bool exchange(void *context)
{
    struct worker *worker = context;
    struct driver *driver = worker->driver;
    pthread_mutex_lock(&driver->lock);
    collect(worker);
    land_all(worker, TRANSFER_DROPPED);
    start_all(worker);
    bool go_on = !driver->stopping;
    pthread_mutex_unlock(&driver->lock);
    return go_on;
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct driver *driver = worker->driver;
    CURLMcode failure = sockets_drive(&worker->sockets, exchange, worker);
    pthread_mutex_lock(&driver->lock);
    if (failure != CURLM_OK)
        driver->failure = failure;
    land_all(worker, TRANSFER_DROPPED);
    land_all(worker, TRANSFER_FLYING);
    bell_ring(&driver->bell);
    pthread_mutex_unlock(&driver->lock);
    return NULL;
}

static bool worker_start(struct worker *worker, struct driver *driver, int connections)
{
    worker->driver = driver;
    worker->running =
        sockets_open(&worker->sockets, connections) && thread_start(&worker->thread, work, worker);
    return worker->running;
}

/* --- the owner's side --- */

/* Ends the threads. */
static void stop(struct driver *driver)
{
    pthread_mutex_lock(&driver->lock);
    driver->stopping = true;
    pthread_mutex_unlock(&driver->lock);
    for (struct worker *worker = driver->workers; worker < driver->workers + WORKERS; worker++) {
        if (!worker->running)
            continue;
        bell_ring(&worker->sockets.bell);
        pthread_join(worker->thread, NULL);
    }
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
    bool started = bell_open(&driver->bell);
    for (int i = 0; i < WORKERS; i++)
        started = worker_start(&driver->workers[i], driver, parallelism) && started;
    if (!started) {
        int error = errno;
        driver_stop(driver);
        errno = error;
        return NULL;
    }
    return driver;
}

/* Who has least to do, and among equals always the same, whose connections are open already. */
static struct worker *idlest(struct driver *driver)
{
    struct worker *found = driver->workers;
    for (int i = 1; i < WORKERS; i++)
        if (driver->workers[i].busy < found->busy)
            found = &driver->workers[i];
    return found;
}

/* Hands what waits to workers, as far as there is room; with the lock. */
static void hand_out(struct driver *driver)
{
    struct transfer *transfer;
    while (driver->room > 0 && (transfer = first(driver, TRANSFER_WAITING)) != NULL) {
        struct worker *worker = idlest(driver);
        driver->room--;
        worker->busy++;
        transfer->worker = worker;
        leave(driver, transfer);
        enter(driver, transfer, TRANSFER_LEAVING);
        bell_ring(&worker->sockets.bell);
    }
}

void driver_submit(struct driver *driver, struct transfer *transfer)
{
    pthread_mutex_lock(&driver->lock);
    enter(driver, transfer, TRANSFER_WAITING);
    hand_out(driver);
    pthread_mutex_unlock(&driver->lock);
}

/* Gives a transfer that does not fly back to its owner. */
static void give_back(struct driver *driver, struct transfer *transfer)
{
    leave(driver, transfer);
    if (transfer->state == TRANSFER_LEAVING)
        transfer->worker->busy--;
    if (transfer->state != TRANSFER_WAITING)
        driver->room++;
    hand_out(driver);
}

bool driver_cancel(struct driver *driver, struct transfer *transfer)
{
    pthread_mutex_lock(&driver->lock);
    bool flying = transfer->state == TRANSFER_FLYING;
    if (flying) {
        leave(driver, transfer);
        enter(driver, transfer, TRANSFER_DROPPED);
        bell_ring(&transfer->worker->sockets.bell);
    } else {
        give_back(driver, transfer);
    }
    pthread_mutex_unlock(&driver->lock);
    return !flying;
}

struct transfer *driver_take(struct driver *driver)
{
    pthread_mutex_lock(&driver->lock);
    struct transfer *transfer = first(driver, TRANSFER_ENDED);
    if (transfer != NULL)
        give_back(driver, transfer);
    if (first(driver, TRANSFER_ENDED) == NULL)
        bell_hush(&driver->bell); /* so that the next wait is one */
    pthread_mutex_unlock(&driver->lock);
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
    stop(driver);
    for (struct worker *worker = driver->workers; worker < driver->workers + WORKERS; worker++)
        sockets_close(&worker->sockets);
    bell_close(&driver->bell);
    pthread_mutex_destroy(&driver->lock);
    free(driver);
}
