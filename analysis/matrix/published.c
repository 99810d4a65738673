#include "analysis/matrix/published.h"

#include <string.h>

/* chosen: more kinds than any of the tables has, and their names in scenarios. */
#define COLUMNS_MAX 9
#define NAMES_MAX   10

/* A row's or column's name in the tables, and the kinds of end in scenarios that are meant.  A mapping whose
 * ports are not kept, and what Linux does without a clash, behave as the rows that keep them; one port for
 * each address behaves as symmetric. */
typedef struct heading {
    const char *printed;
    const char *kinds[NAMES_MAX];
} heading;

/* clang-format off */
#define PUBLIC    {"public", {"public", "pub", "open"}}
#define FULL_CONE {"EIM/EIF", {"full-cone"}}
#define ADDRESS   {"EIM/ADF", {"address-restricted"}}
#define PORT      {"EIM/APDF", {"port-restricted", "eim-random", "linux", "no-hairpin"}}
#define COUNTED   {"sym-seq", {"symmetric-sequential"}}
#define DRAWN     {"sym-rnd", {"symmetric", "adm"}}
#define DOUBLE    {"dbl", {"double"}}
#define NO_UDP    {"noudp", {"udp-blocked"}}
#define WEB       {"web", {"web-only"}}
#define SYMMETRIC {"symmetric", {"symmetric", "adm", "symmetric-sequential"}}
/* Whatever stands before an end, for the tables of 2004. */
#define BOXED     {"NATed or without UDP", {"full-cone", "address-restricted", "port-restricted", "eim-random", "linux", \
                   "symmetric", "symmetric-sequential", "adm", "double", "udp-blocked"}}
/* clang-format on */

typedef struct table {
    const char *title;
    const char *era;
    an_transport transport;
    bool lists_ways; /* else cells say only whether a way is direct or relayed */
    size_t n;
    heading headings[COLUMNS_MAX];
    const char *cells[COLUMNS_MAX][COLUMNS_MAX]; /* caller, callee */
} table;

/* measured: 81 pairs of kernel NATs × 4 methods; every cell was derived as well, with no contradiction. */
static const table udp_pairs = {
    .title = "UDP, measured on kernel NATs",
    .era = "ours",
    .transport = AN_UDP,
    .lists_ways = true,
    .n = 9,
    .headings = {PUBLIC, FULL_CONE, ADDRESS, PORT, COUNTED, DRAWN, DOUBLE, NO_UDP, WEB},
    .cells =
        {
            {"D R H", "D R H", "R H", "R H", "R H", "R H", "R H", "relay", "relay"},
            {"D R H", "D R H", "R H", "R H", "R H", "R H", "R H", "relay", "relay"},
            {"D H", "D H", "H", "H", "H (P)", "H", "H", "relay", "relay"},
            {"D H", "D H", "H", "H", "P", "B / relay", "H", "relay", "relay"},
            {"D H", "D H", "H (P)", "P", "P", "relay", "P", "relay", "relay"},
            {"D H", "D H", "H", "B / relay", "relay", "relay", "B / relay", "relay", "relay"},
            {"D H", "D H", "H", "H", "P", "B / relay", "H", "relay", "relay"},
            {"relay", "relay", "relay", "relay", "relay", "relay", "relay", "relay", "relay"},
            {"relay", "relay", "relay", "relay", "relay", "relay", "relay", "relay", "relay"},
        },
};

/* measured: 49 pairs of kernel NATs with fresh ports for each method; derived: prediction, and the rows and
 * columns of who may only use the web's ports. */
static const table tcp_pairs = {
    .title = "TCP, measured on kernel NATs",
    .era = "ours",
    .transport = AN_TCP,
    .lists_ways = true,
    .n = 8,
    .headings = {PUBLIC, FULL_CONE, PORT, COUNTED, DRAWN, DOUBLE, NO_UDP, WEB},
    .cells =
        {
            {"D R H", "D R H", "R H", "R H", "R H", "R H", "R H", "R"},
            {"D R H", "D R H", "R H", "R H", "R H", "R H", "R H", "relay"},
            {"D H", "D H", "H", "P / relay", "relay", "H", "H", "relay"},
            {"D H", "D H", "P / relay", "relay", "relay", "P / relay", "P / relay", "relay"},
            {"D H", "D H", "relay", "relay", "relay", "relay", "relay", "relay"},
            {"D H", "D H", "H", "P / relay", "relay", "H", "H", "relay"},
            {"D H", "D H", "H", "P / relay", "relay", "H", "H", "relay"},
            {"D", "relay", "relay", "relay", "relay", "relay", "relay", "relay"},
        },
};

/* measured: section 10.2 of the measurements, the rule table of 2006; "symmetric" of either kind. */
static const table udp_2006 = {
    .title = "UDP in 2006 (section 10.2)",
    .era = "e2",
    .transport = AN_UDP,
    .n = 6,
    .headings = {PUBLIC, FULL_CONE, ADDRESS, PORT, SYMMETRIC, NO_UDP},
    .cells =
        {
            {"yes", "yes", "yes", "yes", "yes", "relay"},
            {"yes", "yes", "yes", "yes", "yes", "relay"},
            {"yes", "yes", "yes", "yes", "yes", "relay"},
            {"yes", "yes", "yes", "yes", "relay", "relay"},
            {"yes", "yes", "yes", "relay", "relay", "relay"},
            {"relay", "relay", "relay", "relay", "relay", "relay"},
        },
};

