/* One HTTP request and its answer: options in, bytes gathered, outcome out.
 * libcurl's callbacks only fill C buffers here; when and with what others it runs is decided in
 * http_driver.c, whether it is sent again in Lua. */

#include "http_transfer.h"

#include <lauxlib.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "buffer.h"
#include "class.h"
#include "http_headers.h"
#include "options.h"
#include "sieve.h"

#define TRANSFER "remora.http_transfer"

enum {
    READ_SIZE = 65536, /* bytes taken from a connection at once */
    LONGEST = 1000000, /* seconds */
};

/* --- callbacks --- */

/* Room for as many bytes as the answer says it has, so that a large body does not move as it grows.
 */
static size_t announced(const struct transfer *transfer)
{
    curl_off_t length = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length > 0 && (size_t)length <= transfer->max_bytes ? (size_t)length : 0;
}

static bool append(struct transfer *transfer, const char *bytes, size_t length)
{
    struct buffer *body = &transfer->body;
    size_t needed = body->length + length;
    if (needed > body->room.size) {
        size_t most = body->length > 0 ? 2 * body->room.size : announced(transfer);
        if (!room_grow(&body->room, needed > most ? needed : most))
            return false;
    }
    memcpy(body->room.bytes + body->length, bytes, length);
    body->length = needed;
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct buffer *body = &transfer->body;
    size_t length = size * count;
    transfer->too_big = length > transfer->max_bytes - transfer->received;
    transfer->no_memory = !transfer->too_big && !append(transfer, bytes, length);
    if (transfer->too_big || transfer->no_memory)
        return CURL_WRITEFUNC_ERROR;
    transfer->received += length;
    if (body->strain != NULL)
        body->length = strain_run(body->strain, body->room.bytes, body->length, false);
    return length;
}

/* libcurl takes the end of the connection for the end of the headers. The empty line tells. */
static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * count;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
        transfer->head_complete = false;
    else if (length > 0 && (line[0] == '\r' || line[0] == '\n'))
        transfer->head_complete = true;
    return length;
}

/* libcurl silently sends a request again when a kept connection dies under it, even a POST. What
 * may be repeated is not ours to decide, so the second attempt is refused. */
static int on_request(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *transfer = context;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    return transfer->requests++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* --- building --- */

static void check(lua_State *L, CURLcode code)
{
    if (code != CURLE_OK)
        luaL_error(L, "libcurl: %s", curl_easy_strerror(code));
}

static bool is_token(const char *text)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return *text != '\0' && text[strspn(text, allowed)] == '\0';
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            return true;
    return false;
}

static void add_header(lua_State *L, struct transfer *transfer, const char *line)
{
    struct curl_slist *headers = curl_slist_append(transfer->headers, line);
    if (headers == NULL)
        luaL_error(L, "not enough memory");
    transfer->headers = headers;
}

static void set_headers(lua_State *L, struct transfer *transfer)
{
    bool typed = false;
    int type = lua_getfield(L, 2, "headers");
    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_error(L, "option 'headers' must be a table");
    for (lua_pushnil(L); type == LUA_TTABLE && lua_next(L, -2) != 0; lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        const char *value = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "\n";
        if (!is_token(name) || has_control(value) || strlen(value) != lua_rawlen(L, -1)
            || strlen(name) != lua_rawlen(L, -2))
            luaL_error(L, "header refused: its name and value must be text on one line");
        typed = typed || curl_strequal(name, "Content-Type");
        /* libcurl sends an empty header for "Name;" and drops "Name:". */
        add_header(L, transfer, lua_pushfstring(L, *value != '\0' ? "%s: %s" : "%s;", name, value));
        lua_pop(L, 1);
    }
    /* Neither a content type that nobody chose nor the wait for "100 Continue". */
    if (!typed)
        add_header(L, transfer, "Content-Type:");
    add_header(L, transfer, "Expect:");
    check(L, curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers));
    lua_pop(L, 1);
}

static void set_request(lua_State *L, CURL *easy, const char *method, const char *body,
                        size_t length)
{
    bool has_body = body != NULL || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
    if (has_body) {
        check(L, curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body != NULL ? body : ""));
        check(L, curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length));
    } else if (strcmp(method, "HEAD") == 0) {
        check(L, curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
    }
    check(L, curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method));
}

static long milliseconds(double seconds)
{
    return seconds > 0.001 ? (long)ceil(seconds * 1000) : 1; /* 0 would mean for ever */
}

/* Reads the option table at index 2; the body goes into the uservalue of the transfer on top. */
static void read_options(lua_State *L, struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    const char *method = "GET", *url = NULL, *body = NULL, *ca_file = NULL, *proxy = NULL;
    size_t length = 0;
    double timeout = 60, connect_timeout = 10;
    int max_bytes = 64 * 1024 * 1024;
    bool verify = true;
    options_read(
        L, 2,
        (struct option[]){{.name = "method", .text = &method},
                          {.name = "url", .text = &url},
                          {.name = "headers"},
                          {.name = "body", .text = &body, .length = &length},
                          {.name = "timeout", .number = &timeout, .most = LONGEST},
                          {.name = "connect_timeout", .number = &connect_timeout, .most = LONGEST},
                          {.name = "max_bytes", .value = &max_bytes, .least = 1, .most = INT_MAX},
                          {.name = "ca_file", .text = &ca_file},
                          {.name = "verify", .flag = &verify},
                          {.name = "buffer", .flag = &transfer->as_buffer},
                          {.name = "sieve"},
                          {.name = "proxy", .text = &proxy},
                          {0}});
    if (!is_token(method))
        luaL_error(L, "option 'method' must be an HTTP method");
    if (url == NULL || has_control(url))
        luaL_error(L, "option 'url' must be given and hold no control characters");
    lua_getfield(L, 2, "body");
    lua_setiuservalue(L, -2, 1);
    set_request(L, easy, method, body, length);
    transfer->max_bytes = (size_t)max_bytes;
    if (lua_getfield(L, 2, "sieve") != LUA_TNIL && transfer->as_buffer)
        transfer->body.strain = sieve_strain(L, -1);
    lua_pop(L, 1);
    check(L, curl_easy_setopt(easy, CURLOPT_URL, url));
    check(L, curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
    check(L, curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes));
    check(L, curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(timeout)));
    check(L, curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect_timeout)));
    check(L, curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L));
    check(L, curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L));
    if (ca_file != NULL)
        check(L, curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file));
    if (proxy != NULL)
        check(L, curl_easy_setopt(easy, CURLOPT_PROXY, proxy));
}

