#include "core/nat/path/method.h"

#include <glib.h>
#include <string.h>

/* --- the eras --- */

#define BIT(method) (1u << (method))
#define ALL (BIT(PL_PATH_METHODS_COUNT) - 1)
#define STRAIGHT (BIT(PL_PATH_DIRECT) | BIT(PL_PATH_REVERSED))

/* measured BS-32: in 2004 any end behind a box meant that a call ran through an online node. */
static const pl_path_profile e1 = {.name = "e1",
                                   .help = "2004: direct between public ends, else through a node",
                                   .methods_udp = BIT(PL_PATH_DIRECT) | BIT(PL_PATH_RELAYED),
                                   .methods_tcp = BIT(PL_PATH_DIRECT),
                                   .public_only = true};
/* measured BS-33: in 2006 UDP was punched where the kinds of box allowed it; without foretold ports. */
static const pl_path_profile e2 = {.name = "e2",
                                   .help = "2006: UDP is punched unless the kinds of box forbid it",
                                   .methods_udp = STRAIGHT | BIT(PL_PATH_PUNCHED) | BIT(PL_PATH_RELAYED),
                                   .methods_tcp = STRAIGHT,
                                   .trusts_report = true};
static const pl_path_profile ours = {.name = "ours",
                                     .help = "everything: UDP and TCP punched, foretold and sprayed ports, relays",
                                     .methods_udp = ALL,
                                     .methods_tcp = ALL & ~BIT(PL_PATH_SPRAYED),
                                     .timed_start = true,
                                     .low_ttl_opener = true,
                                     .fresh_port = true};

static const pl_path_profile *const profiles[] = {&e1, &e2, &ours};

size_t pl_path_profiles(const pl_path_profile *const **ret_profiles)
{
    *ret_profiles = profiles;
    return G_N_ELEMENTS(profiles);
}

const pl_path_profile *pl_path_profile_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(profiles); i++) {
        if (strcmp(profiles[i]->name, name) == 0)
            return profiles[i];
    }
    return NULL;
}

pl_path_profile pl_method_profile(const pl_offer *offer, const pl_offer *answer)
{
    const pl_path_profile *a = profiles[offer->profile], *b = profiles[answer->profile];
    return (pl_path_profile){.name = a->name,
                             .help = a->help,
                             .methods_udp = a->methods_udp & b->methods_udp,
                             .methods_tcp = a->methods_tcp & b->methods_tcp,
                             .public_only = a->public_only || b->public_only,
                             .trusts_report = a->trusts_report || b->trusts_report,
                             .timed_start = a->timed_start && b->timed_start,
                             .low_ttl_opener = a->low_ttl_opener && b->low_ttl_opener,
                             .fresh_port = a->fresh_port && b->fresh_port};
}

unsigned pl_method_transports(const pl_offer *offer, const pl_offer *answer)
{
    static const unsigned of[] = {[PL_PATH_ANY] = BIT(PL_PATH_UDP) | BIT(PL_PATH_TCP),
                                  [PL_PATH_UDP_ONLY] = BIT(PL_PATH_UDP),
                                  [PL_PATH_TCP_ONLY] = BIT(PL_PATH_TCP)};
    return of[offer->choice] & of[answer->choice];
}

/* --- the kinds of box --- */

bool pl_method_is_independent(const pl_hint *hint)
{
    return hint->mapping == PL_MAPPING_NONE || hint->mapping == PL_MAPPING_EI;
}

static bool is_symmetric(const pl_hint *hint)
{
    return hint->mapping == PL_MAPPING_AD || hint->mapping == PL_MAPPING_APD;
}

bool pl_method_is_sequential(const pl_hint *hint)
{
    return is_symmetric(hint) && hint->step != 0;
}

bool pl_method_is_random(const pl_hint *hint)
{
    return is_symmetric(hint) && hint->step == 0;
}

/* Anybody's packet may come in, for all that is known. */
static bool is_open(const pl_hint *hint)
{
    return hint->filtering == PL_FILTERING_EI || hint->filtering == PL_FILTERING_UNKNOWN;
}

static bool is_public(const pl_hint *hint)
{
    return hint->mapping == PL_MAPPING_NONE && is_open(hint);
}

