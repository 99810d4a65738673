/* path_connect.c - the one place where the world asks a node to connect. */
#include "core/session/signal.h"
#include "sim/world/paths/paths.h"

pl_addr sim_paths_supernode(const sim_machine *machine)
{
    return machine->node ? pl_node_supernode_address(machine->node) : (pl_addr){0};
}

static int node_connect(const sim_session *session, const pl_contact *contact, pl_time now)
{
    static const pl_path_choice choices[SIM_CHOICES] = {[SIM_CHOICE_ANY] = PL_PATH_ANY,
                                                        [SIM_CHOICE_UDP] = PL_PATH_UDP_ONLY,
                                                        [SIM_CHOICE_TCP] = PL_PATH_TCP_ONLY};
    pl_echo_phase phases[SIM_ECHO_PHASES_MAX];
    const sim_echo *echo = session->echo;
    uint64_t number;
    for (size_t i = 0; i < echo->n; i++)
        phases[i] =
            (pl_echo_phase){.rate = (uint32_t)echo->phase[i].rate, .duration = echo->phase[i].duration};
    return pl_node_connect(session->caller->node,
                           &(pl_node_connect_options){.contact = *contact,
                                                      .choice = choices[session->transport],
                                                      .phases = phases,
                                                      .n_phases = echo->n},
                           &number, now);
}

const char *sim_paths_connect(const sim_session *session, pl_time now)
{
    sim_machine *caller = session->caller;
    char name[SIM_NAME_MAX], password[SIM_NAME_MAX];
    pl_contact contact = {.supernode = sim_paths_supernode(session->callee)};
    if (!caller->node)
        return "caller-down";
    if (!sim_paths_supernode(caller).ip)
        return "caller-offline";
    if (!contact.supernode.ip)
        return "callee-offline";
    sim_population_account(session->callee, name, password);
    g_strlcpy(contact.name, name, sizeof contact.name);
    const int error = node_connect(session, &contact, now);
    sim_machine_arm(caller);
    return error < 0 ? pl_error_name(error) : NULL;
}
