/* The module "terminal": reads lines from the terminal with editing and history, by libedit.
 * Owns the terminal's mode while a line is edited. Knows nothing of what is typed: completing is
 * the caller's, between two keys, so that no Lua runs inside libedit. */
#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <lauxlib.h>
#include <locale.h>
#include <lua.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "class.h"
#include "fail.h"
#include "interrupts.h"
#include "modules.h"

#define TERMINAL "remora.terminal"

enum { KEPT_LINES = 1000 };

/* What the last key asked for. libedit's callbacks only set it. */
enum request { NOTHING, COMPLETE, INTERRUPT, END };

struct terminal {
    EditLine *editor; /* NULL once closed */
    History *history;
    enum request request;
    bool editing;  /* a line is on the screen and the terminal in raw mode */
    size_t pushed; /* characters that libedit has yet to take as if they were typed */
    char prompt[64];
};

static struct terminal *check_terminal(lua_State *L)
{
    struct terminal *terminal = luaL_checkudata(L, 1, TERMINAL);

    luaL_argcheck(L, terminal->editor != NULL, 1, "the terminal is closed");
    return terminal;
}

/* --- callbacks of libedit --- */

static struct terminal *owner(EditLine *editor)
{
    void *data = NULL;

    el_get(editor, EL_CLIENTDATA, &data);
    return data;
}

static char *prompt_of(EditLine *editor)
{
    return owner(editor)->prompt;
}

static unsigned char on_complete(EditLine *editor, int key)
{
    (void)key;
    owner(editor)->request = COMPLETE;
    return CC_NORM;
}

static unsigned char on_interrupt(EditLine *editor, int key)
{
    (void)key;
    owner(editor)->request = INTERRUPT;
    return CC_NORM;
}

/* Ctrl-D: the end on an empty line, otherwise the character under the cursor goes. */
static unsigned char on_end(EditLine *editor, int key)
{
    const LineInfo *line = el_line(editor);

    (void)key;
    if (line->lastchar == line->buffer) {
        owner(editor)->request = END;
        return CC_NORM;
    }
    if (line->cursor == line->lastchar)
        return CC_ERROR;
    el_cursor(editor, 1);
    el_deletestr(editor, 1);
    return CC_REFRESH;
}

/* --- one line --- */

static void stop_editing(struct terminal *terminal)
{
    if (terminal->editing)
        el_set(terminal->editor, EL_UNBUFFERED, 0);
    terminal->editing = false;
    terminal->pushed = 0;
}

/* Waits for a key. false: the terminal is gone, or a signal wants the program to end. */
static bool key_arrives(struct terminal *terminal)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    const int interrupts = interrupts_count();

    if (terminal->pushed > 0) {
        terminal->pushed--;
        return true;
    }
    for (;;) {
        if (poll(&input, 1, -1) > 0) /* where it is gone there is something to read, too: its end */
            return (input.revents & (POLLIN | POLLHUP | POLLERR)) == POLLIN;
        if (errno != EINTR || interrupts_count() != interrupts)
            return false;
    }
}

/* Leaves the line on the screen and goes to the next one. */
static int end_line(lua_State *L, struct terminal *terminal, const char *shown, const char *what)
{
    stop_editing(terminal);
    fputs(shown, stdout);
    fflush(stdout);
    lua_pushstring(L, what);
    return 1;
}

/* terminal:read(prompt) → "line", text | "complete", text, cursor | "interrupt" | "end"
 * After "complete" (Tab; the cursor counts bytes) the line goes on with the next read. */
static int l_read(lua_State *L)
{
    struct terminal *terminal = check_terminal(L);
    const char *prompt = luaL_checkstring(L, 2);
    int length;
    const char *text;

    luaL_argcheck(L, strlen(prompt) < sizeof terminal->prompt, 2, "too long a prompt");
    if (!terminal->editing) {
        strcpy(terminal->prompt, prompt);
        el_resize(terminal->editor);
        el_set(terminal->editor, EL_UNBUFFERED, 1);
        terminal->editing = true;
    }
    for (;;) {
        if (!key_arrives(terminal))
            return end_line(L, terminal, "\n", "end");
        terminal->request = NOTHING;
        text = el_gets(terminal->editor, &length);
        if (terminal->request == INTERRUPT)
            return end_line(L, terminal, "^C\n", "interrupt");
        if (terminal->request == END)
            return end_line(L, terminal, "\n", "end");
        if (terminal->request == COMPLETE) {
            const LineInfo *line = el_line(terminal->editor);

            lua_pushliteral(L, "complete");
            lua_pushlstring(L, line->buffer, (size_t)(line->lastchar - line->buffer));
            lua_pushinteger(L, line->cursor - line->buffer);
            return 3;
        }
        if (text != NULL && length > 0 && text[length - 1] == '\n') {
            lua_pushliteral(L, "line");
            lua_pushlstring(L, text, (size_t)length - 1);
            stop_editing(terminal);
            return 2;
        }
    }
}

