/* bench-run: the product's host with the benchmark on disk as its program. */
#include "host.h"

int main(int argc, char **argv)
{
    const struct host_program program = {
        .entry = "tests.bench.main",
        .source_dir = REMORA_SOURCE_DIR,
    };

    return host_run(&program, argc, argv);
}
