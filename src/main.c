/* The remora program: enters the Lua host with the product's entry module. Decides nothing else. */
#include "host.h"

int main(int argc, char **argv)
{
    const struct host_program program = {.entry = "remora.main"};

    return host_run(&program, argc, argv);
}
