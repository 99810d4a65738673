/* Reads kinds.csv: kind,layer,knob,value. */
#include "analysis/matrix/kinds.h"

#include <string.h>

#include "analysis/csv.h"

/* A word of the file and what it means here. */
typedef struct word {
    const char *text;
    int value;
} word;

static const word dependences[] = {{"endpoint-independent", AN_ENDPOINT_INDEPENDENT},
                                   {"address-dependent", AN_ADDRESS_DEPENDENT},
                                   {"address-and-port-dependent", AN_PORT_DEPENDENT},
                                   {NULL, 0}};
/* A block is a range of its own for each host, in which ports are drawn.  Overloaded and overriding boxes
 * keep the inside port. */
static const word port_rules[] = {{"preserve", AN_PORTS_PRESERVED},
                                  {"sequential", AN_PORTS_COUNTED},
                                  {"random", AN_PORTS_DRAWN},
                                  {"block", AN_PORTS_DRAWN},
                                  {"overloading", AN_PORTS_PRESERVED},
                                  {"overriding", AN_PORTS_PRESERVED},
                                  {NULL, 0}};
static const word hairpins[] = {{"none", AN_HAIRPIN_NONE},
                                {"external", AN_HAIRPIN_OUTSIDE_SOURCE},
                                {"internal", AN_HAIRPIN_INSIDE_SOURCE},
                                {NULL, 0}};
/* ICMP after 6 s comes too late to matter: a SYN that went out meanwhile takes it back (RFC 5382 REQ-4). */
static const word syn_answers[] = {
    {"silent", false}, {"icmp-6s", false}, {"rst", true}, {"icmp", true}, {NULL, 0}};
static const word strangers[] = {{"ignored", false}, {"accepted", true}, {"answered", true}, {NULL, 0}};
static const word shares[] = {
    {"none", AN_SHARE_NONE}, {"nat", AN_SHARE_NAT}, {"carrier", AN_SHARE_CARRIER}, {NULL, 0}};
static const word opens_one_way[] = {{"yes", false}, {"no", true}, {NULL, 0}};
static const word switches[] = {{"no", false}, {"yes", true}, {NULL, 0}};

static const word verdicts[] = {{"drop", false}, {"refuse", false}, {"allow", true}, {NULL, 0}};

/* Nothing stands in the way of who has no firewall. */
static const an_firewall open_firewall = {
    .udp_out = true, .tcp_out = AN_REACH_ALL, .udp_in = true, .tcp_in = true};

static bool understand(const word *words, const char *text, int *ret_value)
{
    for (; words->text; words++) {
        if (strcmp(words->text, text) != 0)
            continue;
        *ret_value = words->value;
        return true;
    }
    return false;
}

/* The knobs of a box that decide who reaches whom. */
static bool set_box(an_box *box, const char *knob, const char *value)
{
    int meant = 0;
    bool good = true;
    if (strcmp(knob, "mapping") == 0) {
        good = understand(dependences, value, &meant);
        box->mapping = (an_dependence)meant;
        box->present = true;
    } else if (strcmp(knob, "filtering") == 0) {
        good = understand(dependences, value, &meant);
        box->filtering = (an_dependence)meant;
    } else if (strcmp(knob, "ports") == 0) {
        good = understand(port_rules, value, &meant);
        box->ports = (an_ports)meant;
    } else if (strcmp(knob, "hairpin") == 0) {
        good = understand(hairpins, value, &meant);
        box->hairpin = (an_hairpin)meant;
    } else if (strcmp(knob, "unsolicited_syn") == 0) {
        good = understand(syn_answers, value, &meant);
        box->answers_syn = meant;
    } else if (strcmp(knob, "strangers") == 0) {
        good = understand(strangers, value, &meant);
        box->takes_strangers = meant;
    }
    return good;
}

/* "80 443": whether one of the web's ports is among them. */
static bool has_web_port(const char *ports)
{
    g_auto(GStrv) words = g_strsplit(ports, " ", -1);
    return g_strv_contains((const char *const *)words, "80") ||
           g_strv_contains((const char *const *)words, "443");
}

/* Ports that are allowed come after the verdict on all others.  UDP to a few ports (DNS) reaches no peer. */
static bool set_firewall(an_firewall *firewall, const char *knob, const char *value)
{
    int meant = 0;
    bool good = true;
    if (strcmp(knob, "udp_out") == 0) {
        good = understand(verdicts, value, &meant);
        firewall->udp_out = meant;
    } else if (strcmp(knob, "tcp_out") == 0) {
        good = understand(verdicts, value, &meant);
        firewall->tcp_out = meant ? AN_REACH_ALL : AN_REACH_NOTHING;
    } else if (strcmp(knob, "tcp_out_ports") == 0) {
        if (firewall->tcp_out == AN_REACH_NOTHING && has_web_port(value))
            firewall->tcp_out = AN_REACH_WEB;
    } else if (strcmp(knob, "udp_in") == 0) {
        good = understand(verdicts, value, &meant);
        firewall->udp_in = meant;
    } else if (strcmp(knob, "tcp_in") == 0) {
        good = understand(verdicts, value, &meant);
        firewall->tcp_in = meant;
        firewall->answers_syn = strcmp(value, "refuse") == 0;
    }
    return good;
}

