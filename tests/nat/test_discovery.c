/* Discovery against a table-driven NAT, two real STUN servers and a wire that can lose any packet.
 *
 *   client ── NAT ── wire ──┬── A1 (P1, P2) ─┐
 *                           └── A2 (P1, P2) ─┴ link between partners */
#include "core/nat/discovery/discovery.h"

#include <glib.h>
#include <string.h>

#include "core/crypto/suite.h"
#include "core/nat/stun/stun.h"
#include "core/nat/stun/stun_server.h"
#include "tests/support/fake_port.h"

#define INSIDE_IP  0x0A000002u /* 10.0.0.2: what the client's host calls itself */
#define OUTSIDE_IP 0xC6336401u /* 198.51.100.1: the NAT's */
#define A1         0xC0000201u
#define A2         0xC0000202u
#define ONE_WAY    (20 * PL_MILLISECOND)
#define EPOCH      1095206400

/* What the box does, by axis; UDP may be blocked altogether. */
typedef struct box {
    pl_nat_mapping mapping;
    pl_nat_filtering filtering; /* UNKNOWN: UDP is blocked */
} box;

typedef struct hole {
    uint16_t inside_port, outside_port;
    pl_addr to; /* to whom it was opened */
} hole;

typedef struct flight {
    pl_time at;
    int host; /* 0 client, 1 and 2 servers, 3 and 4 the link to server 1 and 2 */
    pl_addr to, from;
    uint8_t data[128];
    size_t len;
} flight;

typedef struct world {
    box box;
    fake_port *fake[3];
    pl_config config;
    pl_context context[3];
    pl_stun_server *server[2];
    bool partner_is_dead;
    GArray *holes, *flights;
    uint16_t next_port;
    pl_time now;
    size_t packets;         /* that left a host so far */
    size_t lose_nth;        /* this one (from 1) is lost */
    unsigned loss_permille; /* and these by chance */
    uint64_t chance;
    pl_discovery *discovery;
    pl_nat_report report;
    size_t reports;
    pl_time reported_at;
    size_t refused; /* inputs of the client that were errors */
} world;

static void on_change(void *owner, pl_addr target, const uint8_t stun_id[12], bool from_port_2)
{
    world *w = owner;
    flight link = {.at = w->now + ONE_WAY, .host = 4, .to = target, .len = from_port_2};
    memcpy(link.data, stun_id, 12);
    g_array_append_val(w->flights, link);
}

static void on_done(void *owner, const pl_nat_report *report, pl_time now)
{
    world *w = owner;
    w->report = *report;
    w->reports++;
    w->reported_at = now;
}

static void add_server(world *w, int which, uint32_t partner)
{
    w->server[which] = pl_stun_server_new(&(pl_stun_server_options){
        .context = &w->context[which + 1], .own_ip = which ? A2 : A1, .change = on_change, .owner = w});
    pl_stun_server_set_partner(w->server[which], partner);
    fake_port_skip(w->fake[which + 1]);
}

static void open_world(world *w, box kind)
{
    *w = (world){.box = kind, .next_port = 62000, .chance = 1};
    pl_config_init(&w->config);
    w->config.discovery_rate = 1000; /* many runs at one instant of one address */
    for (int i = 0; i < 3; i++) {
        w->fake[i] = fake_port_new();
        w->context[i] = (pl_context){
            .port = fake_port_of(w->fake[i]), .config = &w->config, .suite = &pl_suite_real, .epoch = EPOCH};
        pl_deadlines_init(&w->context[i].deadlines);
    }
    w->holes = g_array_new(FALSE, FALSE, sizeof(hole));
    w->flights = g_array_new(FALSE, FALSE, sizeof(flight));
    uint32_t own = INSIDE_IP;
    fake_port_set_addresses(w->fake[0], &own, 1);
    add_server(w, 0, A2);
    add_server(w, 1, A1);
}

static void close_world(world *w)
{
    pl_discovery_free(w->discovery);
    for (int i = 0; i < 2; i++)
        pl_stun_server_free(w->server[i]);
    for (int i = 0; i < 3; i++) {
        g_assert_cmpuint(fake_port_open_count(w->fake[i]), ==, 0);
        g_assert_cmpint(pl_deadlines_next(&w->context[i].deadlines), ==, PL_NEVER);
        pl_deadlines_clear(&w->context[i].deadlines);
        fake_port_free(w->fake[i]);
    }
    g_array_unref(w->holes);
    g_array_unref(w->flights);
}

