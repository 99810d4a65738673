#include "sim/runner.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/world/payload.h"
#include "sim/world/world.h"

/* What a worker tells: how far it is, at the end what it did, or a sentence about what went wrong.  Smaller
 * than PIPE_BUF, so it is written whole. */
typedef struct report {
    pl_time now, end;
    uint64_t events;
    char sentence[1024]; /* "" = none */
} report;

typedef struct worker {
    pid_t pid; /* 0 = free */
    int pipe;
    size_t job;
    report last;
} worker;

typedef struct runner {
    const sim_runner_options *options;
    sim_runner_outcome *outcome;
    size_t next_job;
    worker *workers;
    gint64 started, shown;
} runner;

/* Set by the signal handler only: the one thing that a handler can reach. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* chosen: how the parent tells its workers to stop.  A signal of its own, because Ctrl-C reaches them as
 * well, and a second SIGINT or SIGTERM would end them at once. */
#define STOP_SIGNAL SIGUSR1

/* The first Ctrl-C ends the run in order, the second at once. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const struct sigaction stop = {.sa_handler = on_signal};
    sigaction(STOP_SIGNAL, &stop, NULL);
}

/* Of each point, in this run. */
static size_t replications(const sim_runner_options *options)
{
    const sim_scenario *scenario = options->scenario;
    if (options->end > options->first)
        return options->end - options->first;
    return scenario->n_points ? (size_t)scenario->points[0].config->run.replications : 0;
}

/* ---- in the worker ---- */

typedef struct voice {
    int pipe;
    gint64 told;
} voice;

static bool keep_going(void *ctx, pl_time now, pl_time end)
{
    voice *v = ctx;
    gint64 clock = g_get_monotonic_time();
    if (clock - v->told > 100000 || now == end) {
        v->told = clock;
        const report r = {.now = now, .end = end};
        if (write(v->pipe, &r, sizeof r) < 0 && errno == EPIPE)
            return false;
    }
    return !interrupted;
}

static int complain(const voice *v, int code, char *sentence)
{
    report news = {.now = -1};
    g_strlcpy(news.sentence, sentence ? sentence : "something failed without a word", sizeof news.sentence);
    g_free(sentence);
    if (write(v->pipe, &news, sizeof news) < 0)
        fprintf(stderr, "partyline: %s\n", news.sentence);
    return code;
}

static int run_world(const sim_world_options *options, voice *v)
{
    char *error = NULL;
    sim_recorder *recorder = options->recorder;
    sim_world *world = sim_world_new(options, &error);
    if (!world) {
        sim_recorder_discard(recorder);
        return complain(v, SIM_EXIT_USAGE, error);
    }
    sim_world_end end = sim_world_run(world, keep_going, v);
    const report last = {.now = sim_world_now(world), .end = -1, .events = sim_world_events(world)};
    sim_world_free(world);
    /* A simulated replication is whole or nothing; a live server is meant to be ended by Ctrl-C. */
    if (end == SIM_WORLD_INTERRUPTED && !options->only) {
        sim_recorder_discard(recorder);
        return SIM_EXIT_INTERRUPTED;
    }
    if (sim_recorder_close(recorder, &error) != 0)
        return complain(v, SIM_EXIT_FAULT, error);
    if (end == SIM_WORLD_INTERRUPTED)
        return SIM_EXIT_INTERRUPTED;
    if (write(v->pipe, &last, sizeof last) != sizeof last)
        return SIM_EXIT_INTERRUPTED;
    return end == SIM_WORLD_LIMIT ? SIM_EXIT_BUDGET : 0;
}

