#include "sim/record/capture.h"

#include <glib.h>
#include <string.h>

#include "sim/record/pcapng.h"

/* chosen: packets in flight of a few peers are dozens; a fate that never comes must not hold the rest for
 * ever. */
#define HELD_MAX 65536

typedef struct held_packet {
    uint64_t serial;
    pl_time at;
    uint32_t interface;
    sim_pcapng_direction direction;
    char *comment; /* NULL while its fate is open */
    size_t len;
    uint8_t data[];
} held_packet;

struct sim_capture {
    sim_file *file;
    GPtrArray *names;    /* interface number → host */
    GHashTable *numbers; /* host → interface number + 1 */
    GQueue held;         /* by time */
    GHashTable *open;    /* serial → held packet whose fate is open; looked up only */
    uint64_t epoch_ns;
    uint8_t frame[SIM_PCAPNG_FRAME_MAX];
};

sim_capture *sim_capture_open(const char *path, const sim_recorder_options *options, char **ret_error)
{
    sim_file *file = sim_file_open(path, ret_error);
    if (!file)
        return NULL;
    sim_capture *capture = g_new0(sim_capture, 1);
    capture->file = file;
    capture->names = g_ptr_array_new_with_free_func(g_free);
    capture->numbers = g_hash_table_new(g_str_hash, g_str_equal);
    capture->open = g_hash_table_new(g_int64_hash, g_int64_equal);
    capture->epoch_ns = (uint64_t)options->epoch * 1000000000u;
    g_queue_init(&capture->held);
    for (size_t i = 0; i < options->n_capture; i++) {
        char *name = g_strdup(options->capture[i]);
        g_ptr_array_add(capture->names, name);
        g_hash_table_insert(capture->numbers, name, GUINT_TO_POINTER(capture->names->len));
    }
    sim_pcapng_start(file, (const char *const *)capture->names->pdata, capture->names->len);
    return capture;
}

/* The number of a chosen host's interface + 1; 0 if it was not chosen. */
static uint32_t chosen(const sim_capture *capture, const char *host)
{
    return host ? GPOINTER_TO_UINT(g_hash_table_lookup(capture->numbers, host)) : 0;
}

static held_packet *hold(sim_capture *capture, uint32_t number, const net_packet *packet, pl_time now)
{
    size_t len = sim_pcapng_frame(packet, capture->frame);
    held_packet *held = g_malloc(sizeof *held + len);
    held->serial = packet->serial;
    held->at = now;
    held->interface = number - 1;
    held->direction = SIM_PCAPNG_OUT;
    held->comment = NULL;
    held->len = len;
    memcpy(held->data, capture->frame, len);
    g_queue_push_tail(&capture->held, held);
    return held;
}

static void hold_incoming(sim_capture *capture, uint32_t number, const net_packet *packet, char *comment,
                          pl_time now)
{
    held_packet *held = hold(capture, number, packet, now);
    held->direction = SIM_PCAPNG_IN;
    held->comment = comment;
}

static void write_held(sim_capture *capture, held_packet *held)
{
    const sim_pcapng_record record = {.interface = held->interface,
                                      .direction = held->direction,
                                      .unix_ns = capture->epoch_ns + (uint64_t)held->at,
                                      .data = held->data,
                                      .len = held->len,
                                      .comment = held->comment};
    sim_pcapng_write(capture->file, &record);
}

static void free_held(held_packet *held)
{
    g_free(held->comment);
    g_free(held);
}

static void close_fate(sim_capture *capture, held_packet *held, const char *comment)
{
    g_hash_table_remove(capture->open, &held->serial);
    held->comment = g_strdup(comment);
}

/* Writes from the oldest on until one whose fate is open. */
static void write_settled(sim_capture *capture)
{
    held_packet *held = g_queue_peek_head(&capture->held);
    if (held && !held->comment && g_queue_get_length(&capture->held) > HELD_MAX)
        close_fate(capture, held, "what became of it was not seen");
    while ((held = g_queue_peek_head(&capture->held)) && held->comment) {
        write_held(capture, held);
        free_held(g_queue_pop_head(&capture->held));
    }
}

