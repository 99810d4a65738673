#include "analysis/ladder/ladder.h"

#include <glib.h>
#include <string.h>

#include "analysis/ladder/ladder_private.h"

/* chosen: lifelines that still fit one page of a paper. */
#define LANES_MAX 8
/* chosen: a picture with more arrows is a grey block; what is beyond is told in a note. */
#define ARROWS_MAX 1500

const char *an_fate_name(an_fate fate)
{
    static const char *const names[] = {"delivered", "filtered", "lost", "unknown"};
    g_assert((size_t)fate < G_N_ELEMENTS(names));
    return names[fate];
}

/* A lifeline to be: a host or a box, before it is decided which are shown. */
typedef struct actor {
    an_lane_kind kind;
    const char *name;
    size_t n_packets;
    size_t lane; /* SIZE_MAX: not yet */
} actor;

typedef struct builder {
    const an_sightings *seen;
    GArray *actors; /* of actor, by first appearance */
    GArray *arrows; /* of an_arrow */
    size_t rest;    /* the lane of the rest, SIZE_MAX if all are shown */
    size_t n_left_out;
} builder;

static actor *actor_of(builder *b, an_lane_kind kind, const char *name)
{
    for (guint i = 0; i < b->actors->len; i++) {
        actor *known = &g_array_index(b->actors, actor, i);
        if (strcmp(known->name, name) == 0 && (known->kind == AN_LANE_BOX) == (kind == AN_LANE_BOX))
            return known;
    }
    const actor added = {.kind = kind, .name = name, .lane = SIZE_MAX};
    g_array_append_val(b->actors, added);
    return &g_array_index(b->actors, actor, b->actors->len - 1);
}

/* Whose a box is: whoever stands behind it. */
static an_side side_of_box(const builder *b, const char *box)
{
    return (an_side)GPOINTER_TO_INT(g_hash_table_lookup(b->seen->own_boxes, box));
}

static bool is_own_box(const builder *b, const char *box)
{
    return side_of_box(b, box) != AN_SIDE_NONE;
}

/* Whom a packet that was lost on the way was for: whoever has that address, or the address itself. */
static const char *aimed_at(const builder *b, const an_packet *packet)
{
    const char *host = g_hash_table_lookup(b->seen->host_of_ip, packet->last_ip);
    return host ? host : packet->last_ip;
}

static actor *actor_of_step(builder *b, const an_packet *packet, const an_step *step)
{
    switch (step->kind) {
    case AN_STEP_SENT:
        if (packet->from)
            return actor_of(b, AN_LANE_HOST, packet->from);
        return step->box ? actor_of(b, AN_LANE_BOX, step->box) : NULL;
    case AN_STEP_TRANSLATED:
        return is_own_box(b, step->box) ? actor_of(b, AN_LANE_BOX, step->box) : NULL;
    case AN_STEP_ENDED:
        return step->box ? actor_of(b, AN_LANE_BOX, step->box)
                         : actor_of(b, AN_LANE_HOST, aimed_at(b, packet));
    case AN_STEP_DELIVERED:
        return step->at ? actor_of(b, AN_LANE_HOST, step->at) : NULL;
    }
    g_assert_not_reached();
}

static void find_actors(builder *b)
{
    actor_of(b, AN_LANE_HOST, b->seen->peer)->kind = AN_LANE_PEER;
    if (b->seen->other)
        actor_of(b, AN_LANE_HOST, b->seen->other)->kind = AN_LANE_PEER;
    for (guint i = 0; i < b->seen->packets->len; i++) {
        const an_packet *packet = g_ptr_array_index(b->seen->packets, i);
        for (guint k = 0; k < packet->steps->len; k++) {
            actor *one = actor_of_step(b, packet, &g_array_index(packet->steps, an_step, k));
            if (one)
                one->n_packets++;
        }
    }
}

/* The busiest host that has no lane yet; NULL if all have one. */
static actor *busiest(builder *b)
{
    actor *best = NULL;
    for (guint i = 0; i < b->actors->len; i++) {
        actor *one = &g_array_index(b->actors, actor, i);
        if (one->lane == SIZE_MAX && (!best || one->n_packets > best->n_packets))
            best = one;
    }
    return best;
}

static void give_lane(GArray *lanes, actor *one)
{
    const an_lane lane = {.kind = one->kind, .name = g_strdup(one->name)};
    one->lane = lanes->len;
    g_array_append_val(lanes, lane);
}

