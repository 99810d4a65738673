/* matrix.c - `matrix:`, every kind of end with every other. */
#include <string.h>

#include "sim/scenario/point/config_private.h"

/* Chosen: a hundred kinds with each other over three transports; a world of more is no matrix that one reads.
 */
#define CELLS_MAX 30000

static const char *const choice_names[SIM_CHOICES] = {"any", "udp", "tcp"};

const char *sim_choice_name(sim_choice choice)
{
    return choice_names[choice];
}

static void check_name(const sim_config_builder *b, const sim_place *place, const char *name)
{
    const sim_config *c = b->config;
    bool is_taken = false;
    for (size_t i = 0; i < c->matrix.n_kinds; i++)
        is_taken |= strcmp(c->matrix.kinds[i].group.name, name) == 0;
    for (size_t i = 0; i < c->n_groups; i++)
        is_taken |= c->groups[i].name && strcmp(c->groups[i].name, name) == 0;
    char hint[128];
    g_snprintf(hint, sizeof hint, "'%.100s' is another's", name);
    if (is_taken)
        sim_config_complain(b, place, hint, "two groups have this name");
}

static void check_share(const sim_config_builder *b, const sim_tree *item, const sim_matrix_kind *kind)
{
    const bool lacks_nat = kind->share == SIM_SHARE_NAT && !kind->group.nat.name;
    const bool lacks_carrier = kind->share == SIM_SHARE_CARRIER && !kind->group.carrier.name;
    if (lacks_nat || lacks_carrier)
        sim_config_complain(b, sim_config_place(b, item, "share"),
                            lacks_nat ? "give the kind a nat, e.g. nat: port-restricted"
                                      : "give the kind a carrier, e.g. carrier: full-cone",
                            "there is no box to share");
}

void sim_matrix_add_kind(sim_config_builder *b, const sim_tree *item, const sim_place *name_place,
                         const sim_raw_kind *raw)
{
    sim_matrix_config *m = &b->config->matrix;
    if (name_place)
        check_name(b, name_place, raw->group.name);
    sim_matrix_kind *kind = &m->kinds[m->n_kinds++];
    kind->group = sim_config_group(b, &raw->group);
    kind->share = raw->share == 1 ? SIM_SHARE_NAT : raw->share == 2 ? SIM_SHARE_CARRIER : SIM_SHARE_NONE;
    check_share(b, item, kind);
    if (kind->group.log_in == SIM_NO)
        sim_config_complain(b, sim_config_place(b, item, "log_in"),
                            "take it away: whoever connects must log in", "a kind that does not log in");
}

static void read_kind(sim_config_builder *b, const sim_tree *item)
{
    sim_raw_kind raw = {.group = {.name = ""}};
    sim_fill_section(&b->fill, "matrix.kinds[]", item, sim_population_common(b), &item->place, SIM_WHOLE,
                     &raw);
    if (item->kind != SIM_TREE_MAP)
        return;
    const sim_tree *name = sim_tree_get(item, "name");
    const bool has_name = name && name->kind == SIM_TREE_SCALAR;
    sim_matrix_add_kind(b, item, has_name ? &name->place : NULL, &raw);
    if (has_name)
        sim_config_check_group_name(b, name, raw.group.name);
}

static void read_kinds(sim_config_builder *b, const sim_tree *matrix)
{
    const sim_tree *const *items = NULL;
    sim_matrix_config *m = &b->config->matrix;
    const size_t n = sim_config_items(b, matrix, "kinds", true, &items);
    const sim_tree *kinds = sim_tree_get(matrix, "kinds");
    const sim_product *product = sim_product_read(b, matrix);
    m->kinds = sim_tree_reserve(b->fill.pool, (n + sim_product_size(product)) * sizeof *m->kinds);
    for (size_t i = 0; i < n; i++)
        read_kind(b, items[i]);
    sim_product_add_kinds(b, product);
    if (!sim_tree_get(matrix, "product") && (!kinds || (n == 0 && kinds->kind == SIM_TREE_LIST)))
        sim_config_complain(b, &matrix->place, "e.g. kinds: [{name: public}, {name: cone, nat: full-cone}]",
                            "'matrix.kinds' is missing");
}

static const sim_matrix_kind *find_kind(const sim_config_builder *b, const sim_tree *name)
{
    const sim_matrix_config *m = &b->config->matrix;
    sim_nearest nearest = sim_nearest_begin(name->text);
    char buffer[96];
    for (size_t i = 0; i < m->n_kinds; i++) {
        if (strcmp(m->kinds[i].group.name, name->text) == 0)
            return &m->kinds[i];
        sim_nearest_offer(&nearest, m->kinds[i].group.name);
    }
    sim_diagnostic_add(b->fill.diagnostics, &name->place,
                       sim_nearest_hint(&nearest, buffer, sizeof buffer, "all, or names of matrix.kinds"),
                       "no such kind: '%s'", name->text);
    return NULL;
}

