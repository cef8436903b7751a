/* The part of the module "system" that touches files: reading, atomic writing, directories, locks.
 * Never buffers or retries; every handle is closed by Lua even when something raises. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class.h"
#include "fail.h"

enum { READ_SIZE = 65536 };

#define HANDLE "system.handle"

/* An open file (fd) or directory, closed by Lua even when something raises. */
struct handle {
    int fd;
    DIR *directory;
};

static struct handle *new_handle(lua_State *L)
{
    struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);

    *handle = (struct handle){.fd = -1};
    luaL_setmetatable(L, HANDLE);
    return handle;
}

static void close_handle(struct handle *handle)
{
    if (handle->directory != NULL)
        closedir(handle->directory);
    else if (handle->fd >= 0)
        close(handle->fd);
    *handle = (struct handle){.fd = -1};
}

/* lock:close(); closing twice is fine */
static int l_close(lua_State *L)
{
    close_handle(luaL_checkudata(L, 1, HANDLE));
    return 0;
}

/* system.read_file(path[, most]) → text; what has more than `most` bytes, as a device may have
 * without end, is refused with system.efbig */
static int l_read_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_Integer left = luaL_optinteger(L, 2, LUA_MAXINTEGER);
    struct handle *file = new_handle(L);
    luaL_Buffer text;
    ssize_t count;

    file->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0)
        return fail_errno(L, errno, path);
    luaL_buffinit(L, &text);
    for (;;) {
        char *space = luaL_prepbuffsize(&text, READ_SIZE);

        count = read(file->fd, space, READ_SIZE);
        if (count > 0) {
            luaL_addsize(&text, (size_t)count);
            left -= count;
            if (left < 0)
                return fail_errno(L, EFBIG, path);
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    if (count < 0)
        return fail_errno(L, errno, path);
    luaL_pushresult(&text);
    close_handle(file);
    return 1;
}

/* 0 or an errno value. EINVAL: pipes and terminals have nothing to sync, nor have some file
 * systems. */
static int sync_written(int fd)
{
    return fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

/* Writes and syncs everything; 0 or an errno value. */
static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, text, length);

        if (count < 0) {
            if (errno == EINTR)
                continue;
            return errno;
        }
        text += count;
        length -= (size_t)count;
    }
    return sync_written(fd);
}

/* Makes a rename to `path` durable. `directory` is room for strlen(path) + 2 bytes. 0 or errno. */
static int sync_directory(const char *path, char *directory)
{
    const char *slash = strrchr(path, '/');
    int fd, error;

    if (slash == NULL)
        strcpy(directory, ".");
    else
        sprintf(directory, "%.*s", (int)(slash - path) + 1, path);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    error = sync_written(fd);
    close(fd);
    return error;
}

/* Puts a new file in the place of `path`. `temporary` is room for strlen(path) + 8 bytes. 0 or
 * errno. */
static int replace(struct handle *file, const char *path, char *temporary, mode_t mode,
                   const char *text, size_t length)
{
    int error;

    sprintf(temporary, "%s.XXXXXX", path);
    file->fd = mkostemp(temporary, O_CLOEXEC);
    if (file->fd < 0)
        return errno;
    error = fchmod(file->fd, mode) == 0 ? write_all(file->fd, text, length) : errno;
    if (error == 0 && rename(temporary, path) != 0)
        error = errno;
    if (error != 0) {
        unlink(temporary);
        return error;
    }
    return sync_directory(path, temporary);
}

/* system.write_file(path, text[, mode = 0644]) → true. Readers see the old text or the new one,
 * never a part; when it returns, the new one survives a power cut. A link stays, and what it leads
 * to is replaced; what is no regular file, such as /dev/null or a pipe, is written to. */
