#include "sim/preflight.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/engine.h"
#include "sim/world/world.h"

/* In the child: the code, and a sentence if it is not SIM_EXIT_HELD. */
static sim_exit probe(const sim_scenario *scenario, char **ret_error)
{
    const sim_engine_ops *engine = NULL;
    const char *opened = "";
    for (size_t i = 0; i < scenario->n_points; i++) {
        const sim_config *config = scenario->points[i].config;
        bool known = false;
        if (strcmp(opened, config->run.engine) != 0)
            engine = sim_engine_open(config->run.engine, ret_error, &known);
        if (!engine)
            return known ? SIM_EXIT_SKIPPED : SIM_EXIT_USAGE;
        opened = config->run.engine;
        if (!sim_world_allowed(config, engine, ret_error))
            return SIM_EXIT_USAGE;
    }
    return SIM_EXIT_HELD;
}

static void tell(int pipe, const char *sentence)
{
    size_t len = strlen(sentence);
    while (len > 0) {
        ssize_t written = write(pipe, sentence, len);
        if (written < 0)
            return;
        sentence += written;
        len -= (size_t)written;
    }
}

static char *hear(int pipe)
{
    GString *text = g_string_new(NULL);
    char buffer[1024];
    for (;;) {
        ssize_t got = read(pipe, buffer, sizeof buffer);
        if (got > 0)
            g_string_append_len(text, buffer, got);
        else if (got == 0 || errno != EINTR)
            return g_string_free(text, FALSE);
    }
}

static sim_exit judge(int status, char *sentence, char **ret_error)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == SIM_EXIT_HELD) {
        g_free(sentence);
        return SIM_EXIT_HELD;
    }
    if (WIFEXITED(status) && *sentence) {
        *ret_error = sentence;
        return (sim_exit)WEXITSTATUS(status);
    }
    g_free(sentence);
    *ret_error = g_strdup("the engine crashed while it was opened; build it again with `make`");
    return SIM_EXIT_FAULT;
}

sim_exit sim_preflight(const sim_scenario *scenario, char **ret_error)
{
    int ends[2], status = 0;
    pid_t pid = pipe(ends) == 0 ? fork() : -1;
    if (pid < 0) {
        *ret_error = g_strdup_printf("cannot start a process: %s", g_strerror(errno));
        return SIM_EXIT_FAULT;
    }
    if (pid == 0) {
        char *error = NULL;
        sim_exit code = probe(scenario, &error);
        tell(ends[1], error ? error : "");
        _exit((int)code);
    }
    close(ends[1]);
    char *sentence = hear(ends[0]);
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return judge(status, sentence, ret_error);
}
