#include "sim/scenario/fill.h"

#include <string.h>

#include "core/config.h"
#include "sim/scenario/raw.h"

static void complain(const sim_fill *fill, const sim_tree *value, const sim_problem *problem)
{
    sim_diagnostic_add(fill->diagnostics, &value->place, problem->hint, "%s", problem->message);
}

static bool is_deferred(const char *text)
{
    return strchr(text, '$') != NULL;
}

bool sim_fill_is(const sim_fill *fill, const sim_tree *tree, sim_tree_kind kind, const char *example)
{
    static const char *const names[] = {"a single value", "a list", "a map"};
    if (!tree)
        return false;
    if (tree->kind == kind)
        return true;
    char hint[128];
    g_snprintf(hint, sizeof hint, "write %s", example);
    sim_diagnostic_add(fill->diagnostics, &tree->place, hint, "%s is needed here, not %s", names[kind],
                       names[tree->kind]);
    return false;
}

void sim_fill_unknown(const sim_fill *fill, const char *section, const sim_tree *key)
{
    const sim_schema_row *rows = NULL;
    size_t n = sim_schema_rows(&rows);
    sim_nearest nearest = sim_nearest_begin(key->text);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].section, section) == 0)
            sim_nearest_offer(&nearest, rows[i].key);
    char buffer[96], otherwise[96];
    g_snprintf(otherwise, sizeof otherwise, "`partyline list keys%s%s` shows what there is",
               *section ? " " : "", section);
    sim_diagnostic_add(fill->diagnostics, &key->place,
                       sim_nearest_hint(&nearest, buffer, sizeof buffer, otherwise), "unknown key '%s'",
                       key->text);
}

/* Looks for a word in the row's set, and gathers what to suggest. */
typedef struct word_search {
    const char *word;
    int at, next; /* position found, or -1 */
    sim_nearest nearest;
    char best[64], all[224];
} word_search;

static void word_offer(void *ctx, const char *word)
{
    word_search *search = ctx;
    if (strcmp(search->word, word) == 0)
        search->at = search->next;
    search->next++;
    unsigned before = search->nearest.distance;
    sim_nearest_offer(&search->nearest, word);
    if (search->nearest.distance < before) {
        g_strlcpy(search->best, word, sizeof search->best);
        search->nearest.best = search->best;
    }
    if (search->all[0])
        g_strlcat(search->all, ", ", sizeof search->all);
    g_strlcat(search->all, word, sizeof search->all);
}

static bool find_word(const sim_fill *fill, const sim_schema_row *row, const char *text, int *ret,
                      sim_problem *problem)
{
    word_search search = {.word = text, .at = -1, .nearest = sim_nearest_begin(text)};
    sim_schema_words(row, fill->root, word_offer, &search);
    *ret = search.at;
    if (search.at >= 0)
        return true;
    char buffer[96], otherwise[256], message[120];
    g_snprintf(otherwise, sizeof otherwise, search.next ? "one of %s" : "there are none%s", search.all);
    g_snprintf(message, sizeof message, "unknown %s '%.60s'",
               row->words[0] == '@' ? row->words[1] == 'p' ? "profile" : row->key : row->key, text);
    return sim_problem_set(problem, message, "%s",
                           sim_nearest_hint(&search.nearest, buffer, sizeof buffer, otherwise));
}

static bool in_range(const sim_schema_row *row, int64_t value, sim_problem *problem)
{
    if ((row->low == 0 && row->high == 0) || (value >= row->low && value <= row->high))
        return true;
    char range[96];
    return sim_problem_set(problem, "out of range", "%s is %s", row->key,
                           sim_schema_range(row, range, sizeof range));
}

static bool parse_port(const sim_schema_row *row, const char *text, uint16_t *ret, sim_problem *problem)
{
    int64_t value = 0;
    if (row->words && strcmp(text, row->words) == 0) {
        *ret = 0;
        return true;
    }
    if (!sim_units_count(text, &value, problem))
        return sim_problem_set(problem, "not a port", "write a number from 1 to 65535%s%s",
                               row->words ? ", or " : "", row->words ? row->words : "");
    if (!in_range(row, value, problem))
        return false;
    *ret = (uint16_t)value;
    return true;
}

