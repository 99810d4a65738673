/* product.c - `matrix.product:`, kinds by the knobs of their box: every combination of the values is one. */
#include <string.h>

#include "sim/scenario/point/config_private.h"
#include "sim/scenario/terms.h"

/* Chosen: with itself over one transport it is a matrix of a million cells, beyond any limit of those. */
#define KINDS_MAX 1000
/* Chosen: longer names than that head no column. */
#define NAME_BYTES 96

/* One knob and the values that it takes. */
typedef struct axis {
    const net_nat_knob *knob;
    size_t n;
    const sim_tree *const *values; /* as written */
    int64_t *value;
} axis;

struct sim_product {
    const sim_tree *map;
    const sim_tree *rest; /* the keys that are no knobs: those of a kind */
    sim_raw_kind common;  /* what they say, and peers: of all kinds */
    size_t n_axes;
    axis *axes;
    size_t n; /* combinations */
};

static bool is_knob(const sim_tree *key)
{
    return net_nat_knob_find(key->text) != NULL;
}

/* A key is a knob, or says of all kinds what an entry of `kinds` says of one. */
static bool check_key(const sim_config_builder *b, const sim_tree *key)
{
    static const char section[] = "matrix.kinds[]";
    const bool is_name = strcmp(key->text, "name") == 0;
    if (is_knob(key) || (!is_name && sim_schema_find(section, key->text)))
        return true;
    const net_nat_knob *knobs = NULL;
    const sim_schema_row *rows = NULL;
    const size_t n_knobs = net_nat_knobs(&knobs), n_rows = sim_schema_rows(&rows);
    sim_nearest nearest = sim_nearest_begin(key->text);
    char buffer[96];
    for (size_t i = 0; i < n_knobs; i++)
        sim_nearest_offer(&nearest, knobs[i].name);
    for (size_t i = 0; i < n_rows; i++)
        if (strcmp(rows[i].section, section) == 0)
            sim_nearest_offer(&nearest, rows[i].key);
    sim_diagnostic_add(b->fill.diagnostics, &key->place,
                       is_name ? "the values of a kind are its name"
                               : sim_nearest_hint(&nearest, buffer, sizeof buffer,
                                                  "a knob (`partyline list knobs`), or a key of a kind"),
                       "unknown key '%s'", key->text);
    return false;
}

/* False if a value is wrong, which has been told then. */
static bool read_axis(const sim_config_builder *b, const sim_tree *map, const sim_tree *key, axis *ret)
{
    const sim_tree *const *items = NULL;
    const size_t n = sim_config_items(b, map, key->text, false, &items);
    *ret = (axis){net_nat_knob_find(key->text), n, items, NULL};
    ret->value = sim_tree_reserve(b->fill.pool, (n + 1) * sizeof *ret->value);
    if (n == 0)
        sim_config_complain(b, &key->place, "give it values, e.g. hairpin: [none, external]",
                            "a knob without values");
    bool good = n > 0;
    for (size_t i = 0; i < n; i++) {
        sim_problem problem;
        if (!sim_fill_is(&b->fill, items[i], SIM_TREE_SCALAR, "[none, external]"))
            return false;
        if (!sim_terms_knob(ret->knob, items[i]->text, &ret->value[i], &problem)) {
            sim_diagnostic_add(b->fill.diagnostics, &items[i]->place, problem.hint, "%s", problem.message);
            good = false;
            continue;
        }
        for (size_t k = 0; k < i; k++)
            if (ret->value[k] == ret->value[i]) {
                sim_config_complain(b, &items[i]->place, "keep one of them", "the same value twice");
                good = false;
            }
    }
    return good;
}

static bool read_axes(const sim_config_builder *b, sim_product *p)
{
    bool good = true;
    p->axes = sim_tree_reserve(b->fill.pool, (p->map->n + 1) * sizeof *p->axes);
    p->rest = p->map;
    p->n = 1;
    for (size_t i = 0; i < p->map->n; i++) {
        const sim_tree *key = p->map->key[i];
        if (!check_key(b, key)) {
            p->rest = sim_tree_without(b->fill.pool, p->rest, key->text);
            good = false;
        } else if (is_knob(key)) {
            p->rest = sim_tree_without(b->fill.pool, p->rest, key->text);
            good = read_axis(b, p->map, key, &p->axes[p->n_axes]) && good;
            p->n = MIN(p->n * MAX(p->axes[p->n_axes].n, 1), (size_t)KINDS_MAX + 1);
            p->n_axes++;
        }
    }
    if (p->n > KINDS_MAX)
        sim_config_complain(b, &p->map->place, "1000 are the limit; shorten a list", "too many kinds");
    return good && p->n <= KINDS_MAX;
}

/* `address-and-port-dependent` → apd, `sequential` → seq; as many letters of a word as tell it from the
 * others, three at least. */
