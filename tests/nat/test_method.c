/* test_method.c - the plan: which methods two kinds of end try, in what order; budgets; eras. */
#include <string.h>

#include <glib.h>

#include "core/nat/path/method.h"

/* One kind of end, as its offer tells it. */
typedef struct kind {
    const char *name;
    pl_nat_mapping mapping;
    pl_nat_filtering filtering;
    int16_t step;
    bool no_udp, web;
} kind;

static const kind kinds[] = {
    {"pub", PL_MAPPING_NONE, PL_FILTERING_EI, 0, false, false},
    {"EIF", PL_MAPPING_EI, PL_FILTERING_EI, 0, false, false},
    {"ADF", PL_MAPPING_EI, PL_FILTERING_AD, 0, false, false},
    {"APDF", PL_MAPPING_EI, PL_FILTERING_APD, 0, false, false},
    {"seq", PL_MAPPING_APD, PL_FILTERING_APD, 1, false, false},
    {"rnd", PL_MAPPING_APD, PL_FILTERING_APD, 0, false, false},
    {"noudp", PL_MAPPING_NONE, PL_FILTERING_APD, 0, true, false},
    {"web", PL_MAPPING_NONE, PL_FILTERING_APD, 0, true, true},
};
#define KINDS G_N_ELEMENTS(kinds)

/* Not in the tables. */
static const kind others[] = {
    {"seq-open", PL_MAPPING_AD, PL_FILTERING_EI, 1, false, false},
    {"seq-half", PL_MAPPING_AD, PL_FILTERING_AD, 1, false, false},
};

static const kind *kind_of(const char *name)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        if (strcmp(others[i].name, name) == 0)
            return &others[i];
    }
    g_assert_not_reached();
}

static uint8_t profile_of(const char *name)
{
    const pl_path_profile *const *profiles;
    size_t n = pl_path_profiles(&profiles);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(profiles[i]->name, name) == 0)
            return (uint8_t)i;
    }
    g_assert_not_reached();
}

static pl_offer end_of(const kind *k, uint32_t ip, const char *profile)
{
    pl_offer offer = {.kind = PL_OFFER_OFFER, .session = 1, .attempt = 1, .profile = profile_of(profile)};
    const pl_hint hint = {k->mapping, k->filtering, k->step, 5000};
    bool bare = k->mapping == PL_MAPPING_NONE;
    offer.hints = (pl_hints){
        .udp = k->no_udp ? PL_UDP_BLOCKED : PL_UDP_OPEN, .web_only = k->web, .of = {hint, hint}};
    if (k->no_udp)
        offer.hints.of[PL_PATH_UDP] = (pl_hint){0};
    for (int t = 0; t < 2; t++) {
        pl_path_transport transport = (pl_path_transport)t;
        pl_offer_add(&offer, (pl_candidate){PL_CANDIDATE_HOST, transport, {bare ? ip : 0xC0A80102u, 5001}});
        if (!bare)
            pl_offer_add(&offer, (pl_candidate){PL_CANDIDATE_REFLEXIVE, transport, {ip, 5002}});
    }
    if (bare)
        pl_offer_add(&offer, (pl_candidate){PL_CANDIDATE_HOST, PL_PATH_TCP, {ip, 80}});
    return offer;
}

/* Capitals: UDP; small letters: TCP; "-" the relay; "+" everything once more. */
static const char *told(const pl_method_plan *plan)
{
    static const char letters[] = {'D', 'R', 'H', 'P', 'B', '-'};
    char text[PL_METHOD_STAGES_MAX + 2] = {0};
    for (size_t i = 0; i < plan->n_stages; i++) {
        char letter = letters[plan->stages[i].method];
        text[i] = plan->stages[i].transport == PL_PATH_TCP ? g_ascii_tolower(letter) : letter;
    }
    if (plan->again)
        text[plan->n_stages] = '+';
    return g_intern_string(text);
}

static pl_method_plan plan_of(const pl_offer *offer, const pl_offer *answer)
{
    pl_config config;
    pl_method_plan plan;
    pl_config_init(&config);
    pl_method_plan_make(&plan, offer, answer, &config);
    return plan;
}

/* The class of each pair, by the rules of these boxes; the first letter of a plan that works is this one, so the plan
 * must have it. */
static const char *const udp_classes[KINDS] = {
    "DDRRRR--", "DDRRRR--", "DDHHHH--", "DDHHPB--", "DDHPP---", "DDHB----", "--------", "--------",
};
static const char *const tcp_classes[KINDS] = {
    "ddrrrrrr", "ddrrrrr-", "ddhhhhh-", "ddhhp-h-", "ddhp--p-", "ddh-----", "ddhhp-h-", "d-------",
};

