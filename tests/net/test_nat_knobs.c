/* test_nat_knobs.c - the table of knobs, and the presets by it. */
#include <glib.h>
#include <string.h>

#include "sim/net/nat.h"

static void every_knob_reads_back_what_was_set(void)
{
    const net_nat_knob *knobs;
    const size_t n = net_nat_knobs(&knobs);
    net_nat_options options = *net_nat_preset("rfc");
    for (size_t i = 0; i < n; i++) {
        const int64_t values[] = {knobs[i].least, knobs[i].most, (knobs[i].least + knobs[i].most) / 2};
        for (size_t k = 0; k < G_N_ELEMENTS(values); k++) {
            g_assert_true(net_nat_knob_set(&options, &knobs[i], values[k]));
            g_assert_cmpint(net_nat_knob_get(&options, &knobs[i]), ==, values[k]);
        }
    }
}

/* Setting one knob leaves the others as they were: no two share a place. */
static void a_knob_moves_no_other(void)
{
    const net_nat_knob *knobs;
    const size_t n = net_nat_knobs(&knobs);
    const net_nat_options before = *net_nat_preset("rfc");
    for (size_t i = 0; i < n; i++) {
        net_nat_options options = before;
        const int64_t old = net_nat_knob_get(&options, &knobs[i]);
        g_assert_true(
            net_nat_knob_set(&options, &knobs[i], old == knobs[i].most ? knobs[i].least : knobs[i].most));
        for (size_t k = 0; k < n; k++)
            g_assert_true((net_nat_knob_get(&options, &knobs[k]) == net_nat_knob_get(&before, &knobs[k])) ==
                          (k != i));
        g_assert_true(net_nat_knob_set(&options, &knobs[i], old));
        g_assert_cmpint(memcmp(&options, &before, sizeof options), ==, 0);
    }
}

static void values_out_of_range_are_refused(void)
{
    const net_nat_knob *knobs;
    const size_t n = net_nat_knobs(&knobs);
    const net_nat_options before = *net_nat_preset("rfc");
    for (size_t i = 0; i < n; i++) {
        net_nat_options options = before;
        g_assert_false(net_nat_knob_set(&options, &knobs[i], knobs[i].most + 1));
        g_assert_false(net_nat_knob_set(&options, &knobs[i], knobs[i].least - 1));
        g_assert_cmpint(memcmp(&options, &before, sizeof options), ==, 0);
    }
}

static void knobs_have_names_words_and_help(void)
{
    static const char *const expected[] = {"mapping",
                                           "filtering",
                                           "ports",
                                           "port_low",
                                           "port_high",
                                           "port_step",
                                           "parity",
                                           "pool",
                                           "pooling",
                                           "block",
                                           "hairpin",
                                           "refresh_out",
                                           "refresh_in",
                                           "udp_lifetime",
                                           "udp_stream_lifetime",
                                           "tcp_established",
                                           "tcp_transitory",
                                           "icmp_lifetime",
                                           "refresh_scope",
                                           "unsolicited_syn",
                                           "strangers",
                                           "max_mappings",
                                           "hold_down",
                                           "alg"};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_nonnull(net_nat_knob_find(expected[i]));
    g_assert_null(net_nat_knob_find("no-such"));
    const net_nat_knob *knobs;
    const size_t n = net_nat_knobs(&knobs);
    for (size_t i = 0; i < n; i++) {
        g_assert_true(net_nat_knob_find(knobs[i].name) == &knobs[i]); /* no name twice */
        g_assert_cmpuint(strlen(knobs[i].help), >, 0);
        g_assert_true((knobs[i].kind == NET_KNOB_WORD) == (knobs[i].words[0] != NULL));
        for (int64_t w = 0; knobs[i].kind == NET_KNOB_WORD && w <= knobs[i].most; w++)
            g_assert_cmpint(net_nat_knob_word(&knobs[i], knobs[i].words[w]), ==, w);
        g_assert_cmpint(net_nat_knob_word(&knobs[i], "no-such"), ==, -1);
    }
    const net_nat_knob *hairpin = net_nat_knob_find("hairpin");
    g_assert_cmpint(net_nat_knob_word(hairpin, "none"), ==, NET_HAIRPIN_NONE);
    g_assert_cmpint(net_nat_knob_word(hairpin, "internal"), ==, NET_HAIRPIN_INTERNAL);
    g_assert_cmpint(net_nat_knob_word(net_nat_knob_find("ports"), "overriding"), ==, NET_PORTS_OVERRIDING);
    g_assert_cmpint(net_nat_knob_word(net_nat_knob_find("unsolicited_syn"), "icmp-6s"), ==,
                    NET_SYN_ICMP_LATE);
}

