/* Ladders: which lifelines, where packets end, what is folded; and the structure of the SVG. */
#include <glib.h>

#include "analysis/ladder/ladder_private.h"
#include "core/event.h"
#include "tests/analysis/run_folder.h"

#define EVENT(t, rest) "{\"t\":" #t ",\"host\":\"c-1\",\"event\":\"login:" rest "}\n"
#define PACKET(t, host, step, serial, rest)                                                                  \
    "{\"t\":" #t ",\"host\":" host ",\"event\":\"net:packet\",\"step\":\"" step "\",\"serial\":" #serial     \
    "," rest "}\n"
#define UDP(to)                                                                                              \
    "\"protocol\":\"udp\",\"source\":\"10.0.0.2:5\",\"destination\":\"" to ":9\",\"bytes\":68,\"payload\":"  \
    "40"
#define TCP(flags)                                                                                           \
    "\"protocol\":\"tcp\",\"flags\":\"" flags                                                                \
    "\",\"source\":\"10.0.0.2:5\",\"destination\":\"5.0.0.1:9\",\"bytes\":40,\"payload\":0"
#define BOX ",\"box\":\"nat c-1\",\"owner\":\"c-1\""

/* Two probes stopped by the client's own firewall, five seconds of nothing, then SYN through the NAT and SYN
 * ACK back, a datagram lost on the way, and one filtered by the NAT on its way in. */
static const char story[] = EVENT(0, "started\",\"login\":\"first\"")
    PACKET(0, "\"c-1\"", "sent", 1, UDP("5.0.0.1") ",\"what\":\"probe\"") PACKET(
        0, "\"c-1\"", "dropped", 1,
        UDP("5.0.0.1") ",\"box\":\"fw c-1\",\"owner\":\"c-1\",\"cause\":\"firewall-out\"")
        PACKET(0, "\"c-1\"", "sent", 2, UDP("5.0.0.2") ",\"what\":\"probe\"") PACKET(
            0, "\"c-1\"", "dropped", 2,
            UDP("5.0.0.2") ",\"box\":\"fw c-1\",\"owner\":\"c-1\",\"cause\":\"firewall-out\"")
            PACKET(100, "\"elsewhere\"", "sent", 3,
                   UDP("7.7.7.7")) EVENT(5000000000, "rung\",\"rung\":\"tcp\",\"entries\":7")
                PACKET(5000000000, "\"c-1\"", "sent", 4, TCP("S")) PACKET(5000000000, "\"c-1\"", "translated",
                                                                          4, TCP("S") BOX)
                    PACKET(5020000000, "\"c-1\"", "delivered", 4, TCP("S") ",\"at\":\"sn<1>\"") PACKET(
                        5020000000, "\"sn<1>\"", "sent", 5,
                        TCP("S.")) PACKET(5040000000, "\"sn<1>\"", "translated", 5, TCP("S.") BOX)
                        PACKET(5040000000, "\"sn<1>\"", "delivered", 5,
                               TCP("S.") ",\"at\":\"c-1\"") PACKET(5040000000, "\"c-1\"", "sent", 6, TCP("."))
                            PACKET(5040000000, "\"c-1\"", "translated", 6, TCP(".") BOX)
                                PACKET(5060000000, "\"c-1\"", "delivered", 6,
                                       TCP(".") ",\"at\":\"sn<1>\"") PACKET(5041000000, "\"c-1\"", "sent", 7,
                                                                            UDP("5.0.0.1"))
                                    PACKET(5041000000, "\"c-1\"", "translated", 7, UDP("5.0.0.1") BOX)
                                        PACKET(5050000000, "\"c-1\"", "dropped", 7,
                                               UDP("5.0.0.1") ",\"cause\":\"loss\"")
                                            PACKET(5045000000, "\"sn<1>\"", "sent", 8, UDP("9.9.9.9"))
                                                PACKET(5055000000, "\"sn<1>\"", "dropped", 8,
                                                       UDP("9.9.9.9") BOX ",\"cause\":\"filtered\"")
                                                    EVENT(
                                                        5060000000,
                                                        "logged-in\",\"login\":\"first\",\"time\":5060000000")
                                                        EVENT(9000000000, "started\",\"login\":\"later\"")
                                                            PACKET(9000000000, "\"c-1\"", "sent", 9,
                                                                   UDP("5.0.0.1"));

static char *put_story(char **ret_path)
{
    char *root = run_folder_new();
    run_folder_put(root, "events.jsonl", story);
    *ret_path = g_build_filename(root, "events.jsonl", NULL);
    return root;
}

