/* test_nat_model.c - random scripts of datagrams, judged by a box and by a second, naive model of the rules.
 *
 * The model keeps every flow that ever was in one list, looks through all of it, and forgets nothing; it
 * shares no code with the box.  Where a box draws a port, the model takes the one that was seen, if the rules
 * allow it. */
#include <glib.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

#define SCRIPTS   400 /* chosen: each of the kinds below some thirty times; a second in all */
#define STEPS     150
#define FLOWS_MAX STEPS

typedef struct model_flow {
    pl_addr inside, remote; /* remote as far as the mapping looks at it */
    uint16_t port;
    bool stranger, replied;
    pl_time since, until;
} model_flow;

typedef struct model_permit {
    size_t flow;
    pl_addr remote; /* as far as the filter looks at it */
    pl_time until;
} model_permit;

typedef struct model {
    const net_nat_options *nat;
    model_flow flows[FLOWS_MAX];
    model_permit permits[STEPS];
    size_t n_flows, n_permits;
    unsigned last_port;
} model;

static pl_addr seen_by(net_nat_behaviour behaviour, pl_addr remote)
{
    if (behaviour == NET_NAT_EI)
        return (pl_addr){0, 0};
    return behaviour == NET_NAT_AD ? (pl_addr){remote.ip, 0} : remote;
}

static bool overloads(const model *m)
{
    return m->nat->ports == NET_PORTS_OVERLOADING;
}

static pl_addr flow_remote(const model *m, pl_addr remote)
{
    return overloads(m) ? remote : seen_by(m->nat->mapping, remote);
}

/* The living flow that has a port; for one remote, where that is how ports are taken. */
static model_flow *by_port(model *m, unsigned port, pl_addr remote, pl_time now)
{
    for (size_t i = 0; i < m->n_flows; i++) {
        model_flow *f = &m->flows[i];
        if (f->port == port && now < f->until && (!overloads(m) || pl_addr_equal(f->remote, remote)))
            return f;
    }
    return NULL;
}

static model_flow *by_inside(model *m, pl_addr inside, pl_addr remote, pl_time now)
{
    for (size_t i = 0; i < m->n_flows; i++) {
        model_flow *f = &m->flows[i];
        if (!f->stranger && now < f->until && pl_addr_equal(f->inside, inside) &&
            pl_addr_equal(f->remote, flow_remote(m, remote)))
            return f;
    }
    return NULL;
}

/* The port that the box must choose; 0: any that is free; −1: none is left. */
static int due_port(model *m, pl_addr inside, pl_addr remote, pl_time now)
{
    if (overloads(m)) {
        unsigned first = inside.port;
        pl_time newest = -1;
        for (size_t i = 0; i < m->n_flows; i++) {
            const model_flow *f = &m->flows[i];
            if (!f->stranger && now < f->until && pl_addr_equal(f->inside, inside) && f->since > newest) {
                newest = f->since;
                first = f->port;
            }
        }
        if (!by_port(m, first, remote, now))
            return (int)first;
        return by_port(m, inside.port, remote, now) ? 0 : inside.port;
    }
    if (m->nat->ports == NET_PORTS_PRESERVE) {
        unsigned port = inside.port;
        while (by_port(m, port, remote, now))
            port++;
        return (int)port;
    }
    const unsigned low = m->nat->port_low, size = m->nat->port_high - low + 1u;
    for (unsigned i = 0; i < size; i++) {
        const unsigned port = m->last_port ? low + (m->last_port - low + 1 + i) % size : low + i;
        if (!by_port(m, port, remote, now))
            return m->nat->ports == NET_PORTS_RANDOM ? 0 : (int)port;
    }
    return -1;
}

static pl_span life(const model *m, const model_flow *f, pl_time now)
{
    const bool stream = m->nat->udp_stream_lifetime_ns && f->replied && now > f->since + 2 * PL_SECOND;
    return stream ? m->nat->udp_stream_lifetime_ns : m->nat->udp_lifetime_ns;
}

static model_permit *permit_of(model *m, const model_flow *f, pl_addr remote)
{
    const pl_addr key = seen_by(m->nat->filtering, remote);
    for (size_t i = 0; i < m->n_permits; i++)
        if (&m->flows[m->permits[i].flow] == f && pl_addr_equal(m->permits[i].remote, key))
            return &m->permits[i];
    return NULL;
}

static void permit(model *m, const model_flow *f, pl_addr remote, pl_time now)
{
    model_permit *p = permit_of(m, f, remote);
    if (!p) {
        p = &m->permits[m->n_permits++];
        *p = (model_permit){(size_t)(f - m->flows), seen_by(m->nat->filtering, remote), 0};
    }
    if ((m->nat->refresh & NET_NAT_REFRESH_OUT) || now >= p->until)
        p->until = now + life(m, f, now);
}

/* A packet went out and showed a port, 0 if it did not pass. */
static void model_out(model *m, pl_addr inside, pl_addr remote, unsigned shown, pl_time now)
{
    model_flow *f = by_inside(m, inside, remote, now);
    if (!f) {
        const int due = due_port(m, inside, remote, now);
        g_assert_true((due < 0) == (shown == 0));
        if (due < 0)
            return;
        if (due)
            g_assert_cmpuint(shown, ==, (unsigned)due);
        g_assert_null(by_port(m, shown, remote, now));
        f = &m->flows[m->n_flows++];
        *f = (model_flow){inside, flow_remote(m, remote), (uint16_t)shown, false, false, now, 0};
        m->last_port = shown;
    }
    g_assert_cmpuint(shown, ==, f->port);
    if (f->until == 0 || (m->nat->refresh & NET_NAT_REFRESH_OUT))
        f->until = now + life(m, f, now);
    permit(m, f, remote, now);
}

