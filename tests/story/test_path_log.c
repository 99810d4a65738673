/* test_path_log.c - what the ends of a session tell, and what the network shows of it, as the record has it.
 *
 * Nodes are not asked: the events are made here, so that each column of paths.csv has one cause. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/event.h"
#include "sim/world/paths/paths.h"
#include "tests/support/told_world.h"

#define SESSION INT64_C(0x1122334455667788)

typedef struct book {
    told_world told;
    char *directory;
    sim_recorder *recorder;
    sim_machine *caller, *callee;
    sim_session *session;
} book;

/* caller-1 is behind a home and a carrier, callee-1 likewise; the run would end when all paths are done. */
static void open_book(book *b, const char *echo)
{
    char *error = NULL;
    *b = (book){.directory = g_dir_make_tmp("partyline-paths-XXXXXX", NULL)};
    b->recorder =
        sim_recorder_open(&(sim_recorder_options){.directory = b->directory, .has_paths = true}, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_autofree char *text = g_strdup_printf(
        "run: {until: all-paths-done, limit: 10min, crypto: sized}\n"
        "supernodes: {count: 2, link: ideal}\npeers: {link: ideal, arrive: at 10s}\n"
        "matrix:\n"
        "  kinds: [{name: home, nat: port-restricted, carrier: cgn}, {name: out}]\n"
        "  callers: home\n  callees: home\n  transports: udp\n  connect: at 5min\n  echo: %s\n",
        echo);
    told_world_open(&b->told, text, b->recorder);
    b->caller = told_world_machine(&b->told, "caller-1");
    b->callee = told_world_machine(&b->told, "callee-1");
    told_world_run(&b->told, 60 * PL_SECOND);
    b->session = sim_paths_begin(b->told.world,
                                 &(sim_session){.cell = 1,
                                                .caller = b->caller,
                                                .callee = b->callee,
                                                .transport = SIM_CHOICE_UDP,
                                                .echo = &b->told.world->config->matrix.echo},
                                 60 * PL_SECOND);
}

/* The rows of paths.csv after the heading, and of series.csv that begin with "path.". */
static void close_book(book *b, char **ret_rows, char **ret_samples)
{
    char *error = NULL;
    g_autofree char *paths = g_build_filename(b->directory, "paths.csv", NULL);
    g_autofree char *series = g_build_filename(b->directory, "series.csv", NULL);
    g_autofree char *text = NULL;
    sim_measure_end(b->told.world, sim_world_now(b->told.world));
    told_world_close(&b->told);
    g_assert_cmpint(sim_recorder_close(b->recorder, &error), ==, 0);
    g_assert_true(g_file_get_contents(paths, &text, NULL, NULL));
    g_assert_true(g_file_get_contents(series, ret_samples, NULL, NULL));
    g_assert_true(g_str_has_prefix(text,
                                   "path,cell,caller,callee,caller_kind,callee_kind,transport,profile,class,"
                                   "via,local,remote,cause,started_ns,time_ns,packets,bytes,sent,received,"
                                   "silence_ns,sent_after,received_after,drop_cause,drop_box,relay\n"));
    *ret_rows = g_strdup(strchr(text, '\n') + 1);
    static const char *const names[] = {"paths.csv", "series.csv", "scalars.csv", "calls.csv"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(b->directory, names[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(b->directory), ==, 0);
    g_free(b->directory);
}

static void tell(sim_machine *machine, pl_event event)
{
    sim_paths_event(machine, &event, sim_world_now(machine->world));
}

static void started(book *b)
{
    tell(b->caller,
         (pl_event)PL_EVENT_OF(PL_EVENT_PATH_STARTED, pl_text("caller"), pl_number(SESSION), pl_text("e2")));
    tell(b->callee,
         (pl_event)PL_EVENT_OF(PL_EVENT_PATH_STARTED, pl_text("callee"), pl_number(SESSION), pl_text("e2")));
}

static void opened(sim_machine *end, const char *local, const char *remote)
{
    tell(end, (pl_event)PL_EVENT_OF(PL_EVENT_PATH_OPENED, pl_number(SESSION), pl_text("punched-udp"),
                                    pl_text("hairpin"), pl_text(local), pl_text(remote),
                                    pl_number(350 * PL_MILLISECOND), pl_number(9)));
}

static void echoed(book *b, int64_t phase, int64_t sent, int64_t received)
{
    tell(b->caller, (pl_event)PL_EVENT_OF(PL_EVENT_PATH_ECHO, pl_number(SESSION), pl_number(phase),
                                          pl_number(sent), pl_number(received), pl_number(PL_MILLISECOND)));
}

static void assert_sample(const char *samples, const char *name, const char *labels, const char *value,
                          bool is_there)
{
    g_autofree char *line = g_strdup_printf(",caller-1,%s,%s,%s,", name, labels, value);
    g_test_message("%s", line);
    g_assert_cmpint(strstr(samples, line) != NULL, ==, is_there);
}

#define LABELS "caller=home;callee=home;transport=udp;traversal=e2;via=hairpin"
#define THREE  "[10s at 10/s, 45s silence, 5s at 10/s]"

static void test_an_open_path_that_lives(void)
{
    book b;
    g_autofree char *rows = NULL, *samples = NULL;
    open_book(&b, THREE);
    started(&b);
    told_world_send(&b.told, "caller-1", b.told.world->supernodes[0]); /* 20 + 8 + 2 bytes each */
    told_world_send(&b.told, "callee-1", b.told.world->supernodes[0]);
    opened(b.caller, "reflexive", "peer-reflexive");
    told_world_send(&b.told, "caller-1", b.told.world->supernodes[0]); /* too late to be counted */
    told_world_send(&b.told, "callee-1", b.told.world->supernodes[0]); /* not for the callee */
    opened(b.callee, "reflexive", "reflexive");
    told_world_send(&b.told, "callee-1", b.told.world->supernodes[0]);
    echoed(&b, 1, 100, 99);
    g_assert_cmpint(b.session->state, ==, SIM_SESSION_OPEN);
    echoed(&b, 2, 0, 0);
    echoed(&b, 3, 50, 50);
    g_assert_cmpint(b.session->state, ==, SIM_SESSION_DONE);
    tell(b.caller, (pl_event)PL_EVENT_OF(PL_EVENT_PATH_LOST, pl_number(SESSION), pl_text("closed")));
    close_book(&b, &rows, &samples);
    g_assert_cmpstr(rows, ==,
                    "1,1,caller-1,callee-1,home,home,udp,e2,punched-udp,hairpin,reflexive,peer-reflexive,,"
                    "60000000000,350000000,3,90,100,99,45000000000,50,50,,,\n");
    assert_sample(samples, "path.connected", LABELS, "1", true);
    assert_sample(samples, "path.class.punched-udp", LABELS, "1", true);
    assert_sample(samples, "path.class.relayed-tcp", LABELS, "0", true);
    assert_sample(samples, "path.class.failed", LABELS, "0", true);
    assert_sample(samples, "path.time", LABELS, "350000000", true);
    assert_sample(samples, "path.packets", LABELS, "3", true);
    assert_sample(samples, "path.alive", LABELS, "1", true);
}

/* What makes a path dead: a phase that comes back too thin, one lost datagram after the silence, an early
 * end. */
static void test_open_paths_that_do_not_live(void)
{
    static const struct {
        int64_t received, received_after;
        bool is_lost;
        const char *alive;
    } cases[] = {{100, 50, false, "1"},
                 {98, 50, false, "0"},
                 {100, 49, false, "0"},
                 {100, 0, false, "0"},
                 {100, 50, true, "0"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        book b;
        g_autofree char *rows = NULL, *samples = NULL;
        open_book(&b, THREE);
        started(&b);
        opened(b.caller, "host", "host");
        echoed(&b, 1, 100, cases[i].received);
        if (cases[i].is_lost)
            tell(b.caller,
                 (pl_event)PL_EVENT_OF(PL_EVENT_PATH_LOST, pl_number(SESSION), pl_text("consent-expired")));
        echoed(&b, 3, 50, cases[i].received_after);
        g_assert_cmpint(b.session->state, ==, SIM_SESSION_DONE);
        close_book(&b, &rows, &samples);
        assert_sample(samples, "path.alive", LABELS, cases[i].alive, true);
        g_assert_cmpint(strstr(rows, ",consent-expired,") != NULL, ==, cases[i].is_lost);
    }
}

/* A packet of the caller to the callee ends outside all boxes. */
static void dropped(book *b, net_drop drop)
{
    const net_packet packet = {.protocol = PL_PROTOCOL_UDP, .destination = {b->callee->at.outside, 9}};
    sim_paths_sighting(b->told.world,
                       &(net_sighting){.step = NET_STEP_DROPPED,
                                       .drop = drop,
                                       .from = b->caller->stack.host,
                                       .at = NET_NO_HOST,
                                       .box_owner = NET_NO_HOST,
                                       .packet = &packet},
                       60 * PL_SECOND);
}

/* The last drop at a box of a packet from one end to the other; what goes elsewhere does not count, and what
 * was to end early only if there is nothing else. */
static void test_a_failure_and_its_last_drop(void)
{
    book b;
    g_autofree char *rows = NULL, *samples = NULL;
    open_book(&b, "none");
    started(&b);
    told_world_send(&b.told, "caller-1", (pl_addr){0x01020304, 9});
    g_assert_cmpint(b.session->drop, ==, NET_DROP_NONE);
    dropped(&b, NET_DROP_TTL); /* it opened the caller's box, and did no more */
    g_assert_cmpint(b.session->drop, ==, NET_DROP_TTL);
    told_world_send(&b.told, "callee-1", (pl_addr){b.caller->at.outside, 9});
    g_assert_cmpint(b.session->drop, ==, NET_DROP_NO_MAPPING);
    dropped(&b, NET_DROP_NO_ROUTE); /* weaker */
    tell(b.caller, (pl_event)PL_EVENT_OF(PL_EVENT_PATH_FAILED, pl_number(SESSION), pl_text("no-path"),
                                         pl_number(7 * PL_SECOND), pl_number(4)));
    told_world_send(&b.told, "caller-1", (pl_addr){b.callee->at.outside, 9}); /* after the end */
    close_book(&b, &rows, &samples);
    g_assert_cmpstr(
        rows, ==,
        "1,1,caller-1,callee-1,home,home,udp,e2,failed,,,,no-path,60000000000,7000000000,2,60,0,0,0,0,0,"
        "no-mapping,carrier-caller-1,\n");
    assert_sample(samples, "path.connected", "caller=home;callee=home;transport=udp;traversal=e2;via=none",
                  "0", true);
    assert_sample(samples, "path.class.failed", "caller=home;callee=home;transport=udp;traversal=e2;via=none",
                  "1", true);
    g_assert_null(strstr(samples, ",path.time,"));
    g_assert_null(strstr(samples, ",path.alive,"));
}

/* Both ends relay: the relays are the supernodes to which they are attached. */
static void test_relays_have_names(void)
{
    book b;
    g_autofree char *rows = NULL, *samples = NULL;
    open_book(&b, "none");
    started(&b);
    g_assert_cmphex(sim_paths_supernode(b.caller).ip, !=, 0);
    opened(b.caller, "relayed", "host");
    close_book(&b, &rows, &samples);
    g_assert_true(g_str_has_suffix(rows, ",supernode-1\n") || g_str_has_suffix(rows, ",supernode-2\n"));
}

/* A session that nobody ends is told at the end of the run, and one whose caller fails at once. */
static void test_sessions_without_an_end(void)
{
    book b;
    g_autofree char *rows = NULL, *samples = NULL;
    open_book(&b, "none");
    sim_session *second = sim_paths_begin(
        b.told.world, &(sim_session){.caller = b.callee, .callee = b.caller, .echo = b.session->echo},
        61 * PL_SECOND);
    sim_paths_give_up(b.callee, 62 * PL_SECOND);
    g_assert_cmpint(second->state, ==, SIM_SESSION_DONE);
    close_book(&b, &rows, &samples);
    g_assert_cmpstr(
        rows, ==,
        "1,1,caller-1,callee-1,home,home,udp,ours,failed,,,,unfinished,60000000000,0,0,0,0,0,0,0,0,,,\n"
        "2,,callee-1,caller-1,home,home,any,ours,failed,,,,caller-down,61000000000,1000000000,0,0,0,0,0,0,"
        "0,,,\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path-log/an-open-path-that-lives", test_an_open_path_that_lives);
    g_test_add_func("/story/path-log/open-paths-that-do-not-live", test_open_paths_that_do_not_live);
    g_test_add_func("/story/path-log/a-failure-and-its-last-drop", test_a_failure_and_its_last_drop);
    g_test_add_func("/story/path-log/relays-have-names", test_relays_have_names);
    g_test_add_func("/story/path-log/sessions-without-an-end", test_sessions_without_an_end);
    return g_test_run();
}
