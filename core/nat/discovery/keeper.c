#include "core/nat/discovery/keeper.h"

#include <glib.h>
#include <string.h>

#include "core/event.h"
#include "core/nat/stun/transaction.h"

#define REGISTRY_KEY "nat"
/* chosen: where UDP is blocked a keep-alive keeps nothing alive, and asks only whether that is over: every 5 min. */
#define BLOCKED_INTERVALS 12

static const pl_nat_policy policies[] = {
    {"login", "at each login, and not again", 0},
    {"timer", "when the report is older than nat.refresh_interval", PL_NAT_ON_TIMER},
    {"address", "when the host's own address changes", PL_NAT_ON_ADDRESS},
    {"keep-alive", "when answers to keep-alives disagree, stay out or come back", PL_NAT_ON_KEEP_ALIVE},
    {"failure", "when sessions do not find the path that the report promised", PL_NAT_ON_FAILURE},
    {"address-timer", "a changed address, or an old report", PL_NAT_ON_ADDRESS | PL_NAT_ON_TIMER},
    {"address-failure", "a changed address, or failed sessions: what costs nothing",
     PL_NAT_ON_ADDRESS | PL_NAT_ON_FAILURE},
    {"address-keep-alive", "a changed address, or keep-alives", PL_NAT_ON_ADDRESS | PL_NAT_ON_KEEP_ALIVE},
    {"all", "timer, address, keep-alives and failures",
     PL_NAT_ON_TIMER | PL_NAT_ON_ADDRESS | PL_NAT_ON_KEEP_ALIVE | PL_NAT_ON_FAILURE},
};

struct pl_nat_keeper {
    pl_nat_keeper_options options;
    uint32_t server_ip; /* 0 = nobody to ask */
    uint32_t partner_ip; /* of that server, as the last discovery met it; 0 = it met none */
    bool is_known;
    pl_nat_report report;
    pl_discovery *discovery; /* while it runs */
    pl_lifetime *lifetime;   /* likewise */
    bool is_doubted;         /* once the discovery that runs has ended, another one is due */
    pl_time began_at;        /* of the last discovery */
    uint32_t began_with;     /* the server that it asked */
    pl_deadline refresh;     /* the next discovery, by doubt or by age */
    pl_deadline keep_alive;
    pl_stun_transaction alive; /* a keep-alive under way */
    pl_addr mapped;            /* of the main socket, as keep-alives saw it; {0,0} = not yet */
    int64_t failures;          /* sessions in a row that ended otherwise than promised */
    uint64_t messages;         /* sent and received, but for what a machine that runs has sent */
};

const pl_nat_policy *pl_nat_policy_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}

size_t pl_nat_policies(const pl_nat_policy **ret_policies)
{
    *ret_policies = policies;
    return G_N_ELEMENTS(policies);
}

static bool listens_to(const pl_nat_keeper *keeper, unsigned trigger)
{
    return (keeper->options.policy->triggers & trigger) != 0;
}

static const pl_config *config_of(const pl_nat_keeper *keeper)
{
    return keeper->options.context->config;
}

/* --- the report --- */

static void store(const pl_nat_keeper *keeper)
{
    const pl_port *port = &keeper->options.context->port;
    uint8_t bytes[PL_NAT_REPORT_BYTES];
    pl_nat_report_encode(&keeper->report, bytes);
    port->ops->keep(port->ctx, REGISTRY_KEY, bytes, sizeof bytes);
}

static void load(pl_nat_keeper *keeper)
{
    const pl_port *port = &keeper->options.context->port;
    uint8_t bytes[PL_NAT_REPORT_BYTES];
    size_t len = port->ops->load(port->ctx, REGISTRY_KEY, bytes, sizeof bytes);
    keeper->is_known = len == sizeof bytes && pl_nat_report_decode(&keeper->report, bytes, len) == 0;
}

const pl_nat_report *pl_nat_keeper_report(const pl_nat_keeper *keeper)
{
    return keeper->is_known ? &keeper->report : NULL;
}

