/* Boxes → composed fronts → ways.  The reasons are told in oracle_reason.c. */
#include "analysis/matrix/oracle_private.h"

#include <string.h>

static const struct {
    const char *symbol, *name;
} way_rows[] = {
#define X(id, symbol, name) [id] = {symbol, name},
    AN_WAYS(X)
#undef X
};

const char *an_way_symbol(an_way way)
{
    return way_rows[way].symbol;
}

const char *an_way_name(an_way way)
{
    return way_rows[way].name;
}

char *an_ways_text(unsigned set, const char *separator)
{
    GString *text = g_string_new(NULL);
    for (size_t way = 0; way < AN_WAYS_COUNT; way++)
        if (set & AN_WAY_BIT(way))
            g_string_append_printf(text, "%s%s", text->len ? separator : "", way_rows[way].symbol);
    if (!text->len)
        g_string_append(text, "–");
    return g_string_free(text, FALSE);
}

const char *an_transport_name(an_transport transport)
{
    return transport == AN_UDP ? "udp" : transport == AN_TCP ? "tcp" : "any";
}

const char *an_where_name(an_where where)
{
    return where == AN_IN_PUBLIC ? "public" : where == AN_ON_LAN ? "lan" : "hairpin";
}

#define OPEN_WAYS (AN_WAY_BIT(AN_WAY_DIRECT) | AN_WAY_BIT(AN_WAY_REVERSED))
#define UDP_WAYS  (OPEN_WAYS | AN_WAY_BIT(AN_WAY_PUNCHED))
#define EVERY_WAY (UDP_WAYS | AN_WAY_BIT(AN_WAY_PREDICTED) | AN_WAY_BIT(AN_WAY_SPRAYED))

/* measured: E1 is BS-32; E2 is the rule table of section 10.2, which prints neither prediction nor TCP
 * punching. */
static const an_era eras[] = {
    {.name = "e1",
     .ways_udp = AN_WAY_BIT(AN_WAY_DIRECT),
     .ways_tcp = AN_WAY_BIT(AN_WAY_DIRECT),
     .open_ends_only = true},
    {.name = "e2", .ways_udp = UDP_WAYS, .ways_tcp = OPEN_WAYS, .tcp_to_public_only = true},
    {.name = "ours", .ways_udp = EVERY_WAY, .ways_tcp = EVERY_WAY, .mends_races = true},
};

const an_era *an_era_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(eras); i++)
        if (strcmp(eras[i].name, name) == 0)
            return &eras[i];
    return NULL;
}

static void take_firewall(an_front *front, const an_kind *kind, an_transport transport)
{
    const an_firewall *firewall = &kind->firewall;
    bool in = transport == AN_UDP ? firewall->udp_in : firewall->tcp_in;
    front->listens_web = kind->listens_web;
    if (transport == AN_UDP)
        front->out = firewall->udp_out ? AN_REACH_ALL : AN_REACH_NOTHING;
    else
        front->out = firewall->tcp_out == AN_REACH_NOTHING && kind->proxy ? AN_REACH_WEB : firewall->tcp_out;
    if (!in) {
        front->filtering = AN_PORT_DEPENDENT;
        front->answers_early |= transport == AN_TCP && firewall->answers_syn;
    }
}

/* One box further out.  Whether the next outside port can be told: a box that makes a mapping of each inside
 * endpoint repeats what its inner neighbour does, in its own way of choosing ports. */
static void take_box(an_front *front, const an_box *box, an_transport transport)
{
    if (!box->present)
        return;
    front->translated = true;
    front->mapping = MAX(front->mapping, box->mapping);
    front->filtering = MAX(front->filtering, box->filtering);
    if (front->mapping != AN_ENDPOINT_INDEPENDENT) {
        if (box->ports != AN_PORTS_PRESERVED)
            front->foretold = box->ports == AN_PORTS_COUNTED;
        else if (box->mapping != AN_ENDPOINT_INDEPENDENT)
            front->foretold = true; /* the port beside the one that is taken */
    }
    if (box->filtering != AN_ENDPOINT_INDEPENDENT)
        front->answers_early |= transport == AN_UDP ? box->takes_strangers : box->answers_syn;
}

