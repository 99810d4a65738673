/* path_connect.c - the one place where the world asks a node to connect. */
#include "sim/world/paths/paths.h"

/* What a caller knows of a callee: a name, and the supernode at which he is. */
typedef struct contact {
    char name[SIM_NAME_MAX];
    pl_addr supernode;
} contact;

pl_addr sim_paths_supernode(const sim_machine *machine)
{
    (void)machine; /* until nodes have the door */
    return (pl_addr){0};
}

static int node_connect(const sim_session *session, const contact *to, pl_time now)
{
    (void)session;
    (void)to;
    (void)now;
    return PL_ERR_UNKNOWN; /* until nodes have the door */
}

const char *sim_paths_connect(const sim_session *session, pl_time now)
{
    char password[SIM_NAME_MAX];
    contact to;
    if (!session->caller->node)
        return "caller-down";
    sim_population_account(session->callee, to.name, password);
    to.supernode = sim_paths_supernode(session->callee);
    int error = node_connect(session, &to, now);
    sim_machine_arm(session->caller);
    return error < 0 ? "not-available" : NULL;
}
