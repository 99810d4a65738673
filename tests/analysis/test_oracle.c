/* The oracle against what was published, and against its own rules where nobody published anything. */
#include "analysis/matrix/published.h"
#include "tests/analysis/matrix_folder.h"

typedef struct fixture {
    char *folder;
    an_kinds kinds;
} fixture;

static void set_up(fixture *f, gconstpointer rows)
{
    g_autofree char *error = NULL;
    f->folder = run_folder_new();
    g_autofree char *path = matrix_kinds_file(f->folder, rows);
    g_assert_true(an_kinds_read(path, &f->kinds, &error));
}

static void tear_down(fixture *f, gconstpointer rows)
{
    (void)rows;
    an_kinds_clear(&f->kinds);
    run_folder_free(f->folder);
}

static an_question question_of(const fixture *f, const char *caller, const char *callee,
                               an_transport transport, const char *era)
{
    an_question question = {.caller = an_kinds_find(&f->kinds, caller),
                            .callee = an_kinds_find(&f->kinds, callee),
                            .transport = transport,
                            .era = era ? an_era_find(era) : NULL};
    g_assert_nonnull(question.caller);
    g_assert_nonnull(question.callee);
    return question;
}

/* What the oracle expects, as "H", "D lan", "B|r": ways that are accepted, and where unless in public. */
static char *ask(const an_question *question)
{
    an_answer answer;
    an_oracle_ask(question, &answer);
    g_autofree char *ways = an_ways_text(answer.accepted, "|");
    char *text = answer.where == AN_IN_PUBLIC ? g_strdup(ways)
                                              : g_strdup_printf("%s %s", ways, an_where_name(answer.where));
    g_assert_cmpuint(strlen(answer.reason), >, 10);
    an_answer_clear(&answer);
    return text;
}

static void expect(const fixture *f, const char *pair, an_transport transport, const char *era,
                   const char *wanted)
{
    g_auto(GStrv) names = g_strsplit(pair, " ", 2);
    const an_question question = question_of(f, names[0], names[1], transport, era);
    g_autofree char *got = ask(&question);
    if (strcmp(got, wanted) != 0)
        g_error("%s over %s for %s: %s, wanted %s", pair, an_transport_name(transport), era, got, wanted);
}

/* Every cell of every table, in its era: the ways that are possible, and the one that is taken. */
static void agrees_with_cell(const an_question *question, size_t *n)
{
    an_published said;
    an_answer answer;
    if (!an_published_find(question, &said))
        return;
    ++*n;
    an_oracle_ask(question, &answer);
    unsigned ways = answer.possible & ~AN_WAY_BIT(AN_WAY_RELAYED);
    g_autofree char *got = an_ways_text(ways, " ");
    if ((said.lists_ways && ways != said.possible) || (answer.accepted & ~said.accepted))
        g_error("%s → %s, %s: the table says '%s', the oracle '%s' and takes %s (%s)", question->caller->name,
                question->callee->name, said.table, said.text, got, an_way_name(answer.first), answer.reason);
    an_answer_clear(&answer);
}

static void test_tables(fixture *f, gconstpointer rows)
{
    static const char *const eras[] = {"ours", "e2", "e1"};
    size_t n = 0;
    (void)rows;
    for (size_t e = 0; e < G_N_ELEMENTS(eras); e++)
        for (size_t a = 0; a < f->kinds.n; a++)
            for (size_t b = 0; b < f->kinds.n; b++)
                for (int t = AN_UDP; t <= AN_TCP; t++) {
                    const an_question question = {.caller = &f->kinds.kinds[a],
                                                  .callee = &f->kinds.kinds[b],
                                                  .transport = (an_transport)t,
                                                  .era = an_era_find(eras[e])};
                    agrees_with_cell(&question, &n);
                }
    /* 81 and 64 of ours, 49 and 13 of e2 (the symmetric row stands for two kinds), 64 twice of e1. */
    g_assert_cmpuint(n, ==, 81 + 64 + 49 + 13 + 64 + 64);
}

