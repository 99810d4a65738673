/* bench_crowd - N peers log in and stay idle in one process: wall time, time of an event, memory of a peer.
 *
 *   bench_crowd [--json] [--engine NAME] [--peers N] [--crypto sized|real] [--idle SECONDS] [--children N]
 *
 * The world is tests/bench/crowd.yaml; one supernode to 250 peers unless told, so that the load of each stays the same
 * whatever N is.  Idle is what a client of 2004 does when nobody calls: keep-alives to its supernode and of its NAT,
 * fresh entries for its cache, and one search an hour; and what the supernodes do among themselves.  Memory is what the process holds more than before the world was made, divided by the
 * peers: resident pages (after malloc_trim) and bytes given out by malloc.  Run one case a process. */
#include <glib.h>
#include <malloc.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/light/light.h"
#include "sim/net/net.h"
#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

#define SCENARIO "tests/bench/crowd.yaml"
#define CHILDREN 250 /* chosen: within PO-13's 140 to 480 peers to a supernode */
#define REGISTRY_ENTRY_BYTES 10 /* of the host cache: while online the registry alone has it (overlay/host_cache.h) */

typedef struct memory {
    double resident, given; /* bytes */
} memory;

typedef struct stem {
    const char *engine, *crypto;
    int peers, children; /* of each supernode */
    gboolean json;
} stem;

static memory measure_memory(void)
{
    memory now = {0};
    malloc_trim(0);
    struct mallinfo2 info = mallinfo2();
    now.given = (double)info.uordblks + (double)info.hblkhd;
    g_autofree char *text = NULL;
    if (g_file_get_contents("/proc/self/statm", &text, NULL, NULL)) {
        char *rest = NULL;
        g_ascii_strtoull(text, &rest, 10);
        now.resident = (double)g_ascii_strtoull(rest, NULL, 10) * 4096;
    }
    return now;
}

static double cpu_seconds(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec * 1e-9;
}

static void report(const stem *of, const char *what, double value, const char *unit)
{
    g_autofree char *name = g_strdup_printf("crowd.%s.%s.%d.%s", of->engine, of->crypto, of->peers, what);
    if (of->json)
        g_print("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", name, value, unit);
    else
        g_print("%-52s %14.6g %s\n", name, value, unit);
}

static bool go_on(void *ctx, pl_time now, pl_time end)
{
    (void)ctx, (void)now, (void)end;
    return true;
}

static double cache_entries(const sim_world *world)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < sim_world_hosts(world); i++) {
        size_t entries = pl_node_cache_entries(sim_world_node(world, i));
        sum += (double)entries;
        n += entries > 0;
    }
    return n > 0 ? sum / n : 0;
}

/* Copies of users' entries that supernodes keep for the index. */
static double index_entries(const sim_world *world)
{
    double sum = 0;
    for (size_t i = 0; i < sim_world_hosts(world); i++)
        sum += (double)pl_node_index_entries(sim_world_node(world, i));
    return sum;
}

/* The byte budget: who holds what, for each peer. */
static void report_budget(const stem *of, const sim_engine_ops *ops, const sim_world *world)
{
    report(of, "idle.network", (double)net_memory(sim_world_network(world)) / of->peers, "B/peer");
    report(of, "idle.cached_entries", cache_entries(world) * REGISTRY_ENTRY_BYTES, "B/peer");
    if (ops != &sim_light_engine)
        return;
    sim_light_bytes bytes;
    sim_light_memory(sim_world_engine(world), &bytes);
    report(of, "idle.queue", (double)bytes.queue / of->peers, "B/peer");
    report(of, "idle.hosts", (double)bytes.hosts / of->peers, "B/peer");
    report(of, "idle.sockets", (double)bytes.sockets / of->peers, "B/peer");
    report(of, "idle.listeners", (double)bytes.listeners / of->peers, "B/peer");
    report(of, "idle.streams", (double)bytes.streams / of->peers, "B/peer");
    report(of, "idle.demux", (double)bytes.demux / of->peers, "B/peer");
}

