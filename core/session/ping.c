#include "core/session/ping.h"

#include "core/event.h"

#include <glib.h>
#include <string.h>

/* A request; its place in the list is its sequence number. */
typedef struct request {
    uint32_t to;
    uint16_t size;
    bool is_answered;
    pl_time at;
} request;

struct pl_ping {
    pl_ping_options options;
    pl_deadline deadline;
    uint32_t targets[PL_PING_TARGETS_MAX];
    size_t n_targets;
    size_t rounds, round; /* to send, sent */
    request *requests;
    pl_ping_result heard;
    bool is_over;
};

const char *pl_ping_verdict_name(pl_ping_verdict verdict)
{
    static const char *const names[] = {
#define X(id, name) [id] = name,
        PL_PING_VERDICTS(X)
#undef X
    };
    return names[verdict];
}

/* --- the policies --- */

static bool all_answered(const pl_ping *ping)
{
    return ping->round == ping->rounds && ping->heard.answered == ping->heard.sent;
}

static bool one_answered(const pl_ping *ping)
{
    return ping->heard.answered > 0;
}

static pl_ping_verdict say_nothing(const pl_ping *ping)
{
    (void)ping;
    return PL_PING_NOTHING;
}

static pl_ping_verdict say_nearest(const pl_ping *ping)
{
    return ping->heard.nearest ? PL_PING_NEAREST : PL_PING_NOTHING;
}

static pl_ping_verdict say_whether(const pl_ping *ping)
{
    return ping->heard.answered ? PL_PING_NETWORK : PL_PING_NO_NETWORK;
}

static pl_ping_verdict say_what_fits(const pl_ping *ping)
{
    return ping->heard.answered ? PL_PING_FITS : PL_PING_NOTHING;
}

/* chosen: payloads that make 576, 1400, 1480 and 1500 bytes with both headers: the least that every host
 * takes (RFC 791), a usual tunnel, PPPoE less its 8 bytes and 12 to spare, Ethernet. */
static const uint16_t mtu_sizes[] = {548, 1372, 1452, 1472, 0};

static const pl_ping_policy policies[] = {
    {"none", "no echo requests", PL_PING_NEVER, PL_PING_NETWORKS, false, false, NULL, all_answered,
     say_nothing},
    {"nearest",
     "first login: asks the bootstrap list first, and prefers as its supernode who answers soonest",
     PL_PING_AT_START, PL_PING_ENTRIES, false, true, NULL, all_answered, say_nearest},
    {"reachability", "when nobody answers by UDP: asks fixed networks whether there is a network at all",
     PL_PING_ON_SILENCE, PL_PING_NETWORKS, true, false, NULL, one_answered, say_whether},
    {"reachability-first",
     "first login: asks fixed networks whether there is a network, before anything else", PL_PING_AT_START,
     PL_PING_NETWORKS, false, false, NULL, one_answered, say_whether},
    {"path-mtu", "asks the supernode that has attached us with requests of several sizes",
     PL_PING_WHEN_ATTACHED, PL_PING_PARENT, true, false, mtu_sizes, all_answered, say_what_fits},
    {"fixed-networks", "first login: asks fixed networks, and does nothing with what it hears",
     PL_PING_AT_START, PL_PING_NETWORKS, false, false, NULL, all_answered, say_nothing},
};

const pl_ping_policy *pl_ping_policy_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}

size_t pl_ping_policies(const pl_ping_policy **ret_policies)
{
    *ret_policies = policies;
    return G_N_ELEMENTS(policies);
}

/* --- the machine --- */

static void conclude(void *machine, pl_time now)
{
    pl_ping *ping = machine;
    const pl_ping_options *options = &ping->options;
    pl_deadline_cancel(&options->context->deadlines, &ping->deadline);
    ping->is_over = true;
    ping->heard.verdict = options->policy->judge(ping);
    const pl_ping_result result = ping->heard;
    pl_trace(&options->context->port, PL_EVENT_ICMP_VERDICT, pl_text(options->policy->name),
             pl_text(pl_ping_verdict_name(result.verdict)), pl_number((int64_t)result.sent),
             pl_number((int64_t)result.answered), pl_number(now - options->since));
    options->done(options->owner, &result, now);
}

