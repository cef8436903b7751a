/* The module "git": fetches a branch into a copy, and reads that copy at a commit. Owns an open
 * copy and what of it Lua is being told of. Writes nothing but what is fetched (git_fetch.c). */
#include <git2.h>
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "class.h"
#include "fail.h"
#include "git_fetch.h"
#include "modules.h"
#include "options.h"

#define COPY "remora.git.copy"

struct copy {
    git_repository *repository; /* NULL once closed */
    git_commit *commit;         /* these three are let go of by the next call: Lua may raise */
    git_tree *tree;
    git_object *object;
    bool started; /* libgit2 */
};

static struct copy *check_copy(lua_State *L)
{
    struct copy *copy = luaL_checkudata(L, 1, COPY);
    luaL_argcheck(L, copy->repository != NULL, 1, "the copy is closed");
    return copy;
}

static void let_go(struct copy *copy)
{
    git_object_free(copy->object);
    git_tree_free(copy->tree);
    git_commit_free(copy->commit);
    copy->object = NULL;
    copy->tree = NULL;
    copy->commit = NULL;
}

/* Counted by libgit2, and undone with git_libgit2_shutdown. */
static void start_libgit2(lua_State *L)
{
    if (git_libgit2_init() < 0)
        luaL_error(L, "libgit2 cannot start");
}

static int fail_git(lua_State *L, const char *code)
{
    const git_error *error = git_error_last();
    return fail_with(L, code, "%s", error != NULL ? error->message : "no reason is known");
}

static git_oid check_id(lua_State *L, int index)
{
    git_oid id;
    luaL_argcheck(L, git_oid_fromstr(&id, luaL_checkstring(L, index)) == 0, index,
                  "the id of a commit");
    return id;
}

/* Holds the commit whose id is argument 2. What was fetched and is not there is damage. */
static bool hold_commit(lua_State *L, struct copy *copy)
{
    const git_oid id = check_id(L, 2);
    let_go(copy);
    return git_commit_lookup(&copy->commit, copy->repository, &id) == 0;
}

/* copy:commit(id) → {id, author, time (unix seconds), subject} | nil, {code = "git.damaged", …} */
static int l_commit(lua_State *L)
{
    struct copy *copy = check_copy(L);
    if (!hold_commit(L, copy))
        return fail_git(L, "git.damaged");
    const char *subject = git_commit_summary(copy->commit);
    lua_createtable(L, 0, 4);
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, git_commit_author(copy->commit)->name);
    lua_setfield(L, -2, "author");
    lua_pushinteger(L, git_commit_time(copy->commit));
    lua_setfield(L, -2, "time");
    lua_pushstring(L, subject != NULL ? subject : "");
    lua_setfield(L, -2, "subject");
    let_go(copy);
    return 1;
}

/* copy:descends(id, ancestor) → whether a commit has another one behind it; false, too, when the
 * copy never had that one */
static int l_descends(lua_State *L)
{
    struct copy *copy = check_copy(L);
    const git_oid id = check_id(L, 2), ancestor = check_id(L, 3);
    lua_pushboolean(L, git_graph_descendant_of(copy->repository, &id, &ancestor) == 1);
    return 1;
}

static const char *type_of(git_filemode_t mode)
{
    if (mode == GIT_FILEMODE_TREE)
        return "directory";
    /* a link leads out of the commit, so nobody follows one */
    return mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE ? "file" : "other";
}

/* Holds what lies at a path of a commit, "" being its top, if it is of a type. 0, or how many
 * values it pushed that say why not. */
static int hold_object(lua_State *L, struct copy *copy, const char *type)
{
    const char *path = luaL_checkstring(L, 3);
    git_tree_entry *entry = NULL;
    if (!hold_commit(L, copy) || git_commit_tree(&copy->tree, copy->commit) != 0)
        return fail_git(L, "git.damaged");
    if (*path == '\0')
        return 0;
    int result = git_tree_entry_bypath(&entry, copy->tree, path);
    if (result != 0) {
        bool absent = result == GIT_ENOTFOUND && git_error_last()->klass == GIT_ERROR_TREE;
        return fail_git(L, absent ? "git.absent" : "git.damaged");
    }
    bool fits = strcmp(type_of(git_tree_entry_filemode(entry)), type) == 0;
    if (fits)
        result = git_tree_entry_to_object(&copy->object, copy->repository, entry);
    git_tree_entry_free(entry);
    if (!fits)
        return fail_with(L, "git.type", "'%s' is no %s", path, type);
    return result == 0 ? 0 : fail_git(L, "git.damaged");
}

