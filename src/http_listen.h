/* Opens the socket an HTTP server listens on. Owns nothing; the descriptor is the caller's. */
#ifndef REMORA_HTTP_LISTEN_H
#define REMORA_HTTP_LISTEN_H

/* A listening socket for a numeric address, or -1 with the reason, a text that stays. `port` is 0
 * for a free one, and becomes the one that was bound. */
int listen_open(const char *address, int *port, const char **reason);

/* Lets the process have the descriptors for so many connections, or as many as the system
 * allows. */
void listen_allow(int connections);

#endif