static void every_preset_is_sound(void)
{
    const net_nat_preset_row *presets;
    const net_nat_knob *knobs;
    const size_t n = net_nat_presets(&presets), n_knobs = net_nat_knobs(&knobs);
    g_assert_cmpstr(presets[0].name, ==, "none");
    g_assert_null(presets[0].options.name);
    for (size_t i = 1; i < n; i++) {
        g_assert_cmpstr(presets[i].name, ==, presets[i].options.name);
        g_assert_true(net_nat_preset(presets[i].name) == &presets[i].options);
        g_assert_cmpuint(strlen(presets[i].help), >, 0);
        g_assert_cmpstr(net_nat_fault(&presets[i].options), ==, NULL);
        net_nat_options copy = presets[i].options;
        for (size_t k = 0; k < n_knobs; k++)
            g_assert_true(net_nat_knob_set(&copy, &knobs[k], net_nat_knob_get(&copy, &knobs[k])));
    }
    static const char *const expected[] = {"full-cone",
                                           "address-restricted",
                                           "port-restricted",
                                           "symmetric",
                                           "symmetric-sequential",
                                           "rfc",
                                           "linux",
                                           "linux-acc",
                                           "cgn",
                                           "corporate",
                                           "broken-hairpin",
                                           "no-hairpin",
                                           "alg-evil",
                                           "tiny-table",
                                           "overriding",
                                           "address-dependent"};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_nonnull(net_nat_preset(expected[i]));
}

static void combinations_that_mean_nothing_are_faults(void)
{
    net_nat_options options = *net_nat_preset("symmetric");
    options.port_low = 2000;
    options.port_high = 1999;
    g_assert_nonnull(net_nat_fault(&options));
    options = *net_nat_preset("cgn");
    options.block = 0;
    g_assert_nonnull(net_nat_fault(&options));
    options.block = 64513;
    g_assert_nonnull(net_nat_fault(&options));
    options.block = 64512;
    g_assert_null(net_nat_fault(&options));
    options = *net_nat_preset("linux");
    options.filtering = NET_NAT_EI;
    g_assert_nonnull(net_nat_fault(&options));
    options = *net_nat_preset("linux");
    options.mapping = NET_NAT_AD;
    g_assert_nonnull(net_nat_fault(&options));
    options = *net_nat_preset("port-restricted");
    options.strangers = NET_STRANGERS_ACCEPTED;
    g_assert_nonnull(net_nat_fault(&options));
    options = *net_nat_preset("symmetric");
    options.fickle = true;
    g_assert_nonnull(net_nat_fault(&options));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/knobs/set-get", every_knob_reads_back_what_was_set);
    g_test_add_func("/nat/knobs/apart", a_knob_moves_no_other);
    g_test_add_func("/nat/knobs/range", values_out_of_range_are_refused);
    g_test_add_func("/nat/knobs/names", knobs_have_names_words_and_help);
    g_test_add_func("/nat/knobs/presets", every_preset_is_sound);
    g_test_add_func("/nat/knobs/faults", combinations_that_mean_nothing_are_faults);
    return g_test_run();
}
