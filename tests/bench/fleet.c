/* The fleet of the benchmark, see fleet.h: modules of 1,000 hosts with five processes each, all
 * following one service template that leaves every field to the instances. Each of twenty module
 * names has a rule of its own in the playbook. */
#include "fleet.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    MODULES_PER_SET = 20,
    TEMPLATE = 50,
    FIRST_PROC_TEMPLATE = 60,
    FIRST_PROCESS = 3000000,
};

static const char right = '3', wrong = '4';

/* What the playbook sets and the template leaves free, in the order in which the platform writes
 * its keys: # stands for the number of the module name, @ for that of the process. */
static const struct {
    const char *name, *value;
    bool drifts; /* the first byte of its value is `right`, or `wrong` when it drifts */
} fields[] = {
    {"auto_start", "true", false},
    {"bk_start_check_secs", "5", false},
    {"bk_start_param_regex", "\"--name p@ --of app-#\"", false},
    {"description", "\"process p@ of the service app-#, as its owners describe it\"", false},
    {"face_stop_cmd", "\"./bin/stop.sh --force --name p@\"", false},
    {"pid_file", "\"/data/app-#/p@/run/p@.pid\"", false},
    {"priority", "1@", false},
    {"proc_num", "8", false},
    {"reload_cmd", "\"./bin/reload.sh --name p@ --config conf/app-#.conf\"", false},
    {"restart_cmd", "\"./bin/restart.sh --name p@ --config conf/app-#.conf\"", false},
    {"start_cmd", "\"./bin/start.sh --name p@ --config conf/app-#.conf --threads 8\"", false},
    {"stop_cmd", "\"./bin/stop.sh --name p@ --timeout 30\"", false},
    {"timeout", "30", true},
    {"user", "\"app#\"", false},
    {"work_path", "\"/data/app-#/p@\"", false},
};
enum { FIELDS = sizeof fields / sizeof *fields };

const char fleet_prefix[] = "{\"result\":true,\"code\":0,\"message\":\"success\","
                            "\"permission\":null,\"request_id\":\"bench\",\"data\":";

static void add_value(struct text *text, const char *value, long module, long process)
{
    for (; *value != '\0'; value++) {
        if (*value == '#')
            text_print(text, "%02ld", module % MODULES_PER_SET);
        else if (*value == '@')
            text_print(text, "%ld", process);
        else
            text_add(text, value, 1);
    }
}

/* The fields of a process, which are those of the others of that name in modules of that name. */
struct settings {
    struct text text;
    size_t drifting; /* where the digit that drifts is */
};

static struct settings *make_settings(void)
{
    struct settings *all = calloc(MODULES_PER_SET * FLEET_PER_HOST, sizeof *all);
    if (all == NULL)
        text_die("not enough memory");
    for (long i = 0; i < MODULES_PER_SET * FLEET_PER_HOST; i++) {
        struct text *text = &all[i].text;
        for (int k = 0; k < FIELDS; k++) {
            text_print(text, ",\"%s\":", fields[k].name);
            if (fields[k].drifts)
                all[i].drifting = text->length;
            add_value(text, fields[k].value, i / FLEET_PER_HOST, i % FLEET_PER_HOST);
        }
    }
    return all;
}

static void free_settings(struct settings *all)
{
    for (long i = 0; i < MODULES_PER_SET * FLEET_PER_HOST; i++)
        free(all[i].text.bytes);
    free(all);
}

/* One row as the platform lists it. */
static struct row_place add_row(struct text *text, long row, const struct settings *all)
{
    long module = row / FLEET_PER_MODULE, host = row / FLEET_PER_HOST;
    long process = row % FLEET_PER_HOST;
    long octet = host % 1000;
    struct row_place place = {.start = (uint32_t)text->length};

