/* terms_nat.c - a NAT box in writing: a preset and the knobs that differ from it. */
#include <glib.h>
#include <string.h>

#include "sim/scenario/diagnostic.h"
#include "sim/scenario/terms.h"
#include "sim/scenario/terms_private.h"

static bool unknown_preset(const char *name, sim_problem *problem)
{
    const net_nat_preset_row *rows = NULL;
    size_t n = net_nat_presets(&rows);
    sim_nearest nearest = sim_nearest_begin(name);
    for (size_t i = 0; i < n; i++)
        sim_nearest_offer(&nearest, rows[i].name);
    char buffer[96], message[120];
    g_snprintf(message, sizeof message, "unknown nat '%.60s'", name);
    return sim_problem_set(
        problem, message, "%s",
        sim_nearest_hint(&nearest, buffer, sizeof buffer, "`partyline list nats` shows what there is"));
}

static bool unknown_knob(const char *name, sim_problem *problem)
{
    const net_nat_knob *knobs = NULL;
    size_t n = net_nat_knobs(&knobs);
    sim_nearest nearest = sim_nearest_begin(name);
    for (size_t i = 0; i < n; i++)
        sim_nearest_offer(&nearest, knobs[i].name);
    char buffer[96], message[120];
    g_snprintf(message, sizeof message, "a NAT has no knob '%.60s'", name);
    return sim_problem_set(
        problem, message, "%s",
        sim_nearest_hint(&nearest, buffer, sizeof buffer, "`partyline list knobs` shows what there is"));
}

static bool read_word(const net_nat_knob *knob, const char *text, int64_t *ret, sim_problem *problem)
{
    *ret = net_nat_knob_word(knob, text);
    if (*ret >= 0)
        return true;
    sim_nearest nearest = sim_nearest_begin(text);
    GString *all = g_string_new("one of ");
    for (size_t i = 0; i < NET_NAT_KNOB_WORDS_MAX && knob->words[i]; i++) {
        sim_nearest_offer(&nearest, knob->words[i]);
        g_string_append_printf(all, "%s%s", i ? ", " : "", knob->words[i]);
    }
    char buffer[96], message[120];
    g_snprintf(message, sizeof message, "unknown %s '%.60s'", knob->name, text);
    sim_problem_set(problem, message, "%s", sim_nearest_hint(&nearest, buffer, sizeof buffer, all->str));
    g_string_free(all, TRUE);
    return false;
}

static bool read_switch(const net_nat_knob *knob, const char *text, int64_t *ret, sim_problem *problem)
{
    *ret = strcmp(text, "yes") == 0;
    if (*ret || strcmp(text, "no") == 0)
        return true;
    return sim_problem_set(problem, "neither yes nor no", "write %s=yes or %s=no", knob->name, knob->name);
}

static bool read_bytes(const char *text, int64_t *ret, sim_problem *problem)
{
    uint64_t bytes;
    if (!sim_units_bytes(text, &bytes, problem))
        return false;
    *ret = (int64_t)MIN(bytes, (uint64_t)INT64_MAX);
    return true;
}

static bool read_value(const net_nat_knob *knob, const char *text, int64_t *ret, sim_problem *problem)
{
    switch (knob->kind) {
    case NET_KNOB_WORD:
        return read_word(knob, text, ret, problem);
    case NET_KNOB_TIME:
        return sim_units_time(text, ret, problem);
    case NET_KNOB_COUNT:
    case NET_KNOB_PORT:
        return sim_units_count(text, ret, problem);
    case NET_KNOB_BYTES:
        return read_bytes(text, ret, problem);
    case NET_KNOB_SWITCH:
        return read_switch(knob, text, ret, problem);
    }
    g_assert_not_reached();
}

