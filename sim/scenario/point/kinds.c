/* kinds.c - the kinds of a matrix and the groups of peers in writing, for whoever reads the results. */
#include <string.h>

#include "sim/engine.h"
#include "sim/scenario/point/config_private.h"

/* One kind being written. */
typedef struct page {
    GString *out;
    const char *before; /* "0,": the point, of groups; "" of kinds */
    const char *kind;
} page;

static void line(const page *p, const char *layer, const char *knob, const char *value)
{
    g_string_append_printf(p->out, "%s%s,%s,%s,%s\n", p->before, p->kind, layer, knob, value);
}

/* A box that is not there has one line. */
static void write_box(const page *p, const char *layer, const net_nat_options *nat)
{
    const net_nat_knob *knobs = NULL;
    const size_t n = nat->name ? net_nat_knobs(&knobs) : 0;
    char buffer[64];
    line(p, layer, "preset", nat->name ? nat->name : "none");
    for (size_t i = 0; i < n; i++)
        line(p, layer, knobs[i].name,
             sim_terms_knob_text(&knobs[i], net_nat_knob_get(nat, &knobs[i]), buffer, sizeof buffer));
}

static const char *verdict_name(net_verdict verdict)
{
    return verdict == NET_ALLOW ? "allow" : verdict == NET_REFUSE ? "refuse" : "drop";
}

static void write_ports(const page *p, const char *layer, const char *knob, const uint16_t *ports, size_t max)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < max && ports[i]; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", ports[i]);
    line(p, layer, knob, text->len ? text->str : "none");
}

static void write_firewall(const page *p, const net_firewall_options *firewall)
{
    static const char layer[] = "firewall";
    char buffer[64];
    line(p, layer, "preset", firewall->name ? firewall->name : "none");
    line(p, layer, "udp_out", verdict_name(firewall->udp_out));
    write_ports(p, layer, "udp_out_ports", firewall->udp_out_ports, NET_FIREWALL_PORTS_MAX);
    line(p, layer, "tcp_out", verdict_name(firewall->tcp_out));
    write_ports(p, layer, "tcp_out_ports", firewall->tcp_out_ports, NET_FIREWALL_PORTS_MAX);
    line(p, layer, "icmp_out", verdict_name(firewall->icmp_out));
    line(p, layer, "udp_in", verdict_name(firewall->udp_in));
    line(p, layer, "tcp_in", verdict_name(firewall->tcp_in));
    line(p, layer, "udp_state", sim_units_time_text(firewall->udp_state_ns, buffer, sizeof buffer));
    line(p, layer, "tcp_state", sim_units_time_text(firewall->tcp_state_ns, buffer, sizeof buffer));
}

static void write_place(const page *p, const sim_group_config *group, sim_share_kind share)
{
    static const char layer[] = "place";
    static const char *const shares[] = {"none", "nat", "carrier"};
    char buffer[32];
    line(p, layer, "share", shares[share]);
    line(p, layer, "isolated", group->isolated == SIM_YES ? "yes" : "no");
    line(p, layer, "proxy", group->proxy == SIM_YES ? "yes" : "no");
    line(p, layer, "traversal", group->traversal);
    line(p, layer, "link", group->link_name ? group->link_name : "none");
    g_snprintf(buffer, sizeof buffer, "%u", group->port);
    line(p, layer, "listen_port", group->port ? buffer : "random");
    write_ports(p, layer, "web_ports", group->web_ports.port, group->web_ports.n);
}

static void write_kind(const page *p, const sim_group_config *group, sim_share_kind share)
{
    write_box(p, "home", &group->nat);
    write_box(p, "carrier", &group->carrier);
    write_firewall(p, &group->firewall);
    write_place(p, group, share);
}

/* What the host's TCP can do is its engine's. */
static void write_stack(const page *p, const sim_config *config)
{
    const bool opens = sim_engine_capabilities(config->run.engine) & SIM_ENGINE_SIMULTANEOUS_OPEN;
    line(p, "stack", "simultaneous_open", opens ? "yes" : "no");
}

char *sim_config_kinds(const sim_config *config)
{
    const sim_matrix_config *matrix = &config->matrix;
    if (matrix->n_cells == 0)
        return NULL;
    GString *out = g_string_new("kind,layer,knob,value\n");
    for (size_t i = 0; i < matrix->n_kinds; i++) {
        const sim_matrix_kind *kind = &matrix->kinds[i];
        const page p = {out, "", kind->group.name};
        write_kind(&p, &kind->group, kind->share);
        write_stack(&p, config);
    }
    return g_string_free(out, FALSE);
}

static void write_number(const page *p, const char *layer, const char *knob, int64_t number)
{
    char buffer[32];
    g_snprintf(buffer, sizeof buffer, "%" G_GINT64_FORMAT, number);
    line(p, layer, knob, buffer);
}

static void write_chance(const page *p, const char *knob, double chance)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    line(p, "odds", knob, g_ascii_formatd(buffer, sizeof buffer, "%.9g", chance));
}

/* Who is a group's neighbour in a home or a carrier's network follows from his number. */
static void write_members(const page *p, const sim_group_config *group)
{
    write_number(p, "place", "first", group->first);
    write_number(p, "place", "count", group->count);
    write_number(p, "place", "per_nat", group->per_nat);
    write_number(p, "place", "per_carrier", group->per_carrier);
}

static void write_odds(const page *p, const sim_config *config)
{
    write_chance(p, "predicted_udp", config->foretell.predicted_udp);
    write_chance(p, "predicted_tcp", config->foretell.predicted_tcp);
    write_chance(p, "predicted_both", config->foretell.predicted_both);
    write_number(p, "odds", "spray_sockets", config->protocol.path_spray_sockets);
    write_number(p, "odds", "spray_ports", config->protocol.path_spray_ports);
}

char *sim_config_groups(const sim_config *config, size_t point)
{
    if (config->n_paths == 0)
        return NULL;
    g_autofree char *before = g_strdup_printf("%zu,", point);
    GString *out = g_string_new(NULL);
    write_odds(&(page){out, before, "all"}, config);
    for (size_t i = 0; i < config->n_groups; i++) {
        const sim_group_config *group = &config->groups[i];
        const page p = {out, before, group->name ? group->name : "peers"};
        write_kind(&p, group, SIM_SHARE_NONE);
        write_members(&p, group);
    }
    return g_string_free(out, FALSE);
}

/* What differs between the cases of a matrix is the network and the profile of the ends, but not their boxes:
 * one table describes the kinds of all points. */
void sim_kinds_check(const sim_scenario *scenario)
{
    g_autofree char *first = NULL;
    for (size_t i = 0; i < scenario->n_points; i++) {
        const sim_point *point = &scenario->points[i];
        g_autofree char *kinds = sim_config_kinds(point->config);
        const sim_tree *matrix = sim_tree_get(point->tree, "matrix");
        if (i == 0)
            first = g_strdup(kinds);
        else if (g_strcmp0(first, kinds) != 0) {
            sim_diagnostic_add(scenario->diagnostics, matrix ? &matrix->place : &point->tree->place,
                               "results have one table of kinds; write two scenarios, or two kinds",
                               "the kinds of the matrix differ from point to point");
            return;
        }
    }
}