uint32_t pl_nat_keeper_partner(const pl_nat_keeper *keeper)
{
    return keeper->partner_ip;
}

bool pl_nat_keeper_is_open(const pl_nat_keeper *keeper)
{
    return keeper->is_known && keeper->report.udp == PL_UDP_OPEN && keeper->report.mapping == PL_MAPPING_NONE &&
           keeper->report.filtering == PL_FILTERING_EI;
}

pl_span pl_nat_keeper_interval(const pl_nat_keeper *keeper)
{
    pl_span most = config_of(keeper)->nat_keep_alive;
    pl_span lived = keeper->is_known ? keeper->report.lifetime_s * PL_SECOND : 0;
    return lived ? MIN(lived * 2 / 3, most) : most;
}

static bool is_blocked(const pl_nat_keeper *keeper)
{
    return keeper->is_known && keeper->report.udp == PL_UDP_BLOCKED;
}

uint64_t pl_nat_keeper_messages(const pl_nat_keeper *keeper)
{
    return keeper->messages + (keeper->discovery ? pl_discovery_sent(keeper->discovery) : 0) +
           (keeper->lifetime ? pl_lifetime_sent(keeper->lifetime) : 0);
}

/* --- finding out --- */

static void begin(void *machine, pl_time now);
static void plan_keep_alive(pl_nat_keeper *keeper, pl_time now);

static void plan_by_age(pl_nat_keeper *keeper, pl_time now)
{
    pl_time due = listens_to(keeper, PL_NAT_ON_TIMER) ? now + config_of(keeper)->nat_refresh_interval : PL_NEVER;
    pl_deadline_set(&keeper->options.context->deadlines, &keeper->refresh, due, begin, keeper);
}

/* Something says that the report may be stale: finds out anew, but not again and again. */
static void doubt(pl_nat_keeper *keeper, const char *trigger, pl_time now)
{
    pl_trace(&keeper->options.context->port, PL_EVENT_NAT_DOUBTED, pl_text(trigger));
    if (keeper->discovery) {
        keeper->is_doubted = true;
        return;
    }
    pl_time due = MAX(now, keeper->began_at + config_of(keeper)->nat_refresh_least);
    if (!keeper->refresh.index || keeper->refresh.at > due)
        pl_deadline_set(&keeper->options.context->deadlines, &keeper->refresh, due, begin, keeper);
}

static void on_lifetime(void *owner, pl_span lived, pl_time now)
{
    pl_nat_keeper *keeper = owner;
    keeper->messages += pl_lifetime_sent(keeper->lifetime);
    g_clear_pointer(&keeper->lifetime, pl_lifetime_free);
    keeper->report.lifetime_s = (uint16_t)MIN(lived / PL_SECOND, UINT16_MAX);
    store(keeper);
    pl_trace(&keeper->options.context->port, PL_EVENT_NAT_LIFETIME, pl_number(lived));
    (void)now;
}

/* Only a box has bindings that die. */
static void measure_lifetime(pl_nat_keeper *keeper, pl_time now)
{
    bool is_translated = keeper->report.udp == PL_UDP_OPEN && keeper->report.mapping != PL_MAPPING_NONE;
    if (!config_of(keeper)->nat_measure_lifetime || !is_translated || keeper->lifetime || !keeper->server_ip)
        return;
    keeper->lifetime = pl_lifetime_new(keeper->options.context, keeper->server_ip, on_lifetime, keeper, now);
}

static bool is_whole(const pl_nat_report *report)
{
    return report->udp == PL_UDP_OPEN && report->mapping != PL_MAPPING_UNKNOWN &&
           report->filtering != PL_FILTERING_UNKNOWN;
}

/* Does it know less than the one before, or nothing got through?  Silence has other reasons than boxes, such as a crowd
 * of our own datagrams on the link: it must be heard twice. */
static bool is_worse(const pl_nat_keeper *keeper, const pl_nat_report *report)
{
    return keeper->is_known && is_whole(&keeper->report) && !is_whole(report) && keeper->options.policy->triggers;
}