an_front an_front_of(const an_kind *kind, an_transport transport)
{
    an_front front = {0};
    take_firewall(&front, kind, transport);
    take_box(&front, &kind->home, transport);
    take_box(&front, &kind->carrier, transport);
    return front;
}

/* Below the box that both ends have in common no box translates: the hosts' firewalls alone. */
static an_front lan_front(const an_kind *kind, an_transport transport)
{
    an_front front = {0};
    take_firewall(&front, kind, transport);
    return front;
}

static bool is_open(const an_front *front)
{
    return !front->translated && front->filtering == AN_ENDPOINT_INDEPENDENT;
}

/* A host may listen on 80 and 443 besides; the outside port of a box is neither. */
static bool may_send(const an_front *from, const an_front *to)
{
    return from->out == AN_REACH_ALL || (from->out == AN_REACH_WEB && is_open(to) && to->listens_web);
}

static bool is_one_port(const an_front *front)
{
    return front->mapping == AN_ENDPOINT_INDEPENDENT;
}

/* Whether `from` takes an answer that `to` sends to the address that it saw, and then reaches the port that
 * the answer came from under that same address: a path has one address at each end, or its checks are
 * answered by strangers.  Where `from` shows that port another port of its own, `to` must answer it from the
 * port that it has shown already, and does if it has one for the address of `from`; if both show every port
 * another one, each answer comes from a new port for ever. */
static bool is_answered(const an_front *to, const an_front *from, an_transport transport)
{
    if (is_one_port(to))
        return true;
    const bool settles = from->mapping != AN_PORT_DEPENDENT || to->mapping != AN_PORT_DEPENDENT;
    return transport == AN_UDP && from->filtering != AN_PORT_DEPENDENT && settles;
}

/* The first packet of `from` reaches `to`, which has sent nothing. */
static bool is_direct(const an_front *from, const an_front *to, an_transport transport)
{
    return may_send(from, to) && to->out != AN_REACH_NOTHING && to->filtering == AN_ENDPOINT_INDEPENDENT &&
           is_answered(to, from, transport);
}

/* The same once `to` has sent to the address that a server saw of `from`. */
static bool is_let_in(const an_front *from, const an_front *to)
{
    switch (to->filtering) {
    case AN_ENDPOINT_INDEPENDENT:
        return true;
    case AN_ADDRESS_DEPENDENT:
        return is_one_port(to);
    case AN_PORT_DEPENDENT:
        return is_one_port(to) && is_one_port(from);
    }
    g_assert_not_reached();
}

static bool is_punched(const an_front *a, const an_front *b, an_transport transport)
{
    if (a->out != AN_REACH_ALL || b->out != AN_REACH_ALL)
        return false;
    return (is_let_in(a, b) && is_answered(b, a, transport)) ||
           (is_let_in(b, a) && is_answered(a, b, transport));
}

/* Nobody can tell from which port `from` asks, but where it asks: there all ports of its address are let in, which `to`
 * has sent to, and answered from that one. */
static bool is_met(const an_front *to, const an_front *from)
{
    return !is_one_port(from) && !from->foretold && to->foretold && to->mapping == AN_ADDRESS_DEPENDENT &&
           to->filtering != AN_PORT_DEPENDENT;
}

/* TCP: both ends would have to be foretold in one SYN; what is reasoned in the tables stops at one. */
static bool is_predicted(const an_front *a, const an_front *b, an_transport transport)
{
    if (transport == AN_UDP && (is_met(a, b) || is_met(b, a)))
        return true;
    bool a_known = is_one_port(a) || a->foretold, b_known = is_one_port(b) || b->foretold;
    bool one_moves = is_one_port(a) != is_one_port(b), both_move = !is_one_port(a) && !is_one_port(b);
    return a_known && b_known && (one_moves || (both_move && transport == AN_UDP));
}

static bool is_sprayed(const an_front *a, const an_front *b)
{
    return (is_one_port(a) && !is_one_port(b) && !b->foretold) ||
           (is_one_port(b) && !is_one_port(a) && !a->foretold);
}

/* The caller's box has kept the callee's early packet: towards the callee its port is another one now, and
 * none can tell which.  A SYN was answered, and with that the callee's attempt is over. */