/* Does a hole opened to `opened` serve a packet to `to` (mapping), or from it (filtering)? */
static bool serves(int axis, int ei, int ad, pl_addr opened, pl_addr to)
{
    return axis == ei || (axis == ad ? opened.ip == to.ip : pl_addr_equal(opened, to));
}

/* The outside port for a packet of the client, as the box maps it. */
static pl_addr translate_out(world *w, uint16_t inside_port, pl_addr to)
{
    if (w->box.mapping == PL_MAPPING_NONE) {
        hole opened = {inside_port, inside_port, to};
        g_array_append_val(w->holes, opened);
        return (pl_addr){INSIDE_IP, inside_port};
    }
    uint16_t port = 0;
    for (guint i = 0; i < w->holes->len && !port; i++) {
        const hole *known = &g_array_index(w->holes, hole, i);
        if (known->inside_port == inside_port &&
            serves((int)w->box.mapping, PL_MAPPING_EI, PL_MAPPING_AD, known->to, to))
            port = known->outside_port;
    }
    hole opened = {inside_port, port ? port : w->next_port++, to};
    g_array_append_val(w->holes, opened);
    return (pl_addr){OUTSIDE_IP, opened.outside_port};
}

/* The inside port that a packet from outside reaches, 0 if the box drops it. */
static uint16_t translate_in(const world *w, pl_addr from, pl_addr to)
{
    for (guint i = 0; i < w->holes->len; i++) {
        const hole *known = &g_array_index(w->holes, hole, i);
        if (known->outside_port == to.port &&
            serves((int)w->box.filtering, PL_FILTERING_EI, PL_FILTERING_AD, known->to, from))
            return known->inside_port;
    }
    return 0;
}

static bool is_lost(world *w)
{
    w->chance = w->chance * 6364136223846793005u + 1442695040888963407u;
    return ++w->packets == w->lose_nth || (w->chance >> 33) % 1000 < w->loss_permille;
}

/* Puts on the wire what the hosts have sent. */
static void collect(world *w)
{
    for (int i = 0; i < 3; i++) {
        const fake_ask *sent;
        while ((sent = fake_port_take_kind(w->fake[i], FAKE_SEND))) {
            pl_port port = w->context[i].port;
            uint16_t local = port.ops->local_port(port.ctx, sent->id);
            flight leaving = {.at = w->now + ONE_WAY, .to = sent->to, .len = sent->len};
            g_assert_cmpuint(sent->len, <=, sizeof leaving.data);
            memcpy(leaving.data, sent->data, sent->len);
            leaving.from = i ? (pl_addr){i == 1 ? A1 : A2, local} : translate_out(w, local, sent->to);
            leaving.host = sent->to.ip == A1 ? 1 : sent->to.ip == A2 ? 2 : 0;
            if (!is_lost(w) && w->box.filtering != PL_FILTERING_UNKNOWN)
                g_array_append_val(w->flights, leaving);
        }
    }
}

static pl_id client_socket(const world *w, uint16_t port)
{
    for (size_t n = 0; n < 2; n++) {
        pl_id id = fake_port_nth_id(w->fake[0], n);
        const pl_port *fake = &w->context[0].port;
        if (fake_port_is_open(w->fake[0], id) && fake->ops->local_port(fake->ctx, id) == port)
            return id;
    }
    return 0;
}

static void land(world *w, const flight *arriving)
{
    if (arriving->host == 4) {
        if (!w->partner_is_dead)
            pl_stun_server_answer_for_partner(w->server[1], arriving->to, arriving->data, arriving->len == 1,
                                              w->now);
    } else if (arriving->host == 0) {
        pl_id socket = client_socket(w, translate_in(w, arriving->from, arriving->to));
        if (socket)
            w->refused += pl_discovery_input(w->discovery, socket, arriving->from, arriving->data,
                                             arriving->len, w->now) != 0;
    } else if (!(arriving->host == 2 && w->partner_is_dead)) {
        pl_id socket = fake_port_nth_id(w->fake[arriving->host], arriving->to.port == PL_STUN_PORT_2);
        (void)pl_stun_server_input(w->server[arriving->host - 1], socket, arriving->from, arriving->data,
                                   arriving->len, w->now);
    }
}

/* The earliest arrival, or the number of flights if there is none. */
static guint next_flight(const world *w)
{
    guint best = w->flights->len;
    for (guint i = 0; i < w->flights->len; i++) {
        if (best == w->flights->len ||
            g_array_index(w->flights, flight, i).at < g_array_index(w->flights, flight, best).at)
            best = i;
    }
    return best;
}