static char *drop_text(const net_sighting *sighting)
{
    const char *cause = net_drop_name(sighting->drop);
    const char *verb = sighting->step == NET_STEP_REJECTED ? "refused" : "dropped";
    if (sighting->box)
        return g_strdup_printf("%s by %s: %s", verb, sighting->box, cause);
    return g_strdup_printf("%s on the way: %s", verb, cause);
}

static void sent(sim_capture *capture, const sim_packet_facts *facts, pl_time now)
{
    uint32_t number = chosen(capture, facts->from);
    if (number == 0)
        return;
    held_packet *held = hold(capture, number, facts->sighting->packet, now);
    g_hash_table_insert(capture->open, &held->serial, held);
}

static void delivered(sim_capture *capture, const sim_packet_facts *facts, pl_time now)
{
    const net_packet *packet = facts->sighting->packet;
    held_packet *held = g_hash_table_lookup(capture->open, &packet->serial);
    uint32_t number = chosen(capture, facts->at);

    if (held) {
        pl_span took = now - held->at;
        g_autofree char *text = g_strdup_printf("delivered to %s after %" G_GINT64_FORMAT ".%03d ms",
                                                facts->at ? facts->at : "a host", took / PL_MILLISECOND,
                                                (int)(took % PL_MILLISECOND / PL_MICROSECOND));
        close_fate(capture, held, text);
    }
    if (number != 0)
        hold_incoming(capture, number, packet,
                      facts->from ? g_strdup_printf("from %s", facts->from)
                                  : g_strdup("made by a box on the way"),
                      now);
}

static void ended(sim_capture *capture, const sim_packet_facts *facts, pl_time now)
{
    const net_packet *packet = facts->sighting->packet;
    held_packet *held = g_hash_table_lookup(capture->open, &packet->serial);
    uint32_t number = chosen(capture, facts->box_owner);
    g_autofree char *text = drop_text(facts->sighting);

    if (held)
        close_fate(capture, held, text);
    if (number != 0 && g_strcmp0(facts->from, facts->box_owner) != 0)
        hold_incoming(capture, number, packet, g_steal_pointer(&text), now);
}

void sim_capture_packet(sim_capture *capture, const sim_packet_facts *facts, pl_time now)
{
    switch (facts->sighting->step) {
    case NET_STEP_SENT:
        sent(capture, facts, now);
        break;
    case NET_STEP_TRANSLATED:
        return;
    case NET_STEP_DELIVERED:
        delivered(capture, facts, now);
        break;
    case NET_STEP_DROPPED:
    case NET_STEP_REJECTED:
        ended(capture, facts, now);
        break;
    }
    write_settled(capture);
}

bool sim_capture_failed(const sim_capture *capture)
{
    return sim_file_failed(capture->file);
}

int sim_capture_finish(sim_capture *capture, char **ret_error)
{
    held_packet *held;
    while ((held = g_queue_pop_head(&capture->held))) {
        if (!held->comment)
            close_fate(capture, held, "on its way when the run ended");
        write_held(capture, held);
        free_held(held);
    }
    return sim_file_finish(capture->file, ret_error);
}

static void free_capture(sim_capture *capture)
{
    held_packet *held;
    while ((held = g_queue_pop_head(&capture->held)))
        free_held(held);
    g_hash_table_destroy(capture->open);
    g_hash_table_destroy(capture->numbers);
    g_ptr_array_free(capture->names, TRUE);
    g_free(capture);
}

int sim_capture_commit(sim_capture *capture, char **ret_error)
{
    int result = sim_file_commit(capture->file, ret_error);
    free_capture(capture);
    return result;
}

void sim_capture_discard(sim_capture *capture)
{
    if (!capture)
        return;
    sim_file_discard(capture->file);
    free_capture(capture);
}