static bool parse_ports_text(const sim_schema_row *row, const char *text, sim_ports *ports,
                             sim_problem *problem)
{
    char **part = g_strsplit(text, ",", NET_FIREWALL_PORTS_MAX + 2);
    bool good = true;
    for (size_t i = 0; good && part[i] && strcmp(text, "none") != 0; i++) {
        if (ports->n == NET_FIREWALL_PORTS_MAX)
            good = sim_problem_set(problem, "too many ports", "eight are the limit");
        else
            good = parse_port(row, g_strstrip(part[i]), &ports->port[ports->n++], problem);
    }
    g_strfreev(part);
    return good;
}

static bool read_ports(const sim_fill *fill, const sim_schema_row *row, const sim_tree *value, sim_ports *ret)
{
    sim_ports ports = {0};
    sim_problem problem;
    bool good = true;
    const sim_tree *one = value;
    size_t n = value->kind == SIM_TREE_LIST ? value->n : 1;
    for (size_t i = 0; good && i < n; i++) {
        one = value->kind == SIM_TREE_LIST ? value->value[i] : value;
        if (!sim_fill_is(fill, one, SIM_TREE_SCALAR, "[80, 443] or none"))
            return false;
        if (!is_deferred(one->text))
            good = parse_ports_text(row, one->text, &ports, &problem);
    }
    if (!good)
        complain(fill, one, &problem);
    *ret = ports;
    return good;
}

/* A list of phases is the same as a text with commas, which a map in braces would have to quote. */
static bool read_echo(const sim_fill *fill, const sim_tree *value, sim_echo *ret)
{
    sim_problem problem;
    GString *text = g_string_new(NULL);
    bool good = true;
    for (size_t i = 0; good && i < (value->kind == SIM_TREE_LIST ? value->n : 1); i++) {
        const sim_tree *one = value->kind == SIM_TREE_LIST ? value->value[i] : value;
        good = sim_fill_is(fill, one, SIM_TREE_SCALAR, "10s at 10/s, 45s silence, 5s at 10/s");
        if (good)
            g_string_append_printf(text, "%s%s", i ? ", " : "", one->text);
    }
    if (good && !is_deferred(text->str) && !sim_terms_echo(text->str, ret, &problem)) {
        complain(fill, value, &problem);
        good = false;
    }
    g_string_free(text, TRUE);
    return good;
}

/* A file named in a scenario is looked for beside the file that names it. */
static bool read_trace(const sim_fill *fill, const sim_tree *value, sim_law *law)
{
    sim_problem problem;
    const sim_source *source = value->place.source;
    g_autofree char *folder = source && !sim_diagnostic_is_argument(source) ? g_path_get_dirname(source->name) : NULL;
    g_autofree char *path =
        folder && !g_path_is_absolute(law->file) ? g_build_filename(folder, law->file, NULL) : g_strdup(law->file);
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(pl_span));
    size_t line = 0;
    if (!sim_terms_trace(path, spans, &line, &problem)) {
        sim_diagnostic_add(fill->diagnostics, &value->place, problem.hint, "%s (%s:%zu)", problem.message, path,
                           line);
        return false;
    }
    pl_span *kept = sim_tree_reserve(fill->pool, spans->len * sizeof *kept);
    memcpy(kept, spans->data, spans->len * sizeof *kept);
    law->law.n = spans->len;
    law->law.spans = kept;
    return true;
}

static bool read_law(const sim_fill *fill, const sim_tree *value, sim_law *ret)
{
    sim_problem problem;
    if (!sim_fill_is(fill, value, SIM_TREE_SCALAR, "exp(mean=35min)"))
        return false;
    if (is_deferred(value->text))
        return true;
    char *storage = sim_tree_reserve(fill->pool, strlen(value->text) + 1);
    if (!sim_terms_law(value->text, storage, ret, &problem)) {
        complain(fill, value, &problem);
        return false;
    }
    return ret->law.kind != NET_LAW_TRACE || read_trace(fill, value, ret);
}

static bool parse_count(const sim_schema_row *row, const char *text, int64_t *ret, sim_problem *problem)
{
    return sim_units_count(text, ret, problem) && in_range(row, *ret, problem);
}