/* Gives lanes to the boxes of one side, in the order of their appearance or, on the right, away from it. */
static size_t give_boxes(builder *b, GArray *lanes, an_side side)
{
    size_t n = 0;
    for (guint i = 1; i < b->actors->len; i++) {
        guint at = side == AN_SIDE_OTHER ? b->actors->len - i : i;
        actor *one = &g_array_index(b->actors, actor, at);
        if (one->kind != AN_LANE_BOX || side_of_box(b, one->name) != side)
            continue;
        if (lanes)
            give_lane(lanes, one);
        else
            one->lane = SIZE_MAX - 2; /* its place comes last */
        n++;
    }
    return n;
}

/* Of those without a lane the busiest ones get theirs, by first appearance; returns how many share the rest's. */
static size_t give_others(builder *b, GArray *lanes, size_t n_shown)
{
    size_t n_hidden = 0;
    for (size_t i = 0; i < n_shown; i++)
        busiest(b)->lane = SIZE_MAX - 1; /* chosen; its place comes with its turn */
    for (guint i = 0; i < b->actors->len; i++) {
        actor *one = &g_array_index(b->actors, actor, i);
        n_hidden += one->lane == SIZE_MAX;
        if (one->lane == SIZE_MAX - 1)
            give_lane(lanes, one);
    }
    return n_hidden;
}

/* Peer, its boxes, then hosts by first appearance, of which the less busy ones share a lane; then the boxes of
 * the other, and the other. */
static GArray *assign_lanes(builder *b, size_t lanes_max)
{
    GArray *lanes = g_array_new(FALSE, TRUE, sizeof(an_lane));
    actor *other = b->seen->other ? &g_array_index(b->actors, actor, 1) : NULL;
    give_lane(lanes, &g_array_index(b->actors, actor, 0));
    size_t n_fixed = 1 + give_boxes(b, lanes, AN_SIDE_PEER);
    if (other) {
        other->lane = SIZE_MAX - 2;
        n_fixed += 1 + give_boxes(b, NULL, AN_SIDE_OTHER);
    }
    size_t n_others = b->actors->len - n_fixed, room = lanes_max > n_fixed ? lanes_max - n_fixed : 1;
    size_t n_hidden = give_others(b, lanes, n_others <= room ? n_others : room - 1);
    if (n_hidden > 0) {
        const an_lane rest = {AN_LANE_REST, g_strdup_printf("%zu others", n_hidden), n_hidden};
        b->rest = lanes->len;
        g_array_append_val(lanes, rest);
    }
    if (other) {
        give_boxes(b, lanes, AN_SIDE_OTHER);
        give_lane(lanes, other);
    }
    return lanes;
}

static size_t lane_of_step(builder *b, const an_packet *packet, const an_step *step)
{
    const actor *one = actor_of_step(b, packet, step);
    if (!one)
        return SIZE_MAX;
    return one->lane == SIZE_MAX ? b->rest : one->lane;
}

static an_fate fate_of(const an_packet *packet)
{
    const an_step *last = &g_array_index(packet->steps, an_step, packet->steps->len - 1);
    if (last->kind == AN_STEP_DELIVERED)
        return AN_FATE_DELIVERED;
    if (last->kind == AN_STEP_ENDED)
        return last->box ? AN_FATE_FILTERED : AN_FATE_LOST;
    return AN_FATE_UNKNOWN;
}

static bool same_arrow(const an_arrow *a, const an_arrow *b)
{
    return a->from_time == b->from_time && a->from_lane == b->from_lane && a->to_lane == b->to_lane &&
           a->ends == b->ends && a->fate == b->fate && a->labelled == b->labelled &&
           (a->ends || a->to_time == b->to_time) && strcmp(a->label, b->label) == 0;
}

/* Seven probes that were sent at one instant and that a firewall swallows are one arrow "×7"; those that go
 * on fan out as the uplink lets them go. */
static void add_arrow(builder *b, const an_packet *packet, an_arrow arrow)
{
    arrow.label = packet->label;
    for (guint i = b->arrows->len; i > 0; i--) {
        an_arrow *known = &g_array_index(b->arrows, an_arrow, i - 1);
        if (known->from_time < arrow.from_time)
            break;
        if (same_arrow(known, &arrow)) {
            known->n++;
            known->to_time = MAX(known->to_time, arrow.to_time);
            return;
        }
    }
    if (b->arrows->len == ARROWS_MAX) {
        b->n_left_out++;
        return;
    }
    arrow.label = g_strdup(packet->label);
    arrow.tooltip = g_strdup(packet->tooltip);
    arrow.quiet = packet->quiet;
    arrow.n = 1;
    g_array_append_val(b->arrows, arrow);
}

