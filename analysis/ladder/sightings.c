/* Reads events.jsonl twice: once for the login's span and the packets that touch the peer, once for their
 * steps. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ladder/ladder_private.h"

/* chosen: a line of events.jsonl is some hundred bytes; a longer one is damage. */
#define LINE_MAX_BYTES 65536

/* Where a stretch of a peer's life begins, and how it ends. */
typedef struct span {
    const char *name, *start;
    struct {
        const char *event, *outcome;
    } ends[2];
} span;

static const span spans[] = {
    [AN_LADDER_LOGIN] = {"login",
                         "login:started",
                         {{"login:logged-in", "logged in"}, {"login:login-failed", "log-in failed"}}},
    [AN_LADDER_PATH] = {"path", "path:started", {{"path:opened", "path open"}, {"path:failed", "path failed"}}},
};

typedef struct reader {
    an_sightings *seen;
    const char *path;
    size_t line;
    const struct span *span;
    size_t login;    /* which login or path is wanted */
    size_t n_logins; /* begun so far */
    bool inside;     /* between its start and its end */
    bool packets;    /* any packet in the file */
} reader;

typedef bool (*line_fn)(reader *r, json_t *object, char **ret_error);

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void free_packet(gpointer pointer)
{
    an_packet *packet = pointer;
    for (guint i = 0; i < packet->steps->len; i++) {
        g_free(g_array_index(packet->steps, an_step, i).box);
        g_free(g_array_index(packet->steps, an_step, i).at);
    }
    g_array_free(packet->steps, TRUE);
    g_free(packet->from);
    g_free(packet->last_ip);
    g_free(packet->label);
    g_free(packet->tooltip);
    g_free(packet);
}

static an_sightings *sightings_new(const an_ladder_options *options)
{
    an_sightings *seen = g_new0(an_sightings, 1);
    seen->peer = g_strdup(options->peer);
    seen->other = g_strdup(options->other);
    seen->start = -1;
    seen->end = PL_NEVER;
    seen->packets = g_ptr_array_new_with_free_func(free_packet);
    seen->by_serial = g_hash_table_new(g_int64_hash, g_int64_equal);
    seen->own_boxes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    seen->host_of_ip = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    seen->notes = g_array_new(FALSE, FALSE, sizeof(an_note));
    return seen;
}

void an_sightings_free(an_sightings *seen)
{
    if (!seen)
        return;
    for (guint i = 0; i < seen->notes->len; i++)
        g_free(g_array_index(seen->notes, an_note, i).text);
    g_array_free(seen->notes, TRUE);
    g_hash_table_destroy(seen->by_serial);
    g_hash_table_destroy(seen->own_boxes);
    g_hash_table_destroy(seen->host_of_ip);
    g_ptr_array_free(seen->packets, TRUE);
    g_free(seen->peer);
    g_free(seen->other);
    g_free(seen->outcome);
    g_free(seen);
}

static void see_peer_event(reader *r, json_t *object, pl_time now)
{
    an_sightings *seen = r->seen;
    const char *event = text_of(object, "event");

    if (strcmp(event, r->span->start) == 0) {
        r->inside = r->n_logins++ == r->login;
        if (r->inside)
            seen->start = now;
    }
    if (!r->inside)
        return;
    const an_note note = {now, an_ladder_note_text(object)};
    g_array_append_val(seen->notes, note);
    for (size_t i = 0; i < G_N_ELEMENTS(r->span->ends); i++) {
        if (strcmp(event, r->span->ends[i].event) != 0)
            continue;
        seen->outcome = g_strdup(r->span->ends[i].outcome);
        seen->end = now;
        r->inside = false;
    }
}

static bool touches(const json_t *object, const char *peer)
{
    return g_strcmp0(text_of(object, "host"), peer) == 0 || g_strcmp0(text_of(object, "at"), peer) == 0 ||
           g_strcmp0(text_of(object, "owner"), peer) == 0;
}

static void wish_packet(an_sightings *seen, const json_t *object)
{
    int64_t serial = number_of(object, "serial");
    if (g_hash_table_contains(seen->by_serial, &serial))
        return;
    an_packet *packet = g_new0(an_packet, 1);
    packet->serial = serial;
    packet->steps = g_array_new(FALSE, FALSE, sizeof(an_step));
    g_ptr_array_add(seen->packets, packet);
    g_hash_table_insert(seen->by_serial, &packet->serial, packet);
}

/* First reading. */
static bool see_first(reader *r, json_t *object, char **ret_error)
{
    const char *event = text_of(object, "event");
    pl_time now = number_of(object, "t");
    (void)ret_error;

    if (strcmp(event, "net:packet") != 0) {
        if (g_strcmp0(text_of(object, "host"), r->seen->peer) == 0)
            see_peer_event(r, object, now);
        return true;
    }
    r->packets = true;
    bool mine = touches(object, r->seen->peer) || (r->seen->other && touches(object, r->seen->other));
    if (mine && now >= r->seen->start && r->seen->start >= 0 && now <= r->seen->end)
        wish_packet(r->seen, object);
    return true;
}