    text_print(text,
               "{\"set\":{\"bk_set_id\":%ld,\"bk_set_name\":\"set-%ld\",\"bk_set_env\":\"3\"},"
               "\"module\":{\"bk_module_id\":%ld,\"bk_module_name\":\"app-%02ld\"},",
               10 + module / MODULES_PER_SET, module / MODULES_PER_SET, FLEET_FIRST_MODULE + module,
               module % MODULES_PER_SET);
    text_print(text,
               "\"host\":{\"bk_host_id\":%ld,\"bk_cloud_id\":0,\"bk_host_innerip\":"
               "\"10.%ld.%ld.%ld\",\"bk_host_innerip_v6\":\"\",\"bk_addressing\":\"static\","
               "\"bk_agent_id\":\"020000000242010a%016ld\"},",
               1 + host, module, octet / 250, 1 + octet % 250, host);
    text_print(text,
               "\"service_instance\":{\"id\":%ld,\"name\":\"10.%ld.%ld.%ld_p0_8080\"},"
               "\"process_template\":{\"id\":%ld},\"process\":",
               1 + host, module, octet / 250, 1 + octet % 250, FIRST_PROC_TEMPLATE + process);
    place.process = (uint32_t)text->length;
    text_print(text,
               "{\"bind_info\":[{\"enable\":true,\"ip\":\"0.0.0.0\",\"port\":\"808%ld\","
               "\"protocol\":\"1\",\"template_row_id\":1}],\"bk_biz_id\":%d,"
               "\"bk_func_name\":\"p%ld\",\"bk_process_id\":%ld,\"bk_process_name\":\"p%ld\"",
               process, FLEET_BUSINESS, process, FIRST_PROCESS + row, process);
    const struct settings *its = &all[module % MODULES_PER_SET * FLEET_PER_HOST + process];
    place.drifting = (uint32_t)(text->length + its->drifting);
    text_add(text, its->text.bytes, its->text.length);
    text_print(text,
               ",\"bk_supplier_account\":\"0\",\"create_time\":\"2026-01-0%ldT08:02:02.471Z\","
               "\"last_time\":\"2026-02-0%ldT16:22:01.559Z\",\"service_instance_id\":%ld}",
               1 + host % 9, 1 + row % 9, 1 + host);
    place.end = (uint32_t)text->length;
    text_add(text, "}", 1);
    return place;
}

static void make_pages(struct fleet *fleet)
{
    long count = (fleet->rows + FLEET_PAGE - 1) / FLEET_PAGE;
    fleet->pages = calloc((size_t)count, sizeof *fleet->pages);
    fleet->places = calloc((size_t)fleet->rows, sizeof *fleet->places);
    if (fleet->pages == NULL || fleet->places == NULL)
        text_die("not enough memory");
    struct settings *settings = make_settings();
    for (long row = 0; row < fleet->rows; row++) {
        struct text *page = &fleet->pages[row / FLEET_PAGE];
        if (row % FLEET_PAGE > 0)
            text_add(page, ",", 1);
        fleet->places[row] = add_row(page, row, settings);
    }
    free_settings(settings);
}

static void make_tree(struct fleet *fleet, long modules)
{
    text_print(&fleet->topology,
               "%s[{\"bk_obj_id\":\"biz\",\"bk_inst_id\":%d,\"bk_inst_name\":\"bench\","
               "\"default\":0,\"child\":[",
               fleet_prefix, FLEET_BUSINESS);
    text_print(&fleet->difference, "%s{\"modules\":[", fleet_prefix);
    for (long module = 0; module < modules; module++) {
        if (module % MODULES_PER_SET == 0)
            text_print(&fleet->topology,
                       "%s{\"bk_obj_id\":\"set\",\"bk_inst_id\":%ld,\"bk_inst_name\":\"set-%ld\","
                       "\"default\":0,\"child\":[",
                       module > 0 ? "]}," : "", 10 + module / MODULES_PER_SET,
                       module / MODULES_PER_SET);
        text_print(&fleet->topology,
                   "%s{\"bk_obj_id\":\"module\",\"bk_inst_id\":%ld,\"bk_inst_name\":\"app-%02ld\","
                   "\"default\":0,\"service_template_id\":%d,\"child\":[]}",
                   module % MODULES_PER_SET > 0 ? "," : "", FLEET_FIRST_MODULE + module,
                   module % MODULES_PER_SET, TEMPLATE);
        text_print(&fleet->difference, "%s{\"bk_module_id\":%ld,\"need_sync\":false}",
                   module > 0 ? "," : "", FLEET_FIRST_MODULE + module);
    }
    text_print(&fleet->topology, "]}]}]}");
    text_print(&fleet->difference, "]}}");
}

static void make_templates(struct fleet *fleet)
{
    struct text *text = &fleet->proc_templates;
    text_print(text, "%s{\"count\":%d,\"info\":[", fleet_prefix, FLEET_PER_HOST);
    for (long process = 0; process < FLEET_PER_HOST; process++) {
        text_print(text,
                   "%s{\"id\":%ld,\"bk_process_name\":\"p%ld\",\"service_template_id\":%d,"
                   "\"property\":{"
                   "\"bk_process_name\":{\"value\":\"p%ld\",\"as_default_value\":true},"
                   "\"bk_func_name\":{\"value\":\"p%ld\",\"as_default_value\":true}",
                   process > 0 ? "," : "", FIRST_PROC_TEMPLATE + process, process, TEMPLATE,
                   process, process);
        for (int i = 0; i < FIELDS; i++)
            text_print(text, ",\"%s\":{\"value\":null,\"as_default_value\":false}", fields[i].name);
        text_print(text, ",\"bind_info\":{\"as_default_value\":true,\"value\":[{\"row_id\":1");
        static const char *const cells[] = {"enable", "ip", "port", "protocol"};
        for (int i = 0; i < 4; i++)
            text_print(text, ",\"%s\":{\"value\":null,\"as_default_value\":false}", cells[i]);
        text_print(text, "}]}}}");
    }
    text_print(text, "]}}");
}