/* The last row and column of the same table: a blocked end opens TCP to a public one.  It says nothing of TCP
 * between two others, as those have UDP. */
static const table tcp_2006 = {
    .title = "TCP in 2006 (section 10.2)",
    .era = "e2",
    .transport = AN_TCP,
    .n = 6,
    .headings = {PUBLIC, FULL_CONE, ADDRESS, PORT, SYMMETRIC, NO_UDP},
    .cells =
        {
            {NULL, NULL, NULL, NULL, NULL, "R"},
            {NULL, NULL, NULL, NULL, NULL, "relay"},
            {NULL, NULL, NULL, NULL, NULL, "relay"},
            {NULL, NULL, NULL, NULL, NULL, "relay"},
            {NULL, NULL, NULL, NULL, NULL, "relay"},
            {"D", "relay", "relay", "relay", "relay", "relay"},
        },
};

/* measured: BS-31, BS-32 and BS-34, for both transports. */
static const table udp_2004 = {
    .title = "2004 (BS-31, BS-32, BS-34)",
    .era = "e1",
    .transport = AN_UDP,
    .n = 2,
    .headings = {PUBLIC, BOXED},
    .cells = {{"D", "relay"}, {"relay", "relay"}},
};
static const table tcp_2004 = {
    .title = "2004 (BS-31, BS-32, BS-34)",
    .era = "e1",
    .transport = AN_TCP,
    .n = 2,
    .headings = {PUBLIC, BOXED},
    .cells = {{"D", "relay"}, {"relay", "relay"}},
};

static const table *const tables[] = {&udp_pairs, &tcp_pairs, &udp_2006, &tcp_2006, &udp_2004, &tcp_2004};

/* measured: kernel NATs, both ends of one kind, the first packets crossing in flight or not. */
static const an_race races[] = {
    {AN_UDP, AN_APART, "silent", true},     {AN_UDP, AN_CROSS, "silent", true},
    {AN_UDP, AN_APART, "strangers", false}, {AN_UDP, AN_CROSS, "strangers", true},
    {AN_TCP, AN_APART, "silent", true},     {AN_TCP, AN_CROSS, "silent", true},
    {AN_TCP, AN_APART, "strangers", false}, {AN_TCP, AN_CROSS, "strangers", true},
};

/* measured: all but the isolated ones, which are derived. */
static const an_meeting meetings[] = {
    {"same-nat-no-hairpin", "same NAT, no hairpin", AN_SHARE_NAT, AN_PORT_DEPENDENT, false, false, "D lan"},
    {"same-nat", "same NAT, hairpin", AN_SHARE_NAT, AN_PORT_DEPENDENT, true, false, "D lan"},
    {"same-nat-isolated", "same NAT, isolated, hairpin", AN_SHARE_NAT, AN_PORT_DEPENDENT, true, true,
     "H hairpin"},
    {NULL, "same NAT, isolated, no hairpin", AN_SHARE_NAT, AN_PORT_DEPENDENT, false, true, "relay"},
    {"same-cgn-no-hairpin", "same carrier, no hairpin", AN_SHARE_CARRIER, AN_PORT_DEPENDENT, false, false,
     "relay"},
    {NULL, "same carrier, full cones, no hairpin", AN_SHARE_CARRIER, AN_ENDPOINT_INDEPENDENT, false, false,
     "relay"},
    {"same-cgn", "same carrier, hairpin", AN_SHARE_CARRIER, AN_PORT_DEPENDENT, true, false, "H hairpin"},
    {NULL, "different carriers, endpoint-independent", AN_SHARE_NONE, AN_PORT_DEPENDENT, false, false, "H"},
};

/* Two ends with one outside address are tried directly and reversed before they are punched, as they may
 * share a network: between them these two stages are a punch already. */
#define BOTH_STAGES                                                                                          \
    "ends with one outside address are tried directly and reversed first, and what either stage sends "      \
    "opens the box "                                                                                         \
    "for the other"
#define OPEN_OR_PUNCHED (AN_WAY_BIT(AN_WAY_DIRECT) | AN_WAY_BIT(AN_WAY_REVERSED) | AN_WAY_BIT(AN_WAY_PUNCHED))

#define SYNS_MEET                                                                                            \
    "the engine's TCP has no simultaneous open: two SYNs that meet end nothing and begin nothing, and only "  \
    "where they miss each other a listener takes the second"

#define ONE_COUNTER                                                                                          \
    "the box that both have counts their ports by one counter: what either opens towards the ports that it "  \
    "foretells moves the other's by as many, and who opens first is not agreed on"