static void add_packet(builder *b, const an_packet *packet)
{
    an_arrow arrow = {.fate = fate_of(packet)};
    size_t lane = SIZE_MAX;
    pl_time at = 0;

    for (guint k = 0; k < packet->steps->len; k++) {
        const an_step *step = &g_array_index(packet->steps, an_step, k);
        size_t next = lane_of_step(b, packet, step);
        bool final = step->kind == AN_STEP_DELIVERED || step->kind == AN_STEP_ENDED;
        if (next == SIZE_MAX)
            continue;
        if (lane != SIZE_MAX && (next != lane || final)) {
            arrow.from_lane = lane;
            arrow.from_time = at;
            arrow.to_lane = next;
            arrow.to_time = step->at_time;
            arrow.head = step->kind == AN_STEP_DELIVERED;
            arrow.ends = step->kind == AN_STEP_ENDED;
            arrow.short_of = arrow.ends && !step->box;
            arrow.labelled = final;
            add_arrow(b, packet, arrow);
        }
        lane = next;
        at = step->at_time;
    }
}

static int compare_arrows(const void *a, const void *b)
{
    const an_arrow *x = a, *y = b;
    if (x->from_time != y->from_time)
        return x->from_time < y->from_time ? -1 : 1;
    if (x->to_lane != y->to_lane)
        return x->to_lane < y->to_lane ? -1 : 1;
    /* what arrived is drawn last, on top, where several share a stretch */
    return (x->fate < y->fate) - (x->fate > y->fate);
}

static void finish_labels(GArray *arrows)
{
    for (guint i = 0; i < arrows->len; i++) {
        an_arrow *arrow = &g_array_index(arrows, an_arrow, i);
        char *plain = arrow->label;
        if (arrow->n < 2)
            continue;
        arrow->label = g_strdup_printf("%s ×%zu", plain, arrow->n);
        g_free(plain);
    }
}

static an_ladder *build(const an_sightings *seen, size_t lanes_max)
{
    builder b = {.seen = seen, .rest = SIZE_MAX};
    an_ladder *ladder = g_new0(an_ladder, 1);

    b.actors = g_array_new(FALSE, FALSE, sizeof(actor));
    b.arrows = g_array_new(FALSE, FALSE, sizeof(an_arrow));
    find_actors(&b);
    GArray *lanes = assign_lanes(&b, lanes_max);
    for (guint i = 0; i < seen->packets->len; i++)
        add_packet(&b, g_ptr_array_index(seen->packets, i));
    finish_labels(b.arrows);
    g_array_sort(b.arrows, compare_arrows);
    g_array_free(b.actors, TRUE);

    ladder->peer = g_strdup(seen->peer);
    ladder->outcome = g_strdup(seen->outcome);
    ladder->start = seen->start;
    ladder->end = seen->end;
    ladder->n_lanes = lanes->len;
    ladder->lanes = (an_lane *)(void *)g_array_free(lanes, FALSE);
    ladder->n_arrows = b.arrows->len;
    ladder->arrows = (an_arrow *)(void *)g_array_free(b.arrows, FALSE);
    ladder->n_notes = seen->notes->len;
    ladder->notes = g_new0(an_note, seen->notes->len + 1);
    for (guint i = 0; i < seen->notes->len; i++) {
        const an_note *note = &g_array_index(seen->notes, an_note, i);
        ladder->notes[i] = (an_note){note->at, g_strdup(note->text)};
    }
    if (b.n_left_out)
        ladder->notes[ladder->n_notes++] =
            (an_note){seen->end, g_strdup_printf("%zu more packets are not drawn", b.n_left_out)};
    return ladder;
}

an_ladder *an_ladder_read(const char *events_path, const an_ladder_options *options, char **ret_error)
{
    an_sightings *seen = an_sightings_read(events_path, options, ret_error);
    if (!seen)
        return NULL;
    an_ladder *ladder = build(seen, options->lanes_max ? options->lanes_max : LANES_MAX);
    an_sightings_free(seen);
    return ladder;
}

void an_ladder_free(an_ladder *ladder)
{
    if (!ladder)
        return;
    for (size_t i = 0; i < ladder->n_lanes; i++)
        g_free(ladder->lanes[i].name);
    for (size_t i = 0; i < ladder->n_arrows; i++) {
        g_free(ladder->arrows[i].label);
        g_free(ladder->arrows[i].tooltip);
    }
    for (size_t i = 0; i < ladder->n_notes; i++)
        g_free(ladder->notes[i].text);
    g_free(ladder->lanes);
    g_free(ladder->arrows);
    g_free(ladder->notes);
    g_free(ladder->peer);
    g_free(ladder->outcome);
    g_free(ladder);
}
