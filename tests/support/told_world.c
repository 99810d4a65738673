#include "tests/support/told_world.h"

#include <glib/gstdio.h>
#include <string.h>

static const char head[] = "scenario: told\n"
                           "host_stack: linux\n"
                           "profiles:\n"
                           "  ideal: {up: unlimited, down: unlimited}\n"
                           "  slow: {up: 8kbit/s, down: 8kbit/s, delay: 250ms}\n"
                           "login_servers: {count: 1, link: ideal}\n";

static void observe(void *ctx, const net_sighting *sighting, pl_time now)
{
    told_world *told = ctx;
    const told_sighting seen = {.step = sighting->step,
                                .drop = sighting->drop,
                                .when = now,
                                .from = sighting->from,
                                .at = sighting->at,
                                .source = sighting->packet->source,
                                .destination = sighting->packet->destination,
                                .serial = sighting->packet->serial};
    g_array_append_val(told->sightings, seen);
    if (told->world->paths)
        sim_paths_sighting(told->world, sighting, now);
}

void told_world_open(told_world *told, const char *text, sim_recorder *recorder)
{
    g_autofree char *whole = g_strconcat(head, text, NULL);
    char *error = NULL;
    told->scenario = sim_scenario_load_text("told.yaml", whole, strlen(whole), &(sim_scenario_options){0});
    g_autofree char *errors = sim_scenario_errors(told->scenario);
    g_assert_cmpstr(sim_scenario_good(told->scenario) ? "" : errors, ==, "");
    told->world = sim_world_new(&(sim_world_options){.config = told->scenario->points[0].config,
                                                     .engine = &sim_light_engine,
                                                     .recorder = recorder},
                                &error);
    g_assert_cmpstr(error, ==, NULL);
    told->sightings = g_array_new(FALSE, FALSE, sizeof(told_sighting));
    net_set_observer(sim_world_network(told->world), observe, told);
}

void told_world_close(told_world *told)
{
    sim_world_free(told->world);
    sim_scenario_free(told->scenario);
    g_array_unref(told->sightings);
}

void told_world_run(told_world *told, pl_time until)
{
    sim_light_engine.run(sim_world_engine(told->world), until);
}

sim_machine *told_world_machine(const told_world *told, const char *name)
{
    char other[SIM_NAME_MAX];
    for (size_t i = 0; i < told->world->n_machines; i++)
        if (strcmp(sim_machine_name(&told->world->machines[i], other), name) == 0)
            return &told->world->machines[i];
    g_assert_not_reached();
}

told_sighting told_world_send(told_world *told, const char *from, pl_addr to)
{
    const sim_machine *machine = told_world_machine(told, from);
    const guint before = told->sightings->len;
    const uint8_t data[] = "?";
    pl_id socket = 0;
    g_assert_cmpint(machine->stack.ops->udp_bind(machine->stack.engine, machine->stack.host, 0, &socket), ==,
                    0);
    machine->stack.ops->udp_send(machine->stack.engine, machine->stack.host, socket, to, 0, data,
                                 sizeof data);
    g_assert_cmpuint(told->sightings->len, >, before);
    const uint64_t serial = g_array_index(told->sightings, told_sighting, before).serial;
    told_world_run(told, sim_world_now(told->world) + PL_SECOND);
    told_sighting last = {0};
    for (guint i = before; i < told->sightings->len; i++)
        if (g_array_index(told->sightings, told_sighting, i).serial == serial)
            last = g_array_index(told->sightings, told_sighting, i);
    return last;
}

told_sighting told_world_step(const told_world *told, uint64_t serial, net_step step)
{
    for (guint i = 0; i < told->sightings->len; i++) {
        const told_sighting *seen = &g_array_index(told->sightings, told_sighting, i);
        if (seen->serial == serial && seen->step == step)
            return *seen;
    }
    g_assert_not_reached();
}

char *told_world_samples(const char *text, pl_time until)
{
    static const char *const names[] = {"series.csv", "scalars.csv", "calls.csv", "paths.csv"};
    char *error = NULL, *samples = NULL;
    g_autofree char *directory = g_dir_make_tmp("partyline-told-XXXXXX", NULL);
    g_autofree char *series = g_build_filename(directory, names[0], NULL);
    sim_recorder *recorder = sim_recorder_open(&(sim_recorder_options){.directory = directory}, &error);
    g_assert_cmpstr(error, ==, NULL);
    told_world t;
    told_world_open(&t, text, recorder);
    told_world_run(&t, until);
    sim_measure_end(t.world, until);
    told_world_close(&t);
    g_assert_cmpint(sim_recorder_close(recorder, &error), ==, 0);
    g_assert_true(g_file_get_contents(series, &samples, NULL, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(directory), ==, 0);
    return samples;
}