bool pl_method_is_lan(const pl_offer *offer, const pl_offer *answer)
{
    uint32_t a = pl_offer_outside(offer), b = pl_offer_outside(answer);
    return a == 0 || b == 0 || a == b;
}

/* --- the table of methods --- */

/* Two ends and one transport. */
typedef struct pair {
    const pl_offer *offer, *answer;
    const pl_hint *caller, *callee;
    pl_path_transport transport;
    bool lan;
    bool caller_gets_out, callee_gets_out; /* to some address of the other */
} pair;

static bool has_web_port(const pl_offer *offer)
{
    for (size_t i = 0; i < offer->n_candidates; i++) {
        const pl_candidate *candidate = &offer->candidates[i];
        if (candidate->transport == PL_PATH_TCP && (candidate->addr.port == 80 || candidate->addr.port == 443))
            return true;
    }
    return false;
}

/* Is there an address of the end that means something elsewhere? */
static bool has_address(const pl_offer *offer, pl_path_transport transport)
{
    for (size_t i = 0; i < offer->n_candidates; i++) {
        const pl_candidate *candidate = &offer->candidates[i];
        if (candidate->transport == transport && candidate->type != PL_CANDIDATE_RELAYED &&
            !pl_offer_is_private(candidate->addr.ip))
            return true;
    }
    return false;
}

/* Can the one's first packet leave its own network on the way to the other? */
static bool gets_out(const pl_offer *from, const pl_offer *to, pl_path_transport transport)
{
    if (!has_address(to, transport))
        return false;
    if (transport == PL_PATH_UDP) /* who blocks it on the way out lets no answer in */
        return from->hints.udp != PL_UDP_BLOCKED && to->hints.udp != PL_UDP_BLOCKED;
    return !from->hints.web_only || has_web_port(to);
}

static bool to_open_callee(const pair *p)
{
    return p->caller_gets_out && is_open(p->callee);
}

static bool to_open_callee_or_neighbour(const pair *p)
{
    return p->lan || to_open_callee(p);
}

/* Only who is on the same local network lets us in, and there a SYN is answered at once. */
static bool to_neighbour(const pair *p)
{
    return p->lan && !to_open_callee(p);
}

static bool to_open_caller(const pair *p)
{
    return p->callee_gets_out && is_open(p->caller);
}

static bool both_get_out(const pair *p)
{
    bool narrow = p->transport == PL_PATH_TCP && (p->offer->hints.web_only || p->answer->hints.web_only);
    return p->caller_gets_out && p->callee_gets_out && !narrow;
}

/* Its port is foretold, lets in all ports of an address that was sent to, and answers all of them from itself. */
static bool is_met_from_any_port(const pair *p, const pl_hint *hint)
{
    return p->transport == PL_PATH_UDP && pl_method_is_sequential(hint) && hint->mapping == PL_MAPPING_AD &&
           (hint->filtering == PL_FILTERING_EI || hint->filtering == PL_FILTERING_AD);
}

/* The one goes by steps, and the other either is to be found or goes by steps too, or need not be found. */
static bool foretells(const pair *p)
{
    bool caller = pl_method_is_sequential(p->caller), callee = pl_method_is_sequential(p->callee);
    bool random = pl_method_is_random(p->caller) || pl_method_is_random(p->callee);
    bool meets = !random || is_met_from_any_port(p, p->caller) || is_met_from_any_port(p, p->callee);
    return both_get_out(p) && (caller || callee) && meets;
}

/* … and a punch at the port that the supernode saw is in vain, for all that is known: the one end's next port is another,
 * and the other end filters by port.  What is tried there first may cost a box that keeps strangers' packets the port. */
static bool foretells_first(const pair *p)
{
    const pl_hint *other = pl_method_is_sequential(p->caller) ? p->callee : p->caller;
    return foretells(p) && pl_method_is_independent(other) && other->filtering == PL_FILTERING_APD;
}

static bool foretells_later(const pair *p)
{
    return foretells(p) && !foretells_first(p);
}

/* spec RFC 9293 §3.5: a SYN that meets none dies, so two windows of ports that move would have to meet at once. */
static bool foretells_tcp(const pair *p)
{
    return foretells(p) && !(pl_method_is_sequential(p->caller) && pl_method_is_sequential(p->callee));
}