static void run(world *w)
{
    w->discovery = pl_discovery_new(&w->context[0], A1, on_done, w, w->now);
    while (w->reports == 0) {
        collect(w);
        guint next = next_flight(w);
        pl_time deadline = pl_deadlines_next(&w->context[0].deadlines);
        pl_time arrival = next < w->flights->len ? g_array_index(w->flights, flight, next).at : PL_NEVER;
        g_assert_true(deadline != PL_NEVER || arrival != PL_NEVER);
        w->now = MIN(deadline, arrival);
        if (arrival <= deadline) {
            flight arriving = g_array_index(w->flights, flight, next);
            g_array_remove_index(w->flights, next);
            land(w, &arriving);
        } else {
            pl_deadlines_run(&w->context[0].deadlines, w->now);
        }
    }
}

typedef struct box_case {
    const char *name;
    box box;
    pl_time takes;
} box_case;

/* An exchange takes 40 ms, one through the link 60 ms, a silence 3.5 s. */
static const box_case boxes[] = {
    {"public", {PL_MAPPING_NONE, PL_FILTERING_EI}, 100 * PL_MILLISECOND},
    {"stateful firewall", {PL_MAPPING_NONE, PL_FILTERING_APD}, 7080 * PL_MILLISECOND},
    {"full cone", {PL_MAPPING_EI, PL_FILTERING_EI}, 100 * PL_MILLISECOND},
    {"restricted", {PL_MAPPING_EI, PL_FILTERING_AD}, 3580 * PL_MILLISECOND},
    {"port restricted", {PL_MAPPING_EI, PL_FILTERING_APD}, 7080 * PL_MILLISECOND},
    {"by address", {PL_MAPPING_AD, PL_FILTERING_AD}, 3580 * PL_MILLISECOND},
    {"by address, strict", {PL_MAPPING_AD, PL_FILTERING_APD}, 7080 * PL_MILLISECOND},
    {"symmetric", {PL_MAPPING_APD, PL_FILTERING_APD}, 7080 * PL_MILLISECOND},
    {"symmetric, open", {PL_MAPPING_APD, PL_FILTERING_EI}, 120 * PL_MILLISECOND},
};

static void assert_class(const world *w, box expected)
{
    g_assert_cmpstr(pl_nat_udp_name(w->report.udp), ==, "open");
    g_assert_cmpstr(pl_nat_mapping_name(w->report.mapping), ==, pl_nat_mapping_name(expected.mapping));
    g_assert_cmpstr(pl_nat_filtering_name(w->report.filtering), ==,
                    pl_nat_filtering_name(expected.filtering));
}

static void every_box_is_named(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
        world w;
        open_world(&w, boxes[i].box);
        w.now = 5 * PL_SECOND;
        run(&w);
        assert_class(&w, boxes[i].box);
        bool public = boxes[i].box.mapping == PL_MAPPING_NONE;
        g_assert_cmpuint(w.report.mapped.ip, ==, public ? INSIDE_IP : OUTSIDE_IP);
        g_assert_cmpint(w.reported_at - 5 * PL_SECOND, ==, boxes[i].takes);
        g_assert_cmpint(w.report.found_at, ==, EPOCH + w.reported_at / PL_SECOND);
        g_assert_cmpuint(w.refused, ==, 0);
        const pl_event *said = fake_port_last_event(w.fake[0], PL_EVENT_DISCOVERED);
        g_assert_cmpstr(said->value[1].text, ==, pl_nat_mapping_name(boxes[i].box.mapping));
        g_assert_cmpint(said->value[4].number, ==, boxes[i].takes);
        close_world(&w);
    }
}

/* Whichever packet is lost, the class is the same: a try more costs time, not truth. */
static void any_one_lost_packet_changes_nothing(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
        for (size_t nth = 1;; nth++) {
            world w;
            open_world(&w, boxes[i].box);
            w.lose_nth = nth;
            run(&w);
            assert_class(&w, boxes[i].box);
            bool all = w.packets < nth;
            close_world(&w);
            if (all)
                break;
        }
    }
}