static bool out_of_range(const net_nat_knob *knob, sim_problem *problem)
{
    char least[48], most[48];
    if (knob->kind == NET_KNOB_TIME)
        return sim_problem_set(problem, "out of range", "%s is %s to %s", knob->name,
                               sim_units_time_text(knob->least, least, sizeof least),
                               sim_units_time_text(knob->most, most, sizeof most));
    if (knob->kind == NET_KNOB_BYTES)
        return sim_problem_set(problem, "out of range", "%s is %" G_GINT64_FORMAT "B to %" G_GINT64_FORMAT "B",
                               knob->name, knob->least, knob->most);
    return sim_problem_set(problem, "out of range", "%s is %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                           knob->name, knob->least, knob->most);
}

bool sim_terms_knob(const net_nat_knob *knob, const char *text, int64_t *ret, sim_problem *problem)
{
    net_nat_options scratch = {0};
    return read_value(knob, text, ret, problem) &&
           (net_nat_knob_set(&scratch, knob, *ret) || out_of_range(knob, problem));
}

static bool turn(net_nat_options *options, const char *name, const char *text, sim_problem *problem)
{
    const net_nat_knob *knob = net_nat_knob_find(name);
    int64_t value = 0;
    if (!knob)
        return unknown_knob(name, problem);
    return sim_terms_knob(knob, text, &value, problem) && net_nat_knob_set(options, knob, value);
}

static bool turn_all(const sim_call *c, net_nat_options *options, sim_problem *problem)
{
    for (size_t i = 0; i < c->n; i++) {
        if (!c->key[i])
            return sim_problem_set(problem, "a knob without a value",
                                   "write KNOB=VALUE, e.g. port-restricted(hairpin=none)");
        for (size_t k = 0; k < i; k++)
            if (strcmp(c->key[k], c->key[i]) == 0)
                return sim_problem_set(problem, "the same knob twice", "keep one %s", c->key[i]);
        if (!turn(options, c->key[i], c->value[i], problem))
            return false;
    }
    const char *fault = net_nat_fault(options);
    return !fault || sim_problem_set(problem, fault, "see `partyline list knobs`");
}

static bool find_preset(const char *name, sim_nat *ret, sim_problem *problem)
{
    const net_nat_preset_row *rows = NULL;
    size_t n = net_nat_presets(&rows);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        *ret = (sim_nat){.preset = rows[i].name, .options = rows[i].options};
        return true;
    }
    return unknown_preset(name, problem);
}

static bool parse(char *text, sim_nat *ret, sim_problem *problem)
{
    sim_call c;
    if (!strpbrk(text, "()"))
        return find_preset(g_strstrip(text), ret, problem);
    if (!sim_call_split(text, &c) || *c.rest)
        return sim_problem_set(problem, "not a NAT",
                               "write NAME(knob=value, …); inside { } it needs quotes around it");
    if (!find_preset(c.name, ret, problem))
        return false;
    if (!ret->options.name)
        return sim_problem_set(problem, "a router has no knobs", "%s is no translation at all", c.name);
    return turn_all(&c, &ret->options, problem);
}

bool sim_terms_nat(const char *text, sim_nat *ret, sim_problem *problem)
{
    char *copy = g_strdup(text);
    sim_nat nat = {0};
    bool good = parse(copy, &nat, problem);
    g_free(copy);
    if (good)
        *ret = nat;
    return good;
}

const char *sim_terms_knob_text(const net_nat_knob *knob, int64_t value, char *buffer, size_t len)
{
    switch (knob->kind) {
    case NET_KNOB_WORD:
        return knob->words[value];
    case NET_KNOB_SWITCH:
        return value ? "yes" : "no";
    case NET_KNOB_TIME:
        return sim_units_time_text(value, buffer, len);
    case NET_KNOB_BYTES: /* exact, where sim_units_bytes_text rounds */
        g_snprintf(buffer, (gulong)len, "%" G_GINT64_FORMAT "B", value);
        return buffer;
    case NET_KNOB_COUNT:
    case NET_KNOB_PORT:
        g_snprintf(buffer, (gulong)len, "%" G_GINT64_FORMAT, value);
        return buffer;
    }
    g_assert_not_reached();
}
