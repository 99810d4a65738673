/* test_paths_plan.c - who connects to whom, and when: cells, groups in order and at random, once and by a
 * rate. */
#include <string.h>

#include "sim/world/paths/paths.h"
#include "tests/support/told_world.h"

#define HEAD                                                                                                 \
    "run: {duration: 20min, crypto: sized}\nsupernodes: {count: 2, link: ideal}\n"                           \
    "peers: {link: ideal, mix: [{name: a, count: 3}, {name: b, count: 5}]}\n"

static const sim_session *session_at(const told_world *t, size_t at)
{
    return g_ptr_array_index(t->world->paths->sessions, at);
}

static size_t n_sessions(const told_world *t)
{
    return t->world->paths->sessions->len;
}

/* "3>4 " for each session: indices of the peers. */
static char *pairs(const told_world *t)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < n_sessions(t); i++)
        g_string_append_printf(text, "%u>%u ", session_at(t, i)->caller->index,
                               session_at(t, i)->callee->index);
    return g_string_free(text, FALSE);
}

static void test_pairs_in_order(void)
{
    static const struct {
        const char *paths, *pairs;
    } cases[] = {{"{from: a, to: b, at: 60s}", "1>4 2>5 3>6 "},
                 {"{from: b, to: a, at: 60s}", "4>1 5>2 6>3 7>1 8>2 "},
                 {"{from: a, to: same, at: 60s}", "1>2 2>3 3>1 "}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        told_world t;
        g_autofree char *text = g_strdup_printf(HEAD "paths: [%s]\n", cases[i].paths);
        told_world_open(&t, text, NULL);
        told_world_run(&t, 60 * PL_SECOND);
        g_assert_cmpuint(n_sessions(&t), ==, 0);
        told_world_run(&t, 60 * PL_SECOND + 1);
        g_autofree char *found = pairs(&t);
        g_assert_cmpstr(found, ==, cases[i].pairs);
        g_assert_cmpint(session_at(&t, 0)->started, ==, 60 * PL_SECOND);
        told_world_close(&t);
    }
}

/* Nobody calls himself, and everybody else is called at times. */
static void test_pairs_at_random(void)
{
    told_world t;
    bool called[9] = {false};
    told_world_open(&t, HEAD "paths: [{from: b, to: same, at: 60s, rate: 1/min, pairing: random}]\n", NULL);
    told_world_run(&t, 20 * PL_MINUTE);
    g_assert_cmpuint(n_sessions(&t), >, 5 * 19 / 2); /* 95 are to be expected */
    g_assert_cmpuint(n_sessions(&t), <, 5 * 19 * 2);
    for (size_t i = 0; i < n_sessions(&t); i++) {
        const sim_session *s = session_at(&t, i);
        g_assert_true(s->caller != s->callee);
        g_assert_cmpint(s->started, >, 60 * PL_SECOND);
        g_assert_cmpuint(s->callee->index, >=, 4);
        called[s->callee->index] = true;
    }
    for (size_t i = 4; i <= 8; i++)
        g_assert_true(called[i]);
    told_world_close(&t);
}

static char *acts_of(const told_world *t, const char *to)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < n_sessions(t); i++) {
        const sim_session *s = session_at(t, i);
        if (strcmp(s->callee->group->name, to) == 0 && strcmp(s->caller->group->name, "a") == 0)
            g_string_append_printf(text, "%u>%u@%" G_GINT64_FORMAT " ", s->caller->index, s->callee->index,
                                   s->started);
    }
    return g_string_free(text, FALSE);
}

/* What others do shifts nobody's draws. */
static void test_another_entry_shifts_no_draws(void)
{
    static const char *const own = "{from: a, to: b, arrive: within 60s after 60s, pairing: random}";
    static const char *const texts[] = {
        "paths: [%s]\n", "paths: [%s, {from: b, to: same, at: 60s, rate: 10/h, pairing: random}]\n",
        "paths: [{from: a, to: same, at: 70s, pairing: random}, %s]\n"};
    g_autofree char *first = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        told_world t;
        char **parts = g_strsplit(texts[i], "%s", 2);
        g_autofree char *paths = g_strjoinv(own, parts), *text = g_strconcat(HEAD, paths, NULL);
        g_strfreev(parts);
        told_world_open(&t, text, NULL);
        told_world_run(&t, 3 * PL_MINUTE);
        g_autofree char *acts = acts_of(&t, "b");
        g_assert_cmpuint(strlen(acts), >, 20);
        if (i == 0)
            first = g_strdup(acts);
        g_assert_cmpstr(acts, ==, first);
        told_world_close(&t);
    }
}

