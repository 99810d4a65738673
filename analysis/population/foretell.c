/* Boxes → the oracle's answer for each transport → chances of classes. */
#include "analysis/population/foretell.h"

#include <string.h>

/* spec RFC 4787 REQ-3: outside ports are 1024 to 65535. */
#define OUTSIDE_PORTS 64512.0

#define CLASS_FAILED (AN_PATH_CLASSES - 1)

static unsigned class_of(an_way way, an_transport transport)
{
    return way == AN_WAY_FAILED ? CLASS_FAILED : 2 * (unsigned)way + (transport == AN_TCP);
}

unsigned an_foretell_class(const char *name)
{
    const an_metric *metric = an_metric_find("path.class.failed");
    for (unsigned i = 0; i < AN_PATH_CLASSES; i++)
        if (strcmp(metric->parts[i], name) == 0)
            return i;
    return AN_PATH_CLASSES;
}

double an_foretell_spray(double sockets, double probes)
{
    double miss = 1;
    for (double k = 0; k < probes; k++)
        miss *= MAX(1 - sockets / MAX(OUTSIDE_PORTS - k, 1), 0);
    return 1 - miss;
}

bool an_kind_is_nated(const an_kind *kind)
{
    return kind->home.present || kind->carrier.present;
}

static bool has_one_port(const an_box *box)
{
    return !box->present || box->mapping == AN_ENDPOINT_INDEPENDENT;
}

static bool has_one_outside_port(const an_kind *kind)
{
    return has_one_port(&kind->home) && has_one_port(&kind->carrier);
}

bool an_kind_is_punchable(const an_kind *kind, an_transport transport)
{
    const bool is_silent = !kind->home.answers_syn && !kind->carrier.answers_syn;
    return has_one_outside_port(kind) && (transport == AN_UDP || is_silent);
}

/* Neighbours fill one home after the other, and homes one carrier's network after the other. */
static an_share share_of(const an_meeting_of *meeting)
{
    const an_kind *kind = meeting->caller;
    if (kind != meeting->callee)
        return AN_SHARE_NONE;
    const int64_t per_nat = kind->home.present ? MAX(kind->per_nat, 1) : 1;
    const int64_t a = (meeting->caller_number - kind->first) / per_nat,
                  b = (meeting->callee_number - kind->first) / per_nat;
    const int64_t per_carrier = MAX(kind->per_carrier, 1);
    if (kind->home.present && a == b)
        return AN_SHARE_NAT;
    return kind->carrier.present && a / per_carrier == b / per_carrier ? AN_SHARE_CARRIER : AN_SHARE_NONE;
}

/* Two ends that both go by steps have to meet in each other's windows at once. */
static double chance_of(const an_answer *answer, const an_meeting_of *meeting, an_transport transport,
                        const an_odds *odds)
{
    if (answer->first == AN_WAY_SPRAYED)
        return an_foretell_spray(odds->spray_sockets, odds->spray_ports);
    if (answer->first != AN_WAY_PREDICTED)
        return 1;
    if (transport == AN_TCP)
        return odds->predicted_tcp;
    const bool one_stays = has_one_outside_port(meeting->caller) || has_one_outside_port(meeting->callee);
    return one_stays ? odds->predicted_udp : odds->predicted_both;
}

/* What one transport takes of the chances that are left; returns what it leaves. */
static double take(const an_answer *answer, const an_meeting_of *meeting, an_transport transport,
                   const an_odds *odds, double left, double *chances)
{
    if (answer->first >= AN_WAY_RELAYED)
        return left;
    const double chance = chance_of(answer, meeting, transport, odds);
    chances[class_of(answer->first, transport)] += left * chance;
    return left * (1 - chance);
}

static an_answer ask(const an_meeting_of *meeting, an_transport transport)
{
    an_kind caller = *meeting->caller;
    caller.share = share_of(meeting);
    const an_question question = {.caller = &caller,
                                  .callee = meeting->callee,
                                  .transport = transport,
                                  .crossing = AN_CROSS,
                                  .era = meeting->era};
    an_answer answer;
    an_oracle_ask(&question, &answer);
    g_clear_pointer(&answer.reason, g_free);
    return answer;
}

static bool is_open_way(const an_answer *answer)
{
    return answer->first == AN_WAY_DIRECT || answer->first == AN_WAY_REVERSED;
}

void an_foretell(const an_meeting_of *meeting, const an_odds *odds, double ret_chances[AN_PATH_CLASSES],
                 bool *ret_lets_strangers_in)
{
    const an_answer udp = ask(meeting, AN_UDP), tcp = ask(meeting, AN_TCP);
    const bool may_udp = meeting->transport != AN_TCP, may_tcp = meeting->transport != AN_UDP;
    double left = 1;
    memset(ret_chances, 0, AN_PATH_CLASSES * sizeof *ret_chances);
    if (may_udp)
        left = take(&udp, meeting, AN_UDP, odds, left, ret_chances);
    if (may_tcp)
        left = take(&tcp, meeting, AN_TCP, odds, left, ret_chances);
    const bool is_cut_off = udp.first == AN_WAY_FAILED && tcp.first == AN_WAY_FAILED;
    ret_chances[class_of(is_cut_off ? AN_WAY_FAILED : AN_WAY_RELAYED, udp.relay_is_tcp ? AN_TCP : AN_UDP)] += left;
    *ret_lets_strangers_in = (may_udp && is_open_way(&udp)) || (may_tcp && udp.first >= AN_WAY_RELAYED && is_open_way(&tcp));
}