/* 5 % of all packets lost: right in at least 99 %, and wrong (not unknown) in less than 1 %. */
static void random_loss_seldom_misleads(void)
{
    unsigned wrong = 0, unknown = 0, runs = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
        for (uint64_t seed = 0; seed < 300; seed++, runs++) {
            world w;
            open_world(&w, boxes[i].box);
            w.chance = seed * 7919 + 17;
            w.loss_permille = 50;
            run(&w);
            bool lost = w.report.mapping == PL_MAPPING_UNKNOWN || w.report.filtering == PL_FILTERING_UNKNOWN;
            bool right = w.report.mapping == boxes[i].box.mapping &&
                         w.report.filtering == boxes[i].box.filtering && w.report.udp == PL_UDP_OPEN;
            unknown += lost;
            wrong += !lost && !right;
            close_world(&w);
        }
    }
    g_test_message("%u runs at 5 %% loss: %u unknown, %u wrong", runs, unknown, wrong);
    g_assert_cmpuint(wrong, <, runs / 200);
    g_assert_cmpuint(wrong + unknown, <, runs / 100);
}

static void without_a_partner_filtering_is_unknown(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
        world w;
        open_world(&w, boxes[i].box);
        pl_stun_server_set_partner(w.server[0], 0);
        run(&w);
        bool public = boxes[i].box.mapping == PL_MAPPING_NONE;
        assert_class(&w, (box){public ? PL_MAPPING_NONE : PL_MAPPING_UNKNOWN, PL_FILTERING_UNKNOWN});
        g_assert_cmpint(w.reported_at, ==, 40 * PL_MILLISECOND);
        close_world(&w);
    }
}

/* Its silence could be a filter's: only what needs no A2 is claimed. */
static void a_dead_partner_is_not_taken_for_a_filter(void)
{
    static const struct {
        box box;
        pl_nat_filtering filtering;
    } cases[] = {
        {{PL_MAPPING_EI, PL_FILTERING_EI}, PL_FILTERING_UNKNOWN},
        {{PL_MAPPING_EI, PL_FILTERING_AD}, PL_FILTERING_UNKNOWN},
        {{PL_MAPPING_EI, PL_FILTERING_APD}, PL_FILTERING_APD}, /* A1's own P2 was kept out */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        world w;
        open_world(&w, cases[i].box);
        w.partner_is_dead = true;
        run(&w);
        assert_class(&w, (box){PL_MAPPING_UNKNOWN, cases[i].filtering});
        close_world(&w);
    }
}

/* --- one machine alone, by hand --- */

typedef struct hand {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_discovery *discovery;
    pl_id mapping, filtering;
    size_t reports;
    pl_nat_report report;
    bool free_inside;
} hand;

static void on_hand_done(void *owner, const pl_nat_report *report, pl_time now)
{
    hand *h = owner;
    (void)now;
    h->reports++;
    h->report = *report;
    if (h->free_inside) {
        pl_discovery_free(h->discovery);
        h->discovery = NULL;
    }
}

static void open_hand(hand *h)
{
    *h = (hand){.fake = fake_port_new()};
    pl_config_init(&h->config);
    h->context = (pl_context){.port = fake_port_of(h->fake), .config = &h->config, .suite = &pl_suite_real};
    pl_deadlines_init(&h->context.deadlines);
}

static void start_hand(hand *h, pl_time now)
{
    h->discovery = pl_discovery_new(&h->context, A1, on_hand_done, h, now);
    g_assert_nonnull(h->discovery);
    h->mapping = fake_port_nth_id(h->fake, 0);
    h->filtering = fake_port_nth_id(h->fake, 1);
}

static void close_hand(hand *h)
{
    pl_discovery_free(h->discovery);
    g_assert_cmpuint(fake_port_open_count(h->fake), ==, 0);
    g_assert_cmpint(pl_deadlines_next(&h->context.deadlines), ==, PL_NEVER);
    pl_deadlines_clear(&h->context.deadlines);
    fake_port_free(h->fake);
}

/* Advances to `at`: nothing may be sent one nanosecond before it, `sends` packets at it. */
static void assert_sends_at(hand *h, pl_time at, size_t sends)
{
    g_assert_cmpint(pl_deadlines_next(&h->context.deadlines), ==, at);
    pl_deadlines_run(&h->context.deadlines, at - 1);
    g_assert_null(fake_port_take_kind(h->fake, FAKE_SEND));
    pl_deadlines_run(&h->context.deadlines, at);
    for (size_t i = 0; i < sends; i++)
        g_assert_nonnull(fake_port_take_kind(h->fake, FAKE_SEND));
    g_assert_null(fake_port_take_kind(h->fake, FAKE_SEND));
}