/* Each cell connects once, within the width that is given; the run ends with the last of them. */
static void test_cells_connect_once(void)
{
    told_world t;
    bool seen[9] = {false};
    told_world_open(
        &t,
        "run: {until: all-paths-done, limit: 10min, crypto: sized}\nsupernodes: {count: 2, link: ideal}\n"
        "peers: {link: ideal}\n"
        "matrix: {kinds: [{name: a}, {name: b}], transports: [udp, tcp], connect: at 90s within 10s}\n"
        "timeline: [{at: 80s, do: fail, what: caller-3}]\n",
        NULL);
    g_assert_cmpint((int)sim_world_run(t.world, NULL, NULL), ==, SIM_WORLD_COMPLETE);
    g_assert_cmpuint(n_sessions(&t), ==, 8);
    g_assert_cmpint(sim_world_now(t.world), <, 10 * PL_MINUTE);
    for (size_t i = 0; i < 8; i++) {
        const sim_session *s = session_at(&t, i);
        g_assert_cmpint(s->started, >=, 90 * PL_SECOND);
        g_assert_cmpint(s->started, <, 100 * PL_SECOND);
        g_assert_false(seen[s->cell]);
        seen[s->cell] = true;
        g_assert_cmpuint(s->caller->index, ==, s->cell);
        g_assert_true(s->callee == s->caller + 1);
        g_assert_cmpint(s->transport, ==, s->cell % 2 ? SIM_CHOICE_UDP : SIM_CHOICE_TCP);
        if (s->cell == 3)
            g_assert_cmpstr(s->cause, ==, "caller-down");
    }
    told_world_close(&t);
}

/* Who is not in, or is not there to be called, has no path; the record says why. */
static void test_nobody_is_called_who_is_not_there(void)
{
    static const struct {
        const char *timeline, *cause;
    } cases[] = {{"[{at: 50s, do: fail, what: peer-1}]", "caller-down"},
                 {"[{at: 50s, do: fail, what: peer-2}]", "callee-offline"},
                 {"[{at: 5s, do: block, what: peer-1, ports: [33033, 80, 443]}]", "caller-offline"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        told_world t;
        g_autofree char *text =
            g_strdup_printf("run: {duration: 2min, crypto: sized}\nsupernodes: {count: 2, link: ideal}\n"
                            "peers: {link: ideal, count: 2, arrive: at 10s}\n"
                            "paths: [{from: peers, to: same, at: 60s}]\ntimeline: %s\n",
                            cases[i].timeline);
        told_world_open(&t, text, NULL);
        told_world_run(&t, 61 * PL_SECOND);
        g_assert_cmpstr(session_at(&t, 0)->cause, ==, cases[i].cause);
        told_world_close(&t);
    }
}

/* Boxes that forget after 12 s of silence, and a path whose consent checks are too rare to keep them awake: it lives
 * only if its keep-alives go by what each node measured of its box.  By itself a path would wait for 15 s. */
static void test_a_measured_lifetime_keeps_a_path(void)
{
    for (int is_measured = 0; is_measured < 2; is_measured++) {
        told_world t;
        g_autofree char *text = g_strdup_printf(
            "run: {duration: 40min, crypto: sized}\nsupernodes: {count: 2, link: ideal}\n"
            "protocol: {nat.measure_lifetime: %d, nat.lifetime_first: 5s, nat.lifetime_step: 2s, "
            "path.consent_interval: 1h, path.consent_expiry: 1h}\n"
            "peers: {count: 2, link: ideal, nat: \"port-restricted(udp_lifetime=12s, ports=random)\"}\n"
            "paths: [{from: peers, to: same, at: 20min, transport: udp, echo: [2s at 5/s, 2min silence, 2s at 5/s]}]\n",
            is_measured);
        told_world_open(&t, text, NULL);
        told_world_run(&t, 40 * PL_MINUTE);
        const sim_session *session = session_at(&t, 0);
        g_assert_cmpstr(session->class, ==, "punched-udp");
        g_assert_cmpint(session->received, ==, 10);
        g_assert_cmpint(session->received_after, ==, is_measured ? 10 : 0);
        told_world_close(&t);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/paths-plan/pairs-in-order", test_pairs_in_order);
    g_test_add_func("/story/paths-plan/pairs-at-random", test_pairs_at_random);
    g_test_add_func("/story/paths-plan/another-entry-shifts-no-draws", test_another_entry_shifts_no_draws);
    g_test_add_func("/story/paths-plan/cells-connect-once", test_cells_connect_once);
    g_test_add_func("/story/paths-plan/nobody-is-called-who-is-not-there",
                    test_nobody_is_called_who_is_not_there);
    g_test_add_func("/story/paths-plan/a-measured-lifetime-keeps-a-path", test_a_measured_lifetime_keeps_a_path);
    return g_test_run();
}
