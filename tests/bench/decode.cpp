/* The bare decode of the floor, see decode.h. Owns the one parser; looks at no row. */
#include "decode.h"

#include <simdjson.h>

static_assert(DECODE_SLACK >= simdjson::SIMDJSON_PADDING, "simdjson reads further");

long decode_page(const char *text, size_t length)
{
    static simdjson::dom::parser parser;
    simdjson::dom::array rows;
    bool copied = false; /* simdjson need not: there is room behind the text */

    if (parser.parse(text, length, copied)["data"]["info"].get(rows) != simdjson::SUCCESS)
        return -1;
    return static_cast<long>(rows.size());
}