static void blocked_takes_three_tries_and_3500_ms(void)
{
    hand h;
    open_hand(&h);
    pl_time start = 2 * PL_SECOND;
    start_hand(&h, start);
    g_assert_cmpuint(fake_port_count_events(h.fake, PL_EVENT_DISCOVERY_STARTED), ==, 1);
    const fake_ask *sent[2] = {fake_port_take_kind(h.fake, FAKE_SEND),
                               fake_port_take_kind(h.fake, FAKE_SEND)};
    for (int i = 0; i < 2; i++) {
        g_assert_true(pl_addr_equal(sent[i]->to, (pl_addr){A1, 3478}));
        g_assert_cmpuint(sent[i]->id, ==, i ? h.filtering : h.mapping);
        g_assert_cmpuint(sent[i]->len, ==, 76); /* as long as the longest answer */
        pl_stun stun;
        g_assert_cmpint(pl_stun_read(&stun, sent[i]->data, sent[i]->len), ==, 0);
        g_assert_true(pl_stun_has(&stun, PL_STUN_SOFTWARE));
    }
    assert_sends_at(&h, start + 500 * PL_MILLISECOND, 2);
    assert_sends_at(&h, start + 1500 * PL_MILLISECOND, 2);
    pl_deadlines_run(&h.context.deadlines, start + 3500 * PL_MILLISECOND - 1);
    g_assert_cmpuint(h.reports, ==, 0);
    assert_sends_at(&h, start + 3500 * PL_MILLISECOND, 0);
    g_assert_cmpuint(h.reports, ==, 1);
    g_assert_cmpint((int)h.report.udp, ==, PL_UDP_BLOCKED);
    g_assert_cmpint((int)h.report.mapping, ==, PL_MAPPING_UNKNOWN);
    g_assert_cmpint((int)h.report.filtering, ==, PL_FILTERING_UNKNOWN);
    g_assert_true(pl_addr_equal(h.report.mapped, (pl_addr){0}));
    close_hand(&h);
}

static void the_number_and_pace_of_tries_are_tunable(void)
{
    hand h;
    open_hand(&h);
    h.config.discovery_tries = 1;
    h.config.discovery_first_try = 100 * PL_MILLISECOND;
    start_hand(&h, 0);
    fake_port_skip(h.fake);
    pl_deadlines_run(&h.context.deadlines, 100 * PL_MILLISECOND - 1);
    g_assert_cmpuint(h.reports, ==, 0);
    assert_sends_at(&h, 100 * PL_MILLISECOND, 0);
    g_assert_cmpuint(h.reports, ==, 1);
    close_hand(&h);
}

/* An answer to the last request taken from `id`. */
typedef struct answer {
    pl_stun_class kind;
    const uint8_t *id;
    pl_addr from, mapped;
    pl_addr other; /* {0, 0}: none */
    uint16_t error;
    uint16_t unknown; /* an attribute that must be understood, 0: none */
} answer;

static int give(hand *h, pl_id socket, answer given, pl_time now)
{
    uint8_t bytes[128];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin(&writer, given.kind, PL_STUN_MAGIC, given.id);
    if (given.error)
        pl_stun_add_error(&writer, given.error);
    if (given.mapped.ip)
        pl_stun_add_addr(&writer, PL_STUN_XOR_MAPPED, given.mapped);
    if (given.other.ip)
        pl_stun_add_addr(&writer, PL_STUN_OTHER_ADDRESS, given.other);
    pl_stun_add(&writer, PL_STUN_NONCE, "0123456789abcdef", 16);
    if (given.unknown) {
        pl_write_u16(&writer, given.unknown);
        pl_write_u16(&writer, 0);
        bytes[3] = (uint8_t)(writer.len - 20);
    }
    return pl_discovery_input(h->discovery, socket, given.from, bytes, writer.len, now);
}

static const pl_addr a1_p1 = {A1, 3478}, a1_p2 = {A1, 3479}, a2_p1 = {A2, 3478}, a2_p2 = {A2, 3479};
static const pl_addr mapped = {OUTSIDE_IP, 62000};

/* The id of the next request that was sent. */
static const uint8_t *next_id(hand *h, pl_addr to)
{
    const fake_ask *sent = fake_port_take_kind(h->fake, FAKE_SEND);
    g_assert_nonnull(sent);
    g_assert_true(pl_addr_equal(sent->to, to));
    return sent->data + 8;
}

