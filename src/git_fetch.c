/* Brings a branch of a repository elsewhere into a copy of ours, see git_fetch.h. */
#include "git_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BRANCHES "refs/heads/"

/* The credentials of a wish, and which kinds of them were given already: libgit2 asks again as long
 * as they are refused. */
struct credentials {
    const struct git_wish *wish;
    unsigned int given;
};

static bool refuse(struct git_fetched *fetched, const char *code, const char *message)
{
    fetched->code = code;
    (void)snprintf(fetched->message, sizeof fetched->message, "%s", message);
    return false;
}

/* Refuses with what libgit2 said last. */
static bool refuse_by_git(struct git_fetched *fetched, const char *code)
{
    const git_error *error = git_error_last();
    return refuse(fetched, code, error != NULL ? error->message : "no reason is known");
}

static const char *code_of(int result)
{
    if (result == GIT_EAUTH)
        return "git.auth";
    return result == GIT_ECERTIFICATE ? "git.certificate" : "git.unreachable";
}

/* Whether the last failure was the network's and not the copy's. */
static bool is_remote(void)
{
    const git_error *error = git_error_last();
    return error != NULL
           && (error->klass == GIT_ERROR_NET || error->klass == GIT_ERROR_HTTP
               || error->klass == GIT_ERROR_SSL || error->klass == GIT_ERROR_SSH);
}

/* --- callback of libgit2 --- */

/* The kind of credentials to give next, of those the other side takes; 0: none is left. */
static unsigned int next_kind(const struct credentials *credentials, unsigned int taken)
{
    const struct git_wish *wish = credentials->wish;
    unsigned int left = taken & ~credentials->given;
    if (left & GIT_CREDENTIAL_USERNAME)
        return GIT_CREDENTIAL_USERNAME;
    if (*wish->key != '\0' || getenv("SSH_AUTH_SOCK") != NULL)
        return left & GIT_CREDENTIAL_SSH_KEY;
    return 0;
}

static int on_credentials(git_credential **out, const char *url, const char *url_user,
                          unsigned int taken, void *context)
{
    struct credentials *credentials = context;
    const struct git_wish *wish = credentials->wish;
    const char *user = *wish->username != '\0' ? wish->username : url_user;
    unsigned int kind = next_kind(credentials, taken);

    (void)url;
    if (user == NULL)
        user = "git";
    credentials->given |= kind;
    if (kind == GIT_CREDENTIAL_USERNAME)
        return git_credential_username_new(out, user);
    if (kind == GIT_CREDENTIAL_SSH_KEY && *wish->key == '\0')
        return git_credential_ssh_key_from_agent(out, user);
    if (kind == GIT_CREDENTIAL_SSH_KEY)
        return git_credential_ssh_key_new(out, user, NULL, wish->key, wish->password);
    git_error_set_str(GIT_ERROR_NET,
                      "it accepts none that are known here, or redirects to where none are given");
    return GIT_EAUTH;
}

/* --- the steps --- */

static bool trust(const char *ca_file, struct git_fetched *fetched)
{
    return *ca_file == '\0' || git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, ca_file, NULL) == 0
           || refuse_by_git(fetched, "git.certificate");
}

/* The URL is taken as it is: nobody's settings shall send credentials to another place. */
static bool name_remote(git_remote **remote, git_repository *copy, const char *url,
                        struct git_fetched *fetched)
{
    git_remote_create_options options;
    git_remote_create_options_init(&options, GIT_REMOTE_CREATE_OPTIONS_VERSION);
    options.repository = copy;
    options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
    return git_remote_create_with_opts(remote, url, &options) == 0
           || refuse_by_git(fetched, "git.unreachable");
}

static bool connect_to(git_remote *remote, struct credentials *credentials,
                       struct git_fetched *fetched)
{
    git_remote_connect_options options;
    git_remote_connect_options_init(&options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
    options.callbacks.credentials = on_credentials;
    options.callbacks.payload = credentials;
    options.proxy_opts.type = GIT_PROXY_AUTO;
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE; /* to another host; see git_fetch.h */
    int result = git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &options);
    return result == 0 || refuse_by_git(fetched, code_of(result));
}