/* The easy end is not known to let strangers in: else a punch would have done. */
static bool is_hard_and_easy(const pl_hint *hard, const pl_hint *easy)
{
    return pl_method_is_random(hard) && pl_method_is_independent(easy) && easy->filtering != PL_FILTERING_EI;
}

static bool one_is_random(const pair *p)
{
    return both_get_out(p) && (is_hard_and_easy(p->caller, p->callee) || is_hard_and_easy(p->callee, p->caller));
}

static bool always(const pair *p)
{
    (void)p;
    return true;
}

static pl_span direct_budget(const pl_config *config)
{
    return config->path_direct_wait;
}

static pl_span punch_budget(const pl_config *config)
{
    return config->path_punch_wait;
}

static pl_span predict_budget(const pl_config *config)
{
    return config->path_predict_wait;
}

/* All sockets, then all ports at their rate, and what a last hit needs to be answered. */
static pl_span spray_budget(const pl_config *config)
{
    return pl_method_spray_lead(config) + config->path_spray_ports * PL_SECOND / config->path_spray_rate +
           config->path_predict_wait;
}

static pl_span open_budget(const pl_config *config)
{
    return config->path_open_wait;
}

static pl_span relay_budget(const pl_config *config)
{
    return config->path_relay_wait;
}

typedef struct method_row {
    pl_path_method method;
    pl_path_transport transport;
    pl_span (*budget)(const pl_config *config);
    bool (*when)(const pair *p);
} method_row;

/* The order of trial: UDP before TCP, because voice that waits for a lost segment is late (BS-34: TCP is what is
 * left); of each transport first what needs no help, then what costs least; a relay last, because it costs
 * somebody else's bandwidth. */
static const method_row rows[] = {
    /* One round trip and one more try; a late answer still counts, in the stages that follow. */
    {PL_PATH_DIRECT, PL_PATH_UDP, direct_budget, to_open_callee_or_neighbour},
    {PL_PATH_REVERSED, PL_PATH_UDP, direct_budget, to_open_caller},
    {PL_PATH_PREDICTED, PL_PATH_UDP, predict_budget, foretells_first},
    /* Whatever the hints say, for they may be wrong: it costs a few packets. */
    {PL_PATH_PUNCHED, PL_PATH_UDP, punch_budget, both_get_out},
    {PL_PATH_PREDICTED, PL_PATH_UDP, predict_budget, foretells_later},
    {PL_PATH_SPRAYED, PL_PATH_UDP, spray_budget, one_is_random},
    /* A SYN is repeated by the stack after 1 s and 3 s: the second must fit. */
    {PL_PATH_DIRECT, PL_PATH_TCP, open_budget, to_open_callee},
    {PL_PATH_DIRECT, PL_PATH_TCP, direct_budget, to_neighbour},
    {PL_PATH_REVERSED, PL_PATH_TCP, open_budget, to_open_caller},
    {PL_PATH_PUNCHED, PL_PATH_TCP, open_budget, both_get_out},
    {PL_PATH_PREDICTED, PL_PATH_TCP, open_budget, foretells_tcp},
    {PL_PATH_RELAYED, PL_PATH_UDP, relay_budget, always},
};

pl_span pl_method_spray_lead(const pl_config *config)
{
    return config->path_spray_sockets * PL_SECOND / config->path_spray_rate + config->path_opener_lead;
}

/* --- the plan --- */

/* An era that leaves a method out where others would try it. */
static bool is_forbidden(const pl_path_profile *profile, const method_row *row, const pair *p)
{
    if (row->method == PL_PATH_RELAYED)
        return false;
    if (profile->public_only)
        return !is_public(p->caller) || !is_public(p->callee);
    if (!profile->trusts_report)
        return false;
    if (row->transport == PL_PATH_TCP) /* to a public end alone */
        return !is_public(row->method == PL_PATH_DIRECT ? p->callee : p->caller) && !p->lan;
    bool hard = (is_symmetric(p->caller) && (is_symmetric(p->callee) || p->callee->filtering == PL_FILTERING_APD)) ||
                (is_symmetric(p->callee) && p->caller->filtering == PL_FILTERING_APD);
    return row->method == PL_PATH_PUNCHED && hard;
}

/* What failed from ports that strangers may have spoilt is tried from fresh ones; what failed else would again.  Over TCP
 * a refused SYN was repeated already, so there it is done only where UDP cannot. */
