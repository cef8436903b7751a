/* Drives libcurl's sockets, see http_sockets.h. Runs on one thread, but for bells. */
#include "http_sockets.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 64,   /* taken at once */
    IN_A_ROW = 64, /* readings of one socket before the others have their turn */
};

static const int64_t NONE = INT64_MAX;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* --- what libcurl tells --- */

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *unused)
{
    struct sockets *sockets = context;
    struct epoll_event event = {.data.fd = socket};
    (void)easy, (void)unused;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(sockets->epoll, EPOLL_CTL_DEL, socket, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (epoll_ctl(sockets->epoll, EPOLL_CTL_MOD, socket, &event) == 0
        || epoll_ctl(sockets->epoll, EPOLL_CTL_ADD, socket, &event) == 0)
        return 0;
    return -1;
}

static int on_timer(CURLM *multi, long milliseconds, void *context)
{
    struct sockets *sockets = context;
    (void)multi;
    sockets->deadline = milliseconds < 0 ? NONE : now() + milliseconds;
    return 0;
}

bool sockets_open(struct sockets *sockets, int connections)
{
    struct epoll_event event = {.events = EPOLLIN};
    sockets->deadline = NONE;
    sockets->multi = curl_multi_init();
    sockets->epoll = epoll_create1(EPOLL_CLOEXEC);
    bool bell = bell_open(&sockets->bell);
    event.data.fd = sockets->bell.fd;
    CURLM *multi = sockets->multi;
    return multi != NULL && sockets->epoll >= 0 && bell
           && epoll_ctl(sockets->epoll, EPOLL_CTL_ADD, sockets->bell.fd, &event) == 0
           && curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, sockets) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_TIMERDATA, sockets) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)connections) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2L * connections) == CURLM_OK;
}

void sockets_close(struct sockets *sockets)
{
    curl_multi_cleanup(sockets->multi);
    if (sockets->epoll >= 0)
        close(sockets->epoll);
    bell_close(&sockets->bell);
    sockets->multi = NULL;
    sockets->epoll = -1;
}

/* --- working --- */

struct work {
    struct sockets *sockets;
    bool (*between)(void *);
    void *context;
    CURLMcode failure;
    bool stopped;
};

static bool goes_on(const struct work *work)
{
    return !work->stopped && work->failure == CURLM_OK;
}

/* Lets libcurl act on a socket, or on its time-outs; then whatever became possible begins. */
static void act(struct work *work, curl_socket_t socket, int events)
{
    int running;
    work->failure = curl_multi_socket_action(work->sockets->multi, socket, events, &running);
    work->stopped = !work->between(work->context);
}

/* Lets libcurl act on what is due. To begin a request is due at once. */
static void keep_time(struct work *work)
{
    while (goes_on(work) && work->sockets->deadline <= now()) {
        work->sockets->deadline = NONE; /* it comes once */
        act(work, CURL_SOCKET_TIMEOUT, 0);
    }
}

/* Reads an answer as far as it has come. */
static void serve(struct work *work, const struct epoll_event *event)
{
    struct pollfd more = {.fd = event->data.fd, .events = POLLIN};
    int events = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0)
                 | (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
                 | (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    for (int i = 0; i < IN_A_ROW && goes_on(work); i++) {
        act(work, more.fd, events);
        keep_time(work);
        if (events != CURL_CSELECT_IN || poll(&more, 1, 0) != 1 || more.revents != POLLIN)
            return;
    }
}

/* Milliseconds until libcurl wants to be called; -1: it does not. */
static int time_left(const struct sockets *sockets)
{
    if (sockets->deadline == NONE)
        return -1;
    int64_t left = sockets->deadline - now();
    return left <= 0 ? 0 : left < INT32_MAX ? (int)left : INT32_MAX;
}

CURLMcode sockets_drive(struct sockets *sockets, bool (*between)(void *), void *context)
{
    struct work work = {.sockets = sockets, .between = between, .context = context};
    struct epoll_event events[EVENTS];
    while (goes_on(&work)) {
        int count = epoll_wait(sockets->epoll, events, EVENTS, time_left(sockets));
        for (int i = 0; i < count && goes_on(&work); i++) {
            if (events[i].data.fd != sockets->bell.fd) {
                serve(&work, &events[i]);
                continue;
            }
            bell_hush(&sockets->bell);
            work.stopped = !between(context);
        }
        keep_time(&work);
    }
    return work.failure;
}