static void measure_idle(const stem *of, const sim_engine_ops *ops, sim_world *world, const memory *before,
                         int idle)
{
    sim_engine_stats quiet, later;
    ops->stats(sim_world_engine(world), &quiet);
    const double start = cpu_seconds();
    ops->run(sim_world_engine(world), sim_world_now(world) + idle * PL_SECOND);
    const double spent = cpu_seconds() - start;
    ops->stats(sim_world_engine(world), &later);
    const memory after = measure_memory();
    const double events = (double)(later.events - quiet.events);
    report(of, "idle.cpu", spent, "s");
    report(of, "idle.speed", spent > 0 ? idle / spent : 0, "x real time");
    report(of, "idle.events", events, "count");
    report(of, "idle.event", events > 0 ? spent / events * 1e6 : 0, "us");
    report(of, "idle.cache", cache_entries(world), "entries");
    report_budget(of, ops, world);
    report(of, "idle.resident", (after.resident - before->resident) / of->peers, "B/peer");
    report(of, "idle.given", (after.given - before->given) / of->peers, "B/peer");
}

static int measure(const stem *of, const sim_engine_ops *ops, const sim_config *config, int idle)
{
    char *error = NULL;
    const memory before = measure_memory();
    const gint64 wall = g_get_monotonic_time();
    const double start = cpu_seconds();
    sim_world *world = sim_world_new(&(sim_world_options){.config = config, .engine = ops}, &error);
    if (!world) {
        g_printerr("bench_crowd: %s\n", error);
        g_free(error);
        return 2;
    }
    const double built = cpu_seconds() - start;
    sim_world_run(world, go_on, NULL);
    const double spent = cpu_seconds() - start, events = (double)sim_world_events(world);
    report(of, "build", built, "s");
    report(of, "login.wall", (double)(g_get_monotonic_time() - wall) * 1e-6, "s");
    report(of, "login.cpu", spent, "s");
    report(of, "login.events", events, "count");
    report(of, "login.event", (spent - built) / events * 1e6, "us");
    report(of, "login.per_login", spent / of->peers * 1e6, "us");
    report(of, "login.failed", (double)of->peers - (double)sim_world_logged_in(world), "count");
    report(of, "login.entries", index_entries(world) / of->peers, "replicas/peer");
    measure_idle(of, ops, world, &before, idle);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    report(of, "peak", (double)usage.ru_maxrss / 1024, "MiB");
    sim_world_free(world);
    return 0;
}

static int load_and_measure(const stem *of, const sim_engine_ops *ops, int idle)
{
    g_autofree char *peers = g_strdup_printf("peers.count=%d", of->peers);
    g_autofree char *supernodes =
        g_strdup_printf("supernodes.count=%d", MAX(of->peers / of->children, 8));
    g_autofree char *crypto = g_strdup_printf("run.crypto=%s", of->crypto);
    const char *const sets[] = {peers, supernodes, crypto, NULL};
    sim_scenario *scenario = sim_scenario_load(SCENARIO, &(sim_scenario_options){.sets = sets});
    int code = 2;
    if (sim_scenario_good(scenario)) {
        code = measure(of, ops, scenario->points[0].config, idle);
    } else {
        g_autofree char *errors = sim_scenario_errors(scenario);
        g_printerr("%s", errors);
    }
    sim_scenario_free(scenario);
    return code;
}

int main(int argc, char **argv)
{
    gboolean json = FALSE;
    int peers = 10000, idle = 300, children = CHILDREN;
    char *engine = NULL, *crypto = NULL;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON lines", NULL},
        {"engine", 0, 0, G_OPTION_ARG_STRING, &engine, "light or ns3", "NAME"},
        {"peers", 0, 0, G_OPTION_ARG_INT, &peers, "How many", "N"},
        {"crypto", 0, 0, G_OPTION_ARG_STRING, &crypto, "sized or real", "NAME"},
        {"idle", 0, 0, G_OPTION_ARG_INT, &idle, "Virtual seconds after the last login", "SECONDS"},
        {"children", 0, 0, G_OPTION_ARG_INT, &children, "Peers to a supernode", "N"},
        {0}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || peers < 1 || peers > 1000000 || idle < 0 || children < 1) {
        g_printerr("bench_crowd: %s\n", error ? error->message : "--peers is 1 to 1000000, --children 1 or more");
        return 2;
    }
    const stem of = {.engine = engine ? engine : "light",
                     .crypto = crypto ? crypto : "sized",
                     .peers = peers,
                     .children = children,
                     .json = json};
    g_autofree char *reason = NULL;
    bool known = false;
    const sim_engine_ops *ops = sim_engine_open(of.engine, &reason, &known);
    if (!ops) {
        g_printerr("bench_crowd: %s\n", reason);
        return known ? 77 : 2;
    }
    const int code = load_and_measure(&of, ops, idle);
    g_free(engine);
    g_free(crypto);
    return code;
}