/* The other knobs: what nobody published, by the rules. */
/* clang-format off */
#define KINDS_OTHER                                                                                          \
    KINDS_PUBLISHED                                                                                          \
    BOX("adm", "home", AD, AD, "random") BOX("adm-counted", "home", AD, APD, "sequential")                   \
    BOX("drawn-cone", "home", EI, APD, "random") BOX("edm-eif", "home", APD, EI, "random")                   \
        BOX("adm-eif", "home", AD, EI, "random") BOX("edm-adf", "home", APD, AD, "random")                   \
    BOX("adm-eif-counted", "home", AD, EI, "sequential") BOX("edm-eif-counted", "home", APD, EI, "sequential") \
    BOX("adm-adf-counted", "home", AD, AD, "sequential")                                                     \
    BOX("sym-home", "home", APD, APD, "sequential") BOX("sym-home", "carrier", EI, APD, "preserve")          \
    BOX("sym-drawn", "home", APD, APD, "sequential") BOX("sym-drawn", "carrier", EI, EI, "block")            \
    WALL("firewalled", "allow", "allow", "none", "drop") WALL("only-443", "drop", "drop", "443", "drop")     \
    WALL("proxied", "drop", "drop", "none", "drop") "proxied,place,proxy,yes\n"                              \
    WALL("deaf", "drop", "drop", "none", "drop") "no-tcp-in,firewall,tcp_in,refuse\n"                        \
    "private,place,web_ports,none\n"
/* clang-format on */

static void test_rules(fixture *f, gconstpointer rows)
{
    (void)rows;
    /* A port that is not kept is one port all the same. */
    expect(f, "drawn-cone drawn-cone", AN_UDP, "ours", "H");
    expect(f, "drawn-cone symmetric", AN_UDP, "ours", "B|r");
    /* One port for each address is a symmetric box to the peer. */
    expect(f, "adm port-restricted", AN_UDP, "ours", "B|r");
    expect(f, "adm address-restricted", AN_UDP, "ours", "H");
    expect(f, "adm adm", AN_UDP, "ours", "r");
    expect(f, "adm-counted port-restricted", AN_UDP, "ours", "P");
    /* A carrier that keeps ports lets the steps of the home be seen; one that draws them does not. */
    expect(f, "sym-home port-restricted", AN_UDP, "ours", "P");
    expect(f, "sym-drawn port-restricted", AN_UDP, "ours", "B|r");
    /* No NAT, and nothing comes in unasked. */
    expect(f, "firewalled firewalled", AN_UDP, "ours", "H");
    expect(f, "public firewalled", AN_TCP, "ours", "R");
    expect(f, "firewalled symmetric", AN_UDP, "ours", "B|r");
    expect(f, "public no-tcp-in", AN_UDP, "ours", "D");
    expect(f, "public no-tcp-in", AN_TCP, "ours", "R");
    /* The web's ports only: of a public end, or of a relay. */
    expect(f, "only-443 public", AN_TCP, "ours", "D");
    expect(f, "proxied public", AN_TCP, "ours", "D");
    expect(f, "public proxied", AN_TCP, "ours", "R");
    expect(f, "proxied full-cone", AN_TCP, "ours", "r");
    expect(f, "proxied public", AN_UDP, "ours", "r");
    expect(f, "deaf public", AN_UDP, "ours", "✗");
    expect(f, "only-443 private", AN_TCP, "ours", "r");
    /* Anyone gets in, but the answer comes from another port: it has to be let in too. */
    expect(f, "public edm-eif", AN_UDP, "ours", "D");
    expect(f, "adm edm-eif", AN_UDP, "ours", "D");
    expect(f, "edm-eif edm-eif", AN_UDP, "ours", "r"); /* every answer comes from yet another port */
    /* … unless one of the two has one port for all of the other's: its answers then come from that. */
    expect(f, "edm-eif adm-eif", AN_UDP, "ours", "D");
    expect(f, "adm-eif edm-eif", AN_UDP, "ours", "D");
    expect(f, "adm-eif edm-adf", AN_UDP, "ours", "R");
    expect(f, "edm-adf adm-eif", AN_UDP, "ours", "D");
    expect(f, "edm-adf edm-eif", AN_UDP, "ours", "r");
    /* Who asks a port that can be foretold, and that lets his address in, need not be foretold: he is answered from there. */
    expect(f, "symmetric adm-eif-counted", AN_UDP, "ours", "P");
    expect(f, "adm-eif-counted symmetric", AN_UDP, "ours", "P");
    expect(f, "symmetric adm-adf-counted", AN_UDP, "ours", "P");
    expect(f, "adm-adf-counted edm-adf", AN_UDP, "ours", "P");
    expect(f, "symmetric edm-eif-counted", AN_UDP, "ours", "r");
    expect(f, "adm-counted symmetric", AN_UDP, "ours", "r");
    expect(f, "symmetric adm-eif-counted", AN_TCP, "ours", "r");
    expect(f, "port-restricted edm-eif", AN_UDP, "ours", "B|r");
    expect(f, "symmetric edm-eif", AN_UDP, "ours", "r");
}

