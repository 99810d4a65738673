#include "tests/support/story_visit.h"

#include <string.h>

#include "core/session/login_internal.h"

static void free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

bool story_body_is(const GPtrArray *bodies, size_t n, const char *text)
{
    gsize len;
    if (n >= bodies->len)
        return false;
    const void *data = g_bytes_get_data(g_ptr_array_index((GPtrArray *)(uintptr_t)bodies, (guint)n), &len);
    return len == strlen(text) && (len == 0 || memcmp(data, text, len) == 0);
}

story_host *story_log_in_at(story *s, const char *name, size_t supernode, const story_client_options *options)
{
    story_client_options silent = *options;
    silent.discovery = PL_NODE_DISCOVERY_OFF;
    story_host *host = story_add_client(s, &silent);
    host->network.bootstrap = &s->bootstrap[supernode];
    host->network.n_bootstrap = 1;
    story_account(s, name, "secret");
    story_log_in(host, name, "secret");
    g_assert_cmpint(story_run_to(host, PL_EVENT_LOGGED_IN, story_now(s) + PL_HOUR), !=, PL_NEVER);
    return host;
}

/* --- who is visited --- */

int story_callee_say(story_callee *callee, const char *body)
{
    return pl_login_signal(callee->host->node->login, callee->visit, callee->from, (const uint8_t *)body,
                           strlen(body));
}

static void on_signal(void *owner, uint32_t visit, const char *from, const uint8_t *body, size_t len,
                      pl_time now)
{
    story_callee *callee = owner;
    callee->visit = visit;
    callee->heard_at = now;
    g_strlcpy(callee->from, from, sizeof callee->from);
    g_ptr_array_add(callee->bodies, g_bytes_new(body, len));
    if (callee->answer)
        g_assert_cmpint(story_callee_say(callee, callee->answer), ==, 0);
}

static void on_signal_failed(void *owner, uint32_t visit, const char *name, const char *cause, pl_time now)
{
    story_callee *callee = owner;
    (void)now;
    callee->n_failed++;
    callee->failed_visit = visit;
    callee->failure = cause;
    g_strlcpy(callee->failed_name, name, sizeof callee->failed_name);
}

static void on_relay_granted(void *owner, const pl_turn_account *account, pl_time now)
{
    story_callee *callee = owner;
    callee->n_accounts++;
    callee->account = *account;
    callee->granted_at = now;
}

static const pl_login_signals signals = {
    .signal = on_signal, .signal_failed = on_signal_failed, .relay_granted = on_relay_granted};

story_callee *story_callee_new(story_host *host)
{
    story_callee *callee = g_new0(story_callee, 1);
    callee->host = host;
    callee->bodies = g_ptr_array_new_with_free_func(free_bytes);
    host->node->login->options.signals = &signals;
    host->node->login->options.signals_owner = callee;
    return callee;
}

void story_callee_free(story_callee *callee)
{
    if (callee->host->node)
        callee->host->node->login->options.signals = NULL;
    g_ptr_array_unref(callee->bodies);
    g_free(callee);
}

/* --- who visits --- */

static void on_received(void *owner, pl_visit *visit, const uint8_t *body, size_t len, pl_time now)
{
    story_caller *caller = owner;
    g_assert_true(visit == caller->visit);
    caller->heard_at = now;
    g_ptr_array_add(caller->bodies, g_bytes_new(body, len));
}

static void on_ended(void *owner, pl_visit *visit, const char *cause, pl_time now)
{
    story_caller *caller = owner;
    g_assert_null(caller->cause);
    caller->cause = cause;
    caller->ended_at = now;
    caller->visit = NULL;
    pl_node_leave(caller->host->node, visit);
}

static const pl_visit_handler handler = {.received = on_received, .ended = on_ended};

story_caller *story_caller_new(story_host *host, const char *name, pl_addr supernode)
{
    story_caller *caller = g_new0(story_caller, 1);
    pl_contact contact = {.supernode = supernode};
    g_strlcpy(contact.name, name, sizeof contact.name);
    caller->host = host;
    caller->bodies = g_ptr_array_new_with_free_func(free_bytes);
    caller->visit = pl_node_visit(host->node, &contact, &handler, caller, story_now(host->story));
    g_assert_nonnull(caller->visit);
    story_arm(host);
    return caller;
}

void story_caller_free(story_caller *caller)
{
    if (caller->visit && caller->host->node)
        pl_node_leave(caller->host->node, caller->visit);
    g_ptr_array_unref(caller->bodies);
    g_free(caller);
}

int story_caller_say(story_caller *caller, const char *body)
{
    int error =
        pl_visit_send(caller->visit, (const uint8_t *)body, strlen(body), story_now(caller->host->story));
    story_arm(caller->host);
    return error;
}
