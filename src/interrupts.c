/* Catches the signals that want an end, see interrupts.h. */
#include "interrupts.h"

#include <stddef.h>

static volatile sig_atomic_t count;

/* The first two are counted, for Lua to stop clean; the third ends a program that does not look. */
static void on_interrupt(int signal_number)
{
    count++;
    if (count >= 3) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

/* The terminal is gone. The system says so, and the shell once more: that is no second wish. */
static void on_hangup(int signal_number)
{
    (void)signal_number;
    if (count == 0)
        count = 1;
}

void interrupts_catch(void)
{
    struct sigaction caught = {.sa_handler = on_interrupt}, before;

    interrupts_signals(&caught.sa_mask); /* one after the other */
    sigaction(SIGINT, &caught, NULL);    /* without SA_RESTART: a wait ends, and Lua looks */
    sigaction(SIGTERM, &caught, NULL);
    caught.sa_handler = on_hangup;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &caught, NULL);
}

int interrupts_count(void)
{
    return count;
}

void interrupts_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

void interrupts_forget(void)
{
    count = 0;
}