/* libcurl works on a thread: no signals, and no waiting for a name server that does not answer, or
 * neither a time-out nor Ctrl-C would end the other transfers in time. */
static void set_for_a_thread(lua_State *L, CURL *easy)
{
    check(L, curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
    check(L, curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
}

static void set_callbacks(lua_State *L, struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    check(L, curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message));
    check(L, curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer));
    check(L, curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)READ_SIZE));
    check(L, curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
    check(L, curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer));
    check(L, curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header));
    check(L, curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer));
    check(L, curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request));
    check(L, curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer));
}

void transfer_close(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    buffer_free(&transfer->body);
}

static int l_gc(lua_State *L)
{
    transfer_close(luaL_checkudata(L, 1, TRANSFER));
    return 0;
}

struct transfer *transfer_new(lua_State *L, struct rooms *rooms)
{
    static const luaL_Reg methods[] = {{"__gc", l_gc}, {NULL, NULL}};
    struct transfer *transfer = lua_newuserdatauv(L, sizeof *transfer, 1);
    memset(transfer, 0, sizeof *transfer);
    class_define(L, TRANSFER, methods);
    luaL_setmetatable(L, TRANSFER);
    transfer->body.room = room_in(rooms);
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL)
        luaL_error(L, "not enough memory");
    read_options(L, transfer);
    set_for_a_thread(L, transfer->easy);
    set_callbacks(L, transfer);
    set_headers(L, transfer);
    return transfer;
}

void transfer_hold(lua_State *L)
{
    lua_pushnil(L);
    lua_setmetatable(L, -2);
}

/* --- the outcome --- */

void transfer_finish(struct transfer *transfer, CURLcode result)
{
    transfer->result = result == CURLE_OK && !transfer->head_complete ? CURLE_GOT_NOTHING : result;
}

static const char *error_code(const struct transfer *transfer)
{
    if (transfer->too_big || transfer->no_memory)
        return "net.too_big";
    switch (transfer->result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "net.resolve";
    case CURLE_COULDNT_CONNECT:
        return "net.connect";
    case CURLE_OPERATION_TIMEDOUT:
        return "net.timeout";
    case CURLE_FILESIZE_EXCEEDED:
        return "net.too_big";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2: /* the server ended the connection or the stream */
    case CURLE_HTTP2_STREAM:
    case CURLE_ABORTED_BY_CALLBACK: /* on_request refused to send again */
        return "net.reset";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_PEER_FAILED_VERIFICATION:
        return "net.tls";
    default:
        return "net.protocol";
    }
}

static const char *error_message(const struct transfer *transfer)
{
    if (transfer->no_memory)
        return "not enough memory for the answer";
    if (transfer->too_big)
        return "the answer is larger than allowed";
    if (transfer->result == CURLE_ABORTED_BY_CALLBACK)
        return "the connection was closed while the request was sent";
    return transfer->message[0] != '\0' ? transfer->message : curl_easy_strerror(transfer->result);
}

static void push_headers(lua_State *L, CURL *easy)
{
    struct curl_header *header = NULL;
    lua_newtable(L);
    while ((header = curl_easy_nextheader(easy, CURLH_HEADER, -1, header)) != NULL)
        headers_add(L, header->name, header->value);
}

/* Pushes the body; a buffer is handed over. */
static void push_body(lua_State *L, struct transfer *transfer)
{
    struct buffer *body = &transfer->body;
    if (transfer->as_buffer) {
        *buffer_push(L) = *body;
        *body = (struct buffer){0};
    } else {
        lua_pushlstring(L, body->length > 0 ? body->room.bytes : "", body->length);
    }
}

void transfer_push(lua_State *L, struct transfer *transfer)
{
    curl_off_t microseconds = 0;
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, transfer->id);
    lua_setfield(L, -2, "id");
    lua_pushnumber(L, (lua_Number)microseconds / 1e6);
    lua_setfield(L, -2, "seconds");
    if (transfer->result != CURLE_OK) {
        lua_pushboolean(L, transfer->requests > 0);
        lua_setfield(L, -2, "sent");
        lua_createtable(L, 0, 2);
        lua_pushstring(L, error_code(transfer));
        lua_setfield(L, -2, "code");
        lua_pushstring(L, error_message(transfer));
        lua_setfield(L, -2, "message");
        lua_setfield(L, -2, "error");
        return;
    }
    lua_pushinteger(L, status);
    lua_setfield(L, -2, "status");
    push_headers(L, transfer->easy);
    lua_setfield(L, -2, "headers");
    push_body(L, transfer);
    lua_setfield(L, -2, "body");
}
