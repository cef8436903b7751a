/* The thread that libcurl works on, see http_driver.h. Owns the line of what waits, what is in
 * flight, and what has ended; only the thread itself touches libcurl's multi handle. */
#include "http_driver.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int LONGEST_WAIT = 3600 * 1000; /* milliseconds; libcurl knows its own time-outs */

struct list {
    struct transfer *first, *last;
};

struct driver {
    pthread_t thread;
    CURLM *multi;
    int bell;             /* eventfd: something ended */
    int room;             /* the thread's own: for so many more requests in flight */
    pthread_mutex_t lock; /* for all that follows, and the links and states of transfers */
    struct list lists[TRANSFER_STATES];
    CURLMcode failure;
    bool stopping;
};

/* A transfer is in the list of its state. */

static void enter(struct driver *driver, struct transfer *transfer, enum transfer_state state)
{
    struct list *list = &driver->lists[state];
    transfer->state = state;
    transfer->previous = list->last;
    transfer->next = NULL;
    *(list->last != NULL ? &list->last->next : &list->first) = transfer;
    list->last = transfer;
}

static void leave(struct driver *driver, struct transfer *transfer)
{
    struct list *list = &driver->lists[transfer->state];
    *(transfer->previous != NULL ? &transfer->previous->next : &list->first) = transfer->next;
    *(transfer->next != NULL ? &transfer->next->previous : &list->last) = transfer->previous;
}

/* The thread's side. All of it but drive() holds the lock. */

static void ring(const struct driver *driver)
{
    const uint64_t once = 1;
    if (write(driver->bell, &once, sizeof once) < 0)
        return; /* it has been rung often enough */
}

static void end(struct driver *driver, struct transfer *transfer)
{
    if (driver->lists[TRANSFER_ENDED].first == NULL)
        ring(driver);
    leave(driver, transfer);
    enter(driver, transfer, TRANSFER_ENDED);
}

/* Ends what is in flight, dropped or not. */
static void land(struct driver *driver, struct transfer *transfer)
{
    curl_multi_remove_handle(driver->multi, transfer->easy);
    driver->room++;
    end(driver, transfer);
}

static void land_all(struct driver *driver, enum transfer_state state)
{
    while (driver->lists[state].first != NULL)
        land(driver, driver->lists[state].first);
}

static void start_waiting(struct driver *driver)
{
    struct transfer *transfer;
    while (driver->room > 0 && (transfer = driver->lists[TRANSFER_WAITING].first) != NULL) {
        if (curl_multi_add_handle(driver->multi, transfer->easy) == CURLM_OK) {
            leave(driver, transfer);
            enter(driver, transfer, TRANSFER_FLYING);
            driver->room--;
        } else {
            transfer_finish(transfer, CURLE_OUT_OF_MEMORY);
            end(driver, transfer);
        }
    }
}

/* Takes what libcurl has finished off its hands; says whether there was any. */
static bool collect(struct driver *driver)
{
    int left;
    CURLMsg *message;
    bool any = false;
    while ((message = curl_multi_info_read(driver->multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_finish(transfer, message->data.result);
        land(driver, transfer); /* frees the message too */
        any = true;
    }
    return any;
}

/* One turn of the thread; false: it was the last one. */
static bool turn(struct driver *driver)
{
    int running;
    pthread_mutex_lock(&driver->lock);
    land_all(driver, TRANSFER_DROPPED);
    start_waiting(driver);
    pthread_mutex_unlock(&driver->lock);

    CURLMcode code = curl_multi_perform(driver->multi, &running);

    pthread_mutex_lock(&driver->lock);
    bool idle = !collect(driver);
    pthread_mutex_unlock(&driver->lock);

    if (code == CURLM_OK && idle)
        code = curl_multi_poll(driver->multi, NULL, 0, LONGEST_WAIT, NULL);

    pthread_mutex_lock(&driver->lock);
    bool go_on = code == CURLM_OK && !driver->stopping;
    if (!go_on) {
        driver->failure = code;
        land_all(driver, TRANSFER_DROPPED);
        land_all(driver, TRANSFER_FLYING);
        ring(driver);
    }
    pthread_mutex_unlock(&driver->lock);
    return go_on;
}

static void *drive(void *context)
{
    while (turn(context))
        ;
    return NULL;
}

/* The owner's side. */

static void release(struct driver *driver)
{
    if (driver->bell >= 0)
        close(driver->bell);
    curl_multi_cleanup(driver->multi);
    pthread_mutex_destroy(&driver->lock);
    free(driver);
}

/* Signals are for the thread that waits for them: Lua's. */
static int start_thread(struct driver *driver)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&driver->thread, NULL, drive, driver);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

struct driver *driver_start(int parallelism)
{
    struct driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL)
        return NULL;
    pthread_mutex_init(&driver->lock, NULL); /* cannot fail with glibc's defaults */
    driver->room = parallelism;
    driver->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    driver->multi = curl_multi_init();
    if (driver->bell < 0 || driver->multi == NULL
        || curl_multi_setopt(driver->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)parallelism)
               != CURLM_OK
        || curl_multi_setopt(driver->multi, CURLMOPT_MAXCONNECTS, 2L * parallelism) != CURLM_OK
        || start_thread(driver) != 0) {
        release(driver);
        return NULL;
    }
    return driver;
}

void driver_submit(struct driver *driver, struct transfer *transfer)
{
    pthread_mutex_lock(&driver->lock);
    enter(driver, transfer, TRANSFER_WAITING);
    pthread_mutex_unlock(&driver->lock);
    curl_multi_wakeup(driver->multi);
}

bool driver_cancel(struct driver *driver, struct transfer *transfer)
{
    pthread_mutex_lock(&driver->lock);
    bool flying = transfer->state == TRANSFER_FLYING;
    leave(driver, transfer);
    if (flying)
        enter(driver, transfer, TRANSFER_DROPPED);
    pthread_mutex_unlock(&driver->lock);
    if (flying)
        curl_multi_wakeup(driver->multi);
    return !flying;
}

struct transfer *driver_take(struct driver *driver)
{
    pthread_mutex_lock(&driver->lock);
    struct transfer *transfer = driver->lists[TRANSFER_ENDED].first;
    if (transfer != NULL) {
        leave(driver, transfer);
    } else {
        uint64_t rung;
        if (read(driver->bell, &rung, sizeof rung) < 0)
            rung = 0; /* it was silent */
    }
    pthread_mutex_unlock(&driver->lock);
    return transfer;
}

int driver_fd(const struct driver *driver)
{
    return driver->bell;
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
    curl_multi_wakeup(driver->multi);
    pthread_join(driver->thread, NULL);
    release(driver);
}