static const an_arrow *find_arrow(const an_ladder *ladder, const char *label)
{
    for (size_t i = 0; i < ladder->n_arrows; i++)
        if (ladder->arrows[i].labelled && strcmp(ladder->arrows[i].label, label) == 0)
            return &ladder->arrows[i];
    g_error("no arrow '%s'", label);
}

static void test_lanes_and_ends(void)
{
    char *path, *error = NULL, *root = put_story(&path);
    const an_ladder_options options = {.peer = "c-1"};
    an_ladder *ladder = an_ladder_read(path, &options, &error);
    g_assert_cmpstr(error, ==, NULL);
    static const char *const lanes[] = {"c-1", "fw c-1", "nat c-1", "sn<1>"};
    g_assert_cmpuint(ladder->n_lanes, ==, G_N_ELEMENTS(lanes));
    for (size_t i = 0; i < G_N_ELEMENTS(lanes); i++)
        g_assert_cmpstr(ladder->lanes[i].name, ==, lanes[i]);
    g_assert_cmpstr(ladder->outcome, ==, "logged in");

    const an_arrow *probes = find_arrow(ladder, "UDP probe · firewall-out ×2");
    g_assert_cmpuint(probes->n, ==, 2);
    g_assert_true(probes->ends && probes->to_lane == 1 && probes->fate == AN_FATE_FILTERED);
    const an_arrow *lost = find_arrow(ladder, "UDP 40 B · loss");
    g_assert_true(lost->ends && lost->short_of && lost->from_lane == 2 && lost->to_lane == 3);
    const an_arrow *filtered = find_arrow(ladder, "UDP 40 B · filtered");
    g_assert_true(filtered->ends && !filtered->short_of && filtered->from_lane == 3 &&
                  filtered->to_lane == 2);
    const an_arrow *syn = find_arrow(ladder, "SYN");
    g_assert_true(syn->head && syn->from_lane == 2 && syn->to_lane == 3);
    g_assert_cmpint(syn->to_time - syn->from_time, ==, 20 * PL_MILLISECOND);
    g_assert_true(find_arrow(ladder, "ACK")->quiet);
    an_ladder_free(ladder);
    g_free(path);
    run_folder_free(root);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

static void test_svg(void)
{
    char *path, *error = NULL, *root = put_story(&path);
    const an_ladder_options options = {.peer = "c-1"};
    an_ladder *ladder = an_ladder_read(path, &options, &error);
    g_autofree char *svg = an_ladder_svg(ladder, "a & b");
    GMarkupParser accept = {0};
    GMarkupParseContext *parser = g_markup_parse_context_new(&accept, 0, NULL, NULL);
    g_assert_true(g_markup_parse_context_parse(parser, svg, -1, NULL));
    g_assert_true(g_markup_parse_context_end_parse(parser, NULL));
    g_markup_parse_context_free(parser);
    /* probes; SYN 2, SYN ACK 2, ACK 2, lost 2 stretches; filtered 1 */
    g_assert_cmpuint(ladder->n_arrows, ==, 10);
    g_assert_cmpuint(count(svg, "class=\"arrow\""), ==, 10);
    g_assert_cmpuint(count(svg, "class=\"end\""), ==, 3);
    g_assert_cmpuint(count(svg, "class=\"fold\""), ==, 1);
    g_assert_nonnull(strstr(svg, "⋮ 5.00 s"));
    g_assert_nonnull(strstr(svg, "sn&lt;1&gt;"));
    g_assert_nonnull(strstr(svg, "a &amp; b"));
    g_assert_null(strstr(svg, "href"));
    an_ladder_free(ladder);
    g_free(path);
    run_folder_free(root);
}

/* Where a label is: middle, baseline, half of its width. */
typedef struct place {
    double x, y, half;
} place;

static GArray *places_of_labels(const char *svg)
{
    static const char class[] = " class=\"label\"";
    GArray *places = g_array_new(FALSE, FALSE, sizeof(place));
    for (const char *at = svg; (at = strstr(at, "<text x=\"")); at++) {
        char *end;
        place one = {.x = g_ascii_strtod(at + strlen("<text x=\""), &end)};
        one.y = g_ascii_strtod(end + strlen("\" y=\""), &end);
        if (!g_str_has_prefix(end + 1, class))
            continue;
        const char *words = strchr(end, '>') + 1;
        one.half = (double)g_utf8_strlen(words, (gssize)strcspn(words, "<")) * 5.6 / 2;
        g_array_append_val(places, one);
    }
    return places;
}

/* Seven SYNs of one instant to seven hosts, as a login sends them: each label can be read. */
static void test_labels_do_not_cover_each_other(void)
{
    GString *text = g_string_new(EVENT(0, "started\",\"login\":\"first\""));
    char *root = run_folder_new(), *error = NULL;
    for (int i = 1; i <= 7; i++)
        g_string_append_printf(
            text,
            "{\"t\":0,\"host\":\"c-1\",\"event\":\"net:packet\",\"step\":\"sent\",\"serial\":%d,"
            "\"protocol\":\"tcp\",\"flags\":\"S\"}\n"
            "{\"t\":%d,\"host\":\"c-1\",\"event\":\"net:packet\",\"step\":\"delivered\",\"serial\":%d,"
            "\"at\":\"sn-%d\"}\n",
            i, 50000000 + i, i, i);
    run_folder_put(root, "events.jsonl", text->str);
    g_autofree char *path = g_build_filename(root, "events.jsonl", NULL);
    an_ladder *ladder = an_ladder_read(path, &(an_ladder_options){.peer = "c-1"}, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_autofree char *svg = an_ladder_svg(ladder, NULL);
    g_autoptr(GArray) places = places_of_labels(svg);
    g_assert_cmpuint(places->len, ==, 7);
    for (guint i = 0; i < places->len; i++)
        for (guint k = 0; k < i; k++) {
            const place *a = &g_array_index(places, place, i), *b = &g_array_index(places, place, k);
            g_assert_true(ABS(a->x - b->x) >= a->half + b->half || ABS(a->y - b->y) >= 10);
        }
    an_ladder_free(ladder);
    g_string_free(text, TRUE);
    run_folder_free(root);
}

/* Where the first text of a class and these words stands, at or after *at, which moves behind it. */
static place find_text(const char **at, const char *class, const char *words)
{
    g_autofree char *wanted = g_strdup_printf(" class=\"%s\">%s<", class, words);
    for (const char *one = *at; (one = strstr(one, "<text x=\"")); one++) {
        char *end;
        place found = {.x = g_ascii_strtod(one + strlen("<text x=\""), &end)};
        found.y = g_ascii_strtod(end + strlen("\" y=\""), &end);
        if (!g_str_has_prefix(end + 1, wanted))
            continue;
        *at = end;
        return found;
    }
    g_error("the picture has no %s '%s' here", class, words);
}

/* The heights of all elements of a class that are of one kind ("<line", "<rect"). */
static GArray *heights_of(const char *svg, const char *kind, const char *class, const char *column)
{
    g_autofree char *wanted = g_strdup_printf("class=\"%s\"", class);
    GArray *heights = g_array_new(FALSE, FALSE, sizeof(double));
    for (const char *at = svg; (at = strstr(at, kind)); at++) {
        g_autofree char *element = g_strndup(at, strcspn(at, ">"));
        if (!strstr(element, wanted))
            continue;
        double y = g_ascii_strtod(strstr(element, column) + strlen(column), NULL);
        g_array_append_val(heights, y);
    }
    return heights;
}

/* Seven packets of one instant that the peer's own firewall stops at once. */
static void append_refusal(GString *text, long long at, int serial)
{
    for (int k = serial; k < serial + 7; k++)
        g_string_append_printf(
            text,
            "{\"t\":%lld,\"host\":\"c-1\",\"event\":\"net:packet\",\"step\":\"sent\",\"serial\":%d,"
            "\"protocol\":\"udp\",\"what\":\"probe\"}\n"
            "{\"t\":%lld,\"host\":\"c-1\",\"event\":\"net:packet\",\"step\":\"dropped\",\"serial\":%d,"
            "\"protocol\":\"udp\",\"what\":\"probe\",\"box\":\"c-1\",\"owner\":\"c-1\","
            "\"cause\":\"firewall-out\"}\n",
            at, k, at, k);
}

/* As a log-in that its own firewall refuses: five attempts, eleven seconds apart, of two instants with four
 * notes each and seven packets. */
static char *refused_story(void)
{
    GString *text = g_string_new(EVENT(0, "started\",\"login\":\"first\""));
    for (int i = 0; i < 10; i++) {
        long long at = (i / 2 * 11 + i % 2 * 5) * 1000000000LL;
        for (int k = 0; k < 4; k++)
            g_string_append_printf(
                text, "{\"t\":%lld,\"host\":\"c-1\",\"event\":\"login:attempt\",\"number\":%d}\n", at,
                10 * i + k);
        append_refusal(text, at, 10 * i + 1);
    }
    return g_string_free(text, FALSE);
}

static char *draw_story(const char *story_text)
{
    char *root = run_folder_new(), *error = NULL;
    run_folder_put(root, "events.jsonl", story_text);
    g_autofree char *path = g_build_filename(root, "events.jsonl", NULL);
    an_ladder *ladder = an_ladder_read(path, &(an_ladder_options){.peer = "c-1"}, &error);
    g_assert_cmpstr(error, ==, NULL);
    char *svg = an_ladder_svg(ladder, NULL);
    an_ladder_free(ladder);
    run_folder_free(root);
    return svg;
}

/* However long nothing happens, notes stand beside what they describe, above the fold that follows. */
static void test_notes_stand_beside_their_instant(void)
{
    g_autofree char *refused = refused_story(), *svg = draw_story(refused);
    g_autoptr(GArray) arrows = heights_of(svg, "<line", "arrow", "y1=\"");
    g_autoptr(GArray) folds = heights_of(svg, "<rect", "fold", "\" y=\"");
    const char *at = svg;

    g_assert_cmpuint(arrows->len, ==, 10);
    g_assert_cmpuint(folds->len, ==, 9);
    for (int i = 0; i < 10; i++)
        for (int k = 0; k < 4; k++) {
            g_autofree char *words = g_strdup_printf("attempt %d", 10 * i + k);
            double y = find_text(&at, "note", words).y, own = g_array_index(arrows, double, (guint)i);
            /* the instant of the first log-in has one note more, its beginning */
            g_assert_cmpfloat(y - own, >=, 13 * k);
            g_assert_cmpfloat(y - own, <=, 13 * (k + (i == 0)) + 5);
            if (i < 9)
                g_assert_cmpfloat(y + 4, <=, g_array_index(folds, double, (guint)i));
        }
}

static void assert_all_labelled(const char *story_text, guint n)
{
    g_autofree char *svg = draw_story(story_text);
    g_autoptr(GArray) arrows = heights_of(svg, "<line", "arrow", "y1=\"");
    g_autoptr(GArray) places = places_of_labels(svg);

    g_assert_cmpuint(count(svg, ">UDP probe · firewall-out ×7</text>"), ==, n);
    g_assert_cmpuint(places->len, ==, n);
    for (guint i = 0; i < places->len; i++) /* right above or right below its own */
        g_assert_cmpfloat(ABS(g_array_index(places, place, i).y - g_array_index(arrows, double, i)), <=, 12);
}

/* Between two folds there is room for a label, with notes at the instant or without, as when a client that
 * is met with silence sends again and again. */
static void test_every_level_arrow_is_labelled(void)
{
    GString *silence = g_string_new(EVENT(0, "started\",\"login\":\"first\""));
    g_autofree char *refused = refused_story();
    for (int i = 0; i < 6; i++)
        append_refusal(silence, i * 4000000000LL, 10 * i);
    assert_all_labelled(refused, 10);
    assert_all_labelled(silence->str, 6);
    g_string_free(silence, TRUE);
}

#define REFUSED(serial, words)                                                                               \
    PACKET(0, "\"c-1\"", "sent", serial, UDP("5.0.0.1") ",\"what\":\"" words "\"")                           \
    PACKET(0, "\"c-1\"", "dropped", serial,                                                                  \
           UDP("5.0.0.1") ",\"what\":\"" words                                                               \
                          "\",\"box\":\"c-1\",\"owner\":\"c-1\",\"cause\":\"firewall-out\"")

/* Three arrows on one another: above, below, and the third label a line further off. */
static void test_arrows_on_one_another_are_labelled(void)
{
    static const char three[] = EVENT(0, "started\",\"login\":\"first\"") REFUSED(1, "first request")
        REFUSED(2, "other request") REFUSED(3, "third request");
    g_autofree char *svg = draw_story(three);
    g_assert_cmpuint(count(svg, ">UDP first request · firewall-out</text>"), ==, 1);
    g_assert_cmpuint(count(svg, ">UDP other request · firewall-out</text>"), ==, 1);
    g_assert_cmpuint(count(svg, ">UDP third request · firewall-out</text>"), ==, 1);
}

static void assert_phrase(const char *name, const char *columns)
{
    g_auto(GStrv) words = g_strsplit(columns, " ", -1);
    json_t *object = json_pack("{s:i, s:s, s:s}", "t", 0, "host", "c-1", "event", name);
    for (size_t i = 0; words[i]; i++)
        json_object_set_new(object, words[i] + 2,
                            strchr("it", words[i][0]) ? json_integer(7) : json_string("x"));
    g_autofree char *text = an_ladder_note_text(object);
    if (strpbrk(text, "?{}_") || strcmp(text, strchr(name, ':') + 1) == 0)
        g_error("'%s' is shown as '%s'", name, text);
    json_decref(object);
}

/* Every event of core has a phrase, and only with columns that the event has. */
static void test_notes_are_phrases(void)
{
#define X(id, name, columns) assert_phrase(name, columns);
    PL_EVENTS(X)
#undef X
    json_t *object = json_pack("{s:s, s:i}", "event", "login:logged-in", "time", 1500000000);
    g_autofree char *text = an_ladder_note_text(object);
    g_assert_cmpstr(text, ==, "logged in after 1.50 s");
    json_decref(object);
}

static void test_crowds_share_a_lane(void)
{
    GString *text = g_string_new(EVENT(0, "started\",\"login\":\"first\""));
    char *root = run_folder_new(), *error = NULL;
    for (int i = 1; i <= 30; i++) {
        g_autofree char *to = g_strdup_printf("{\"t\":0,\"host\":\"c-1\",\"event\":\"net:packet\",\"step\":"
                                              "\"sent\",\"serial\":%d,\"protocol\":\"udp\"}\n"
                                              "{\"t\":%d,\"host\":\"c-1\",\"event\":\"net:packet\",\"step\":"
                                              "\"delivered\",\"serial\":%d,\"at\":\"sn-%d\"}\n",
                                              i, 1000000 * i, i, i);
        g_string_append(text, to);
    }
    run_folder_put(root, "events.jsonl", text->str);
    g_autofree char *path = g_build_filename(root, "events.jsonl", NULL);
    const an_ladder_options options = {.peer = "c-1"};
    an_ladder *ladder = an_ladder_read(path, &options, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_assert_cmpuint(ladder->n_lanes, ==, 8);
    g_assert_cmpint(ladder->lanes[7].kind, ==, AN_LANE_REST);
    g_assert_cmpuint(ladder->lanes[7].n_rest, ==, 24);
    an_ladder_free(ladder);
    g_string_free(text, TRUE);
    run_folder_free(root);
}

static void assert_refused(const char *text, const char *peer, size_t login, const char *says)
{
    char *root = run_folder_new(), *error = NULL;
    run_folder_put(root, "events.jsonl", text);
    g_autofree char *path = g_build_filename(root, "events.jsonl", NULL);
    const an_ladder_options options = {.peer = peer, .login = login};
    g_assert_null(an_ladder_read(path, &options, &error));
    if (!strstr(error, says))
        g_error("'%s' does not say '%s'", error, says);
    g_free(error);
    run_folder_free(root);
}

static void test_what_cannot_be_drawn_is_said(void)
{
    static const char start[] = EVENT(0, "started\",\"login\":\"first\"");
    assert_refused(start, "c-2", 0, "knows no login of a peer 'c-2'");
    assert_refused(start, "c-1", 1, "began only 1 login");
    assert_refused(start, "c-1", 0, "run the scenario with `events: packets`");
    assert_refused("{\"t\":0,\"host\":\"c-1\"\n", "c-1", 0, "events.jsonl:1: this line is damaged");
    assert_refused("[\"c-1\"]\n", "c-1", 0, "it is no event");
    assert_refused("{\"t\":0,\"host\":\"c-1\"", "c-1", 0, "it has no end");
    const an_ladder_options options = {.peer = "c-1"};
    char *error = NULL;
    g_assert_null(an_ladder_read("/nonexistent-partyline/events.jsonl", &options, &error));
    g_assert_nonnull(strstr(error, "No such file"));
    g_free(error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/analysis/ladder/lanes-and-ends", test_lanes_and_ends);
    g_test_add_func("/analysis/ladder/svg", test_svg);
    g_test_add_func("/analysis/ladder/labels-apart", test_labels_do_not_cover_each_other);
    g_test_add_func("/analysis/ladder/notes-beside-instants", test_notes_stand_beside_their_instant);
    g_test_add_func("/analysis/ladder/level-arrows-labelled", test_every_level_arrow_is_labelled);
    g_test_add_func("/analysis/ladder/stacked-arrows-labelled", test_arrows_on_one_another_are_labelled);
    g_test_add_func("/analysis/ladder/notes-are-phrases", test_notes_are_phrases);
    g_test_add_func("/analysis/ladder/crowds-share-a-lane", test_crowds_share_a_lane);
    g_test_add_func("/analysis/ladder/what-cannot-be-drawn", test_what_cannot_be_drawn_is_said);
    return g_test_run();
}
