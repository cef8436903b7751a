/* bench-meter FILE PROGRAM ARGUMENT…: runs a program, ends with its exit code, and writes into the
 * file what it took: "WALL USER SYSTEM PEAK", in seconds and bytes.
 *
 * Linux hands the most memory that a process ever had on to what it starts, over exec as well. So
 * who measures has to be small, and bench-run is not. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: bench-meter FILE PROGRAM ARGUMENT…\n", stderr);
        return 64;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("bench-meter");
        return 1;
    }
    double wall = now() - start;
    FILE *file = fopen(argv[1], "w");
    if (file == NULL) {
        perror(argv[1]);
        return 1;
    }
    fprintf(file, "%.6f %.6f %.6f %ld\n", wall, seconds_of(usage.ru_utime),
            seconds_of(usage.ru_stime), usage.ru_maxrss * 1024); /* Linux counts KiB */
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