static bool parse_time(const sim_schema_row *row, const char *text, pl_span *ret, sim_problem *problem)
{
    if (row->words && strcmp(text, row->words) == 0) {
        *ret = -1; /* found out later */
        return true;
    }
    return sim_units_time(text, ret, problem) && in_range(row, *ret, problem);
}

static bool parse_part(const char *text, double *ret, sim_problem *problem)
{
    if (strcmp(text, "rest") != 0)
        return sim_units_share(text, ret, problem);
    *ret = SIM_PART_REST;
    return true;
}

static bool parse_rate(const char *text, uint64_t *ret, sim_problem *problem)
{
    if (strcmp(text, "unlimited") != 0)
        return sim_units_rate(text, ret, problem);
    *ret = 0;
    return true;
}

static bool parse_name(const sim_fill *fill, const sim_schema_row *row, const char *text, const char **ret,
                       sim_problem *problem)
{
    int at = 0;
    *ret = sim_tree_keep(fill->pool, text);
    return find_word(fill, row, text, &at, problem);
}

static bool parse_latency(const sim_fill *fill, const char *text, net_latency_options *ret,
                          sim_problem *problem)
{
    char *storage = sim_tree_reserve(fill->pool, strlen(text) + 1);
    return sim_terms_latency(text, storage, ret, problem);
}

static bool parse(const sim_fill *fill, const sim_schema_row *row, const char *text, void *target,
                  sim_problem *problem)
{
    switch (row->kind) {
    case SIM_KIND_TEXT:
    case SIM_KIND_EXPRESSION:
        *(const char **)target = sim_tree_keep(fill->pool, text);
        return true;
    case SIM_KIND_WORD:
        return find_word(fill, row, text, target, problem);
    case SIM_KIND_NAME:
        return parse_name(fill, row, text, target, problem);
    case SIM_KIND_COUNT:
        return parse_count(row, text, target, problem);
    case SIM_KIND_PORT:
        return parse_port(row, text, target, problem);
    case SIM_KIND_TIME:
        return parse_time(row, text, target, problem);
    case SIM_KIND_RATE:
        return parse_rate(text, target, problem);
    case SIM_KIND_SHARE:
        return sim_units_share(text, target, problem);
    case SIM_KIND_PART:
        return parse_part(text, target, problem);
    case SIM_KIND_DATE:
        return sim_units_date(text, target, problem);
    case SIM_KIND_DELAY:
        return sim_terms_delay(text, target, problem);
    case SIM_KIND_QUEUE:
        return sim_terms_queue(text, target, problem);
    case SIM_KIND_LOSS:
        return sim_terms_loss(text, target, problem);
    case SIM_KIND_LATENCY:
        return parse_latency(fill, text, target, problem);
    case SIM_KIND_ARRIVAL:
        return sim_terms_arrival(text, target, problem);
    case SIM_KIND_NAT:
        return sim_terms_nat(text, target, problem);
    case SIM_KIND_FREQUENCY:
        return sim_units_frequency(text, target, problem);
    case SIM_KIND_ECHO:
    case SIM_KIND_LAW:
    case SIM_KIND_PORTS:
    case SIM_KIND_SECTION:
    case SIM_KIND_BLOCK:
    case SIM_KIND_NAMED:
    case SIM_KIND_ITEMS:
    case SIM_KIND_TEXTS:
    case SIM_KIND_EXPECTS:
    case SIM_KIND_VARIABLES:
    case SIM_KIND_OVERRIDES:
    case SIM_KIND_TUNABLES:
        break;
    }
    g_assert_not_reached();
}

bool sim_fill_value(const sim_fill *fill, const sim_schema_row *row, const sim_tree *value, void *target)
{
    sim_problem problem = {{0}, {0}};
    char example[96];
    if (row->kind == SIM_KIND_PORTS)
        return read_ports(fill, row, value, target);
    if (row->kind == SIM_KIND_ECHO)
        return read_echo(fill, value, target);
    if (row->kind == SIM_KIND_LAW)
        return read_law(fill, value, target);
    g_snprintf(example, sizeof example, "%s: %s", row->key,
               row->fallback && *row->fallback ? row->fallback : "…");
    if (!sim_fill_is(fill, value, SIM_TREE_SCALAR, example))
        return false;
    if (is_deferred(value->text) && row->kind != SIM_KIND_TEXT)
        return true;
    if (value->text[0] == 0 && (!row->fallback || *row->fallback))
        sim_problem_set(&problem, "a value is missing", "%s", example);
    else if (parse(fill, row, value->text, target, &problem))
        return true;
    complain(fill, value, &problem);
    return false;
}