static const char *icmp_label(const json_t *object)
{
    int64_t type = number_of(object, "type"), code = number_of(object, "code");
    if (type == 3)
        return code == 13 ? "ICMP prohibited" : code == 3 ? "ICMP port closed" : "ICMP unreachable";
    return type == 11 ? "ICMP TTL ended" : type == 8 ? "echo" : type == 0 ? "echo reply" : "ICMP";
}

static const char *tcp_label(const char *flags)
{
    if (strchr(flags, 'S'))
        return strchr(flags, '.') ? "SYN ACK" : "SYN";
    if (strchr(flags, 'R'))
        return "RST";
    return strchr(flags, 'F') ? "FIN" : NULL;
}

static void describe(an_packet *packet, const json_t *object)
{
    const char *protocol = text_of(object, "protocol"), *what = text_of(object, "what");
    const char *flags = text_of(object, "flags");
    int64_t payload = number_of(object, "payload");
    bool tcp = g_strcmp0(protocol, "tcp") == 0;
    const char *control = tcp ? tcp_label(flags ? flags : "") : NULL;

    if (g_strcmp0(protocol, "icmp") == 0)
        packet->label = g_strdup(icmp_label(object));
    else if (what)
        packet->label = g_strdup_printf("%s%s", tcp ? "" : "UDP ", what);
    else if (control)
        packet->label = g_strdup(control);
    else if (payload > 0)
        packet->label = g_strdup_printf("%s %" G_GINT64_FORMAT " B", tcp ? "data" : "UDP", payload);
    else
        packet->label = g_strdup(tcp ? "ACK" : "UDP");
    packet->quiet = tcp && !control && payload == 0;
    packet->tooltip = g_strdup_printf("%s %s → %s, %" G_GINT64_FORMAT " B", protocol ? protocol : "?",
                                      text_of(object, "source") ? text_of(object, "source") : "?",
                                      text_of(object, "destination") ? text_of(object, "destination") : "?",
                                      number_of(object, "bytes"));
}

/* "1.2.3.4" of "1.2.3.4:80" (g_free). */
static char *ip_of(const char *endpoint)
{
    return endpoint ? g_strndup(endpoint, strcspn(endpoint, ":")) : g_strdup("?");
}

static bool find_step(const char *name, an_step_kind *ret_kind)
{
    static const struct {
        const char *name;
        an_step_kind kind;
    } steps[] = {{"sent", AN_STEP_SENT},
                 {"translated", AN_STEP_TRANSLATED},
                 {"dropped", AN_STEP_ENDED},
                 {"rejected", AN_STEP_ENDED},
                 {"delivered", AN_STEP_DELIVERED}};
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        if (g_strcmp0(name, steps[i].name) == 0) {
            *ret_kind = steps[i].kind;
            return true;
        }
    return false;
}

/* A box stands before an end if it is the end's own, or translates first what the end sends. */
static void learn_box(an_sightings *seen, const json_t *object, const char *box, const char *sender, an_side side)
{
    const char *end = side == AN_SIDE_PEER ? seen->peer : seen->other;
    if (!end || g_hash_table_contains(seen->own_boxes, box))
        return;
    if (g_strcmp0(text_of(object, "owner"), end) == 0 || g_strcmp0(sender, end) == 0)
        g_hash_table_insert(seen->own_boxes, g_strdup(box), GINT_TO_POINTER(side));
}

static void learn(an_sightings *seen, const an_packet *packet, const an_step *step, const json_t *object)
{
    bool first_box = packet->steps->len == 1;
    if (step->kind == AN_STEP_DELIVERED && step->at)
        g_hash_table_replace(seen->host_of_ip, g_strdup(packet->last_ip), g_strdup(step->at));
    if (!step->box)
        return;
    bool is_first = step->kind == AN_STEP_TRANSLATED && first_box;
    learn_box(seen, object, step->box, is_first ? packet->from : NULL, AN_SIDE_PEER);
    learn_box(seen, object, step->box, is_first ? packet->from : NULL, AN_SIDE_OTHER);
}

static void tell_end(an_packet *packet, const char *step, const char *cause)
{
    char *label = packet->label, *tooltip = packet->tooltip;
    packet->label = g_strdup_printf("%s · %s", label, cause);
    packet->tooltip = g_strdup_printf("%s, %s: %s", tooltip, step, cause);
    packet->quiet = false;
    g_free(label);
    g_free(tooltip);
}

