/* The signals that want the program to end. Owns their count; whoever waits looks at it and stops
 * clean. */
#ifndef REMORA_INTERRUPTS_H
#define REMORA_INTERRUPTS_H

#include <signal.h>

/* Counts from now on what comes: SIGINT and SIGTERM, of which the third ends a program that does
 * not look, and the first SIGHUP, unless whoever started us ignores that (nohup). */
void interrupts_catch(void);

/* How often one came. */
int interrupts_count(void);

/* Which signals these are. */
void interrupts_signals(sigset_t *set);

/* Counts from zero again, once what they were meant for has ended and the program goes on. */
void interrupts_forget(void);

#endif
