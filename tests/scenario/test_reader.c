/* The strict subset of YAML: what is refused, where, and with which words. */
#include "sim/scenario/reader.h"
#include "tests/scenario/scenario_test.h"

/* The three mistakes of the developers' guide, all told in one pass. */
static void three_mistakes_are_told_at_once(void)
{
    assert_text_errors("scenario: relay-under-stress\n"
                       "profiles:\n"
                       "  lan: {up: unlimited, down: unlimited}\n"
                       "supernodes: {link: lan}\n"
                       "login_servers: {link: lan}\n"
                       "peers: {count: 10, link: lan}\n"
                       "run:\n"
                       "  engine: light\n"
                       "  duration: 600\n"
                       "  warmup: 1s\n"
                       "  seed: 2006\n"
                       "  replicatoins: 12\n"
                       "expects:\n"
                       "  - login.success == 100%\n",
                       "t.yaml:9:13: error: not a time\n"
                       "    9 |   duration: 600\n"
                       "      |             ^~~  a number needs a unit, e.g. 600s\n"
                       "t.yaml:12:3: error: unknown key 'replicatoins'\n"
                       "   12 |   replicatoins: 12\n"
                       "      |   ^~~~~~~~~~~~  did you mean 'replications'?\n"
                       "t.yaml:13:1: error: unknown key 'expects'\n"
                       "   13 | expects:\n"
                       "      | ^~~~~~~  did you mean 'expect'?\n");
}

/* Each text's only error. */
static const struct {
    const char *name, *text, *error;
} refusals[] = {
    {"tab", "a:\n\tb: 1\n", "t.yaml:2:1: error: a tab\n    2 |  b: 1\n      | ^  indent with spaces\n"},
    {"empty", "",
     "t.yaml:1:1: error: the file is empty\n    1 | \n      | ^  a scenario begins with scenario: NAME\n"},
    {"list-at-the-top", "- a\n",
     "t.yaml:1:1: error: a map is needed here\n    1 | - a\n      | ^  a scenario begins with scenario: "
     "NAME\n"},
    {"tag", "a: !!int 5\n",
     "t.yaml:1:4: error: tags are not allowed\n    1 | a: !!int 5\n"
     "      |    ^~~~~~~  every value is text here; its key decides the type\n"},
    {"two-documents", "a: 1\n---\nb: 2\n",
     "t.yaml:3:1: error: a second document begins here\n    3 | b: 2\n      | ^  one file holds one "
     "scenario\n"},
    {"unknown-alias", "a: *b\n",
     "t.yaml:1:4: error: unknown alias\n    1 | a: *b\n"
     "      |    ^~  an anchor (&name) must come before its alias\n"},
    {"cycle", "a: &x [1, *x]\n",
     "t.yaml:1:11: error: an alias cannot stand inside what it names\n    1 | a: &x [1, *x]\n"
     "      |           ^~\n"},
    {"key-is-a-list", "[a]: 1\n",
     "t.yaml:1:1: error: a key must be a word, not a list or a map\n    1 | [a]: 1\n      | ^\n"},
    {"operator-first", "a:\n  - >= 98%\n",
     "t.yaml:2:6: error: did not find expected comment or line break\n    2 |   - >= 98%\n"
     "      |      ^  while scanning a block scalar\n"},
    {"unclosed", "a: [1, 2\n",
     "t.yaml:2:1: error: did not find expected ',' or ']'\n    2 | \n      | ^  while parsing a flow "
     "sequence\n"},
};

static void each_refusal_says_where_and_why(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_test_message("%s", refusals[i].name);
        assert_text_errors(refusals[i].text, refusals[i].error);
    }
}

static void duplicate_and_merge_keys_are_refused_together(void)
{
    assert_text_errors(BASE "network:\n"
                            "  latency: constant(1ms)\n"
                            "  latency: constant(2ms)\n"
                            "protocol:\n"
                            "  <<: {a: 1}\n",
                       "t.yaml:13:3: error: duplicate key 'latency'\n"
                       "   13 |   latency: constant(2ms)\n"
                       "      |   ^~~~~~~  first given in line 12\n"
                       "t.yaml:15:3: error: merge keys are not part of scenario files\n"
                       "   15 |   <<: {a: 1}\n"
                       "      |   ^~  use extends:, the one way to inherit\n");
}

static void anchors_and_aliases_work(void)
{
    sim_scenario *s =
        load("scenario: test\nprofiles:\n  a: &link {up: unlimited, down: unlimited}\n  b: *link\n"
             "supernodes: {link: a}\nlogin_servers: {link: b}\npeers: {count: 1, link: b}\n"
             "run: {duration: 1s}\n");
    assert_errors(s, "");
}