static int work(const sim_runner_options *options, size_t job, int pipe)
{
    const sim_scenario *scenario = options->scenario;
    size_t point = job / replications(options), replication = options->first + job % replications(options);
    const sim_config *config = scenario->points[point].config;
    voice v = {.pipe = pipe};
    char *error = NULL;
    bool known = false;
    const sim_engine_ops *engine =
        sim_engine_open(config->run.engine, &error, &known);
    if (!engine)
        return complain(&v, known ? SIM_EXIT_SKIPPED : SIM_EXIT_USAGE, error);
    g_autofree char *directory =
        sim_results_replication(options->results, scenario->points[point].index, replication, &error);
    if (!directory)
        return complain(&v, SIM_EXIT_FAULT, error);
    sim_recorder_options record = {.directory = directory,
                                   .point = scenario->points[point].index,
                                   .replication = replication,
                                   .capture = config->capture,
                                   .n_capture = config->n_capture,
                                   .has_paths = sim_config_has_paths(config),
                                   .has_searches = sim_config_has_searches(config),
                                   .epoch = config->run.epoch,
                                   .payload_name = sim_payload_name};
    sim_record_level_find(config->run.events, &record.level);
    sim_recorder *recorder = sim_recorder_open(&record, &error);
    if (!recorder)
        return complain(&v, SIM_EXIT_FAULT, error);
    return run_world(&(sim_world_options){.config = config,
                                          .engine = engine,
                                          .replication = (uint32_t)replication,
                                          .recorder = recorder,
                                          .only = options->only,
                                          .state_folder = options->state},
                     &v);
}

/* ---- in the parent ---- */

static bool start_worker(runner *r, worker *w)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    if (pid == 0) {
        close(ends[0]);
        signal(SIGPIPE, SIG_IGN);
        int code = work(r->options, r->next_job, ends[1]);
        fflush(NULL);
        _exit(code);
    }
    close(ends[1]);
    *w = (worker){.pid = pid, .pipe = ends[0], .job = r->next_job++};
    return true;
}

/* The causes in the order of DESIGN §5: 130, 3, 4, 77, the rest. */
static int worse(int a, int b)
{
    static const int order[] = {SIM_EXIT_INTERRUPTED, SIM_EXIT_FAULT, SIM_EXIT_USAGE, SIM_EXIT_BUDGET,
                                SIM_EXIT_SKIPPED};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return 0;
}

/* Two workers that fail alike say it once. */
static void pass_on(runner *r, const char *sentence)
{
    if (g_strcmp0(r->outcome->sentence, sentence) == 0)
        return;
    fprintf(stderr, "partyline: %s\n", sentence);
    g_free(r->outcome->sentence);
    r->outcome->sentence = g_strdup(sentence);
}

/* The ways in which a worker ends of its own will; a sanitizer or a library may end it otherwise. */
static bool is_own_code(int code)
{
    return code == SIM_EXIT_HELD || code == SIM_EXIT_USAGE || code == SIM_EXIT_FAULT || code == SIM_EXIT_BUDGET ||
           code == SIM_EXIT_SKIPPED || code == SIM_EXIT_INTERRUPTED;
}

static void reap(runner *r, worker *w)
{
    int status = 0;
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(w->pipe);
    w->pid = 0;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : SIM_EXIT_FAULT;
    bool has_crashed = WIFSIGNALED(status) || !is_own_code(code);
    if (has_crashed && !interrupted) {
        size_t per_point = replications(r->options);
        g_autofree char *sentence =
            g_strdup_printf("the simulator crashed (%s %d) in point %zu, replication %zu",
                            WIFSIGNALED(status) ? "signal" : "exit code",
                            WIFSIGNALED(status) ? WTERMSIG(status) : code, w->job / per_point,
                            r->options->first + w->job % per_point);
        pass_on(r, sentence);
    }
    if (has_crashed)
        code = interrupted ? SIM_EXIT_INTERRUPTED : SIM_EXIT_FAULT;
    r->outcome->exit = worse(r->outcome->exit, code);
    if (code == 0 || code == SIM_EXIT_BUDGET)
        r->outcome->n_done++;
}

static void listen_to(runner *r, worker *w)
{
    report news;
    ssize_t got = read(w->pipe, &news, sizeof news);
    if (got != (ssize_t)sizeof news) {
        if (got <= 0 && !(got < 0 && errno == EINTR))
            reap(r, w);
        return;
    }
    if (news.now == -1) {
        pass_on(r, news.sentence);
        return;
    }
    w->last = news;
    if (news.end != -1)
        return;
    r->outcome->events += news.events;
    r->outcome->virtual_seconds += (double)news.now / 1e9;
}

