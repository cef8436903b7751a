/* The calls of the benchmark's platform, see calls.h. Finds the few arguments it looks at by their
 * names, as the clients that are measured write them. */
#include "calls.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MODULES = 1000 };

/* The number behind a member's name, or another one. */
static long member(const char *request, const char *name, long otherwise)
{
    const char *at = strstr(request, name);
    return at != NULL ? strtol(at + strlen(name), NULL, 10) : otherwise;
}

/* The next number before the bracket that ends a list; false when there is none. */
static bool next(const char **list, long *number)
{
    while (*list != NULL && **list != ']' && **list != '\0') {
        char *behind;
        *number = strtol(*list, &behind, 10);
        bool found = behind > *list;
        *list = found ? behind : *list + 1;
        if (found)
            return true;
    }
    return false;
}

/* The list behind a member's name; NULL: there is none. Some clients put a space before it. */
static const char *list_of(const char *request, const char *name)
{
    const char *at = strstr(request, name);
    if (at == NULL)
        return NULL;
    at += strlen(name);
    at += *at == ' ';
    return *at == '[' ? at + 1 : NULL;
}

/* Some modules, in the order in which they are asked for; without any all of them. */
struct selection {
    long modules[MOST_MODULES], count, rows;
};

static long rows_in(const struct fleet *fleet, long module)
{
    long rows = fleet->rows - module * FLEET_PER_MODULE;
    return rows > FLEET_PER_MODULE ? FLEET_PER_MODULE : rows;
}

static void select_modules(const struct fleet *fleet, const char *request, struct selection *s)
{
    const char *list = list_of(request, "\"bk_module_ids\":");
    long id;
    s->count = s->rows = 0;
    for (long i = 0; s->count < MOST_MODULES; i++) {
        if (list != NULL ? !next(&list, &id) : i * FLEET_PER_MODULE >= fleet->rows)
            return;
        long module = list != NULL ? id - FLEET_FIRST_MODULE : i;
        if (module >= 0 && module * FLEET_PER_MODULE < fleet->rows) {
            s->modules[s->count++] = module;
            s->rows += rows_in(fleet, module);
        }
    }
}

/* Those of a fleet that are asked for by their ids, of which there are no more than a page has. */
static void some(const struct fleet *fleet, const char *list,
                 const char *(*one)(const struct fleet *fleet, long id, size_t *length),
                 struct body *body)
{
    struct text found = {0};
    long id, count = 0;
    while (next(&list, &id)) {
        size_t length;
        const char *text = one(fleet, id, &length);
        if (text == NULL)
            continue;
        text_print(&found, "%s", count++ > 0 ? "," : "");
        text_add(&found, text, length);
    }
    text_print(&body->made, "%s{\"count\":%ld,\"info\":[", fleet_prefix, count);
    text_add(&body->made, found.bytes, found.length);
    free(found.bytes);
    body->tail = "]}}";
}

static void page(const struct fleet *fleet, const char *request, struct body *body)
{
    const char *processes = list_of(request, "\"bk_process_id\",\"operator\":\"in\",\"value\":");
    if (processes != NULL) {
        some(fleet, processes, fleet_row, body);
        return;
    }
    struct selection s;
    select_modules(fleet, request, &s);
    long start = member(request, "\"start\":", 0), module = start / FLEET_PER_MODULE;
    text_print(&body->made, "%s{\"count\":%ld,\"info\":[", fleet_prefix, s.rows);
    if (start < s.rows && module < s.count)
        body->kept =
            fleet_rows(fleet, s.modules[module] * FLEET_PER_MODULE + start % FLEET_PER_MODULE,
                       member(request, "\"limit\":", FLEET_PAGE), &body->kept_length);
    body->tail = "]}}";
}

static void relation(struct text *made, const char *separator, long module, long host)
{
    text_print(made, "%s{\"bk_module_id\":%ld,\"bk_host_id\":%ld}", separator,
               FLEET_FIRST_MODULE + module, host);
}

/* find_host_topo_relation of some hosts, of which there are no more than a page has. */
static void relations_of(const struct fleet *fleet, const char *list, struct body *body)
{
    struct text found = {0};
    long id, count = 0;
    while (next(&list, &id)) {
        long row = (id - 1) * FLEET_PER_HOST;
        if (id > 0 && row < fleet->rows)
            relation(&found, count++ > 0 ? "," : "", row / FLEET_PER_MODULE, id);
    }
    text_print(&body->made, "%s{\"count\":%ld,\"data\":[", fleet_prefix, count);
    text_add(&body->made, found.bytes, found.length);
    free(found.bytes);
    body->tail = "]}}";
}