static bool keep_name(const char *branch, struct git_fetched *fetched)
{
    int length = snprintf(fetched->branch, sizeof fetched->branch, "%s", branch);
    return (size_t)length < sizeof fetched->branch
           || refuse(fetched, "git.no_branch", "the name of the branch is too long");
}

/* Writes the name of the branch that is wanted. */
static bool name_branch(git_remote *remote, const char *branch, struct git_fetched *fetched)
{
    git_buf name = GIT_BUF_INIT;
    if (*branch != '\0')
        return keep_name(branch, fetched);
    bool named = git_remote_default_branch(&name, remote) == 0
                 && strncmp(name.ptr, BRANCHES, strlen(BRANCHES)) == 0;
    bool done = named ? keep_name(name.ptr + strlen(BRANCHES), fetched)
                      : refuse(fetched, "git.no_branch", "its HEAD names no branch with a commit");
    git_buf_dispose(&name);
    return done;
}

/* Writes the commit of the branch, as the other side told when it was connected to. */
static bool find_commit(git_remote *remote, const char *reference, struct git_fetched *fetched)
{
    const git_remote_head **heads = NULL;
    size_t count = 0;
    if (git_remote_ls(&heads, &count, remote) != 0)
        return refuse_by_git(fetched, "git.unreachable");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(heads[i]->name, reference) == 0) {
            git_oid_tostr(fetched->commit, sizeof fetched->commit, &heads[i]->oid);
            return true;
        }
    }
    fetched->code = "git.no_branch";
    (void)snprintf(fetched->message, sizeof fetched->message, "the repository has no branch %s",
                   fetched->branch);
    return false;
}

static bool download(git_remote *remote, struct credentials *credentials, char *refspec,
                     struct git_fetched *fetched)
{
    const git_strarray refspecs = {&refspec, 1};
    git_fetch_options options;
    git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.callbacks.credentials = on_credentials;
    options.callbacks.payload = credentials;
    options.proxy_opts.type = GIT_PROXY_AUTO;
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.prune = GIT_FETCH_NO_PRUNE;
    options.update_fetchhead = 0;
    /* the last is for a reflog, if settings want one; it would be the URL with the password */
    int result = git_remote_fetch(remote, &refspecs, &options, "fetch");
    return result == 0 || refuse_by_git(fetched, is_remote() ? code_of(result) : "git.copy");
}

static bool open_copy(git_repository **copy, const char *path, struct git_fetched *fetched)
{
    git_repository_init_options options;
    git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags =
        GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_DOTGIT_DIR;
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1); /* a copy survives a power cut */
    return git_repository_init_ext(copy, path, &options) == 0 || refuse_by_git(fetched, "git.copy");
}

bool git_fetch(const struct git_wish *wish, struct git_fetched *fetched)
{
    struct credentials credentials = {.wish = wish};
    git_repository *copy = NULL;
    git_remote *remote = NULL;
    char reference[sizeof BRANCHES + sizeof fetched->branch];
    char refspec[2 * sizeof reference + 2];

    bool done = trust(wish->ca_file, fetched) && open_copy(&copy, wish->copy, fetched);
    done = done && name_remote(&remote, copy, wish->url, fetched)
           && connect_to(remote, &credentials, fetched)
           && name_branch(remote, wish->branch, fetched);
    if (done) {
        (void)snprintf(reference, sizeof reference, "%s%s", BRANCHES, fetched->branch);
        (void)snprintf(refspec, sizeof refspec, "+%s:%s", reference, reference);
    }
    done = done && find_commit(remote, reference, fetched)
           && download(remote, &credentials, refspec, fetched);
    git_remote_free(remote);
    git_repository_free(copy);
    return done;
}
