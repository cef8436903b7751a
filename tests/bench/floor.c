/* bench-floor URL ROWS [CONNECTIONS [BUSINESS]]: the least that reading a fleet can cost, the
 * yardstick of the benchmark. Fetches every page of list_process_related_info over libcurl,
 * 8 connections, and decodes it (decode.h). Compares nothing, keeps nothing; fails unless it has
 * met every process. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "fleet.h"

enum { MOST = 64, READ_SIZE = 65536 };

struct slot {
    CURL *easy;
    struct text body;
    char request[128];
};

static struct text spare; /* the buffer that is in no slot */
static long met, next_row, rows, business;

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct slot *slot = context;
    text_add(&slot->body, bytes, size * count);
    return size * count;
}

static void check(bool good)
{
    if (!good)
        text_die("libcurl says no");
}

/* Asks for the next page; false when there is none. */
static bool ask(CURLM *multi, struct slot *slot)
{
    if (next_row >= rows)
        return false;
    slot->body.length = 0;
    snprintf(slot->request, sizeof slot->request,
             "{\"bk_biz_id\":%ld,\"page\":{\"start\":%ld,\"limit\":%d,\"sort\":\"bk_process_id\"}}",
             business, next_row, FLEET_PAGE);
    next_row += FLEET_PAGE;
    check(curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->request) == CURLE_OK);
    check(curl_multi_add_handle(multi, slot->easy) == CURLM_OK);
    return true;
}

/* Counts the processes of an answer. */
static void take(struct text *body)
{
    text_room(body, DECODE_SLACK);
    long count = decode_page(body->bytes, body->length);
    if (count < 0)
        text_die("an answer is no page");
    met += count;
}

static void open_slot(struct slot *slot, const char *url, struct curl_slist *headers)
{
    slot->easy = curl_easy_init();
    check(slot->easy != NULL);
    check(curl_easy_setopt(slot->easy, CURLOPT_URL, url) == CURLE_OK);
    check(curl_easy_setopt(slot->easy, CURLOPT_PROXY, "") == CURLE_OK);
    check(curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK);
    check(curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK);
    check(curl_easy_setopt(slot->easy, CURLOPT_BUFFERSIZE, (long)READ_SIZE) == CURLE_OK);
    check(curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot) == CURLE_OK);
    check(curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot) == CURLE_OK);
}

static int collect(CURLM *multi)
{
    int left, more = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        struct slot *slot = NULL;
        check(message->data.result == CURLE_OK);
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        check(curl_multi_remove_handle(multi, slot->easy) == CURLM_OK);
        /* The next request leaves before this answer is looked at. */
        struct text body = slot->body;
        slot->body = spare;
        more += ask(multi, slot) ? 0 : 1;
        int running;
        check(curl_multi_perform(multi, &running) == CURLM_OK);
        take(&body);
        spare = body;
    }
    return more;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        text_die("usage: bench-floor URL ROWS [CONNECTIONS [BUSINESS]]");
    rows = strtol(argv[2], NULL, 10);
    long width = argc > 3 ? strtol(argv[3], NULL, 10) : 8;
    business = argc > 4 ? strtol(argv[4], NULL, 10) : FLEET_BUSINESS;
    if (rows < 1 || width < 1 || width > MOST)
        text_die("rows from 1, connections from 1 to 64");
    struct text url = {0};
    text_print(&url, "%s/api/c/compapi/v2/cc/list_process_related_info/", argv[1]);
    check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    CURLM *multi = curl_multi_init();
    check(multi != NULL);
    check(curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, width) == CURLM_OK);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    static struct slot slots[MOST];
    long working = 0;
    for (long i = 0; i < width; i++) {
        open_slot(&slots[i], url.bytes, headers);
        working += ask(multi, &slots[i]) ? 1 : 0;
    }
    while (working > 0) {
        int running;
        check(curl_multi_perform(multi, &running) == CURLM_OK);
        int ended = collect(multi);
        working -= ended;
        if (working > 0 && ended == 0)
            check(curl_multi_poll(multi, NULL, 0, 1000, NULL) == CURLM_OK);
    }
    if (met != rows)
        text_die("some processes were not met");
    for (long i = 0; i < width; i++) {
        curl_easy_cleanup(slots[i].easy);
        free(slots[i].body.bytes);
    }
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    free(spare.bytes);
    free(url.bytes);
    return 0;
}
