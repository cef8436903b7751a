/* bench-events FILE: the least that loading YAML can cost. Prints how many seconds libyaml takes
 * for the events of the file alone, keeping none; fails when it is no YAML. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yaml.h>

#include "text.h"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void parse(const struct text *text)
{
    yaml_parser_t parser;
    yaml_event_t event;
    if (!yaml_parser_initialize(&parser))
        text_die("not enough memory");
    yaml_parser_set_input_string(&parser, (unsigned char *)text->bytes, text->length);
    for (yaml_event_type_t type = YAML_NO_EVENT; type != YAML_STREAM_END_EVENT;) {
        if (!yaml_parser_parse(&parser, &event))
            text_die("not YAML");
        type = event.type;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

int main(int argc, char **argv)
{
    enum { PIECE = 65536 };
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL)
        text_die("usage: bench-events FILE");
    struct text text = {0};
    size_t count;
    while ((count = fread(text_room(&text, PIECE), 1, PIECE, file)) > 0)
        text.length += count;
    fclose(file);
    double start = now();
    parse(&text);
    printf("%.6f\n", now() - start);
    free(text.bytes);
    return 0;
}