static void ask(pl_ping *ping, uint32_t to, uint16_t size, pl_time now)
{
    const pl_port *port = &ping->options.context->port;
    uint16_t sequence = (uint16_t)ping->heard.sent;
    ping->requests[ping->heard.sent++] = (request){.to = to, .size = size, .at = now};
    pl_trace(port, PL_EVENT_ICMP_PING, pl_text(ping->options.policy->name), pl_endpoint((pl_addr){to, 0}),
             pl_number(sequence), pl_number(size));
    /* A host that may not send is as silent as one whose requests are lost. */
    (void)port->ops->icmp_echo(port->ctx, to, sequence, size);
}

static void ask_round(void *machine, pl_time now)
{
    pl_ping *ping = machine;
    const pl_config *config = ping->options.context->config;
    const uint16_t *sizes = ping->options.policy->sizes;
    uint16_t size = sizes ? sizes[ping->round] : PL_PING_BYTES;
    ping->round++;
    for (size_t i = 0; i < ping->n_targets; i++)
        ask(ping, ping->targets[i], size, now);
    bool is_last = ping->round == ping->rounds;
    pl_deadline_set(&ping->options.context->deadlines, &ping->deadline,
                    now + (is_last ? config->icmp_wait : config->icmp_interval),
                    is_last ? conclude : ask_round, ping);
}

static size_t rounds_of(const pl_ping_policy *policy, const pl_config *config)
{
    size_t n = 0;
    if (!policy->sizes)
        return (size_t)config->icmp_pings;
    while (policy->sizes[n])
        n++;
    return n;
}

pl_ping *pl_ping_new(const pl_ping_options *options, pl_time now)
{
    pl_ping *ping = g_new0(pl_ping, 1);
    ping->options = *options;
    ping->n_targets = MIN(options->n_targets, G_N_ELEMENTS(ping->targets));
    if (ping->n_targets)
        memcpy(ping->targets, options->targets, ping->n_targets * sizeof ping->targets[0]);
    ping->options.targets = NULL;
    ping->rounds = rounds_of(options->policy, options->context->config);
    ping->requests = g_new0(request, MAX(ping->rounds * ping->n_targets, 1));
    ask_round(ping, now);
    return ping;
}

void pl_ping_free(pl_ping *ping)
{
    if (!ping)
        return;
    pl_deadline_cancel(&ping->options.context->deadlines, &ping->deadline);
    g_free(ping->requests);
    g_free(ping);
}

static void note(pl_ping *ping, const request *answered, pl_time now)
{
    pl_ping_result *heard = &ping->heard;
    pl_span rtt = now - answered->at;
    heard->answered++;
    heard->largest = MAX(heard->largest, answered->size);
    if (!heard->nearest || rtt < heard->nearest_rtt) {
        heard->nearest = answered->to;
        heard->nearest_rtt = rtt;
    }
}

bool pl_ping_echo(pl_ping *ping, uint32_t from, uint16_t sequence, pl_time now)
{
    if (!ping || ping->is_over || sequence >= ping->heard.sent)
        return false;
    request *asked = &ping->requests[sequence];
    if (asked->to != from || asked->is_answered)
        return false;
    asked->is_answered = true;
    note(ping, asked, now);
    pl_trace(&ping->options.context->port, PL_EVENT_ICMP_ECHO, pl_endpoint((pl_addr){from, 0}),
             pl_number(sequence), pl_number(now - asked->at));
    if (ping->options.policy->is_decided(ping))
        conclude(ping, now);
    return true;
}

bool pl_ping_is_over(const pl_ping *ping)
{
    return ping->is_over;
}
