/* lab.c - a small network on the fake engine. */
#include "tests/support/lab.h"

#include <arpa/inet.h>
#include <glib.h>

#include "core/port.h"

uint32_t lab_ip(const char *text)
{
    struct in_addr address;
    g_assert_cmpint(inet_pton(AF_INET, text, &address), ==, 1);
    return ntohl(address.s_addr);
}

pl_addr lab_addr(const char *text, uint16_t port)
{
    return (pl_addr){lab_ip(text), port};
}

static void observe(void *ctx, const net_sighting *sighting, pl_time now)
{
    lab *l = ctx;
    g_assert_cmpint(now, ==, fake_engine_now(l->engine));
    l->sightings++;
    if (sighting->step == NET_STEP_TRANSLATED)
        l->translations++;
    if (sighting->step != NET_STEP_DROPPED && sighting->step != NET_STEP_REJECTED)
        return;
    l->last_drop = sighting->drop;
    l->last_step = sighting->step;
    g_strlcpy(l->last_box, sighting->box ? sighting->box : "", sizeof l->last_box);
}

void lab_open_with(lab *l, const net_options *options)
{
    char *error = NULL;
    *l = (lab){.engine = fake_engine_new(), .network = net_new(options, &error)};
    g_assert_cmpstr(error, ==, NULL);
    g_assert_nonnull(l->network);
    net_attach(l->network, &fake_engine_ops, fake_engine_handle(l->engine));
    net_set_observer(l->network, observe, l);
}

void lab_open(lab *l, pl_span latency)
{
    net_options options = {.seed = 1,
                           .latency = {.policy = "constant", .constant_ns = latency},
                           .ttl = NET_TTL_SILENT};
    lab_open_with(l, &options);
}

void lab_close(lab *l)
{
    fake_engine_drain(l->engine);
    net_free(l->network);
    fake_engine_free(l->engine);
}

sim_host lab_host_with(lab *l, const char *name, net_realm realm, const char *ip,
                       const net_link_options *link, const char *firewall)
{
    net_host_options options = {.name = name, .realm = realm, .ip = lab_ip(ip), .link = *link};
    options.firewall = *net_firewall_preset(firewall);
    return net_host_add(l->network, &options);
}

sim_host lab_host(lab *l, const char *name, net_realm realm, const char *ip)
{
    return lab_host_with(l, name, realm, ip, &(net_link_options){0}, "none");
}

net_realm lab_realm_with(lab *l, const char *name, net_realm parent, const char *ip,
                         const net_nat_options *nat, const char *firewall)
{
    net_realm_options options = {.name = name, .parent = parent, .external_ip = lab_ip(ip), .nat = *nat};
    options.firewall = *net_firewall_preset(firewall);
    return net_realm_add(l->network, &options);
}

net_realm lab_realm(lab *l, const char *name, net_realm parent, const char *ip, const char *nat)
{
    return lab_realm_with(l, name, parent, ip, net_nat_preset(nat), "none");
}

net_packet lab_udp(pl_addr from, pl_addr to)
{
    return (net_packet){.protocol = PL_PROTOCOL_UDP,
                        .ttl = 64,
                        .source = from,
                        .destination = to,
                        .payload = (const uint8_t *)"hello",
                        .payload_len = 5};
}

net_packet lab_tcp(pl_addr from, pl_addr to, uint8_t flags)
{
    return (net_packet){.protocol = PL_PROTOCOL_TCP,
                        .ttl = 64,
                        .source = from,
                        .destination = to,
                        .tcp_flags = flags,
                        .sequence = 1000,
                        .ack = flags & NET_TCP_ACK ? 2000 : 0};
}

net_packet lab_echo(const char *from, const char *to, uint8_t type, uint16_t id)
{
    return (net_packet){.protocol = PL_PROTOCOL_ICMP,
                        .ttl = 64,
                        .icmp_type = type,
                        .source = lab_addr(from, id),
                        .destination = lab_addr(to, id),
                        .sequence = 1};
}

void lab_send(lab *l, sim_host host, const net_packet *packet)
{
    l->last_drop = NET_DROP_NONE;
    l->last_box[0] = '\0';
    l->translations = 0;
    l->sightings = 0;
    net_send(l->network, host, packet, fake_engine_now(l->engine));
}

const fake_delivery *lab_pass(lab *l, sim_host host, net_packet packet)
{
    size_t before = fake_engine_deliveries(l->engine);
    lab_send(l, host, &packet);
    g_assert_cmpuint(fake_engine_deliveries(l->engine), ==, before);
    fake_engine_drain(l->engine);
    g_assert_cmpuint(fake_engine_deliveries(l->engine), <=, before + 1);
    return fake_engine_deliveries(l->engine) > before ? fake_engine_last(l->engine) : NULL;
}

void lab_at(lab *l, pl_time when)
{
    fake_engine_run(l->engine, when);
}