/* callers or callees: all kinds in their order, or those of the list in its. */
static size_t read_ends(const sim_config_builder *b, const sim_tree *matrix, const char *key,
                        const sim_matrix_kind ***ret)
{
    const sim_tree *const *items = NULL;
    const sim_matrix_config *m = &b->config->matrix;
    const size_t n_items = sim_config_items(b, matrix, key, false, &items);
    const bool is_all = n_items == 0 || (n_items == 1 && items[0]->kind == SIM_TREE_SCALAR &&
                                         strcmp(items[0]->text, "all") == 0);
    const size_t n = is_all ? m->n_kinds : n_items;
    const sim_matrix_kind **ends = sim_tree_reserve(b->fill.pool, (n + 1) * sizeof *ends);
    *ret = ends;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const sim_matrix_kind *kind = NULL;
        if (is_all)
            kind = &m->kinds[i];
        else if (sim_fill_is(&b->fill, items[i], SIM_TREE_SCALAR, "the name of a kind"))
            kind = find_kind(b, items[i]);
        if (kind)
            ends[found++] = kind;
    }
    return found;
}

static void read_transport(const sim_config_builder *b, const sim_tree *item)
{
    sim_matrix_config *m = &b->config->matrix;
    if (!sim_fill_is(&b->fill, item, SIM_TREE_SCALAR, "transports: [udp, tcp]"))
        return;
    for (size_t i = 0; i < SIM_CHOICES; i++) {
        if (strcmp(choice_names[i], item->text) != 0)
            continue;
        for (size_t k = 0; k < m->n_transports; k++)
            if (m->transports[k] == (sim_choice)i) {
                sim_config_complain(b, &item->place, NULL, "the same transport twice");
                return;
            }
        m->transports[m->n_transports++] = (sim_choice)i;
        return;
    }
    sim_diagnostic_add(b->fill.diagnostics, &item->place, "one of any, udp, tcp", "unknown transport '%s'",
                       item->text);
}

static void read_transports(const sim_config_builder *b, const sim_tree *matrix)
{
    const sim_tree *const *items = NULL;
    const size_t n = sim_config_items(b, matrix, "transports", false, &items);
    for (size_t i = 0; i < n; i++)
        read_transport(b, items[i]);
    if (n == 0)
        b->config->matrix.transports[b->config->matrix.n_transports++] = SIM_CHOICE_ANY;
}

static void count_cells(const sim_config_builder *b, const sim_tree *matrix)
{
    sim_matrix_config *m = &b->config->matrix;
    m->n_cells = (int64_t)(m->n_callers * m->n_callees * m->n_transports);
    if (m->n_cells > CELLS_MAX)
        sim_config_complain(b, &matrix->place, "30000 are the limit; shorten callers or callees",
                            "a matrix with too many cells");
    for (int64_t i = 1; i <= m->n_cells && m->n_cells <= CELLS_MAX; i++) {
        const sim_cell cell = sim_config_cell(b->config, i);
        m->kinds[cell.caller - m->kinds].group.count++;
        m->kinds[cell.callee - m->kinds].group.count++;
    }
}

sim_cell sim_config_cell(const sim_config *config, int64_t number)
{
    const sim_matrix_config *m = &config->matrix;
    size_t at = (size_t)number - 1;
    const size_t transport = at % m->n_transports;
    at /= m->n_transports;
    return (sim_cell){m->callers[at / m->n_callees], m->callees[at % m->n_callees], m->transports[transport]};
}

void sim_matrix_read(sim_config_builder *b)
{
    const sim_tree *matrix = sim_tree_get(b->root, "matrix");
    sim_matrix_config *m = &b->config->matrix;
    sim_raw_matrix raw = {.echo = {0}};
    if (!matrix)
        return;
    sim_fill_section(&b->fill, "matrix", matrix, NULL, &b->root->place, SIM_WHOLE, &raw);
    if (matrix->kind != SIM_TREE_MAP)
        return;
    m->connect = raw.connect;
    m->echo = raw.echo;
    read_kinds(b, matrix);
    m->n_callers = read_ends(b, matrix, "callers", &m->callers);
    m->n_callees = read_ends(b, matrix, "callees", &m->callees);
    read_transports(b, matrix);
    count_cells(b, matrix);
}
