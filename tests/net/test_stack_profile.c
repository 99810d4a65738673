/* test_stack_profile.c - the hosts' TCP profiles against the totals that they are known by. */
#include <glib.h>

#include "sim/engine.h"

static void stack_profiles_give_up_when_they_should(void)
{
    static const struct {
        const char *name;
        pl_span syn_total;
    } rows[] = {{"linux", 127 * PL_SECOND}, {"xp-2003", 21 * PL_SECOND}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const sim_stack_profile *profile = sim_stack_profile_find(rows[i].name);
        g_assert_nonnull(profile);
        g_assert_cmpstr(sim_stack_profile_names()[i], ==, rows[i].name);
        g_assert_cmpint(profile->syn_rto * ((1 << profile->syn_tries) - 1), ==, rows[i].syn_total);
        g_assert_cmpuint(profile->receive_buffer, <=, 65535);
    }
    g_assert_null(sim_stack_profile_names()[G_N_ELEMENTS(rows)]);
    g_assert_null(sim_stack_profile_find("no-such"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/stack-profile/totals", stack_profiles_give_up_when_they_should);
    return g_test_run();
}