static void suffer_early_packet(const an_front *callee, an_front *caller, an_transport transport)
{
    if (!caller->answers_early || callee->out != AN_REACH_ALL)
        return;
    caller->mapping = AN_PORT_DEPENDENT;
    caller->foretold = false;
    caller->spoiled = transport == AN_TCP;
}

unsigned an_ways_between(const an_front *caller_as_told, const an_front *callee, const an_question *question)
{
    an_transport transport = question->transport;
    an_front caller = *caller_as_told;
    unsigned ways = 0;
    if (caller.out == AN_REACH_NOTHING || callee->out == AN_REACH_NOTHING)
        return 0;
    if (is_direct(&caller, callee, transport))
        ways |= AN_WAY_BIT(AN_WAY_DIRECT);
    if (is_direct(callee, &caller, transport))
        ways |= AN_WAY_BIT(AN_WAY_REVERSED);
    if (question->crossing == AN_APART)
        suffer_early_packet(callee, &caller, transport);
    if (caller.out != AN_REACH_ALL || callee->out != AN_REACH_ALL || caller.spoiled)
        return ways;
    if (is_punched(&caller, callee, transport))
        ways |= AN_WAY_BIT(AN_WAY_PUNCHED);
    if (ways & OPEN_WAYS)
        return ways;
    if (is_predicted(&caller, callee, transport))
        ways |= AN_WAY_BIT(AN_WAY_PREDICTED);
    else if (!ways && transport == AN_UDP && is_sprayed(&caller, callee))
        ways |= AN_WAY_BIT(AN_WAY_SPRAYED);
    return ways;
}

bool an_oracle_is_shared(const an_question *question)
{
    const an_kind *kind = question->caller;
    return strcmp(kind->name, question->callee->name) == 0 &&
           ((kind->share == AN_SHARE_NAT && kind->home.present) ||
            (kind->share == AN_SHARE_CARRIER && kind->carrier.present));
}

/* On the network below the common box, where nothing translates between them. */
static unsigned ways_on_lan(const an_question *question)
{
    const an_kind *kind = question->caller;
    if (kind->isolated || (kind->share == AN_SHARE_CARRIER && kind->home.present))
        return 0;
    const an_front front = lan_front(kind, question->transport);
    return an_ways_between(&front, &front, question);
}

/* A packet to the outside address of the common box turns round at the outermost one, which has that address.
 */
static unsigned ways_by_hairpin(const an_question *question)
{
    const an_kind *kind = question->caller;
    const an_box *top = kind->carrier.present ? &kind->carrier : &kind->home;
    const an_front front = an_front_of(kind, question->transport);
    if (top->hairpin == AN_HAIRPIN_NONE)
        return 0;
    /* The inside source is not whom the peer's inner box sent to, and answers take the common network. */
    if (top->hairpin == AN_HAIRPIN_INSIDE_SOURCE &&
        (kind->isolated || (top == &kind->carrier && kind->home.filtering != AN_ENDPOINT_INDEPENDENT)))
        return 0;
    return an_ways_between(&front, &front, question);
}

static void weigh(const an_question *question, an_weighed *ret_weighed)
{
    const an_kind *caller = question->caller, *callee = question->callee;
    *ret_weighed = (an_weighed){.caller = an_front_of(caller, question->transport),
                                .callee = an_front_of(callee, question->transport),
                                .shared = an_oracle_is_shared(question)};
    if (ret_weighed->shared) {
        ret_weighed->lan = ways_on_lan(question);
        ret_weighed->far = ways_by_hairpin(question);
    } else {
        ret_weighed->far = an_ways_between(&ret_weighed->caller, &ret_weighed->callee, question);
    }
}

static bool is_natted(const an_kind *kind)
{
    return kind->home.present || kind->carrier.present;
}

static bool is_bare(const an_kind *kind)
{
    return !is_natted(kind) && kind->firewall.udp_out && kind->firewall.udp_in && kind->firewall.tcp_in;
}