static void make_playbook(struct fleet *fleet, long modules)
{
    struct text *text = &fleet->playbook;
    long names = modules < MODULES_PER_SET ? modules : MODULES_PER_SET;
    text_print(text, "{\n\"playbook\": \"bench\",\n\"business\": \"bench\",\n\"instances\": [\n");
    for (long module = 0; module < names; module++) {
        text_print(text, "%s{\"where\": {\"module\": \"app-%02ld\"},\n \"processes\": {\n",
                   module > 0 ? ",\n" : "", module);
        for (long process = 0; process < FLEET_PER_HOST; process++) {
            text_print(text,
                       "%s  \"p%ld\": {\n    \"bind_info\": [{\"ip\": \"0.0.0.0\","
                       " \"port\": \"808%ld\", \"protocol\": \"TCP\", \"enable\": true}]",
                       process > 0 ? ",\n" : "", process, process);
            for (int i = 0; i < FIELDS; i++) {
                text_print(text, ",\n    \"%s\": ", fields[i].name);
                add_value(text, fields[i].value, module, process);
            }
            text_print(text, "}");
        }
        text_print(text, "}}");
    }
    text_print(text, "\n]\n}\n");
}

void fleet_make(struct fleet *fleet, long rows)
{
    *fleet = (struct fleet){.rows = rows};
    long modules = (rows + FLEET_PER_MODULE - 1) / FLEET_PER_MODULE;
    make_pages(fleet);
    make_tree(fleet, modules);
    make_templates(fleet);
    make_playbook(fleet, modules);
    text_print(&fleet->business,
               "%s{\"count\":1,\"info\":[{\"bk_biz_id\":%d,\"bk_biz_name\":\"bench\"}]}}",
               fleet_prefix, FLEET_BUSINESS);
    text_print(&fleet->templates,
               "%s{\"count\":1,\"info\":[{\"id\":%d,\"name\":\"app\",\"service_category_id\":2,"
               "\"bk_biz_id\":%d}]}}",
               fleet_prefix, TEMPLATE, FLEET_BUSINESS);
    text_print(&fleet->categories,
               "%s{\"count\":2,\"info\":[{\"id\":1,\"name\":\"Default\",\"bk_parent_id\":0},"
               "{\"id\":2,\"name\":\"Default\",\"bk_parent_id\":1}]}}",
               fleet_prefix);
    text_print(&fleet->labels, "%s{}}", fleet_prefix);
    text_print(&fleet->done, "%snull}", fleet_prefix);
}

static char *digit(struct fleet *fleet, long row)
{
    return fleet->pages[row / FLEET_PAGE].bytes + fleet->places[row].drifting;
}

void fleet_drift(struct fleet *fleet, long every)
{
    for (long row = 0; row < fleet->rows; row++)
        *digit(fleet, row) = every > 0 && row % every == every / 2 ? wrong : right;
}

int fleet_repair(struct fleet *fleet, long id)
{
    long row = id - FIRST_PROCESS;
    if (row < 0 || row >= fleet->rows)
        return 0;
    *digit(fleet, row) = right;
    return 1;
}

const char *fleet_row(const struct fleet *fleet, long id, size_t *length)
{
    long row = id - FIRST_PROCESS;
    if (row < 0 || row >= fleet->rows)
        return NULL;
    return fleet_rows(fleet, row, 1, length);
}

const char *fleet_host(const struct fleet *fleet, long id, size_t *length)
{
    static const char name[] = "\"host\":";
    long row = (id - 1) * FLEET_PER_HOST;
    if (id < 1 || row >= fleet->rows)
        return NULL;
    size_t row_length;
    const char *text = fleet_rows(fleet, row, 1, &row_length);
    const char *host = strstr(text, name) + sizeof name - 1;
    *length = (size_t)(strchr(host, '}') + 1 - host);
    return host;
}

const char *fleet_process(const struct fleet *fleet, long id, size_t *length)
{
    long row = id - FIRST_PROCESS;
    if (row < 0 || row >= fleet->rows)
        return NULL;
    const struct row_place *place = &fleet->places[row];
    *length = place->end - place->process;
    return fleet->pages[row / FLEET_PAGE].bytes + place->process;
}

const char *fleet_rows(const struct fleet *fleet, long first, long count, size_t *length)
{
    long last = first + count - 1, end = first / FLEET_PAGE * FLEET_PAGE + FLEET_PAGE - 1;
    last = last > end ? end : last;
    last = last >= fleet->rows ? fleet->rows - 1 : last;
    *length = fleet->places[last].end + 1 - fleet->places[first].start;
    return fleet->pages[first / FLEET_PAGE].bytes + fleet->places[first].start;
}
