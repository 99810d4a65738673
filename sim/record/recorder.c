#include "sim/record/recorder.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "sim/record/capture.h"
#include "sim/record/event_line.h"
#include "sim/record/file.h"
#include "sim/record/path_line.h"
#include "sim/record/search_line.h"

/* The plain files, in the order in which they get their names: scalars.csv last, for it marks the folder as
 * complete. */
enum { FILE_SERIES, FILE_CALLS, FILE_PATHS, FILE_SEARCHES, FILE_EVENTS, FILE_SCALARS, FILE_COUNT };

static const char *const file_names[FILE_COUNT] = {"series.csv", "calls.csv", "paths.csv", "searches.csv", "events.jsonl",
                                                   "scalars.csv"};

static const char *const file_headings[FILE_COUNT] = {
    "t_ns,host,name,labels,value,unit\n",
    "t_ns,caller,callee,labels,outcome,path,setup_ns,duration_ns\n",
    SIM_PATH_HEADING,
    SIM_SEARCH_HEADING,
    "",
    "point,replication,name,labels,value,unit\n",
};

struct sim_recorder {
    char *directory;
    size_t point, replication;
    sim_record_level level;
    sim_payload_name_fn payload_name;
    sim_file *files[FILE_COUNT]; /* events: NULL at level none; paths, searches: NULL if there are none */
    sim_capture *capture;        /* NULL if no host was chosen */
};

typedef struct level_row {
    const char *name;
    const char *help;
} level_row;

static const level_row levels[] = {
#define X(id, text, sentence) [id] = {text, sentence},
    SIM_RECORD_LEVELS(X)
#undef X
};

bool sim_record_level_find(const char *name, sim_record_level *ret_level)
{
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (strcmp(levels[i].name, name) != 0)
            continue;
        *ret_level = (sim_record_level)i;
        return true;
    }
    return false;
}

const char *sim_record_level_name(sim_record_level level)
{
    g_assert((size_t)level < G_N_ELEMENTS(levels));
    return levels[level].name;
}

const char *sim_record_level_help(sim_record_level level)
{
    g_assert((size_t)level < G_N_ELEMENTS(levels));
    return levels[level].help;
}

static char *path_in(const char *directory, const char *name)
{
    return g_build_filename(directory, name, NULL);
}

static int open_files(sim_recorder *recorder, const sim_recorder_options *options, char **ret_error)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if ((i == FILE_EVENTS && options->level == SIM_RECORD_NONE) || (i == FILE_PATHS && !options->has_paths) ||
            (i == FILE_SEARCHES && !options->has_searches))
            continue;
        g_autofree char *path = path_in(recorder->directory, file_names[i]);
        recorder->files[i] = sim_file_open(path, ret_error);
        if (!recorder->files[i])
            return -1;
        sim_file_text(recorder->files[i], file_headings[i]);
    }
    if (options->n_capture == 0)
        return 0;
    g_autofree char *path = path_in(recorder->directory, "capture.pcapng");
    recorder->capture = sim_capture_open(path, options, ret_error);
    return recorder->capture ? 0 : -1;
}

sim_recorder *sim_recorder_open(const sim_recorder_options *options, char **ret_error)
{
    sim_recorder *recorder = g_new0(sim_recorder, 1);
    recorder->directory = g_strdup(options->directory);
    recorder->point = options->point;
    recorder->replication = options->replication;
    recorder->level = options->level;
    recorder->payload_name = options->payload_name;
    if (open_files(recorder, options, ret_error) == 0)
        return recorder;
    sim_recorder_discard(recorder);
    return NULL;
}

/* Whether an event tells how a login or a call ended: all that level `calls` keeps. */
static bool is_outcome(pl_event_id id)
{
    static const pl_event_id outcomes[] = {PL_EVENT_LOGGED_IN, PL_EVENT_LOGIN_FAILED, PL_EVENT_LOGGED_OUT};
    for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++)
        if (outcomes[i] == id)
            return true;
    return false;
}

bool sim_recorder_wants_event(const sim_recorder *recorder, pl_event_id id)
{
    return recorder->level != SIM_RECORD_NONE && (recorder->level != SIM_RECORD_CALLS || is_outcome(id));
}

void sim_record_event(sim_recorder *recorder, const char *host, const pl_event *event, pl_time now)
{
    if (sim_recorder_wants_event(recorder, event->id))
        sim_event_line(recorder->files[FILE_EVENTS], host, event, now);
}

