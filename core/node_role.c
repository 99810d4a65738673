/* node_role.c - what a node is: a supernode from the start, or one that was elected and can be a client again.  The one
 * writer of its role.
 *
 * Who is elected keeps all that he has as a client, and his place at his own supernode: others find him there as before. */
#include "core/node_internal.h"

#include "core/event.h"

#include <string.h>

/* --- from the start --- */

static void ask_for_credential(void *machine, pl_time now);

static void on_granted(void *owner, pl_grant_outcome outcome, const pl_credential *credential, pl_time now)
{
    pl_node *node = owner;
    const pl_config *config = node->context.config;
    pl_span pause = config->supernode_relogin_pause;
    pl_grant *grant = node->grant;
    node->grant = NULL;
    if (outcome == PL_GRANT_OK) {
        pl_supernode_serve(node->supernode, credential, &node->identity->dh, now);
        pause = config->server_credential_lifetime / 2;
    }
    pl_deadline_set(&node->context.deadlines, &node->renewal, now + pause, ask_for_credential, node);
    pl_grant_free(grant);
}

/* A supernode logs in at the login server as any user does, and again at half of the credential's life. */
static void ask_for_credential(void *machine, pl_time now)
{
    pl_node *node = machine;
    const pl_node_supernode *options = node->supernode_options;
    node->grant = pl_grant_new(&(pl_grant_options){.context = &node->context,
                                                   .network = node->network,
                                                   .servers = options->login_servers,
                                                   .n_servers = options->n_login_servers,
                                                   .name = options->name,
                                                   .password = options->password,
                                                   .identity = node->identity,
                                                   .done = on_granted,
                                                   .owner = node},
                               now);
}

void pl_node_role_start_supernode(pl_node *node, pl_time now)
{
    const pl_node_supernode *options = node->supernode_options;
    node->identity = g_new0(pl_identity, 1);
    pl_identity_draw(node->identity, &node->context);
    node->supernode =
        pl_supernode_new(&(pl_supernode_options){.context = &node->context,
                                                 .own_address = options->own_address,
                                                 .partner = options->partner,
                                                 .login_servers = options->login_servers,
                                                 .n_login_servers = options->n_login_servers,
                                                 .server_sign_key = node->network->server_sign_key,
                                                 .known = options->known,
                                                 .n_known = options->n_known,
                                                 .capacity = options->capacity,
                                                 .election = node->election_policy,
                                                 .socket = node->socket});
    ask_for_credential(node, now);
}

/* --- elected --- */

/* Never behind NAT, a restrictive firewall (the keeper's word) or a proxy (pl_node_new makes no candidate of it). */
static bool is_eligible(const pl_node *node, pl_resources *ret_resources, pl_time now)
{
    const pl_node_candidate *candidate = node->candidate;
    *ret_resources = candidate->resources;
    ret_resources->uptime =
        candidate->there_since == PL_NEVER ? 0 : (uint32_t)MIN((now - candidate->there_since) / PL_SECOND, UINT32_MAX);
    return node->socket && !candidate->is_unreachable && pl_nat_keeper_is_open(node->keeper) &&
           pl_resources_suffice(ret_resources, node->context.config);
}

/* While it is a supernode nothing new is to be said. */
static bool on_candidacy(void *owner, pl_message *ret_resources, pl_time now)
{
    const pl_node *node = owner;
    const pl_port *world = &node->context.port;
    pl_resources resources;
    bool is_candidate = is_eligible(node, &resources, now) || node->candidate->is_elected;
    if (!is_candidate)
        return false;
    ret_resources->cpu = resources.cpu;
    ret_resources->memory = resources.memory;
    ret_resources->bandwidth = resources.bandwidth;
    ret_resources->uptime = resources.uptime;
    ret_resources->port = world->ops->local_port(world->ctx, node->socket);
    return true;
}

static void on_step_down(void *owner, const char *cause, pl_time now)
{
    pl_node_role_step_down(owner, cause, now);
}

/* Nobody knows a partner for it: it takes one of the supernodes that it meets (overlay/partner.c). */
static void become_supernode(pl_node *node, const pl_message *promote, pl_time now)
{
    const pl_port *world = &node->context.port;
    pl_node_candidate *elected = node->candidate;
    elected->is_elected = true;
    elected->address = (pl_addr){pl_nat_keeper_report(node->keeper)->mapped.ip,
                                 world->ops->local_port(world->ctx, node->socket)};
    elected->since = now;
    memcpy(elected->servers, promote->servers, sizeof elected->servers);
    node->supernode = pl_supernode_new(&(pl_supernode_options){.context = &node->context,
                                                               .own_address = elected->address,
                                                               .login_servers = elected->servers,
                                                               .n_login_servers = promote->n_servers,
                                                               .server_sign_key = node->network->server_sign_key,
                                                               .known = promote->entries,
                                                               .n_known = promote->n_entries,
                                                               .socket = node->socket,
                                                               .election = node->election_policy,
                                                               .step_down = on_step_down,
                                                               .owner = node});
    pl_supernode_learn(node->supernode, pl_login_supernode(node->login), now);
    node->role = PL_NODE_SUPERNODE;
    pl_login_set_own_address(node->login, elected->address);
    pl_trace(world, PL_EVENT_PROMOTED, pl_endpoint(elected->address), pl_endpoint(pl_login_supernode(node->login)));
    pl_supernode_serve(node->supernode, pl_login_credential(node->login), &pl_login_identity(node->login)->dh, now);
}

static bool on_promote(void *owner, const pl_message *promote, pl_time now)
{
    pl_node *node = owner;
    pl_resources resources;
    if (node->candidate->is_elected || !is_eligible(node, &resources, now))
        return false;
    become_supernode(node, promote, now);
    return true;
}

const pl_login_election pl_node_election = {.candidacy = on_candidacy, .promote = on_promote};

void pl_node_role_step_down(pl_node *node, const char *cause, pl_time now)
{
    pl_node_candidate *elected = node->candidate;
    pl_supernode *supernode = node->supernode;
    if (!elected || !elected->is_elected)
        return;
    elected->is_elected = false;
    elected->is_unreachable |= strcmp(cause, "unreached") == 0;
    node->role = PL_NODE_CLIENT;
    pl_login_set_own_address(node->login, (pl_addr){0, 0});
    pl_trace(&node->context.port, PL_EVENT_DEMOTED, pl_text(cause), pl_number(now - elected->since),
             pl_number((int64_t)pl_supernode_clients(supernode)));
    node->supernode = NULL;
    pl_supernode_leave(supernode);
    pl_supernode_free(supernode);
}

/* Its account and its place in the world remain: it serves again when it is started anew. */
void pl_node_role_retire(pl_node *node)
{
    if (node->role != PL_NODE_SUPERNODE || !node->supernode)
        return;
    pl_deadline_cancel(&node->context.deadlines, &node->renewal);
    g_clear_pointer(&node->grant, pl_grant_free);
    pl_supernode_leave(node->supernode);
    g_clear_pointer(&node->supernode, pl_supernode_free);
}
