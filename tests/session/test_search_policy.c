/* test_search_policy.c - when each policy ends a search, and with what word: row by row. */
#include <glib.h>

#include "core/session/search.h"

typedef struct row {
    const char *policy;
    pl_search_state state;
    pl_search_verdict verdict;
    const char *reason;
} row;

static void test_rows(void)
{
    static const row rows[] = {
        {"rounds", {.rounds = 3}, PL_SEARCH_GO_ON, NULL},
        {"rounds", {.rounds = 4}, PL_SEARCH_GIVE_UP, "rounds"},
        {"rounds", {.rounds = 1, .is_exhausted = true}, PL_SEARCH_GIVE_UP, "rounds"},
        {"slot", {.rounds = 1, .slot_size = 9, .slot_no = 4, .slot_sure = 4}, PL_SEARCH_GO_ON, NULL},
        {"slot", {.rounds = 2, .slot_size = 9, .slot_no = 9, .slot_sure = 5}, PL_SEARCH_NOT_FOUND, "slot"},
        {"slot", {.rounds = 2, .slot_size = 9, .slot_no = 9, .slot_sure = 4}, PL_SEARCH_GO_ON, NULL},
        {"slot",
         {.rounds = 4, .slot_size = 9, .slot_no = 9, .slot_sure = 4},
         PL_SEARCH_GIVE_UP,
         "slot-unsure"},
        {"slot",
         {.rounds = 4, .reviews = 2, .slot_size = 9, .slot_no = 8, .slot_sure = 8},
         PL_SEARCH_GIVE_UP,
         "slot-silent"},
        {"slot", {.rounds = 1, .asked = 4, .slot_size = 9, .slot_no = 3, .slot_sure = 3}, PL_SEARCH_GO_ON, NULL},
        {"slot",
         {.rounds = 1, .asked = 8, .slot_size = 8, .slot_no = 4, .slot_sure = 4}, /* four, asked twice */
         PL_SEARCH_GO_ON,
         NULL},
        {"slot", {.rounds = 2, .asked = 12, .slot_size = 9, .slot_no = 8, .slot_sure = 8}, PL_SEARCH_REVIEW, NULL},
        {"slot",
         {.rounds = 1, .asked = 4, .slot_size = 5, .slot_no = 3, .is_exhausted = true}, /* the fifth is one's own */
         PL_SEARCH_REVIEW,
         NULL},
        {"slot",
         {.rounds = 4, .reviews = 1, .asked = 69, .slot_size = 9, .slot_no = 8, .slot_sure = 8},
         PL_SEARCH_REVIEW,
         NULL},
        {"slot",
         {.rounds = 2, .reviews = 2, .asked = 30, .slot_size = 9, .slot_no = 8, .slot_sure = 8},
         PL_SEARCH_GO_ON,
         NULL},
        {"slot",
         {.rounds = 4, .reviews = 2, .asked = 78, .slot_size = 9, .slot_no = 8, .slot_sure = 8},
         PL_SEARCH_GIVE_UP,
         "slot-silent"},
        {"slot",
         {.rounds = 2, .reviews = 1, .asked = 20, .slot_size = 9, .slot_no = 9, .slot_sure = 8},
         PL_SEARCH_NOT_FOUND,
         "slot"},
        {"slot",
         {.rounds = 1, .is_exhausted = true},
         PL_SEARCH_GIVE_UP,
         "slot-unsure"}, /* of nobody: no promise */
        {"size", {.rounds = 1, .network = 100, .answered = 40}, PL_SEARCH_GO_ON, NULL}, /* 0.6^9 = 1.008 % */
        {"size", {.rounds = 1, .network = 100, .answered = 41}, PL_SEARCH_GIVE_UP, "unlikely"},
        {"size", {.rounds = 1, .network = 4, .answered = 4}, PL_SEARCH_NOT_FOUND, "everybody"},
        {"size", {.rounds = 4, .network = 1000, .answered = 60}, PL_SEARCH_GIVE_UP, "rounds"},
        {"login-server", {.rounds = 1, .slot_size = 9, .slot_no = 4}, PL_SEARCH_GO_ON, NULL},
        {"login-server", {.rounds = 2, .slot_size = 9, .slot_no = 9}, PL_SEARCH_ASK_SERVER, "login-server"},
        {"login-server", {.rounds = 4, .slot_size = 9, .slot_no = 1}, PL_SEARCH_ASK_SERVER, "login-server"},
    };
    pl_config config;
    pl_config_init(&config);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *reason = NULL;
        pl_search_state state = rows[i].state;
        state.config = &config;
        g_assert_cmpint((int)pl_search_policy_find(rows[i].policy)->judge(&state, &reason), ==,
                        (int)rows[i].verdict);
        g_assert_cmpstr(reason, ==, rows[i].reason);
    }
}

/* Only who says what it means may say not-found. */
static void test_promises(void)
{
    const pl_search_policy *policies;
    size_t n = pl_search_policies(&policies);
    g_assert_cmpuint(n, ==, 4);
    g_assert_cmpstr(policies[0].name, ==, "slot");
    g_assert_null(pl_search_policy_find("rounds")->guarantee);
    g_assert_null(pl_search_policy_find("guess"));
    for (size_t i = 0; i < n; i++)
        g_assert_true(pl_search_policy_find(policies[i].name) == &policies[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/session/search-policy/rows", test_rows);
    g_test_add_func("/session/search-policy/promises", test_promises);
    return g_test_run();
}