static bool set_count(int64_t *target, const char *value)
{
    char *end;
    *target = g_ascii_strtoll(value, &end, 10);
    return *value && !*end && *target >= 0;
}

/* The numbers of a group; a knob that is none of them is somebody else's. */
static bool set_numbers(an_kind *kind, const char *knob, const char *value)
{
    if (strcmp(knob, "first") == 0)
        return set_count(&kind->first, value);
    if (strcmp(knob, "count") == 0)
        return set_count(&kind->count, value);
    if (strcmp(knob, "per_nat") == 0)
        return set_count(&kind->per_nat, value);
    return strcmp(knob, "per_carrier") != 0 || set_count(&kind->per_carrier, value);
}

static bool set_place(an_kind *kind, const char *knob, const char *value)
{
    int meant = 0;
    bool good = set_numbers(kind, knob, value);
    if (strcmp(knob, "share") == 0) {
        good = understand(shares, value, &meant);
        kind->share = (an_share)meant;
    } else if (strcmp(knob, "isolated") == 0) {
        good = understand(switches, value, &meant);
        kind->isolated = meant;
    } else if (strcmp(knob, "proxy") == 0) {
        good = understand(switches, value, &meant);
        kind->proxy = meant;
    } else if (strcmp(knob, "web_ports") == 0) {
        kind->listens_web = has_web_port(value);
    }
    return good;
}

static bool set_stack(an_kind *kind, const char *knob, const char *value)
{
    int meant = 0;
    if (strcmp(knob, "simultaneous_open") != 0)
        return true;
    const bool good = understand(opens_one_way, value, &meant);
    kind->opens_one_way = meant;
    return good;
}

static an_kind *kind_named(GArray *kinds, const char *name)
{
    for (guint i = 0; i < kinds->len; i++)
        if (strcmp(g_array_index(kinds, an_kind, i).name, name) == 0)
            return &g_array_index(kinds, an_kind, i);
    const an_kind fresh = {.name = g_strdup(name), .firewall = open_firewall, .listens_web = true};
    g_array_append_val(kinds, fresh);
    return &g_array_index(kinds, an_kind, kinds->len - 1);
}

const char *an_kinds_take(GArray *kinds, char *const *field)
{
    if (!*field[0])
        return "a kind without a name";
    an_kind *kind = kind_named(kinds, field[0]);
    bool good;
    if (strcmp(field[1], "home") == 0)
        good = set_box(&kind->home, field[2], field[3]);
    else if (strcmp(field[1], "carrier") == 0)
        good = set_box(&kind->carrier, field[2], field[3]);
    else if (strcmp(field[1], "firewall") == 0)
        good = set_firewall(&kind->firewall, field[2], field[3]);
    else if (strcmp(field[1], "place") == 0)
        good = set_place(kind, field[2], field[3]);
    else if (strcmp(field[1], "stack") == 0)
        good = set_stack(kind, field[2], field[3]);
    else
        return "no such layer; there are home, carrier, firewall, place and stack";
    return good ? NULL : "the knob has no such value";
}

static bool read_rows(an_csv *csv, GArray *kinds, char **ret_error)
{
    int more = an_csv_next(csv, ret_error); /* the heading */
    while (more > 0 && (more = an_csv_next(csv, ret_error)) > 0) {
        const char *wrong = csv->n == 4 ? an_kinds_take(kinds, csv->field) : "a row has four fields";
        if (!wrong)
            continue;
        *ret_error = an_csv_complaint(csv, wrong);
        return false;
    }
    return more == 0;
}

bool an_kinds_read(const char *path, an_kinds *ret_kinds, char **ret_error)
{
    an_csv csv;
    if (!an_csv_open(&csv, path, ret_error))
        return false;
    GArray *kinds = g_array_new(FALSE, TRUE, sizeof(an_kind));
    bool good = read_rows(&csv, kinds, ret_error);
    an_csv_close(&csv);
    *ret_kinds = (an_kinds){.n = kinds->len, .kinds = (an_kind *)(void *)g_array_free(kinds, FALSE)};
    if (!good)
        an_kinds_clear(ret_kinds);
    return good;
}

void an_kinds_clear(an_kinds *kinds)
{
    for (size_t i = 0; i < kinds->n; i++)
        g_free(kinds->kinds[i].name);
    g_free(kinds->kinds);
    *kinds = (an_kinds){0};
}

const an_kind *an_kinds_find(const an_kinds *kinds, const char *name)
{
    for (size_t i = 0; i < kinds->n; i++)
        if (strcmp(kinds->kinds[i].name, name) == 0)
            return &kinds->kinds[i];
    return NULL;
}