/* Where both transports may be used, TCP is for what UDP leaves to a relay. */
static void test_any(fixture *f, gconstpointer rows)
{
    (void)rows;
    expect(f, "port-restricted port-restricted", AN_ANY, "ours", "H");
    expect(f, "udp-blocked port-restricted", AN_ANY, "ours", "H");
    expect(f, "udp-blocked public", AN_ANY, "ours", "D");
    expect(f, "symmetric symmetric", AN_ANY, "ours", "r");
    expect(f, "port-restricted symmetric", AN_ANY, "ours", "B|r");
}

static void test_eras(fixture *f, gconstpointer rows)
{
    (void)rows;
    expect(f, "public public", AN_UDP, "e1", "D");
    expect(f, "port-restricted public", AN_UDP, "e1", "r"); /* BS-32 */
    expect(f, "full-cone full-cone", AN_TCP, "e1", "r");
    expect(f, "port-restricted symmetric-sequential", AN_UDP, "e2", "r");
    expect(f, "address-restricted symmetric", AN_UDP, "e2", "H");
    expect(f, "port-restricted full-cone", AN_TCP, "e2", "r");
    expect(f, "udp-blocked public", AN_TCP, "e2", "D");
    expect(f, "port-restricted port-restricted", AN_TCP, "e2", "r");
    expect(f, "port-restricted symmetric-sequential", AN_TCP, "ours", "P|r");
    g_assert_null(an_era_find("e3"));
}

#define KINDS_RACES                                                                                          \
    BOX("silent", "home", EI, APD, "preserve")                                                               \
    BOX("strangers", "home", EI, APD, "overloading")                                                         \
    "strangers,home,strangers,answered\nstrangers,home,unsolicited_syn,rst\n"

/* Without help the early packet is fatal exactly where it was measured to be; ours sends none. */
static void test_races(fixture *f, gconstpointer rows)
{
    const an_race *races;
    size_t n = an_published_races(&races);
    (void)rows;
    for (size_t i = 0; i < n; i++) {
        an_question question = question_of(f, races[i].kind, races[i].kind, races[i].transport, NULL);
        an_answer answer;
        question.crossing = races[i].crossing;
        an_oracle_ask(&question, &answer);
        g_assert_cmpint(!!(answer.possible & AN_WAY_BIT(AN_WAY_PUNCHED)), ==, races[i].works);
        an_answer_clear(&answer);
        question.era = an_era_find("ours");
        g_autofree char *mended = ask(&question);
        g_assert_cmpstr(mended, ==, "H");
    }
    /* Only the one who is late is hurt. */
    an_question question = question_of(f, "silent", "strangers", AN_UDP, NULL);
    question.crossing = AN_APART;
    g_autofree char *unhurt = ask(&question);
    g_assert_cmpstr(unhurt, ==, "H");
    question = question_of(f, "strangers", "silent", AN_UDP, "e2");
    question.crossing = AN_APART;
    g_autofree char *hurt = ask(&question);
    g_assert_cmpstr(hurt, ==, "r");
}

static char *rows_of(const an_meeting *meeting)
{
    const char *filter = meeting->filtering == AN_ENDPOINT_INDEPENDENT ? EI : APD;
    bool two_boxes = meeting->share != AN_SHARE_NAT;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "it,home,mapping,%s\nit,home,filtering,%s\n", EI, filter);
    if (two_boxes)
        g_string_append_printf(text, "it,carrier,mapping,%s\nit,carrier,filtering,%s\n", EI, filter);
    g_string_append_printf(text, "it,%s,hairpin,%s\n", two_boxes ? "carrier" : "home",
                           meeting->hairpin ? "external" : "none");
    g_string_append_printf(text, "it,place,share,%s\nit,place,isolated,%s\n",
                           meeting->share == AN_SHARE_NAT       ? "nat"
                           : meeting->share == AN_SHARE_CARRIER ? "carrier"
                                                                : "none",
                           meeting->isolated ? "yes" : "no");
    return g_string_free(text, FALSE);
}