/* 10 levels of 10 aliases would be 10^10 values. */
static void a_bomb_of_aliases_is_defused(void)
{
    GString *text = g_string_new("a0: &a0 [1]\n");
    for (int i = 1; i <= 10; i++) {
        g_string_append_printf(text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            g_string_append_printf(text, "%s*a%d", j ? ", " : "", i - 1);
        g_string_append(text, "]\n");
    }
    sim_scenario *s = load(text->str);
    char *errors = sim_scenario_errors(s);
    g_assert_nonnull(strstr(errors, "error: too many values"));
    g_free(errors);
    sim_scenario_free(s);
    g_string_free(text, TRUE);
}

static void depth_is_bounded(void)
{
    for (int depth = SIM_READER_DEPTH_MAX - 1; depth <= SIM_READER_DEPTH_MAX + 1; depth++) {
        GString *text = g_string_new("a: ");
        for (int i = 0; i < depth; i++)
            g_string_append_c(text, '[');
        g_string_append_c(text, '1');
        for (int i = 0; i < depth; i++)
            g_string_append_c(text, ']');
        sim_scenario *s = load(text->str);
        char *errors = sim_scenario_errors(s);
        g_assert_cmpint(strstr(errors, "nested too deeply") != NULL, ==, depth + 1 > SIM_READER_DEPTH_MAX);
        g_free(errors);
        sim_scenario_free(s);
        g_string_free(text, TRUE);
    }
}

static void size_is_bounded(void)
{
    char *text = g_malloc(SIM_READER_BYTES_MAX + 1);
    memset(text, '#', SIM_READER_BYTES_MAX + 1);
    sim_scenario *s =
        sim_scenario_load_text("t.yaml", text, SIM_READER_BYTES_MAX + 1, &(sim_scenario_options){0});
    assert_errors(s, "partyline: error: cannot read t.yaml: it is larger than 1 MiB\n");
    g_free(text);
}

static void a_missing_file_is_named(void)
{
    assert_errors(sim_scenario_load("no/such/file.yaml", &(sim_scenario_options){0}),
                  "partyline: error: cannot read no/such/file.yaml: No such file or directory\n");
    assert_errors(sim_scenario_load("/", &(sim_scenario_options){0}),
                  "partyline: error: cannot read /: Is a directory\n");
}

static void columns_count_characters(void)
{
    assert_text_errors(BASE "timeline: [{at: 1s, do: link, what: peers, delay: 25ms ± 6}]\n",
                       "t.yaml:11:51: error: not a time\n"
                       "   11 | timeline: [{at: 1s, do: link, what: peers, delay: 25ms ± 6}]\n"
                       "      |                                                   ^~~~~~~~  a number needs a "
                       "unit, e.g. 6s\n");
}

static void a_comma_inside_parentheses_is_no_separator(void)
{
    sim_scenario *s =
        load(BASE "timeline: [{at: 1s, do: link, what: peers, loss: gilbert(p=1%, burst=4), for: 2s}]\n");
    g_assert_true(sim_scenario_good(s));
    const sim_act *act = &s->points[0].config->timeline[0];
    g_assert_cmpfloat(act->link.loss.recovery, ==, 0.25);
    g_assert_cmpint(act->for_ns, ==, 2 * PL_SECOND);
    sim_scenario_free(s);
}

static void bytes_that_are_no_text_are_refused(void)
{
    assert_text_errors("a: b\nc: \xff\n",
                       "t.yaml:2:4: error: invalid leading UTF-8 octet\n    2 | c: ?\n      |    ^\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reader/three-mistakes-are-told-at-once", three_mistakes_are_told_at_once);
    g_test_add_func("/reader/each-refusal-says-where-and-why", each_refusal_says_where_and_why);
    g_test_add_func("/reader/duplicate-and-merge-keys-are-refused-together",
                    duplicate_and_merge_keys_are_refused_together);
    g_test_add_func("/reader/anchors-and-aliases-work", anchors_and_aliases_work);
    g_test_add_func("/reader/a-bomb-of-aliases-is-defused", a_bomb_of_aliases_is_defused);
    g_test_add_func("/reader/depth-is-bounded", depth_is_bounded);
    g_test_add_func("/reader/size-is-bounded", size_is_bounded);
    g_test_add_func("/reader/a-missing-file-is-named", a_missing_file_is_named);
    g_test_add_func("/reader/columns-count-characters", columns_count_characters);
    g_test_add_func("/reader/a-comma-inside-parentheses-is-no-separator",
                    a_comma_inside_parentheses_is_no_separator);
    g_test_add_func("/reader/bytes-that-are-no-text-are-refused", bytes_that_are_no_text_are_refused);
    return g_test_run();
}