static void expect_has(const char *plan, char letter, const char *a, const char *b)
{
    if (letter != '-' && !strchr(plan, letter))
        g_error("%s x %s: %s has no %c", a, b, plan, letter);
}

static void test_every_way_that_works_is_planned(void)
{
    for (size_t a = 0; a < KINDS; a++) {
        for (size_t b = 0; b < KINDS; b++) {
            pl_offer offer = end_of(&kinds[a], 0x51000001u, "ours"), answer = end_of(&kinds[b], 0x51000002u, "ours");
            pl_method_plan plan = plan_of(&offer, &answer);
            const char *text = told(&plan);
            expect_has(text, udp_classes[a][b], kinds[a].name, kinds[b].name);
            expect_has(text, tcp_classes[a][b], kinds[a].name, kinds[b].name);
            g_assert_true(plan.again || text[plan.n_stages - 1] == '-'); /* the relay is always last */
        }
    }
}

/* What is in vain by what is known is not tried; punching is, wherever packets get out. */
static void test_plans(void)
{
    static const struct {
        const char *caller, *callee, *profile, *plan;
    } rows[] = {
        {"pub", "pub", "ours", "DRHdrh+"},
        {"pub", "APDF", "ours", "RHrh+"},
        {"APDF", "pub", "ours", "DHdh+"},
        {"APDF", "APDF", "ours", "Hh+"},
        {"ADF", "seq", "ours", "HPhp-"},
        {"APDF", "seq", "ours", "PHhp-"}, /* a punch that is in vain, for all that is known, comes after */
        {"seq", "APDF", "ours", "PHhp-"},
        {"APDF", "rnd", "ours", "HBh-"},
        {"rnd", "ADF", "ours", "HBh-"},
        {"rnd", "EIF", "ours", "DHdh-"},
        {"seq", "seq", "ours", "HPh-"},
        {"seq", "rnd", "ours", "Hh-"},
        {"seq-open", "rnd", "ours", "RHPrh-"}, /* who asks at the foretold port is answered from it, whoever he is */
        {"rnd", "seq-open", "ours", "DHPdh-"},
        {"seq-open", "rnd", "e2", "R-"},
        {"seq-half", "rnd", "ours", "HPh-"}, /* the address is enough, and that is known */
        {"rnd", "seq-half", "ours", "HPh-"},
        {"rnd", "rnd", "ours", "Hh-"},
        {"noudp", "pub", "ours", "dh+"},
        {"noudp", "APDF", "ours", "h+"},
        {"pub", "web", "ours", "r-"},
        {"web", "pub", "ours", "d-"},
        {"web", "APDF", "ours", "-"},
        {"web", "web", "ours", "-"},
        {"pub", "pub", "e2", "DRHdr-"},
        {"APDF", "APDF", "e2", "H-"},
        {"rnd", "APDF", "e2", "-"},
        {"APDF", "seq", "e2", "-"},
        {"rnd", "ADF", "e2", "H-"},
        {"rnd", "seq", "e2", "-"},
        {"noudp", "pub", "e2", "d-"},
        {"pub", "pub", "e1", "Dd-"},
        {"APDF", "pub", "e1", "-"},
        {"pub", "EIF", "e1", "-"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        pl_offer offer = end_of(kind_of(rows[i].caller), 0x51000001u, rows[i].profile);
        pl_offer answer = end_of(kind_of(rows[i].callee), 0x51000002u, rows[i].profile);
        pl_method_plan plan = plan_of(&offer, &answer);
        g_test_message("%s x %s", rows[i].caller, rows[i].callee);
        g_assert_cmpstr(told(&plan), ==, rows[i].plan);
    }
}

/* The second attempt punches from fresh ports, over UDP if both have it, and then there is the relay. */
static void test_the_second_attempt(void)
{
    pl_offer offer = end_of(&kinds[3], 0x51000001u, "ours"), answer = end_of(&kinds[3], 0x51000002u, "ours");
    offer.attempt = answer.attempt = 2;
    pl_method_plan plan = plan_of(&offer, &answer);
    g_assert_cmpstr(told(&plan), ==, "H-");
    offer = end_of(&kinds[6], 0x51000001u, "ours");
    offer.attempt = 2;
    plan = plan_of(&offer, &answer);
    g_assert_cmpstr(told(&plan), ==, "h-");
}

/* Two ends under one address try each other directly, whatever they filter. */
static void test_one_address_is_tried_directly(void)
{
    pl_offer offer = end_of(&kinds[5], 0x51000001u, "ours"), answer = end_of(&kinds[5], 0x51000001u, "ours");
    pl_method_plan plan = plan_of(&offer, &answer);
    g_assert_cmpstr(told(&plan), ==, "DHdh-");
    g_assert_true(pl_method_is_lan(&offer, &answer));
    offer = end_of(&kinds[3], 0x51000001u, "ours"), answer = end_of(&kinds[3], 0x51000001u, "ours");
    plan = plan_of(&offer, &answer);
    g_assert_cmpstr(told(&plan), ==, "DHdh-"); /* not again: one box turns packets round, or does not */
    g_assert_cmpint(plan.stages[2].budget, ==, PL_SECOND); /* a neighbour answers at once */
    offer = end_of(&kinds[5], 0x51000001u, "ours");
    answer = end_of(&kinds[5], 0x51000002u, "ours");
    g_assert_false(pl_method_is_lan(&offer, &answer));
}

/* What is unknown is tried. */
static void test_the_unknown_is_tried(void)
{
    const kind unknown = {"?", PL_MAPPING_UNKNOWN, PL_FILTERING_UNKNOWN, 0, false, false};
    pl_offer offer = end_of(&unknown, 0x51000001u, "ours"), answer = end_of(&unknown, 0x51000002u, "ours");
    pl_method_plan plan = plan_of(&offer, &answer);
    g_assert_cmpstr(told(&plan), ==, "DRHdrh-");
}

static void test_choices(void)
{
    pl_offer offer = end_of(&kinds[3], 0x51000001u, "ours"), answer = end_of(&kinds[3], 0x51000002u, "ours");
    offer.choice = PL_PATH_UDP_ONLY;
    pl_method_plan plan = plan_of(&offer, &answer);
    g_assert_cmpstr(told(&plan), ==, "H+");
    answer.choice = PL_PATH_TCP_ONLY; /* they have nothing in common but a relay */
    plan = plan_of(&offer, &answer);
    g_assert_cmpstr(told(&plan), ==, "-");
    offer.choice = PL_PATH_ANY;
    plan = plan_of(&offer, &answer);
    g_assert_cmpstr(told(&plan), ==, "h+");
}

static void test_budgets(void)
{
    pl_config config;
    pl_config_init(&config);
    pl_offer offer = end_of(&kinds[3], 0x51000001u, "ours"), answer = end_of(&kinds[5], 0x51000002u, "ours");
    pl_method_plan plan = plan_of(&offer, &answer);
    g_assert_cmpint(plan.stages[0].budget, ==, config.path_punch_wait);
    /* The sockets, all ports, and what a last hit needs. */
    g_assert_cmpint(plan.stages[1].budget, ==,
                    2560 * PL_MILLISECOND + config.path_opener_lead + 10240 * PL_MILLISECOND + config.path_predict_wait);
    g_assert_cmpint(plan.stages[2].budget, ==, config.path_open_wait);
    g_assert_cmpint(plan.stages[3].budget, ==, config.path_relay_wait);
}

static void test_names(void)
{
    g_assert_cmpstr(pl_path_class_name(PL_PATH_PUNCHED, PL_PATH_UDP), ==, "punched-udp");
    g_assert_cmpstr(pl_path_class_name(PL_PATH_RELAYED, PL_PATH_TCP), ==, "relayed-tcp");
    g_assert_cmpstr(pl_path_method_name(PL_PATH_SPRAYED), ==, "sprayed");
    g_assert_cmpstr(pl_path_via_name(PL_PATH_VIA_HAIRPIN), ==, "hairpin");
    g_assert_cmpstr(pl_candidate_type_name(PL_CANDIDATE_PEER_REFLEXIVE), ==, "peer-reflexive");
    g_assert_null(pl_path_profile_find("e3"));
    g_assert_true(pl_path_profile_find("ours")->timed_start);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/method/every-way-that-works-is-planned", test_every_way_that_works_is_planned);
    g_test_add_func("/nat/method/plans", test_plans);
    g_test_add_func("/nat/method/the-second-attempt", test_the_second_attempt);
    g_test_add_func("/nat/method/one-address-is-tried-directly", test_one_address_is_tried_directly);
    g_test_add_func("/nat/method/the-unknown-is-tried", test_the_unknown_is_tried);
    g_test_add_func("/nat/method/choices", test_choices);
    g_test_add_func("/nat/method/budgets", test_budgets);
    g_test_add_func("/nat/method/names", test_names);
    return g_test_run();
}