static void test_meetings(void)
{
    const an_meeting *meetings;
    size_t n = an_published_meetings(&meetings);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *rows = rows_of(&meetings[i]);
        fixture f;
        set_up(&f, rows);
        const char *wanted = strcmp(meetings[i].verdict, "relay") == 0 ? "r" : meetings[i].verdict;
        for (int t = AN_UDP; t <= AN_TCP; t++) {
            const an_question question = question_of(&f, "it", "it", (an_transport)t, "ours");
            g_autofree char *got = ask(&question);
            if (strcmp(got, wanted) != 0)
                g_error("%s: %s, wanted %s", meetings[i].title, got, wanted);
        }
        tear_down(&f, NULL);
    }
}

/* Turning the pair round turns direct and reversed round, and nothing else. */
static unsigned turned(unsigned ways)
{
    unsigned rest = ways & ~(AN_WAY_BIT(AN_WAY_DIRECT) | AN_WAY_BIT(AN_WAY_REVERSED));
    return rest | (ways & AN_WAY_BIT(AN_WAY_DIRECT) ? AN_WAY_BIT(AN_WAY_REVERSED) : 0) |
           (ways & AN_WAY_BIT(AN_WAY_REVERSED) ? AN_WAY_BIT(AN_WAY_DIRECT) : 0);
}

static void test_symmetry(fixture *f, gconstpointer rows)
{
    (void)rows;
    for (size_t a = 0; a < f->kinds.n; a++)
        for (size_t b = 0; b < f->kinds.n; b++)
            for (int t = AN_UDP; t <= AN_TCP; t++) {
                an_question one = {
                    .caller = &f->kinds.kinds[a], .callee = &f->kinds.kinds[b], .transport = (an_transport)t};
                an_question two = {.caller = one.callee, .callee = one.caller, .transport = one.transport};
                an_answer there, back;
                an_oracle_ask(&one, &there);
                an_oracle_ask(&two, &back);
                g_assert_cmpuint(there.possible, ==, turned(back.possible));
                an_answer_clear(&there);
                an_answer_clear(&back);
            }
}

/* Two restricted boxes and an address-dependent one, on an engine whose TCP opens one way only, and on one whose does
 * not. */
#define KINDS_OF_STACKS                                                                                      \
    BOX("one-way", "home", EI, APD, "preserve") "one-way,stack,simultaneous_open,no\n"                       \
    BOX("both-ways", "home", EI, APD, "preserve") "both-ways,stack,simultaneous_open,yes\n"                  \
    BOX("unsaid", "home", EI, AD, "preserve") BOX("moving", "home", APD, APD, "random")                      \
    BOX("one-way-adf", "home", EI, AD, "preserve") "one-way-adf,stack,simultaneous_open,no\n"                \
    BOX("inner", "home", EI, APD, "preserve") "inner,place,share,nat\ninner,place,isolated,yes\n"            \
    "inner,home,hairpin,external\n"                                                                         \
    BOX("one-counter", "home", APD, APD, "sequential") "one-counter,place,share,nat\n"                       \
    "one-counter,place,isolated,yes\none-counter,home,hairpin,external\n"                                   \
    BOX("two-counters", "home", APD, APD, "preserve") "two-counters,place,share,nat\n"                       \
    "two-counters,place,isolated,yes\ntwo-counters,home,hairpin,external\n"

static unsigned argued_of(const fixture *f, const char *caller, const char *callee, an_transport transport,
                          const char *era)
{
    const an_question question = question_of(f, caller, callee, transport, era);
    const an_deviation *deviation = an_published_deviation(&question);
    return deviation ? deviation->accepted : 0;
}

static unsigned argued(const fixture *f, const char *caller, const char *callee, an_transport transport)
{
    return argued_of(f, caller, callee, transport, "ours");
}