/* terminal:insert(text): ASCII, at the cursor of the line being edited. As if it were typed, since
 * only then libedit draws it in its place. */
static int l_insert(lua_State *L)
{
    struct terminal *terminal = check_terminal(L);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);

    el_push(terminal->editor, text);
    terminal->pushed += length;
    return 0;
}

/* terminal:show(text): below the line being edited, which then stands below the text */
static int l_show(lua_State *L)
{
    struct terminal *terminal = check_terminal(L);

    fprintf(stdout, "\n%s\n", luaL_checkstring(L, 2));
    fflush(stdout);
    el_set(terminal->editor, EL_REFRESH);
    return 0;
}

/* terminal:remember(line): the newest of the history */
static int l_remember(lua_State *L)
{
    struct terminal *terminal = check_terminal(L);
    HistEvent event;

    history(terminal->history, &event, H_ENTER, luaL_checkstring(L, 2));
    return 0;
}

/* --- opening and closing --- */

/* Also __close and __gc. */
static int l_close(lua_State *L)
{
    struct terminal *terminal = luaL_checkudata(L, 1, TERMINAL);

    if (terminal->editor != NULL) {
        stop_editing(terminal);
        el_end(terminal->editor);
    }
    if (terminal->history != NULL)
        history_end(terminal->history);
    terminal->editor = NULL;
    terminal->history = NULL;
    return 0;
}

/* Without a locale that knows UTF-8, libedit would take the bytes of a character apart. */
static void choose_characters(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static void set_up(struct terminal *terminal)
{
    EditLine *editor = terminal->editor;
    HistEvent event;

    history(terminal->history, &event, H_SETSIZE, KEPT_LINES);
    history(terminal->history, &event, H_SETUNIQUE, 1);
    el_set(editor, EL_CLIENTDATA, terminal);
    el_set(editor, EL_PROMPT, prompt_of);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_HIST, history, terminal->history);
    /* el_set would copy the names and never free them. */
    el_wset(editor, EL_ADDFN, L"remora-complete", L"Complete the word", on_complete);
    el_wset(editor, EL_ADDFN, L"remora-interrupt", L"Forget the line", on_interrupt);
    el_wset(editor, EL_ADDFN, L"remora-end", L"End or delete", on_end);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(editor, NULL); /* the user's ~/.editrc */
    el_set(editor, EL_BIND, "^I", "remora-complete", NULL);
    el_set(editor, EL_BIND, "^C", "remora-interrupt", NULL);
    el_set(editor, EL_BIND, "^D", "remora-end", NULL);
    /* While a line is edited Ctrl-C is a key; while a script runs it is a signal again. */
    el_set(editor, EL_SETTY, "-d", "-isig", NULL);
}

/* terminal.open() → terminal | nil, {code = "terminal.none", message} where standard input and
 * output are no terminal that lines can be edited on */
static int l_open(lua_State *L)
{
    struct terminal *terminal;
    const char *kind = getenv("TERM");

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || kind == NULL || *kind == '\0'
        || strcmp(kind, "dumb") == 0)
        return fail_with(L, "terminal.none", "no terminal to edit lines on");
    terminal = lua_newuserdatauv(L, sizeof *terminal, 0);
    *terminal = (struct terminal){.editor = NULL};
    luaL_setmetatable(L, TERMINAL);
    choose_characters();
    terminal->history = history_init();
    terminal->editor = el_init("remora", stdin, stdout, stderr);
    if (terminal->history == NULL || terminal->editor == NULL)
        return fail_with(L, "terminal.none", "the terminal cannot be set up");
    set_up(terminal);
    return 1;
}

static const luaL_Reg methods[] = {
    {"close", l_close},
    {"insert", l_insert},
    {"read", l_read},
    {"remember", l_remember},
    {"show", l_show},
    {"__close", l_close},
    {"__gc", l_close},
    {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"open", l_open},
    {NULL, NULL},
};

int luaopen_terminal(lua_State *L)
{
    class_define(L, TERMINAL, methods);
    luaL_newlib(L, functions);
    return 1;
}