static void only_the_right_answer_from_the_right_place_counts(void)
{
    hand h;
    open_hand(&h);
    start_hand(&h, 0);
    const uint8_t *id = next_id(&h, a1_p1), *other_id = next_id(&h, a1_p1);
    answer right = {PL_STUN_SUCCESS, id, a1_p1, mapped, a2_p2, 0, 0}, wrong = right;
    static const pl_addr places[] = {{A1, 3479}, {A2, 3478}, {A2, 3479}, {A1 + 9, 3478}, {A1, 3477}};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        wrong.from = places[i];
        g_assert_cmpint(give(&h, h.mapping, wrong, 1), ==, PL_ERR_UNEXPECTED);
    }
    wrong = right;
    wrong.id = other_id; /* the other chain's */
    g_assert_cmpint(give(&h, h.mapping, wrong, 1), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(give(&h, h.filtering, right, 1), ==, PL_ERR_UNEXPECTED);
    wrong = right;
    wrong.kind = PL_STUN_REQUEST;
    g_assert_cmpint(give(&h, h.mapping, wrong, 1), ==, PL_ERR_UNEXPECTED);
    wrong = right;
    wrong.mapped = (pl_addr){0};
    g_assert_cmpint(give(&h, h.mapping, wrong, 1), ==, PL_ERR_MALFORMED);
    wrong = right;
    wrong.unknown = 0x0777;
    g_assert_cmpint(give(&h, h.mapping, wrong, 1), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(pl_discovery_input(h.discovery, h.mapping, a1_p1, (const uint8_t *)"no", 2, 1), ==,
                    PL_ERR_SHORT);
    g_assert_cmpint(pl_discovery_input(h.discovery, 0x9999, a1_p1, id, 12, 1), ==, PL_ERR_GONE);
    g_assert_null(fake_port_take_kind(h.fake, FAKE_SEND));
    g_assert_cmpint(give(&h, h.mapping, right, 1), ==, 0);
    const uint8_t *second = next_id(&h, a2_p1);
    g_assert_true(memcmp(second, id, 12) != 0);
    g_assert_cmpint(give(&h, h.mapping, right, 1), ==, PL_ERR_UNEXPECTED); /* a duplicate */
    close_hand(&h);
}

/* The path of both chains as far as filtering II. */
static const uint8_t *come_to_filtering_2(hand *h)
{
    start_hand(h, 0);
    const uint8_t *mapping = next_id(h, a1_p1), *filtering = next_id(h, a1_p1);
    give(h, h->mapping, (answer){PL_STUN_SUCCESS, mapping, a1_p1, mapped, a2_p2, 0, 0}, 1);
    mapping = next_id(h, a2_p1);
    give(h, h->mapping, (answer){PL_STUN_SUCCESS, mapping, a2_p1, mapped, a2_p2, 0, 0}, 2);
    give(h, h->filtering, (answer){PL_STUN_SUCCESS, filtering, a1_p1, mapped, a2_p2, 0, 0}, 3);
    const fake_ask *sent = fake_port_take_kind(h->fake, FAKE_SEND);
    g_assert_true(pl_addr_equal(sent->to, a1_p1));
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, sent->data, sent->len), ==, 0);
    g_assert_cmpuint(stun.change, ==, PL_STUN_CHANGE_IP | PL_STUN_CHANGE_PORT);
    g_assert_true(stun.nonce.len == 16 && memcmp(stun.nonce.data, "0123456789abcdef", 16) == 0);
    g_assert_cmpuint(sent->len, ==, 76);
    return sent->data + 8;
}