/* A punch whose two SYNs have to meet may be relayed where they cannot; one that a listener takes may not. */
static void test_deviations(fixture *f, gconstpointer rows)
{
    (void)rows;
    const unsigned relayed = AN_WAY_BIT(AN_WAY_RELAYED);
    g_assert_cmpuint(argued(f, "one-way", "one-way", AN_TCP), ==, relayed);
    g_assert_cmpuint(argued(f, "one-way", "both-ways", AN_TCP), ==, relayed);
    g_assert_cmpuint(argued(f, "unsaid", "one-way", AN_TCP), ==, relayed);
    g_assert_cmpuint(argued(f, "one-way", "one-way", AN_UDP), ==, 0);
    g_assert_cmpuint(argued(f, "both-ways", "both-ways", AN_TCP), ==, 0);
    g_assert_cmpuint(argued(f, "unsaid", "both-ways", AN_TCP), ==, 0);
    g_assert_cmpuint(argued(f, "one-way-adf", "moving", AN_TCP), ==, 0);
    g_assert_cmpuint(argued(f, "inner", "one-way", AN_UDP), ==, 0);
    g_assert_cmpuint(argued(f, "inner", "inner", AN_UDP), ==, 0);
    g_assert_cmpuint(argued_of(f, "inner", "inner", AN_UDP, "e2"), ==,
                     AN_WAY_BIT(AN_WAY_DIRECT) | AN_WAY_BIT(AN_WAY_REVERSED) | AN_WAY_BIT(AN_WAY_PUNCHED));
}

/* Two ends behind one box draw their ports from one counter, if it has one: behind the same kind of box of his own, or
 * beside ports of one's own, each is foretold. */
static void test_one_counter(fixture *f, gconstpointer rows)
{
    (void)rows;
    g_assert_cmpuint(argued(f, "one-counter", "one-counter", AN_UDP), ==, AN_WAY_BIT(AN_WAY_RELAYED));
    g_assert_cmpuint(argued(f, "two-counters", "two-counters", AN_UDP), ==, 0);
    g_assert_cmpuint(argued(f, "one-counter", "two-counters", AN_UDP), ==, 0);
    g_assert_cmpuint(argued(f, "one-counter", "one-counter", AN_TCP), ==, 0);
    g_assert_cmpuint(argued_of(f, "one-counter", "one-counter", AN_UDP, "e2"), ==, 0);
}

static void test_hostile_kinds(void)
{
    static const struct {
        const char *rows, *complaint;
    } cases[] = {
        {"a,attic,mapping,x\n", "kinds.csv:2: no such layer"},
        {"a,home,mapping,sideways\n", "kinds.csv:2: the knob has no such value"},
        {"a,firewall,udp_in,moat\n", "kinds.csv:2: the knob has no such value"},
        {"a,stack,simultaneous_open,sometimes\n", "kinds.csv:2: the knob has no such value"},
        {"a,place,share\n", "kinds.csv:2: a row has four fields"},
        {",home,mapping,x\n", "kinds.csv:2: a kind without a name"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *folder = run_folder_new();
        g_autofree char *path = matrix_kinds_file(folder, cases[i].rows), *error = NULL;
        an_kinds kinds;
        g_assert_false(an_kinds_read(path, &kinds, &error));
        g_assert_nonnull(strstr(error, cases[i].complaint));
        run_folder_free(folder);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/oracle/tables", fixture, KINDS_PUBLISHED, set_up, test_tables, tear_down);
    g_test_add("/oracle/rules", fixture, KINDS_OTHER, set_up, test_rules, tear_down);
    g_test_add("/oracle/any", fixture, KINDS_PUBLISHED, set_up, test_any, tear_down);
    g_test_add("/oracle/eras", fixture, KINDS_PUBLISHED, set_up, test_eras, tear_down);
    g_test_add("/oracle/symmetry", fixture, KINDS_OTHER, set_up, test_symmetry, tear_down);
    g_test_add("/oracle/races", fixture, KINDS_RACES, set_up, test_races, tear_down);
    g_test_add_func("/oracle/meetings", test_meetings);
    g_test_add("/oracle/deviations", fixture, KINDS_OF_STACKS, set_up, test_deviations, tear_down);
    g_test_add("/oracle/one-counter", fixture, KINDS_OF_STACKS, set_up, test_one_counter, tear_down);
    g_test_add_func("/oracle/hostile-kinds", test_hostile_kinds);
    return g_test_run();
}