bool sim_recorder_wants_packets(const sim_recorder *recorder)
{
    return recorder->level == SIM_RECORD_PACKETS || recorder->capture != NULL;
}

void sim_record_packet(sim_recorder *recorder, const sim_packet_facts *facts, pl_time now)
{
    const net_packet *packet = facts->sighting->packet;

    if (recorder->capture)
        sim_capture_packet(recorder->capture, facts, now);
    if (recorder->level != SIM_RECORD_PACKETS)
        return;
    const char *what = recorder->payload_name && packet->payload_len ? recorder->payload_name(packet) : NULL;
    sim_packet_line(recorder->files[FILE_EVENTS], facts, what, now);
}

/* Labels with ';' for ',': no field then needs quotes, and cut and awk can read the file. */
static void put_labels(sim_file *file, const char *labels)
{
    if (!labels)
        return;
    g_autofree char *text = g_strdup(labels);
    sim_file_csv(file, g_strdelimit(text, ",", ';'));
}

static void put_sample(sim_file *file, const sim_sample *sample)
{
    sim_file_text(file, ",");
    sim_file_csv(file, sample->name);
    sim_file_text(file, ",");
    put_labels(file, sample->labels);
    sim_file_text(file, ",");
    sim_file_number(file, sample->value);
    sim_file_text(file, ",");
    sim_file_csv(file, sample->unit);
    sim_file_text(file, "\n");
}

void sim_record_sample(sim_recorder *recorder, const char *host, const sim_sample *sample, pl_time now)
{
    sim_file *file = recorder->files[FILE_SERIES];
    sim_file_integer(file, now);
    sim_file_text(file, ",");
    sim_file_csv(file, host);
    put_sample(file, sample);
}

void sim_record_scalar(sim_recorder *recorder, const sim_sample *sample)
{
    sim_file *file = recorder->files[FILE_SCALARS];
    sim_file_integer(file, (int64_t)recorder->point);
    sim_file_text(file, ",");
    sim_file_integer(file, (int64_t)recorder->replication);
    put_sample(file, sample);
}

void sim_record_path(sim_recorder *recorder, const sim_path_row *row)
{
    sim_path_line(recorder->files[FILE_PATHS], row);
}

void sim_record_search(sim_recorder *recorder, const sim_search_row *row)
{
    sim_search_line(recorder->files[FILE_SEARCHES], row);
}

bool sim_recorder_failed(const sim_recorder *recorder)
{
    for (size_t i = 0; i < FILE_COUNT; i++)
        if (recorder->files[i] && sim_file_failed(recorder->files[i]))
            return true;
    return recorder->capture && sim_capture_failed(recorder->capture);
}

/* Everything is on the disk before the first file gets its name. */
static int finish_all(sim_recorder *recorder, char **ret_error)
{
    for (size_t i = 0; i < FILE_COUNT; i++)
        if (recorder->files[i] && sim_file_finish(recorder->files[i], ret_error) < 0)
            return -1;
    return recorder->capture ? sim_capture_finish(recorder->capture, ret_error) : 0;
}

static int commit_all(sim_recorder *recorder, char **ret_error)
{
    if (recorder->capture && sim_capture_commit(g_steal_pointer(&recorder->capture), ret_error) < 0)
        return -1;
    for (size_t i = 0; i < FILE_COUNT; i++)
        if (recorder->files[i] && sim_file_commit(g_steal_pointer(&recorder->files[i]), ret_error) < 0)
            return -1;
    return 0;
}

static void remove_named(const sim_recorder *recorder)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        g_autofree char *path = path_in(recorder->directory, file_names[i]);
        unlink(path);
    }
    g_autofree char *capture = path_in(recorder->directory, "capture.pcapng");
    unlink(capture);
}

int sim_recorder_close(sim_recorder *recorder, char **ret_error)
{
    int result = finish_all(recorder, ret_error);
    if (result == 0) {
        result = commit_all(recorder, ret_error);
        if (result < 0)
            remove_named(recorder);
    }
    sim_recorder_discard(recorder);
    return result;
}

void sim_recorder_discard(sim_recorder *recorder)
{
    if (!recorder)
        return;
    for (size_t i = 0; i < FILE_COUNT; i++)
        sim_file_discard(recorder->files[i]);
    sim_capture_discard(recorder->capture);
    g_free(recorder->directory);
    g_free(recorder);
}