static void check_keys(const sim_fill *fill, const char *section, const sim_tree *map)
{
    for (size_t i = 0; map && i < map->n; i++)
        if (!sim_schema_find(section, map->key[i]->text))
            sim_fill_unknown(fill, section, map->key[i]);
}

static const sim_tree *value_for(const sim_tree *map, const sim_tree *borrowed, const char *key)
{
    const sim_tree *value = map ? sim_tree_get(map, key) : NULL;
    return value || !borrowed ? value : sim_tree_get(borrowed, key);
}

static void read_default(const sim_fill *fill, const sim_schema_row *row, const sim_place *at, void *target)
{
    char path[128];
    if (row->fallback) {
        static const sim_place nowhere = {0};
        sim_fill_value(fill, row, sim_tree_scalar(fill->pool, row->fallback, &nowhere), target);
    } else if (row->need == SIM_REQUIRED) {
        sim_diagnostic_add(fill->diagnostics, at, row->help, "'%s' is missing",
                           sim_schema_path(row, path, sizeof path));
    }
}

void sim_fill_section(const sim_fill *fill, const char *section, const sim_tree *map,
                      const sim_tree *borrowed, const sim_place *at, sim_extent extent, void *target)
{
    const sim_schema_row *rows = NULL;
    size_t n = sim_schema_rows(&rows);
    if (map && !sim_fill_is(fill, map, SIM_TREE_MAP, "key: value lines, indented"))
        return;
    check_keys(fill, section, map);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].section, section) != 0 || rows[i].offset == SIM_NO_OFFSET)
            continue;
        const sim_tree *value = value_for(map, borrowed, rows[i].key);
        char *place = (char *)target + rows[i].offset;
        if (value)
            sim_fill_value(fill, &rows[i], value, place);
        else if (extent == SIM_WHOLE)
            read_default(fill, &rows[i], map ? &map->place : at, place);
    }
}

static void check_container(const sim_fill *fill, const sim_schema_row *row, const sim_tree *value)
{
    char section[128];
    sim_schema_below(row, section, sizeof section);
    if ((row->kind == SIM_KIND_SECTION || row->kind == SIM_KIND_BLOCK) &&
        sim_fill_is(fill, value, SIM_TREE_MAP, "a map"))
        sim_fill_check(fill, section, value);
    if (row->kind == SIM_KIND_NAMED && sim_fill_is(fill, value, SIM_TREE_MAP, "NAME: {…}"))
        for (size_t i = 0; i < value->n; i++)
            sim_fill_check(fill, section, value->value[i]);
    if (row->kind == SIM_KIND_ITEMS && sim_fill_is(fill, value, SIM_TREE_LIST, "a list of {…}"))
        for (size_t i = 0; i < value->n; i++)
            sim_fill_check(fill, section, value->value[i]);
}

void sim_fill_check(const sim_fill *fill, const char *section, const sim_tree *map)
{
    union {
        sim_raw_top top;
        sim_raw_run run;
        sim_raw_act act;
        sim_raw_group group;
        sim_raw_servers servers;
        sim_raw_proxies proxies;
        sim_raw_kind kind;
        sim_raw_matrix matrix;
        sim_raw_paths paths;
        sim_raw_churn churn;
        sim_raw_class class;
        sim_raw_searches searches;
        sim_raw_buddies buddies;
        sim_raw_of of;
        sim_precision_config precision;
        sim_compare_config compare;
    } scratch;
    memset(&scratch, 0, sizeof scratch);
    if (!sim_fill_is(fill, map, SIM_TREE_MAP, "key: value"))
        return;
    sim_fill_section(fill, section, map, NULL, &map->place, SIM_PARTIAL, &scratch);
    for (size_t i = 0; i < map->n; i++) {
        const sim_schema_row *row = sim_schema_find(section, map->key[i]->text);
        if (row && row->offset == SIM_NO_OFFSET)
            check_container(fill, row, map->value[i]);
    }
}