static int l_write_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1), *place = path;
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    mode_t mode = (mode_t)luaL_optinteger(L, 3, 0644);
    struct handle *file = new_handle(L);
    char resolved[PATH_MAX];
    struct stat status;
    int error;

    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        file->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
        error = file->fd < 0 ? errno : write_all(file->fd, text, length);
    } else {
        if (realpath(path, resolved) != NULL)
            place = resolved;
        error = replace(file, place, lua_newuserdatauv(L, strlen(place) + sizeof ".XXXXXX", 0),
                        mode, text, length);
    }
    if (error != 0)
        return fail_errno(L, error, path);
    close_handle(file);
    lua_pushboolean(L, true);
    return 1;
}

/* system.mkdir(path) → true; makes the parents too, and an existing directory is fine */
static int l_mkdir(lua_State *L)
{
    size_t length;
    const char *path = luaL_checklstring(L, 1, &length);
    char *part = memcpy(lua_newuserdatauv(L, length + 1, 0), path, length + 1);
    struct stat status;

    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return fail_errno(L, errno, part);
        part[i] = path[i];
    }
    if (stat(path, &status) != 0)
        return fail_errno(L, errno, path);
    if (!S_ISDIR(status.st_mode))
        return fail_errno(L, ENOTDIR, path);
    lua_pushboolean(L, true);
    return 1;
}

static const char *type_name(mode_t mode)
{
    return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "directory" : "other";
}

/* system.stat(path) → {type = "file"|"directory"|"other", mode, size, uid, mtime}: mode without the
 * type, size in bytes, mtime in seconds (float) */
static int l_stat(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct stat status;

    if (stat(path, &status) != 0)
        return fail_errno(L, errno, path);
    lua_createtable(L, 0, 5);
    lua_pushstring(L, type_name(status.st_mode));
    lua_setfield(L, -2, "type");
    lua_pushinteger(L, status.st_mode & 07777);
    lua_setfield(L, -2, "mode");
    lua_pushinteger(L, status.st_size);
    lua_setfield(L, -2, "size");
    lua_pushinteger(L, status.st_uid);
    lua_setfield(L, -2, "uid");
    lua_pushnumber(L, (lua_Number)status.st_mtim.tv_sec + (lua_Number)status.st_mtim.tv_nsec / 1e9);
    lua_setfield(L, -2, "mtime");
    return 1;
}

/* system.list(path) → names in the directory, in no order, without "." and ".." */
static int l_list(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct handle *handle = new_handle(L);
    const struct dirent *entry;
    lua_Integer count = 0;

    handle->directory = opendir(path);
    if (handle->directory == NULL)
        return fail_errno(L, errno, path);
    lua_newtable(L);
    while (errno = 0, (entry = readdir(handle->directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        lua_pushstring(L, entry->d_name);
        lua_rawseti(L, -2, ++count);
    }
    if (errno != 0)
        return fail_errno(L, errno, path);
    close_handle(handle);
    return 1;
}

/* system.remove(path) → true; a file or an empty directory */
static int l_remove(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);

    if (remove(path) != 0)
        return fail_errno(L, errno, path);
    lua_pushboolean(L, true);
    return 1;
}

/* system.lock(path) → lock | nil, {code = "system.locked" when another process has it}. Creates the
 * file; the lock ends with lock:close(), with its collection, and with the process. */
static int l_lock(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct handle *lock = new_handle(L);

    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock->fd < 0)
        return fail_errno(L, errno, path);
    if (flock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;

        close_handle(lock);
        if (error == EWOULDBLOCK)
            return fail_with(L, "system.locked", "%s: locked by another process", path);
        return fail_errno(L, error, path);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"list", l_list},
    {"lock", l_lock},
    {"mkdir", l_mkdir},
    {"read_file", l_read_file},
    {"remove", l_remove},
    {"stat", l_stat},
    {"write_file", l_write_file},
    {NULL, NULL},
};

static const luaL_Reg handle_methods[] = {
    {"close", l_close},
    {"__close", l_close},
    {"__gc", l_close},
    {NULL, NULL},
};

void files_register(lua_State *L)
{
    class_define(L, HANDLE, handle_methods);
    luaL_setfuncs(L, functions, 0);
}