static void a_change_is_believed_from_the_changed_place_only(void)
{
    hand h;
    open_hand(&h);
    const uint8_t *id = come_to_filtering_2(&h);
    answer right = {PL_STUN_SUCCESS, id, a2_p2, mapped, {0}, 0, 0}, wrong = right;
    wrong.from = a2_p1;
    g_assert_cmpint(give(&h, h.filtering, wrong, 4), ==, PL_ERR_UNEXPECTED);
    wrong.from = a1_p2;
    g_assert_cmpint(give(&h, h.filtering, wrong, 4), ==, PL_ERR_UNEXPECTED);
    wrong = (answer){PL_STUN_ERROR, id, a2_p2, {0}, {0}, 438, 0}; /* an error comes from whom we asked */
    g_assert_cmpint(give(&h, h.filtering, wrong, 4), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpuint(h.reports, ==, 0);
    g_assert_cmpint(give(&h, h.filtering, right, 5), ==, 0);
    g_assert_cmpuint(h.reports, ==, 1);
    g_assert_cmpint((int)h.report.filtering, ==, PL_FILTERING_EI);
    g_assert_cmpint((int)h.report.mapping, ==, PL_MAPPING_EI);
    close_hand(&h);
}

static void a_refused_change_is_unknown_not_filtered(void)
{
    hand h;
    open_hand(&h);
    const uint8_t *id = come_to_filtering_2(&h);
    g_assert_cmpint(give(&h, h.filtering, (answer){PL_STUN_ERROR, id, a1_p1, {0}, {0}, 438, 0}, 4), ==, 0);
    g_assert_cmpuint(h.reports, ==, 1);
    g_assert_cmpint((int)h.report.filtering, ==, PL_FILTERING_UNKNOWN);
    g_assert_cmpint((int)h.report.mapping, ==, PL_MAPPING_EI);
    close_hand(&h);
}

static void a_server_that_ignores_the_change_proves_nothing(void)
{
    hand h;
    open_hand(&h);
    const uint8_t *id = come_to_filtering_2(&h);
    answer ignoring = {PL_STUN_SUCCESS, id, a1_p1, mapped, a2_p2, 0, 0};
    g_assert_cmpint(give(&h, h.filtering, ignoring, 4), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint((int)h.report.filtering, ==, PL_FILTERING_UNKNOWN);
    close_hand(&h);
}

/* The path dies after filtering I: two silences and a third, the control's, so nothing is claimed. */
static void silence_without_a_witness_is_unknown(void)
{
    hand h;
    open_hand(&h);
    come_to_filtering_2(&h);
    pl_time start = 3;
    for (int test = 0; test < 3; test++) {
        assert_sends_at(&h, start + 500 * PL_MILLISECOND, 1);
        assert_sends_at(&h, start + 1500 * PL_MILLISECOND, 1);
        start += 3500 * PL_MILLISECOND;
        assert_sends_at(&h, start, test < 2); /* the next test begins at once */
    }
    g_assert_cmpuint(h.reports, ==, 1);
    g_assert_cmpint((int)h.report.filtering, ==, PL_FILTERING_UNKNOWN);
    g_assert_cmpint((int)h.report.mapping, ==, PL_MAPPING_EI);
    close_hand(&h);
}

/* A server may not point us at itself, at nobody, or at a port that is not P2. */
static void a_strange_other_address_is_no_partner(void)
{
    static const pl_addr others[] = {{A1, 3479}, {A2, 53}, {A2, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        hand h;
        open_hand(&h);
        start_hand(&h, 0);
        const uint8_t *mapping = next_id(&h, a1_p1), *filtering = next_id(&h, a1_p1);
        give(&h, h.mapping, (answer){PL_STUN_SUCCESS, mapping, a1_p1, mapped, others[i], 0, 0}, 1);
        give(&h, h.filtering, (answer){PL_STUN_SUCCESS, filtering, a1_p1, mapped, others[i], 0, 0}, 1);
        g_assert_null(fake_port_take_kind(h.fake, FAKE_SEND));
        g_assert_cmpuint(h.reports, ==, 1);
        g_assert_cmpint((int)h.report.filtering, ==, PL_FILTERING_UNKNOWN);
        close_hand(&h);
    }
}

static void the_owner_may_free_it_inside_done(void)
{
    hand h;
    open_hand(&h);
    h.free_inside = true;
    const uint8_t *id = come_to_filtering_2(&h);
    give(&h, h.filtering, (answer){PL_STUN_SUCCESS, id, a2_p2, mapped, {0}, 0, 0}, 5);
    g_assert_cmpuint(h.reports, ==, 1);
    g_assert_null(h.discovery);
    close_hand(&h);

    open_hand(&h);
    h.free_inside = true;
    start_hand(&h, 0);
    pl_deadlines_run(&h.context.deadlines, 500 * PL_MILLISECOND);
    pl_deadlines_run(&h.context.deadlines, 1500 * PL_MILLISECOND);
    pl_deadlines_run(&h.context.deadlines, 3500 * PL_MILLISECOND);
    g_assert_cmpuint(h.reports, ==, 1);
    close_hand(&h);
}

static void without_sockets_there_is_no_discovery(void)
{
    hand h;
    open_hand(&h);
    fake_port_refuse_port(h.fake, PL_PROTOCOL_UDP, 0, PL_ERR_DENIED);
    g_assert_null(pl_discovery_new(&h.context, A1, on_hand_done, &h, 0));
    g_assert_cmpuint(fake_port_event_count(h.fake), ==, 0);
    close_hand(&h);
}

static void sends_that_fail_are_lost_packets(void)
{
    hand h;
    open_hand(&h);
    fake_port_fail_sends(h.fake, 1, PL_ERR_AGAIN);
    start_hand(&h, 0);
    fake_port_fail_sends(h.fake, 0, 0);
    assert_sends_at(&h, 500 * PL_MILLISECOND, 2);
    close_hand(&h);
}

static void it_owns_its_two_sockets(void)
{
    hand h;
    open_hand(&h);
    start_hand(&h, 0);
    g_assert_true(pl_discovery_owns(h.discovery, h.mapping));
    g_assert_true(pl_discovery_owns(h.discovery, h.filtering));
    g_assert_false(pl_discovery_owns(h.discovery, h.filtering + 1));
    g_assert_false(pl_discovery_owns(h.discovery, 0));
    close_hand(&h);
}

static void a_report_is_kept_and_read_again(void)
{
    pl_nat_report report = {PL_UDP_OPEN, PL_MAPPING_AD, PL_FILTERING_APD, {OUTSIDE_IP, 62000}, EPOCH, 90};
    pl_nat_report back;
    uint8_t bytes[PL_NAT_REPORT_BYTES + 1] = {0};
    pl_nat_report_encode(&report, bytes);
    g_assert_cmpint(pl_nat_report_decode(&back, bytes, PL_NAT_REPORT_BYTES), ==, 0);
    g_assert_cmpint((int)back.udp, ==, PL_UDP_OPEN);
    g_assert_cmpint((int)back.mapping, ==, PL_MAPPING_AD);
    g_assert_cmpint((int)back.filtering, ==, PL_FILTERING_APD);
    g_assert_true(pl_addr_equal(back.mapped, report.mapped));
    g_assert_cmpint(back.found_at, ==, EPOCH);
    g_assert_cmpint(back.lifetime_s, ==, 90);
    for (size_t len = 0; len < PL_NAT_REPORT_BYTES; len++)
        g_assert_cmpint(pl_nat_report_decode(&back, bytes, len), ==, PL_ERR_SHORT);
    g_assert_cmpint(pl_nat_report_decode(&back, bytes, PL_NAT_REPORT_BYTES + 1), ==, PL_ERR_OVERSIZED);
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 3}, {1, 3}, {2, 5}, {3, 4}, {10, 0x80}};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        uint8_t before = bytes[wrong[i].at];
        bytes[wrong[i].at] = wrong[i].value;
        g_assert_cmpint(pl_nat_report_decode(&back, bytes, PL_NAT_REPORT_BYTES), ==, PL_ERR_MALFORMED);
        bytes[wrong[i].at] = before;
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/discovery/every-box-is-named", every_box_is_named);
    g_test_add_func("/nat/discovery/any-one-lost-packet", any_one_lost_packet_changes_nothing);
    g_test_add_func("/nat/discovery/random-loss", random_loss_seldom_misleads);
    g_test_add_func("/nat/discovery/no-partner", without_a_partner_filtering_is_unknown);
    g_test_add_func("/nat/discovery/dead-partner", a_dead_partner_is_not_taken_for_a_filter);
    g_test_add_func("/nat/discovery/blocked", blocked_takes_three_tries_and_3500_ms);
    g_test_add_func("/nat/discovery/tunable-tries", the_number_and_pace_of_tries_are_tunable);
    g_test_add_func("/nat/discovery/right-answer-only", only_the_right_answer_from_the_right_place_counts);
    g_test_add_func("/nat/discovery/changed-place-only", a_change_is_believed_from_the_changed_place_only);
    g_test_add_func("/nat/discovery/refused-change", a_refused_change_is_unknown_not_filtered);
    g_test_add_func("/nat/discovery/ignored-change", a_server_that_ignores_the_change_proves_nothing);
    g_test_add_func("/nat/discovery/silence-without-witness", silence_without_a_witness_is_unknown);
    g_test_add_func("/nat/discovery/strange-other-address", a_strange_other_address_is_no_partner);
    g_test_add_func("/nat/discovery/free-inside-done", the_owner_may_free_it_inside_done);
    g_test_add_func("/nat/discovery/no-sockets", without_sockets_there_is_no_discovery);
    g_test_add_func("/nat/discovery/failed-sends", sends_that_fail_are_lost_packets);
    g_test_add_func("/nat/discovery/owns-its-sockets", it_owns_its_two_sockets);
    g_test_add_func("/nat/discovery/report", a_report_is_kept_and_read_again);
    return g_test_run();
}