static void show(runner *r, bool is_last)
{
    gint64 clock = g_get_monotonic_time();
    gint64 pause = r->options->progress == SIM_PROGRESS_LINE ? 100000 : 30000000;
    if (r->options->progress == SIM_PROGRESS_NONE || (!is_last && clock - r->shown < pause))
        return;
    r->shown = clock;
    double wall = (double)(clock - r->started) / 1e6, virtual_now = r->outcome->virtual_seconds, part = 0;
    for (unsigned i = 0; i < r->options->jobs; i++) {
        const worker *w = &r->workers[i];
        if (!w->pid || w->last.end <= 0)
            continue;
        virtual_now += (double)w->last.now / 1e9;
        part += (double)w->last.now / (double)w->last.end;
    }
    double done = ((double)r->outcome->n_done + part) / (double)MAX(r->outcome->n_planned, 1);
    fprintf(stderr, "%s%zu/%zu replications · %.0f s virtual · ×%.0f · ETA %.0f s%s",
            r->options->progress == SIM_PROGRESS_LINE ? "\r\033[K" : "", r->outcome->n_done, r->outcome->n_planned,
            virtual_now, wall > 0 ? virtual_now / wall : 0, done > 0.01 ? wall / done - wall : 0,
            r->options->progress == SIM_PROGRESS_LINE ? "" : "\n");
    if (is_last && r->options->progress == SIM_PROGRESS_LINE)
        fputs("\r\033[K", stderr);
}

static size_t fill_pollfds(const runner *r, struct pollfd *ret_fds, size_t *ret_owner)
{
    size_t n = 0;
    for (unsigned i = 0; i < r->options->jobs; i++) {
        if (!r->workers[i].pid)
            continue;
        ret_fds[n] = (struct pollfd){.fd = r->workers[i].pipe, .events = POLLIN};
        ret_owner[n++] = i;
    }
    return n;
}

static bool must_stop(const runner *r)
{
    return interrupted || r->outcome->exit == SIM_EXIT_USAGE || r->outcome->exit == SIM_EXIT_SKIPPED ||
           r->outcome->exit == SIM_EXIT_FAULT;
}

/* A signal sent to the parent alone is for its workers too: each stops between two slices of its run. */
static void stop_workers(runner *r)
{
    for (unsigned i = 0; i < r->options->jobs; i++)
        if (r->workers[i].pid)
            kill(r->workers[i].pid, STOP_SIGNAL);
}

static void loop(runner *r)
{
    bool stopped = false;
    g_autofree struct pollfd *fds = g_new0(struct pollfd, r->options->jobs);
    g_autofree size_t *owner = g_new0(size_t, r->options->jobs);
    for (;;) {
        for (unsigned i = 0; i < r->options->jobs; i++) {
            if (r->workers[i].pid || r->next_job >= r->outcome->n_planned || must_stop(r))
                continue;
            if (!start_worker(r, &r->workers[i]))
                r->outcome->exit = worse(r->outcome->exit, SIM_EXIT_FAULT);
        }
        if (interrupted && !stopped) {
            stopped = true;
            stop_workers(r);
        }
        size_t n = fill_pollfds(r, fds, owner);
        if (n == 0)
            return;
        if (poll(fds, (nfds_t)n, 200) > 0)
            for (size_t i = 0; i < n; i++)
                if (fds[i].revents)
                    listen_to(r, &r->workers[owner[i]]);
        show(r, false);
    }
}

void sim_runner_run(const sim_runner_options *options, sim_runner_outcome *ret_outcome)
{
    sim_runner_options own = *options;
    own.jobs = CLAMP(own.jobs, 1, 256);
    *ret_outcome =
        (sim_runner_outcome){.n_planned = options->scenario->n_points * replications(options)};
    runner r = {.options = &own, .outcome = ret_outcome, .started = g_get_monotonic_time()};
    r.workers = g_new0(worker, own.jobs);
    catch_signals();
    loop(&r);
    show(&r, true);
    g_free(r.workers);
    ret_outcome->wall_seconds = (double)(g_get_monotonic_time() - r.started) / 1e6;
    if (interrupted)
        ret_outcome->exit = SIM_EXIT_INTERRUPTED;
    ret_outcome->status = ret_outcome->exit == SIM_EXIT_INTERRUPTED ? SIM_RESULTS_INTERRUPTED
                          : ret_outcome->exit == SIM_EXIT_BUDGET    ? SIM_RESULTS_BUDGET
                          : ret_outcome->exit == 0                  ? SIM_RESULTS_COMPLETE
                                                                    : SIM_RESULTS_FAULT;
}