/* A supernode without a partner cannot tell the filtering.  Of an address that is nobody's box, what a better witness
 * said stays: else the clients of such a supernode could never become one. */
static pl_nat_filtering keep_filtering(const pl_nat_keeper *keeper, const pl_nat_report *report)
{
    bool is_same_address = keeper->is_known && report->mapping == PL_MAPPING_NONE &&
                           keeper->report.mapping == PL_MAPPING_NONE && keeper->report.mapped.ip == report->mapped.ip;
    return is_same_address && report->filtering == PL_FILTERING_UNKNOWN ? keeper->report.filtering : report->filtering;
}

/* A discovery that began at the server before says nothing of the partner of this one. */
static uint32_t partner_of(const pl_nat_keeper *keeper)
{
    return keeper->began_with == keeper->server_ip ? pl_discovery_partner(keeper->discovery) : 0;
}

static void on_discovered(void *owner, const pl_nat_report *report, pl_time now)
{
    pl_nat_keeper *keeper = owner;
    uint16_t lifetime_s = keeper->is_known ? keeper->report.lifetime_s : 0;
    bool is_same_box = keeper->is_known && keeper->report.mapping == report->mapping &&
                       keeper->report.mapped.ip == report->mapped.ip;
    const bool was_blocked = is_blocked(keeper);
    pl_nat_report found = *report;
    found.filtering = keep_filtering(keeper, report);
    keeper->is_doubted = keeper->is_doubted || is_worse(keeper, &found);
    keeper->report = found;
    keeper->report.lifetime_s = is_same_box ? lifetime_s : 0;
    keeper->is_known = true;
    keeper->failures = 0;
    store(keeper);
    keeper->messages += pl_discovery_sent(keeper->discovery);
    keeper->partner_ip = partner_of(keeper);
    g_clear_pointer(&keeper->discovery, pl_discovery_free);
    plan_by_age(keeper, now);
    if (was_blocked && keeper->keep_alive.index)
        plan_keep_alive(keeper, now);
    if (!keeper->report.lifetime_s)
        measure_lifetime(keeper, now);
    if (keeper->is_doubted)
        doubt(keeper, "again", now);
    keeper->is_doubted = false;
}

static void begin(void *machine, pl_time now)
{
    pl_nat_keeper *keeper = machine;
    if (!keeper->server_ip || keeper->discovery)
        return;
    keeper->began_at = now;
    keeper->began_with = keeper->server_ip;
    keeper->discovery =
        pl_discovery_new(keeper->options.context, keeper->server_ip, on_discovered, keeper, now);
}

/* --- keep-alives --- */

static void send_keep_alive(void *machine, pl_time now);

static void plan_keep_alive(pl_nat_keeper *keeper, pl_time now)
{
    pl_span interval = pl_nat_keeper_interval(keeper) * (is_blocked(keeper) ? BLOCKED_INTERVALS : 1);
    pl_deadline_set(&keeper->options.context->deadlines, &keeper->keep_alive, now + interval, send_keep_alive, keeper);
}

static void transmit(void *machine, int64_t nth, pl_time now)
{
    (void)nth, (void)now;
    pl_nat_keeper *keeper = machine;
    const pl_port *port = &keeper->options.context->port;
    uint8_t bytes[PL_STUN_FULL_BYTES];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin(&writer, PL_STUN_REQUEST, PL_STUN_MAGIC, keeper->alive.id);
    pl_stun_add_padding(&writer);
    (void)port->ops->udp_send(port->ctx, keeper->options.socket, (pl_addr){keeper->server_ip, PL_STUN_PORT_1},
                              0, bytes, writer.len);
    keeper->messages++;
}

static void send_keep_alive(void *machine, pl_time now)
{
    pl_nat_keeper *keeper = machine;
    if (!keeper->server_ip)
        return;
    pl_stun_transaction_start(&keeper->alive, now);
    plan_keep_alive(keeper, now);
}

/* Where UDP is blocked silence says nothing new. */
static void on_keep_alive_silent(void *machine, pl_time now)
{
    if (!is_blocked(machine))
        doubt(machine, "silence", now);
}

