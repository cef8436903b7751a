/* The test program: the product's host, plus luaunit and the test sources on disk. */
#include "host.h"

int main(int argc, char **argv)
{
    const struct host_program program = {
        .entry = "tests.main",
        .extra = embedded_test_modules,
        .source_dir = REMORA_SOURCE_DIR,
    };

    return host_run(&program, argc, argv);
}
