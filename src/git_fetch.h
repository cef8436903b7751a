/* Brings a branch of a repository elsewhere into a copy of ours, by libgit2. Waits for the network
 * as long as that takes; who cannot wait does it in a process of its own. Knows no Lua. */
#ifndef REMORA_GIT_FETCH_H
#define REMORA_GIT_FETCH_H

#include <git2.h>
#include <stdbool.h>

/* What is wanted. */
struct git_wish {
    const char *copy;     /* directory of the copy, a bare repository; made when missing */
    const char *url;      /* anything libgit2 knows; must hold no password */
    const char *branch;   /* "": the one that the repository's HEAD names */
    const char *username; /* "": the one in the URL, or "git" */
    const char *password; /* or a token, or what opens the key; "": none */
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
