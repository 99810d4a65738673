#include "tests/support/story_relayed.h"

#include <string.h>

static void arm(story_relayed *relayed);

static void on_tick(void *ctx, void *arg, pl_time now)
{
    story_relayed *relayed = ctx;
    (void)arg;
    if (!relayed->host || relayed->armed_at > now)
        return;
    relayed->armed_at = PL_NEVER;
    pl_deadlines_run(&relayed->context.deadlines, now);
    arm(relayed);
}

/* One timer, moved only when the deadline moves earlier. */
static void arm(story_relayed *relayed)
{
    story *s = relayed->story;
    pl_time next = pl_deadlines_next(&relayed->context.deadlines);
    if (next >= relayed->armed_at)
        return;
    relayed->armed_at = MAX(next, story_now(s));
    s->ops->at(s->engine, relayed->armed_at, on_tick, relayed, NULL);
}

static void on_allocated(void *owner, pl_addr at, pl_addr mapped, pl_time now)
{
    story_relayed *relayed = owner;
    relayed->relayed = at;
    relayed->mapped = mapped;
    relayed->stands_at = now;
}

static void on_failed(void *owner, const char *cause, pl_time now)
{
    story_relayed *relayed = owner;
    relayed->cause = cause;
    relayed->failed_at = now;
}

static void on_data(void *owner, pl_addr from, const uint8_t *data, size_t len, pl_time now)
{
    story_relayed *relayed = owner;
    pl_time sent_at;
    relayed->received++;
    relayed->from = from;
    memcpy(relayed->last, data, MIN(len, sizeof relayed->last));
    if (len < sizeof sent_at)
        return;
    memcpy(&sent_at, data, sizeof sent_at);
    relayed->slowest = MAX(relayed->slowest, now - sent_at);
}

static const pl_turn_client_handler handler = {
    .allocated = on_allocated, .failed = on_failed, .data = on_data};

static void hand_on(pl_turn_client *client, const pl_input *input, pl_time now)
{
    if (input->kind == PL_INPUT_DATAGRAM)
        (void)pl_turn_client_datagram(client, input->from, input->data, input->len, now);
    else if (input->kind == PL_INPUT_OPENED)
        pl_turn_client_opened(client, now);
    else if (input->kind == PL_INPUT_DATA)
        pl_turn_client_stream_data(client, input->data, input->len, now);
    else if (input->kind == PL_INPUT_WRITABLE)
        pl_turn_client_writable(client, now);
    else if (input->kind == PL_INPUT_FIN)
        pl_turn_client_fin(client, now);
    else if (input->kind == PL_INPUT_CLOSED)
        pl_turn_client_closed(client, input->cause, now);
}

static void on_input(story_host *host, const pl_input *input, pl_time now)
{
    story_relayed *relayed = host->reflex_ctx;
    pl_turn_client *client = relayed->client;
    if (client &&
        (pl_turn_client_owns_socket(client, input->id) || pl_turn_client_owns_stream(client, input->id)))
        hand_on(client, input, now);
    arm(relayed);
}

void story_relayed_start(story_relayed *relayed, story_host *host, story_host *supernode,
                         pl_turn_transport transport, uint16_t port)
{
    story *s = host->story;
    pl_turn_account account;
    g_assert_null(relayed->host);
    *relayed = (story_relayed){
        .host = host, .story = s, .asked_at = story_now(s), .stands_at = PL_NEVER, .armed_at = PL_NEVER};
    relayed->context =
        (pl_context){.port = story_port(host), .config = &host->config, .suite = s->suite, .epoch = s->epoch};
    pl_deadlines_init(&relayed->context.deadlines);
    g_assert_cmpint(pl_node_relay_account(supernode->node, host->name, &account, story_now(s)), ==, 0);
    host->reflex = on_input;
    host->reflex_ctx = relayed;
    relayed->client = pl_turn_client_new(&(pl_turn_client_options){.context = &relayed->context,
                                                                   .transport = transport,
                                                                   .server = {supernode->outside, port},
                                                                   .account = account,
                                                                   .handler = &handler,
                                                                   .owner = relayed},
                                         story_now(s));
    g_assert_nonnull(relayed->client);
    arm(relayed);
}

void story_relayed_end(story_relayed *relayed)
{
    pl_turn_client_free(g_steal_pointer(&relayed->client), story_now(relayed->story));
    pl_deadlines_clear(&relayed->context.deadlines);
    relayed->host->reflex = NULL;
    relayed->host = NULL;
}

int story_relayed_say(story_relayed *relayed, pl_addr to, size_t len)
{
    uint8_t bytes[1280] = {0};
    pl_time now = story_now(relayed->story);
    g_assert_true(len >= sizeof now && len <= sizeof bytes);
    memcpy(bytes, &now, sizeof now);
    return pl_turn_client_send(relayed->client, to, bytes, len);
}

void story_relayed_permit(story_relayed *relayed, uint32_t ip)
{
    g_assert_cmpint(pl_turn_client_permit(relayed->client, ip, story_now(relayed->story)), ==, 0);
    arm(relayed);
}

void story_relayed_bind(story_relayed *relayed, pl_addr peer)
{
    g_assert_cmpint(pl_turn_client_bind(relayed->client, peer, story_now(relayed->story)), ==, 0);
    arm(relayed);
}