static bool is_worth_again(const method_row *row, const pair *p)
{
    if (row->method == PL_PATH_RELAYED)
        return true;
    bool udp = p->offer->hints.udp == PL_UDP_OPEN && p->answer->hints.udp == PL_UDP_OPEN;
    return row->method == PL_PATH_PUNCHED && (row->transport == PL_PATH_UDP || !udp);
}

static bool is_planned(const pl_path_profile *profile, const method_row *row, const pair *p)
{
    uint32_t methods = row->transport == PL_PATH_UDP ? profile->methods_udp : profile->methods_tcp;
    unsigned wanted = pl_method_transports(p->offer, p->answer);
    if (!(methods & BIT(row->method)))
        return false;
    if (row->method != PL_PATH_RELAYED && !(wanted & BIT(row->transport)))
        return false;
    if (p->offer->attempt > 1 && !is_worth_again(row, p))
        return false;
    return row->when(p) && !is_forbidden(profile, row, p);
}

static pair pair_of(const pl_offer *offer, const pl_offer *answer, pl_path_transport transport)
{
    return (pair){.offer = offer,
                  .answer = answer,
                  .caller = &offer->hints.of[transport],
                  .callee = &answer->hints.of[transport],
                  .transport = transport,
                  .lan = pl_method_is_lan(offer, answer),
                  .caller_gets_out = gets_out(offer, answer, transport),
                  .callee_gets_out = gets_out(answer, offer, transport)};
}

/* Two boxes that keep one port for all destinations are to be punched; if they were not, a packet that came too early
 * may have spoilt a port.  Where both are behind one box, it turns packets round or does not. */
static bool deserves_again(const pl_path_profile *profile, const pl_method_stage *stage, const pair *p)
{
    uint32_t a = pl_offer_outside(p->offer), b = pl_offer_outside(p->answer);
    return profile->fresh_port && stage->method == PL_PATH_PUNCHED && pl_method_is_independent(p->caller) &&
           pl_method_is_independent(p->callee) && (a == 0 || a != b);
}

void pl_method_plan_make(pl_method_plan *ret_plan, const pl_offer *offer, const pl_offer *answer,
                         const pl_config *config)
{
    pl_method_plan plan = {0};
    pl_path_profile profile = pl_method_profile(offer, answer);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        pair p = pair_of(offer, answer, rows[i].transport);
        if (!is_planned(&profile, &rows[i], &p))
            continue;
        const pl_method_stage stage = {rows[i].method, rows[i].transport, rows[i].budget(config)};
        plan.again = plan.again || (offer->attempt < PL_OFFER_ATTEMPTS && deserves_again(&profile, &stage, &p));
        if (rows[i].method != PL_PATH_RELAYED || !plan.again)
            plan.stages[plan.n_stages++] = stage;
    }
    *ret_plan = plan;
}

/* --- names --- */

const char *pl_path_method_name(pl_path_method method)
{
    static const char *const names[] = {
#define X(id, name) [id] = name,
        PL_PATH_METHODS(X)
#undef X
    };
    return names[method];
}

const char *pl_path_transport_name(pl_path_transport transport)
{
    return transport == PL_PATH_UDP ? "udp" : "tcp";
}

const char *pl_path_via_name(pl_path_via via)
{
    static const char *const names[] = {
        [PL_PATH_VIA_PUBLIC] = "public", [PL_PATH_VIA_LAN] = "lan", [PL_PATH_VIA_HAIRPIN] = "hairpin"};
    return names[via];
}

const char *pl_candidate_type_name(pl_candidate_type type)
{
    static const char *const names[] = {[PL_CANDIDATE_HOST] = "host",
                                        [PL_CANDIDATE_REFLEXIVE] = "reflexive",
                                        [PL_CANDIDATE_PEER_REFLEXIVE] = "peer-reflexive",
                                        [PL_CANDIDATE_RELAYED] = "relayed"};
    return names[type];
}

const char *pl_path_class_name(pl_path_method method, pl_path_transport transport)
{
    static const char *const names[][2] = {
#define X(id, name) [id] = {name "-udp", name "-tcp"},
        PL_PATH_METHODS(X)
#undef X
    };
    return names[method][transport];
}