/* A run that differs in any other cell is wrong, or the table is. */
static const an_deviation deviations[] = {
    {"e2", AN_MEETING, AN_UDP, OPEN_OR_PUNCHED, BOTH_STAGES},
    {"ours", AN_ONE_SYN, AN_TCP, AN_WAY_BIT(AN_WAY_RELAYED), SYNS_MEET},
    {"ours", AN_ONE_COUNTER, AN_UDP, AN_WAY_BIT(AN_WAY_RELAYED), ONE_COUNTER},
};

const char *an_published_deviants(an_deviants whose)
{
    switch (whose) {
    case AN_MEETING:
        return "two of a kind whose common box turns packets round";
    case AN_ONE_SYN:
        return "two whose SYNs would have to meet, on an engine where none do";
    case AN_ONE_COUNTER:
        return "two of a kind whose common box counts the ports of both, and turns packets round";
    }
    g_assert_not_reached();
}

size_t an_published_races(const an_race **ret_rows)
{
    *ret_rows = races;
    return G_N_ELEMENTS(races);
}

size_t an_published_meetings(const an_meeting **ret_rows)
{
    *ret_rows = meetings;
    return G_N_ELEMENTS(meetings);
}

size_t an_published_deviations(const an_deviation **ret_rows)
{
    *ret_rows = deviations;
    return G_N_ELEMENTS(deviations);
}

static bool has_one_counter(const an_kind *kind)
{
    const an_box *outermost = kind->carrier.present ? &kind->carrier : &kind->home;
    return outermost->ports == AN_PORTS_COUNTED;
}

static bool is_of(an_deviants whose, const an_question *question)
{
    an_answer answer;
    an_oracle_ask(question, &answer);
    const bool is_hairpin = an_oracle_is_shared(question) && answer.where == AN_BY_HAIRPIN;
    const an_way first = answer.first;
    const bool is_of_two_syns = answer.is_of_two_syns;
    an_answer_clear(&answer);
    switch (whose) {
    case AN_MEETING:
        return is_hairpin && first == AN_WAY_PUNCHED;
    case AN_ONE_SYN:
        return is_of_two_syns && (question->caller->opens_one_way || question->callee->opens_one_way);
    case AN_ONE_COUNTER:
        return is_hairpin && first == AN_WAY_PREDICTED && has_one_counter(question->caller);
    }
    g_assert_not_reached();
}

const an_deviation *an_published_deviation(const an_question *question)
{
    for (size_t i = 0; i < G_N_ELEMENTS(deviations); i++) {
        const an_deviation *one = &deviations[i];
        if (one->transport == question->transport && strcmp(one->era, question->era->name) == 0 &&
            is_of(one->whose, question))
            return one;
    }
    return NULL;
}

/* The place of a kind in a table's headings, or their number. */
static size_t place_of(const table *t, const char *kind)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < NAMES_MAX && t->headings[i].kinds[k]; k++)
            if (strcmp(t->headings[i].kinds[k], kind) == 0)
                return i;
    return t->n;
}

/* "D R H" → the three; a relay that stands beside another way is what may come of it, not a way of its own.
 */
static unsigned ways_in(const char *text)
{
    unsigned set = 0;
    for (; *text; text++)
        for (size_t way = AN_WAY_DIRECT; way <= AN_WAY_SPRAYED; way++)
            if (*text == *an_way_symbol((an_way)way))
                set |= AN_WAY_BIT(way);
    return set;
}

static unsigned first_in(unsigned set)
{
    return set & (~set + 1);
}

static an_published read_cell(const table *t, const char *text)
{
    an_published said = {.table = t->title, .text = text, .lists_ways = t->lists_ways};
    said.possible = ways_in(text);
    if (strcmp(text, "yes") == 0)
        said.accepted = AN_WAY_BIT(AN_WAY_DIRECT) | AN_WAY_BIT(AN_WAY_REVERSED) | AN_WAY_BIT(AN_WAY_PUNCHED);
    else
        said.accepted = first_in(said.possible);
    if (strstr(text, "relay"))
        said.accepted |= AN_WAY_BIT(AN_WAY_RELAYED);
    return said;
}

/* Two ends with a box in common. */
static bool find_meeting(const an_question *question, an_published *ret_published)
{
    for (size_t i = 0; i < G_N_ELEMENTS(meetings); i++) {
        const an_meeting *one = &meetings[i];
        if (!one->kind || strcmp(one->kind, question->caller->name) != 0)
            continue;
        unsigned ways = ways_in(one->verdict);
        *ret_published = (an_published){
            .table = one->title, .text = one->verdict, .accepted = ways ? ways : AN_WAY_BIT(AN_WAY_RELAYED)};
        return true;
    }
    return false;
}

bool an_published_find(const an_question *question, an_published *ret_published)
{
    if (an_oracle_is_shared(question))
        return strcmp(question->era->name, "ours") == 0 && find_meeting(question, ret_published);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        const table *t = tables[i];
        if (t->transport != question->transport || strcmp(t->era, question->era->name) != 0)
            continue;
        size_t row = place_of(t, question->caller->name), column = place_of(t, question->callee->name);
        if (row == t->n || column == t->n || !t->cells[row][column])
            continue;
        *ret_published = read_cell(t, t->cells[row][column]);
        return true;
    }
    return false;
}