/* Where a packet that comes in goes; 0.0.0.0: nowhere. */
static pl_addr model_in(model *m, pl_addr remote, unsigned port, pl_time now)
{
    model_flow *f = by_port(m, port, remote, now);
    if (!f && m->nat->strangers != NET_STRANGERS_IGNORED)
        m->flows[m->n_flows++] =
            (model_flow){{0, 0}, remote, (uint16_t)port, true, false, now, now + m->nat->udp_lifetime_ns};
    if (!f)
        return (pl_addr){0, 0};
    if (f->stranger) {
        f->until = now + m->nat->udp_lifetime_ns;
        return (pl_addr){0, 0};
    }
    model_permit *p = permit_of(m, f, remote);
    if (m->nat->filtering != NET_NAT_EI && (!p || now >= p->until))
        return (pl_addr){0, 0};
    if (m->nat->refresh & NET_NAT_REFRESH_IN) {
        f->until = now + life(m, f, now);
        if (p)
            p->until = f->until;
    }
    f->replied = true;
    return f->inside;
}

static pl_addr any_inside(void)
{
    return (pl_addr){0x0a000001 + (uint32_t)g_test_rand_int_range(0, 2),
                     (uint16_t)(5000 + g_test_rand_int_range(0, 3))};
}

static pl_addr any_remote(void)
{
    return (pl_addr){nat_world_s1(0).ip + (uint32_t)g_test_rand_int_range(0, 2),
                     (uint16_t)(1 + g_test_rand_int_range(0, 2))};
}

/* A while, or the very lifetimes, less a nanosecond or not; never nothing: of two flows of one instant the
 * rules do not say which is the newer. */
static pl_span any_span(const net_nat_options *nat)
{
    switch (g_test_rand_int_range(0, 8)) {
    case 0:
        return nat->udp_lifetime_ns - 1;
    case 1:
        return nat->udp_lifetime_ns;
    case 2:
        return MAX(nat->udp_stream_lifetime_ns, 1);
    case 3:
        return 2 * PL_SECOND;
    case 4:
        return 1;
    default:
        return g_test_rand_int_range(1, 3000) * PL_MILLISECOND;
    }
}

static net_nat_options any_box(void)
{
    static const char *const presets[] = {"linux", "linux-acc"};
    net_nat_options nat = *net_nat_preset("port-restricted");
    const int kind = g_test_rand_int_range(0, 5);
    if (kind < 2) {
        nat = *net_nat_preset(presets[kind]);
    } else {
        nat.mapping = (net_nat_behaviour)g_test_rand_int_range(0, 3);
        nat.filtering = (net_nat_behaviour)g_test_rand_int_range(0, 3);
        nat.ports = (net_nat_ports)(kind - 2); /* preserve, sequential, random */
        nat.refresh = (unsigned)g_test_rand_int_range(0, 4);
        nat.port_low = 40000;
        nat.port_high = 40009;
        nat.hairpin = NET_HAIRPIN_NONE;
    }
    nat.udp_lifetime_ns = 5 * PL_SECOND;
    nat.udp_stream_lifetime_ns = g_test_rand_int_range(0, 2) ? 12 * PL_SECOND : 0;
    return nat;
}

static uint16_t any_port(const model *m)
{
    if (m->n_flows && g_test_rand_int_range(0, 8))
        return m->flows[g_test_rand_int_range(0, (gint32)m->n_flows)].port;
    return (uint16_t)(5000 + g_test_rand_int_range(0, 4));
}

static void step(nat_world *w, model *m)
{
    const pl_time now = fake_engine_now(w->lab.engine);
    if (g_test_rand_int_range(0, 2)) {
        const pl_addr inside = any_inside(), remote = any_remote();
        const fake_delivery *d =
            lab_pass(&w->lab, inside.ip == nat_world_a(0).ip ? w->a : w->b, lab_udp(inside, remote));
        const bool passed = d && d->packet.protocol == PL_PROTOCOL_UDP;
        g_assert_true(passed == (w->lab.last_drop == NET_DROP_NONE));
        model_out(m, inside, remote, passed ? d->packet.source.port : 0, now);
    } else {
        const pl_addr remote = any_remote();
        const uint16_t port = any_port(m);
        const fake_delivery *d = lab_pass(&w->lab, remote.ip == nat_world_s1(0).ip ? w->s1 : w->s2,
                                          lab_udp(remote, lab_addr(BOX, port)));
        const bool passed = d && d->packet.protocol == PL_PROTOCOL_UDP;
        const pl_addr expected = model_in(m, remote, port, now);
        g_assert_true(passed == (expected.ip != 0));
        g_assert_true(!passed || pl_addr_equal(d->packet.destination, expected));
        g_assert_true(!passed || pl_addr_equal(d->packet.source, remote));
    }
}

static void a_box_does_what_the_naive_model_does(void)
{
    for (int script = 0; script < SCRIPTS; script++) {
        const net_nat_options nat = any_box();
        nat_world w;
        nat_world_open_with(&w, &nat);
        model m = {.nat = &nat};
        for (int i = 0; i < STEPS; i++) {
            step(&w, &m);
            lab_at(&w.lab, fake_engine_now(w.lab.engine) + any_span(&nat));
        }
        lab_close(&w.lab);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/model", a_box_does_what_the_naive_model_does);
    return g_test_run();
}
