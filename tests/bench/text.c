/* Text that grows, see text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void text_die(const char *why)
{
    fprintf(stderr, "bench: %s\n", why);
    exit(1);
}

char *text_room(struct text *text, size_t length)
{
    if (length > text->capacity - text->length) {
        size_t capacity = text->capacity > 0 ? text->capacity : 4096;
        while (capacity < text->length + length)
            capacity *= 2;
        text->bytes = realloc(text->bytes, capacity);
        if (text->bytes == NULL)
            text_die("not enough memory");
        text->capacity = capacity;
    }
    return text->bytes + text->length;
}

void text_add(struct text *text, const char *bytes, size_t length)
{
    if (length > 0)
        memcpy(text_room(text, length), bytes, length);
    text->length += length;
}

void text_print(struct text *text, const char *format, ...)
{
    size_t least = 128;
    for (;;) {
        char *room = text_room(text, least);
        size_t size = text->capacity - text->length;
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(room, size, format, arguments);
        va_end(arguments);
        if (length < 0)
            text_die("cannot print");
        if ((size_t)length < size) {
            text->length += (size_t)length;
            return;
        }
        least = (size_t)length + 1;
    }
}