/* find_host_topo_relation, whose pages are of hosts. */
static void relations(const struct fleet *fleet, const char *request, struct body *body)
{
    const char *list = list_of(request, "\"bk_host_ids\":");
    if (list != NULL) {
        relations_of(fleet, list, body);
        return;
    }
    struct selection s;
    select_modules(fleet, request, &s);
    long per_module = FLEET_PER_MODULE / FLEET_PER_HOST, hosts = s.rows / FLEET_PER_HOST;
    long start = member(request, "\"start\":", 0);
    long end = start + member(request, "\"limit\":", 1000);
    text_print(&body->made, "%s{\"count\":%ld,\"data\":[", fleet_prefix, hosts);
    for (long i = start; i < hosts && i < end; i++)
        relation(&body->made, i > start ? "," : "", s.modules[i / per_module],
                 1 + s.modules[i / per_module] * per_module + i % per_module);
    body->tail = "]}}";
}

/* list_biz_hosts of some hosts. */
static void hosts(const struct fleet *fleet, const char *request, struct body *body)
{
    const char *list = list_of(request, "\"bk_host_id\",\"operator\":\"in\",\"value\":");
    some(fleet, list, fleet_host, body);
}

/* Behind the value at `at` of a fleet's text, in which no string holds a quote. */
static const char *behind_value(const char *at)
{
    bool quoted = false;
    for (int depth = 0;; at++) {
        bool closes = !quoted && (*at == ']' || *at == '}');
        if (depth == 0 && (closes || (!quoted && *at == ',')))
            return at;
        quoted ^= *at == '"';
        depth += !quoted && (*at == '[' || *at == '{') ? 1 : closes ? -1 : 0;
    }
}

/* The members of a process that the list of their names asks for. */
static void project(const char *process, size_t length, const char *names, struct text *made)
{
    const char *separator = "";
    text_print(made, "{");
    for (const char *name = names; *name == '"';) {
        size_t size = (size_t)(strchr(name + 1, '"') + 1 - name);
        const char *member = memmem(process, length, name, size);
        if (member != NULL) {
            text_print(made, "%s", separator);
            text_add(made, member, (size_t)(behind_value(member + size) - member));
            separator = ",";
        }
        name += size;
        name += *name == ',';
        name += *name == ' ';
    }
    text_print(made, "}");
}

static void details(const struct fleet *fleet, const char *request, struct body *body)
{
    const char *list = list_of(request, "\"bk_process_ids\":"), *separator = "";
    const char *fields = list_of(request, "\"fields\":");
    long id;
    text_print(&body->made, "%s[", fleet_prefix);
    while (next(&list, &id)) {
        size_t length;
        const char *process = fleet_process(fleet, id, &length);
        if (process == NULL)
            continue;
        text_print(&body->made, "%s", separator);
        if (fields != NULL)
            project(process, length, fields, &body->made);
        else
            text_add(&body->made, process, length);
        separator = ",";
    }
    body->tail = "]}";
}

static void repair(struct fleet *fleet, const char *request)
{
    static const char name[] = "\"bk_process_id\":";
    for (const char *at = request; (at = strstr(at, name)) != NULL; at++)
        fleet_repair(fleet, strtol(at + sizeof name - 1, NULL, 10));
}

/* Calls whose answer is always the same. */
static const struct text *fixed(const struct fleet *fleet, const char *name)
{
    const struct {
        const char *name;
        const struct text *answer;
    } calls[] = {
        {"search_business", &fleet->business},
        {"search_biz_inst_topo", &fleet->topology},
        {"list_service_template_difference", &fleet->difference},
        {"list_service_template", &fleet->templates},
        {"list_proc_template", &fleet->proc_templates},
        {"list_service_category", &fleet->categories},
        {"find_service_instance_label_aggregation", &fleet->labels},
        {"update_process_instance", &fleet->done},
        {"playbook", &fleet->playbook},
        {"drift", &fleet->done},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strncmp(name, calls[i].name, strlen(calls[i].name)) == 0)
            return calls[i].answer;
    return NULL;
}

int calls_answer(struct fleet *fleet, const char *path, const char *request, struct body *body)
{
    const char *call = strstr(path, "/cc/");
    const char *name = call != NULL ? call + 4 : path + 1;
    body->made.length = body->kept_length = 0;
    body->tail = "";
    if (strncmp(name, "drift/", 6) == 0)
        fleet_drift(fleet, strtol(name + 6, NULL, 10));
    if (strncmp(name, "update_process_instance", 23) == 0)
        repair(fleet, request);
    if (strncmp(name, "list_process_related_info", 25) == 0) {
        page(fleet, request, body);
    } else if (strncmp(name, "find_host_topo_relation", 23) == 0) {
        relations(fleet, request, body);
    } else if (strncmp(name, "list_biz_hosts/", 15) == 0) {
        hosts(fleet, request, body);
    } else if (strncmp(name, "list_process_detail_by_ids", 26) == 0) {
        details(fleet, request, body);
    } else {
        const struct text *answer = fixed(fleet, name);
        if (answer == NULL)
            return 0;
        body->kept = answer->bytes;
        body->kept_length = answer->length;
    }
    return 1;
}
