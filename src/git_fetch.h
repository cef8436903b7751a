/* Brings a branch of a repository elsewhere into a copy of ours, by libgit2. Waits for the network
 * as long as that takes; who cannot wait does it in a process of its own. Knows no Lua. */
#ifndef REMORA_GIT_FETCH_H
#define REMORA_GIT_FETCH_H

#include <git2.h>
#include <stdbool.h>

/* What is wanted. User and password for http are in the URL: libgit2 gives them to no other server.
 * It follows redirections to other ports and schemes of a host, whatever the options say; who asks
 * for credentials then cannot be told before Debian's security update of 1.5.1. */
struct git_wish {
    const char *copy;     /* directory of the copy, a bare repository; made when missing */
    const char *url;      /* anything libgit2 knows */
    const char *branch;   /* "": the one that the repository's HEAD names */
    const char *username; /* for ssh; "": the one in the URL, or "git" */
    const char *password; /* what opens the key; "": nothing has to */
    const char *key;      /* file with a private key for ssh; "": ssh-agent has them */
    const char *ca_file;  /* authorities that sign certificates; "": those of the system */
};

/* What became of it. */
struct git_fetched {
    char commit[GIT_OID_HEXSZ + 1];
    char branch[256];
    const char *code;  /* of the refusal */
    char message[512]; /* libgit2's words for it */
};

/* Fetches, and tells the newest commit of the branch. Where that is none of the last one's
 * descendants, the copy follows. False, with code and message:
 *   git.copy         the copy cannot be used or written
 *   git.auth         the other side wants credentials, or others
 *   git.certificate  the other side is not who it should be
 *   git.no_branch    there is no such branch, or no commit at all
 *   git.unreachable  anything else that is the other side's */
bool git_fetch(const struct git_wish *wish, struct git_fetched *fetched);

#endif