/* copy:read(id, path[, most]) → text of a file at a commit
 *   | nil, {code, message}: git.absent, git.type (it is no file), git.too_big, git.damaged */
static int l_read(lua_State *L)
{
    struct copy *copy = check_copy(L);
    lua_Integer most = luaL_optinteger(L, 4, LUA_MAXINTEGER);
    luaL_argcheck(L, *luaL_checkstring(L, 3) != '\0', 3, "the path of a file");
    int refused = hold_object(L, copy, "file");
    if (refused != 0)
        return refused;
    const git_blob *blob = (const git_blob *)copy->object;
    git_object_size_t size = git_blob_rawsize(blob);
    if (size > (git_object_size_t)most)
        return fail_with(L, "git.too_big", "the file is larger than it may be");
    lua_pushlstring(L, git_blob_rawcontent(blob), (size_t)size);
    let_go(copy);
    return 1;
}

/* copy:list(id, directory) → {name = "file"|"directory"|"other"}
 *   | nil, {code, message}: git.absent, git.type (it is no directory), git.damaged */
static int l_list(lua_State *L)
{
    struct copy *copy = check_copy(L);
    int refused = hold_object(L, copy, "directory");
    if (refused != 0)
        return refused;
    const git_tree *tree = copy->object != NULL ? (const git_tree *)copy->object : copy->tree;
    lua_newtable(L);
    for (size_t i = 0; i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        lua_pushstring(L, type_of(git_tree_entry_filemode(entry)));
        lua_setfield(L, -2, git_tree_entry_name(entry));
    }
    let_go(copy);
    return 1;
}

/* copy:close(); also __close and __gc, and closing twice is fine */
static int l_close(lua_State *L)
{
    struct copy *copy = luaL_checkudata(L, 1, COPY);
    let_go(copy);
    git_repository_free(copy->repository);
    copy->repository = NULL;
    if (copy->started)
        git_libgit2_shutdown();
    copy->started = false;
    return 0;
}

/* git.open(path) → copy | nil, {code = "git.damaged", message}: one that was fetched, for reading
 */
static int l_open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct copy *copy = lua_newuserdatauv(L, sizeof *copy, 0);
    *copy = (struct copy){.repository = NULL};
    luaL_setmetatable(L, COPY);
    start_libgit2(L);
    copy->started = true;
    if (git_repository_open_bare(&copy->repository, path) != 0)
        return fail_git(L, "git.damaged");
    return 1;
}

/* git.fetch{copy=, url=, branch="", username="", password="", key="", ca_file=""}
 *   → {commit, branch} | nil, {code, message}; all of them as git_fetch.h has them
 * Waits for the other side without end. */
static int l_fetch(lua_State *L)
{
    struct git_wish wish = {"", "", "", "", "", "", ""};
    struct git_fetched fetched = {.code = NULL};
    options_read(L, 1,
                 (struct option[]){{.name = "copy", .text = &wish.copy},
                                   {.name = "url", .text = &wish.url},
                                   {.name = "branch", .text = &wish.branch},
                                   {.name = "username", .text = &wish.username},
                                   {.name = "password", .text = &wish.password},
                                   {.name = "key", .text = &wish.key},
                                   {.name = "ca_file", .text = &wish.ca_file},
                                   {.name = NULL}});
    luaL_argcheck(L, *wish.copy != '\0' && *wish.url != '\0', 1, "copy and url are needed");
    start_libgit2(L);
    bool done = git_fetch(&wish, &fetched);
    git_libgit2_shutdown();
    if (!done)
        return fail_with(L, fetched.code, "%s", fetched.message);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, fetched.commit);
    lua_setfield(L, -2, "commit");
    lua_pushstring(L, fetched.branch);
    lua_setfield(L, -2, "branch");
    return 1;
}

static const luaL_Reg methods[] = {
    {"close", l_close}, {"commit", l_commit}, {"descends", l_descends}, {"list", l_list},
    {"read", l_read},   {"__close", l_close}, {"__gc", l_close},        {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"fetch", l_fetch},
    {"open", l_open},
    {NULL, NULL},
};

int luaopen_git(lua_State *L)
{
    class_define(L, COPY, methods);
    luaL_newlib(L, functions);
    return 1;
}