/* Second reading. */
static bool see_second(reader *r, json_t *object, char **ret_error)
{
    int64_t serial = number_of(object, "serial");
    an_packet *packet = g_hash_table_lookup(r->seen->by_serial, &serial);
    an_step step = {.at_time = number_of(object, "t")};

    if (!packet || strcmp(text_of(object, "event"), "net:packet") != 0)
        return true;
    if (!find_step(text_of(object, "step"), &step.kind)) {
        *ret_error = g_strdup_printf("%s:%zu: a packet with an unknown step", r->path, r->line);
        return false;
    }
    if (!packet->label) {
        packet->from = g_strdup(text_of(object, "host"));
        describe(packet, object);
    }
    g_free(packet->last_ip);
    packet->last_ip = ip_of(text_of(object, "destination"));
    step.box = g_strdup(text_of(object, "box"));
    step.at = g_strdup(text_of(object, "at"));
    if (step.kind == AN_STEP_TRANSLATED && !step.box)
        step.box = g_strdup("box");
    learn(r->seen, packet, &step, object);
    if (step.kind == AN_STEP_ENDED && text_of(object, "cause"))
        tell_end(packet, text_of(object, "step"), text_of(object, "cause"));
    g_array_append_val(packet->steps, step);
    return true;
}

static bool parse_line(reader *r, const char *line, line_fn see, char **ret_error)
{
    json_t *object = json_loads(line, 0, NULL);
    bool good =
        json_is_object(object) && text_of(object, "event") && json_is_integer(json_object_get(object, "t"));
    if (good)
        good = see(r, object, ret_error);
    else
        *ret_error = g_strdup_printf("%s:%zu: this line is damaged: it is no event", r->path, r->line);
    json_decref(object);
    return good;
}

/* Lines that cannot matter are skipped unparsed: one of `needles` must occur. */
static bool read_lines(reader *r, const char *const *needles, line_fn see, char **ret_error)
{
    FILE *file = fopen(r->path, "r");
    g_autofree char *line = g_malloc(LINE_MAX_BYTES);
    bool good = true;

    if (!file) {
        *ret_error = g_strdup_printf("cannot read '%s': %s", r->path, g_strerror(errno));
        return false;
    }
    r->line = 0;
    while (good && fgets(line, LINE_MAX_BYTES, file)) {
        r->line++;
        if (!strchr(line, '\n')) {
            *ret_error = g_strdup_printf("%s:%zu: this line is damaged: it has no end", r->path, r->line);
            good = false;
        } else if (strstr(line, needles[0]) || (needles[1] && strstr(line, needles[1]))) {
            good = parse_line(r, line, see, ret_error);
        }
    }
    fclose(file);
    return good;
}

static char *absence(const reader *r)
{
    if (r->seen->start < 0 && r->n_logins == 0)
        return g_strdup_printf("'%s' knows no %s of a peer '%s'", r->path, r->span->name, r->seen->peer);
    if (r->seen->start < 0)
        return g_strdup_printf("peer '%s' began only %zu %s%s", r->seen->peer, r->n_logins, r->span->name,
                               r->n_logins == 1 ? "" : "s");
    if (r->seen->packets->len == 0)
        return g_strdup_printf("'%s' records no packets of '%s': run the scenario with `events: packets`",
                               r->path, r->seen->peer);
    return NULL;
}

static int compare_packets(const void *a, const void *b)
{
    const an_packet *x = *(const an_packet *const *)a, *y = *(const an_packet *const *)b;
    pl_time at_x = x->steps->len ? g_array_index(x->steps, an_step, 0).at_time : PL_NEVER;
    pl_time at_y = y->steps->len ? g_array_index(y->steps, an_step, 0).at_time : PL_NEVER;
    if (at_x != at_y)
        return at_x < at_y ? -1 : 1;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

/* A name as it stands in a line (g_free); NULL of NULL. */
static char *needle_of(const char *name)
{
    json_t *string = json_string(name);
    char *dump = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL, *needle = g_strdup(dump);
    free(dump);
    json_decref(string);
    return needle;
}

an_sightings *an_sightings_read(const char *path, const an_ladder_options *options, char **ret_error)
{
    reader r = {.seen = sightings_new(options),
                .path = path,
                .span = &spans[options->span],
                .login = options->login};
    g_autofree char *peer = needle_of(options->peer), *other = needle_of(options->other);
    const char *const names[] = {peer, other}, *const packets[] = {"\"net:packet\"", NULL};

    bool good = peer && read_lines(&r, names, see_first, ret_error);
    if (good) {
        *ret_error = absence(&r);
        good = !*ret_error && read_lines(&r, packets, see_second, ret_error);
    }
    if (!good) {
        an_sightings_free(r.seen);
        return NULL;
    }
    g_ptr_array_sort(r.seen->packets, compare_packets);
    return r.seen;
}