static int take_keep_alive(pl_nat_keeper *keeper, pl_addr from, const pl_stun *stun, pl_time now)
{
    int error = pl_stun_transaction_check(&keeper->alive, stun);
    if (error)
        return error;
    if (from.ip != keeper->server_ip || from.port != PL_STUN_PORT_1 || stun->kind != PL_STUN_SUCCESS)
        return PL_ERR_UNEXPECTED;
    pl_stun_transaction_stop(&keeper->alive);
    bool disagrees = keeper->mapped.ip != 0 && !pl_addr_equal(keeper->mapped, stun->xor_mapped);
    disagrees = disagrees || is_blocked(keeper);
    keeper->mapped = stun->xor_mapped;
    if (disagrees)
        doubt(keeper, "keep-alive", now);
    return 0;
}

/* --- what the node tells --- */

void pl_nat_keeper_online(pl_nat_keeper *keeper, uint32_t server_ip, pl_time now)
{
    if (keeper->server_ip != server_ip) {
        keeper->mapped = (pl_addr){0, 0}; /* a box that maps by destination shows another port */
        keeper->partner_ip = 0;
    }
    keeper->server_ip = server_ip;
    begin(keeper, now);
    if (listens_to(keeper, PL_NAT_ON_KEEP_ALIVE) && keeper->options.socket)
        plan_keep_alive(keeper, now);
}

void pl_nat_keeper_offline(pl_nat_keeper *keeper)
{
    keeper->server_ip = 0;
    pl_stun_transaction_stop(&keeper->alive);
    pl_deadline_cancel(&keeper->options.context->deadlines, &keeper->keep_alive);
    pl_deadline_cancel(&keeper->options.context->deadlines, &keeper->refresh);
}

void pl_nat_keeper_address_changed(pl_nat_keeper *keeper, pl_time now)
{
    if (listens_to(keeper, PL_NAT_ON_ADDRESS))
        doubt(keeper, "address", now);
}

void pl_nat_keeper_path_ended(pl_nat_keeper *keeper, bool as_promised, pl_time now)
{
    keeper->failures = as_promised ? 0 : keeper->failures + 1;
    if (listens_to(keeper, PL_NAT_ON_FAILURE) && keeper->failures >= config_of(keeper)->nat_failures) {
        keeper->failures = 0;
        doubt(keeper, "failure", now);
    }
}

bool pl_nat_keeper_owns(const pl_nat_keeper *keeper, pl_id socket)
{
    return (keeper->discovery && pl_discovery_owns(keeper->discovery, socket)) ||
           (keeper->lifetime && pl_lifetime_owns(keeper->lifetime, socket));
}

int pl_nat_keeper_input(pl_nat_keeper *keeper, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                        pl_time now)
{
    keeper->messages++;
    if (keeper->discovery && pl_discovery_owns(keeper->discovery, socket))
        return pl_discovery_input(keeper->discovery, socket, from, data, len, now);
    if (keeper->lifetime && pl_lifetime_owns(keeper->lifetime, socket))
        return pl_lifetime_input(keeper->lifetime, socket, from, data, len, now);
    pl_stun stun;
    int error = pl_stun_read(&stun, data, len);
    return error ? error : take_keep_alive(keeper, from, &stun, now);
}

pl_nat_keeper *pl_nat_keeper_new(const pl_nat_keeper_options *options)
{
    pl_nat_keeper *keeper = g_new0(pl_nat_keeper, 1);
    keeper->options = *options;
    keeper->began_at = -PL_HOUR; /* the first doubt need not wait */
    pl_stun_transaction_init(&keeper->alive, options->context, transmit, on_keep_alive_silent, keeper);
    load(keeper);
    return keeper;
}

void pl_nat_keeper_free(pl_nat_keeper *keeper)
{
    if (!keeper)
        return;
    pl_nat_keeper_offline(keeper);
    pl_discovery_free(keeper->discovery);
    pl_lifetime_free(keeper->lifetime);
    g_free(keeper);
}