static void append_word(GString *name, const net_nat_knob *knob, const char *word)
{
    size_t len = MIN(strlen(word), 3);
    if (strchr(word, '-')) {
        g_auto(GStrv) parts = g_strsplit(word, "-", -1);
        for (size_t i = 0; parts[i]; i++)
            if (strcmp(parts[i], "and") != 0)
                g_string_append_c(name, parts[i][0]);
        return;
    }
    for (size_t i = 0; i < NET_NAT_KNOB_WORDS_MAX && knob->words[i]; i++)
        while (len < strlen(word) && strcmp(knob->words[i], word) != 0 &&
               strncmp(knob->words[i], word, len) == 0)
            len++;
    g_string_append_len(name, word, (gssize)len);
}

/* A number or a switch says whose it is: `parity-yes`, `udp_lifetime-30s`; a point is no part of a name. */
static void append_value(GString *name, const net_nat_knob *knob, int64_t value)
{
    char buffer[64];
    if (name->len)
        g_string_append_c(name, '-');
    if (knob->kind == NET_KNOB_WORD) {
        append_word(name, knob, knob->words[value]);
        return;
    }
    g_string_append_printf(name, "%s-%s", knob->name,
                           sim_terms_knob_text(knob, value, buffer, sizeof buffer));
    g_strdelimit(name->str, ".", '_');
}

/* The values of combination `at` in the order of the file, the last knob changing fastest; sets them, and
 * names those of knobs with a choice. */
static void combine(const sim_product *p, size_t at, net_nat_options *options, GString *name)
{
    size_t below = p->n;
    for (size_t i = 0; i < p->n_axes; i++) {
        const axis *a = &p->axes[i];
        below /= a->n;
        const int64_t value = a->value[at / below % a->n];
        net_nat_knob_set(options, a->knob, value);
        if (a->n > 1)
            append_value(name, a->knob, value);
    }
    if (!name->len)
        g_string_append(name, options->name);
    g_string_truncate(name, MIN(name->len, NAME_BYTES));
}

/* An entry of `kinds` without knobs: what all have in common. */
static const sim_tree *common_item(const sim_config_builder *b, const sim_product *p)
{
    const sim_place *place = &p->map->place;
    g_autoptr(GPtrArray) keys = g_ptr_array_new(), values = g_ptr_array_new();
    for (size_t i = 0; i < p->rest->n; i++) {
        g_ptr_array_add(keys, (gpointer)(uintptr_t)p->rest->key[i]);
        g_ptr_array_add(values, (gpointer)(uintptr_t)p->rest->value[i]);
    }
    g_ptr_array_add(keys, (gpointer)(uintptr_t)sim_tree_scalar(b->fill.pool, "name", place));
    g_ptr_array_add(values, (gpointer)(uintptr_t)sim_tree_scalar(b->fill.pool, "product", place));
    return sim_tree_branch(b->fill.pool, place, keys, values);
}

static bool read_common(sim_config_builder *b, sim_product *p)
{
    const size_t before = sim_diagnostic_count(b->fill.diagnostics);
    sim_fill_section(&b->fill, "matrix.kinds[]", common_item(b, p), sim_population_common(b), &p->map->place,
                     SIM_WHOLE, &p->common);
    if (sim_diagnostic_count(b->fill.diagnostics) > before)
        return false;
    if (!p->common.group.nat.options.name)
        sim_config_complain(b, sim_config_place(b, p->map, "nat"),
                            "name the preset that is turned, e.g. nat: rfc", "a product of knobs without a box");
    return p->common.group.nat.options.name != NULL;
}

const sim_product *sim_product_read(sim_config_builder *b, const sim_tree *matrix)
{
    const sim_tree *map = sim_tree_get(matrix, "product");
    if (!map || !sim_fill_is(&b->fill, map, SIM_TREE_MAP, "product: {nat: rfc, hairpin: [none, external]}"))
        return NULL;
    sim_product *p = sim_tree_reserve(b->fill.pool, sizeof *p);
    p->map = map;
    const bool good = read_axes(b, p);
    return read_common(b, p) && good ? p : NULL;
}

size_t sim_product_size(const sim_product *p)
{
    return p ? p->n : 0;
}

void sim_product_add_kinds(sim_config_builder *b, const sim_product *p)
{
    sim_matrix_config *m = &b->config->matrix;
    const size_t before = m->n_kinds;
    for (size_t at = 0; p && at < p->n; at++) {
        g_autoptr(GString) name = g_string_new(NULL);
        sim_raw_kind raw = p->common;
        combine(p, at, &raw.group.nat.options, name);
        if (net_nat_fault(&raw.group.nat.options)) {
            m->n_left_out++;
            continue;
        }
        raw.group.name = sim_tree_keep(b->fill.pool, name->str);
        sim_matrix_add_kind(b, p->map, &p->map->place, &raw);
    }
    if (p && m->n_kinds == before)
        sim_config_complain(b, &p->map->place, "see `partyline list knobs`", "no combination makes sense");
}