/* What the era's client does of what is possible. */
static unsigned ways_of_era(const an_question *question, const an_weighed *weighed)
{
    const an_era *era = question->era;
    unsigned far = weighed->far;
    if (!era)
        return weighed->lan | far;
    if (era->open_ends_only && !(is_bare(question->caller) && is_bare(question->callee)))
        return 0;
    bool is_narrow = era->tcp_to_public_only && question->transport == AN_TCP;
    if (is_narrow && is_natted(question->callee))
        far &= ~AN_WAY_BIT(AN_WAY_DIRECT);
    if (is_narrow && is_natted(question->caller))
        far &= ~AN_WAY_BIT(AN_WAY_REVERSED);
    return (weighed->lan | far) & (question->transport == AN_UDP ? era->ways_udp : era->ways_tcp);
}

/* A relay is reached over whatever gets out: UDP, or a stream to one of its ports. */
static bool reaches_relay(const an_kind *kind)
{
    return kind->firewall.udp_out || kind->firewall.tcp_out != AN_REACH_NOTHING || kind->proxy;
}

static an_way first_of(unsigned set)
{
    an_way way = AN_WAY_DIRECT;
    while (way < AN_WAY_RELAYED && !(set & AN_WAY_BIT(way)))
        way = (an_way)(way + 1);
    return way;
}

/* Both send from and to ports that are known, so that their SYNs belong to one connection.  A SYN from a port
 * that nobody knew finds a listener instead. */
static bool is_of_two_syns(const an_question *question, const an_weighed *weighed, an_way first)
{
    return question->transport == AN_TCP && first == AN_WAY_PUNCHED && is_one_port(&weighed->caller) &&
           is_one_port(&weighed->callee);
}

static unsigned accepted_of(const an_question *question, an_way first)
{
    unsigned accepted = AN_WAY_BIT(first);
    /* A spray hits by chance.  Prediction over TCP is reasoned in the tables and was not measured. */
    if (first == AN_WAY_SPRAYED || (first == AN_WAY_PREDICTED && question->transport == AN_TCP))
        accepted |= AN_WAY_BIT(AN_WAY_RELAYED);
    return accepted;
}

static void ask_one(const an_question *asked, an_answer *ret_answer)
{
    an_question question = *asked;
    if (question.era && question.era->mends_races)
        question.crossing = AN_CROSS;
    an_weighed weighed;
    weigh(&question, &weighed);
    an_answer answer = {.possible = weighed.lan | weighed.far, .transport = question.transport};
    answer.first = first_of(ways_of_era(&question, &weighed));
    if (answer.first == AN_WAY_RELAYED && !(reaches_relay(question.caller) && reaches_relay(question.callee)))
        answer.first = AN_WAY_FAILED;
    answer.accepted = accepted_of(&question, answer.first);
    answer.is_of_two_syns = is_of_two_syns(&question, &weighed, answer.first);
    answer.relay_is_tcp = !question.caller->firewall.udp_out || !question.callee->firewall.udp_out;
    if (weighed.shared && answer.first < AN_WAY_RELAYED)
        answer.where = weighed.lan & AN_WAY_BIT(answer.first) ? AN_ON_LAN : AN_BY_HAIRPIN;
    answer.reason = an_oracle_reason(&question, &weighed, &answer);
    *ret_answer = answer;
}

/* Both transports: what UDP leaves to the relay, TCP may still do. */
static void ask_both(const an_question *asked, an_answer *ret_answer)
{
    an_question question = *asked;
    an_answer udp, tcp;
    question.transport = AN_UDP;
    ask_one(&question, &udp);
    question.transport = AN_TCP;
    ask_one(&question, &tcp);
    if (udp.accepted & AN_WAY_BIT(AN_WAY_RELAYED))
        udp.accepted |= tcp.accepted;
    bool take_tcp = udp.first >= AN_WAY_RELAYED && tcp.first < AN_WAY_RELAYED;
    *ret_answer = take_tcp ? tcp : udp;
    an_answer_clear(take_tcp ? &udp : &tcp);
}

void an_oracle_ask(const an_question *question, an_answer *ret_answer)
{
    if (question->transport == AN_ANY)
        ask_both(question, ret_answer);
    else
        ask_one(question, ret_answer);
}

void an_answer_clear(an_answer *answer)
{
    g_free(answer->reason);
    *answer = (an_answer){0};
}
