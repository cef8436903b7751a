/* bench-pages ROWS: a platform that answers every call of a plan from memory, so that its own speed
 * is not in the figures. Prints where it listens; ends with its parent.
 *
 * Owns the sockets: one thread, epoll, keep-alive. Reads requests with Content-Length only, as our
 * clients send them. Four requests are for who measures: GET /playbook gives the playbook of the
 * fleet, POST /drift/N makes every N-th process drift (0: none), POST /latency/N holds every later
 * answer of a call back for N milliseconds, POST /calls gives how many there were since it was
 * asked last. */
#include "calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 256, READ_SIZE = 65536 };

struct connection {
    int fd; /* 0: the place is free */
    struct text in, head;
    struct body body;
    bool busy;           /* with an answer */
    size_t sent, length; /* of head and body together */
    double due;          /* when the answer may leave */
    struct connection *later;
};

static struct fleet fleet;
static double latency; /* seconds */
static long calls;     /* answered since somebody asked */
static struct connection connections[MOST_CONNECTIONS];
static struct connection *first_held, **last_held = &first_held; /* by due time */
static int events;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void watch(struct connection *connection, int operation, uint32_t what)
{
    struct epoll_event event = {.events = what, .data.ptr = connection};
    if (epoll_ctl(events, operation, connection->fd, &event) != 0)
        text_die("epoll_ctl failed");
}

static void drop(struct connection *connection)
{
    close(connection->fd);
    free(connection->in.bytes);
    free(connection->head.bytes);
    free(connection->body.made.bytes);
    *connection = (struct connection){0};
}

static void send_more(struct connection *connection)
{
    struct body *body = &connection->body;
    struct iovec parts[] = {
        {connection->head.bytes, connection->head.length},
        {body->made.bytes, body->made.length},
        {(char *)body->kept, body->kept_length},
        {(char *)body->tail, strlen(body->tail)},
    };
    enum { PARTS = sizeof parts / sizeof *parts };
    size_t skip = connection->sent;
    for (int i = 0; i < PARTS; i++) {
        size_t gone = skip < parts[i].iov_len ? skip : parts[i].iov_len;
        parts[i].iov_base = (char *)parts[i].iov_base + gone;
        parts[i].iov_len -= gone;
        skip -= gone;
    }
    ssize_t count = writev(connection->fd, parts, PARTS);
    if (count < 0 && errno != EAGAIN) {
        drop(connection);
        return;
    }
    connection->sent += count > 0 ? (size_t)count : 0;
    connection->busy = connection->sent < connection->length;
    watch(connection, EPOLL_CTL_MOD, connection->busy ? EPOLLOUT : EPOLLIN);
}

/* Sends the body that was filled in, or holds it back for so many seconds. */
static void reply(struct connection *connection, const char *status, double delay)
{
    struct body *body = &connection->body;
    size_t length = body->made.length + body->kept_length + strlen(body->tail);
    connection->head.length = connection->sent = 0;
    connection->busy = true;
    text_print(&connection->head,
               "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
               status, length);
    connection->length = connection->head.length + length;
    if (delay <= 0) {
        send_more(connection);
        return;
    }
    watch(connection, EPOLL_CTL_MOD, 0);
    connection->due = now() + delay;
    connection->later = NULL;
    *last_held = connection;
    last_held = &connection->later;
}

/* Answers what is asked about the sockets; false when it is something else. */
static bool measure(const char *path, struct body *body)
{
    body->made.length = body->kept_length = 0;
    body->tail = "";
    if (strncmp(path, "/latency/", 9) == 0) {
        latency = strtod(path + 9, NULL) / 1000;
    } else if (strcmp(path, "/calls") == 0) {
        text_print(&body->made, "%ld", calls);
        calls = 0;
    } else {
        return false;
    }
    return true;
}

/* Answers the request in the buffer if it is complete. */
static void take_request(struct connection *connection)
{
    text_add(&connection->in, "", 1); /* ends it for the string functions */
    connection->in.length--;
    char *text = connection->in.bytes, *end = strstr(text, "\r\n\r\n");
    if (end == NULL)
        return;
    size_t length = 0;
    for (char *line = strstr(text, "\r\n"); line != NULL && line < end;
         line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, "content-length:", 15) == 0)
            length = strtoul(line + 17, NULL, 10);
    size_t head = (size_t)(end - text) + 4;
    if (connection->in.length < head + length)
        return;
    char *path = strchr(text, ' ') + 1;
    *strchr(path, ' ') = '\0';
    bool is_call = strncmp(path, "/api/", 5) == 0;
    bool known = (!is_call && measure(path, &connection->body))
                 || calls_answer(&fleet, path, text + head, &connection->body);
    if (!known)
        fprintf(stderr, "bench-pages: no answer to %s\n", path);
    connection->in.length = 0;
    calls += is_call;
    reply(connection, known ? "200 OK" : "404 Not Found", is_call ? latency : 0);
}

static void receive(struct connection *connection)
{
    char *room = text_room(&connection->in, READ_SIZE);
    ssize_t count = read(connection->fd, room, READ_SIZE - 1);
    if (count > 0) {
        connection->in.length += (size_t)count;
        take_request(connection);
    } else if (count == 0 || errno != EAGAIN) {
        drop(connection);
    }
}

static void accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    for (int i = 0; i < MOST_CONNECTIONS; i++) {
        if (connections[i].fd == 0) {
            connections[i].fd = fd;
            watch(&connections[i], EPOLL_CTL_ADD, EPOLLIN);
            return;
        }
    }
    close(fd);
}

/* Lets go what was held back long enough. How long until the next one is due; NULL: there is
 * none. */
static struct timespec *release(void)
{
    static struct timespec rest;
    while (first_held != NULL) {
        struct connection *connection = first_held;
        double left = connection->due - now();
        if (left > 0) {
            rest.tv_sec = (time_t)left;
            rest.tv_nsec = (long)((left - (double)rest.tv_sec) * 1e9);
            return &rest;
        }
        first_held = connection->later;
        if (first_held == NULL)
            last_held = &first_held;
        send_more(connection);
    }
    return NULL;
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0
        || listen(listener, MOST_CONNECTIONS) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        text_die("cannot listen");
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int argc, char **argv)
{
    long rows = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (rows < 1)
        text_die("usage: bench-pages ROWS");
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    fleet_make(&fleet, rows);
    events = epoll_create1(0);
    int listener = listen_somewhere();
    struct epoll_event arrivals = {.events = EPOLLIN, .data.ptr = &events};
    if (epoll_ctl(events, EPOLL_CTL_ADD, listener, &arrivals) != 0)
        text_die("epoll_ctl failed");
    for (;;) {
        struct epoll_event ready[64];
        int count = epoll_pwait2(events, ready, 64, release(), NULL);
        for (int i = 0; i < count; i++) {
            struct connection *connection = ready[i].data.ptr;
            if (ready[i].data.ptr == &events)
                accept_one(listener);
            else if ((ready[i].events & EPOLLOUT) != 0)
                send_more(connection);
            else if (connection->fd != 0 && !connection->busy)
                receive(connection);
        }
    }
}
