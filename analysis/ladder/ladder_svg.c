/* The picture of a ladder, written by hand as SVG: it opens in any browser, scales, and each arrow has a
 * tooltip. */
#include <math.h>
#include <string.h>

#include "analysis/ladder/ladder_scale.h"

/* All lengths in pixels. */
#define NOTES_LEFT      62.0 /* of the notes: the instants stand there */
#define NOTES_RIGHT     38.0 /* from the end of a note to the first lifeline */
#define LANE_WIDTH      158.0
#define RIGHT_MARGIN    80.0
#define HEAD_HEIGHT     86.0
#define FOOT_HEIGHT     64.0
#define CHARACTER_WIDTH 5.6 /* of 10-pixel text, on average */
#define LINE_HEIGHT     12.0

#define INK  "#1F2933"
#define MUTE "#66707C"
#define HAIR "#C5CCD3"

typedef struct box {
    double left, top, right, bottom;
} box;

typedef struct painter {
    GString *svg;
    const an_ladder *ladder;
    an_scale scale;
    GArray *taken; /* of box: where text is */
    double left;   /* of the first lifeline: the longest note fits beside it */
} painter;

static const char *fate_colour(an_fate fate)
{
    switch (fate) {
    case AN_FATE_DELIVERED:
        return "#0072B2";
    case AN_FATE_FILTERED:
        return "#D55E00";
    case AN_FATE_LOST:
        return "#A5488A";
    case AN_FATE_UNKNOWN:
        return "#8C8C8C";
    }
    g_assert_not_reached();
}

static double lane_x(const painter *p, size_t lane)
{
    return p->left + (double)lane * LANE_WIDTH;
}

static double notes_width(const an_ladder *ladder)
{
    double width = 0;
    for (size_t i = 0; i < ladder->n_notes; i++)
        width = MAX(width, (double)g_utf8_strlen(ladder->notes[i].text, -1) * CHARACTER_WIDTH);
    return width;
}

static double time_y(const painter *p, pl_time at)
{
    return HEAD_HEIGHT + 14 + an_scale_y(&p->scale, at);
}

/* Coordinates with one decimal, whatever the locale. */
static const char *put(char *out, double value)
{
    return g_ascii_formatd(out, G_ASCII_DTOSTR_BUF_SIZE, "%.1f", value);
}

static void line(painter *p, double x1, double y1, double x2, double y2, const char *style)
{
    char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE], c[G_ASCII_DTOSTR_BUF_SIZE],
        d[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(p->svg, "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" %s/>\n", put(a, x1),
                           put(b, y1), put(c, x2), put(d, y2), style);
}

static void text(painter *p, double x, double y, const char *style, const char *words)
{
    char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree char *escaped = g_markup_escape_text(words, -1);
    g_string_append_printf(p->svg, "<text x=\"%s\" y=\"%s\" %s>%s</text>\n", put(a, x), put(b, y), style,
                           escaped);
}

static bool is_free(const painter *p, const box *wanted)
{
    for (guint i = p->taken->len; i > 0; i--) {
        const box *one = &g_array_index(p->taken, box, i - 1);
        if (one->left < wanted->right && one->right > wanted->left && one->top < wanted->bottom &&
            one->bottom > wanted->top)
            return false;
    }
    return true;
}

static box text_box(double middle, double baseline, const char *words)
{
    double half = (double)g_utf8_strlen(words, -1) * CHARACTER_WIDTH / 2;
    return (box){middle - half - 2, baseline - LINE_HEIGHT + 2, middle + half + 2, baseline + 3};
}

typedef struct stroke {
    double x1, y1, x2, y2;
} stroke;

static stroke stroke_of(const painter *p, const an_arrow *arrow);

/* Whether a line meets a box: Liang and Barsky's clipping. */
static bool meets(const stroke *s, const box *b)
{
    const double along[] = {s->x1 - s->x2, s->x2 - s->x1, s->y1 - s->y2, s->y2 - s->y1};
    const double room[] = {s->x1 - b->left, b->right - s->x1, s->y1 - b->top, b->bottom - s->y1};
    double enters = 0, leaves = 1;
    for (size_t i = 0; i < G_N_ELEMENTS(along); i++) {
        if (fabs(along[i]) < 1e-9 && room[i] < 0)
            return false;
        if (fabs(along[i]) < 1e-9)
            continue;
        double at = room[i] / along[i];
        if (along[i] < 0)
            enters = MAX(enters, at);
        else
            leaves = MIN(leaves, at);
    }
    return enters <= leaves;
}

/* How many other arrows pass under a text. */
static size_t count_crossings(const painter *p, const an_arrow *own, const box *place)
{
    size_t n = 0;
    for (size_t i = 0; i < p->ladder->n_arrows; i++) {
        const stroke s = stroke_of(p, &p->ladder->arrows[i]);
        n += &p->ladder->arrows[i] != own && meets(&s, place);
    }
    return n;
}

typedef struct spot {
    double x, y;
    box place;
    size_t crossings;
    bool found;
} spot;

static void try_spot(painter *p, const an_arrow *arrow, double x, double y, spot *best)
{
    spot one = {.x = x, .y = y, .place = text_box(x, y, arrow->label), .found = true};
    if (!is_free(p, &one.place) || (best->found && best->crossings == 0))
        return;
    one.crossings = count_crossings(p, arrow, &one.place);
    if (!best->found || one.crossings < best->crossings)
        *best = one;
}

/* Beside the arrow, near its far end: the first place without other text and with the fewest lines under it;
 * where all of these are taken, a line of text further off.  Where all is taken there is no label: the
 * tooltip and the CSV have it. */
static void place_label(painter *p, const an_arrow *arrow, const stroke *s)
{
    static const double away[] = {62, 40, 100, 150, 220, 300, 400, 520}; /* from the end */
    static const double above[][2] = {{-4, 11}, {-18, 25}};
    double length = MAX(fabs(s->x2 - s->x1), 1);
    /* the peer's side is crowded: measure from the end that is further from it */
    bool outward = arrow->to_lane >= arrow->from_lane;
    spot best = {0};

    for (size_t row = 0; row < G_N_ELEMENTS(above) && !best.found; row++)
        for (size_t i = 0; i < G_N_ELEMENTS(away); i++)
            for (size_t k = 0; k < G_N_ELEMENTS(above[row]); k++) {
                double share = MIN(away[i] / length, i == 0 ? 0.5 : 0.85);
                double part = outward ? 1 - share : share;
                try_spot(p, arrow, s->x1 + (s->x2 - s->x1) * part,
                         s->y1 + (s->y2 - s->y1) * part + above[row][k], &best);
            }
    if (!best.found)
        return;
    g_array_append_val(p->taken, best.place);
    g_autofree char *style = g_strdup_printf("class=\"label\" fill=\"%s\"", fate_colour(arrow->fate));
    text(p, best.x, best.y, style, arrow->label);
}

static void cross(painter *p, double x, double y, const char *colour)
{
    g_autofree char *style = g_strdup_printf("class=\"end\" stroke=\"%s\" stroke-width=\"2\"", colour);
    char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(p->svg, "<path transform=\"translate(%s %s)\" d=\"M-4-4L4 4M-4 4L4-4\" %s/>\n",
                           put(a, x), put(b, y), style);
}

static void head(painter *p, const stroke *s, const char *colour)
{
    double dx = s->x2 - s->x1, dy = s->y2 - s->y1, length = sqrt(dx * dx + dy * dy);
    if (length < 1)
        return;
    double ux = dx / length, uy = dy / length;
    const double points[] = {s->x2,
                             s->y2,
                             s->x2 - 8 * ux + 3.2 * uy,
                             s->y2 - 8 * uy - 3.2 * ux,
                             s->x2 - 8 * ux - 3.2 * uy,
                             s->y2 - 8 * uy + 3.2 * ux};
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(p->svg, "<polygon points=\"");
    for (size_t i = 0; i < G_N_ELEMENTS(points); i++)
        g_string_append_printf(p->svg, "%s%s", i ? " " : "", put(number, points[i]));
    g_string_append_printf(p->svg, "\" fill=\"%s\"/>\n", colour);
}

/* A packet that was lost on the way ends short of the next lifeline, so that it touches nobody's. */
static stroke stroke_of(const painter *p, const an_arrow *arrow)
{
    stroke s = {lane_x(p, arrow->from_lane), time_y(p, arrow->from_time), lane_x(p, arrow->to_lane),
                time_y(p, arrow->to_time)};
    if (arrow->short_of || arrow->to_lane == arrow->from_lane) {
        bool left = arrow->to_lane < arrow->from_lane;
        s.x2 = s.x1 + (left ? -0.55 : 0.55) * LANE_WIDTH * (arrow->short_of ? 1 : 0);
        if (arrow->short_of)
            s.y2 = s.y1 + MIN(s.y2 - s.y1, 12) + 6;
    }
    return s;
}

static void paint_arrow(painter *p, const an_arrow *arrow)
{
    stroke s = stroke_of(p, arrow);
    const char *colour = arrow->quiet ? "#9AA5B1" : fate_colour(arrow->fate);
    g_autofree char *tooltip = g_markup_escape_text(arrow->tooltip, -1);
    g_autofree char *style = g_strdup_printf(
        "class=\"arrow\" stroke=\"%s\" stroke-width=\"%s\"%s", colour, arrow->quiet ? "0.7" : "1.4",
        arrow->fate == AN_FATE_UNKNOWN ? " stroke-dasharray=\"4 3\"" : "");

    g_string_append_printf(p->svg, "<g><title>%s</title>\n", tooltip);
    line(p, s.x1, s.y1, s.x2, s.y2, style);
    if (arrow->head)
        head(p, &s, colour);
    if (arrow->ends) {
        const box taken = {s.x2 - 5, s.y2 - 5, s.x2 + 5, s.y2 + 5};
        cross(p, s.x2, s.y2, colour);
        g_array_append_val(p->taken, taken);
    }
    g_string_append(p->svg, "</g>\n");
}

static void paint_label(painter *p, const an_arrow *arrow)
{
    if (!arrow->labelled || arrow->quiet)
        return;
    const stroke s = stroke_of(p, arrow);
    place_label(p, arrow, &s);
}

/* A host's own firewall has the host's name. */
static bool is_end(const an_ladder *ladder, const char *name)
{
    for (size_t i = 0; i < ladder->n_lanes; i++)
        if (ladder->lanes[i].kind == AN_LANE_PEER && strcmp(ladder->lanes[i].name, name) == 0)
            return true;
    return false;
}

static void paint_lane(painter *p, size_t number)
{
    const an_lane *lane = &p->ladder->lanes[number];
    double x = lane_x(p, number), bottom = HEAD_HEIGHT + 28 + p->scale.height;
    bool is_box = lane->kind == AN_LANE_BOX;
    bool is_own_firewall = is_box && is_end(p->ladder, lane->name);
    char *name = is_own_firewall ? g_strdup("its firewall") : g_strdup(lane->name);

    if (g_utf8_strlen(name, -1) > 24) {
        char *cut = g_utf8_substring(name, 0, 23);
        g_free(name);
        name = g_strconcat(cut, "…", NULL);
        g_free(cut);
    }
    line(p, x, HEAD_HEIGHT, x, bottom,
         is_box ? "stroke=\"" MUTE "\" stroke-width=\"5\" stroke-opacity=\"0.28\""
                : "stroke=\"" HAIR "\" stroke-width=\"1.2\"");
    text(p, x, HEAD_HEIGHT - 10,
         is_box ? "class=\"lane\" fill=\"" MUTE "\"" : "class=\"lane\" fill=\"" INK "\"", name);
    const box taken = text_box(x, HEAD_HEIGHT - 10, name);
    g_array_append_val(p->taken, taken);
    g_free(name);
}

/* Idle time: a white band across all lifelines, with what was left out. */
static void paint_fold(painter *p, const an_fold *fold)
{
    double y = HEAD_HEIGHT + 14 + fold->y;
    g_autofree char *span = an_scale_span_text(fold->gap);
    g_autofree char *words = g_strdup_printf("⋮ %s", span);
    char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(p->svg, "<rect class=\"fold\" x=\"%s\" y=\"%s\" ", put(a, p->left - 20),
                           put(b, y - 9));
    g_string_append_printf(p->svg, "width=\"%s\" height=\"18\" fill=\"#FFFFFF\"/>\n",
                           put(a, (double)(p->ladder->n_lanes - 1) * LANE_WIDTH + 40));
    for (size_t i = 0; i < p->ladder->n_lanes; i++)
        text(p, lane_x(p, i), y + 4, "class=\"lane\" fill=\"" MUTE "\"", i ? "⋮" : words);
    const box taken = {p->left - 40, y - 9, p->left + 40, y + 9};
    g_array_append_val(p->taken, taken);
}

/* What the peer says of itself, left of its lifeline: the notes of one instant stand below each other, tied
 * to it by thin lines, and the scale leaves room for them. */
static void paint_notes(painter *p)
{
    double last = 0;
    for (size_t i = 0; i < p->ladder->n_notes; i++) {
        const an_note *note = &p->ladder->notes[i];
        double at = time_y(p, note->at), y = MAX(at, last + AN_SCALE_NOTE_PIXELS);
        g_autofree char *instant = g_strdup_printf("%.3f s", (double)(note->at - p->ladder->start) / 1e9);
        last = y;
        line(p, p->left - 34, y, p->left - 3, at, "stroke=\"" HAIR "\" stroke-width=\"0.8\"");
        text(p, p->left - NOTES_RIGHT, y + 3.5, "class=\"note\"", note->text);
        if (i == 0 || p->ladder->notes[i - 1].at != note->at)
            text(p, NOTES_LEFT - 8, y + 3.5, "class=\"instant\"", instant);
    }
}

static void paint_title(painter *p, const char *title)
{
    const an_ladder *ladder = p->ladder;
    g_autofree char *span = ladder->outcome ? an_scale_span_text(ladder->end - ladder->start) : NULL;
    const char *outcome = ladder->outcome ? ladder->outcome : "not finished";
    g_autofree char *words =
        g_strdup_printf("%s: %s%s%s", ladder->peer, outcome, span ? " after " : "", span ? span : "");
    text(p, 14, 24, "class=\"title\"", title ? title : words);
    if (title)
        text(p, 14, 42, "class=\"subtitle\"", words);
}

static void paint_legend(painter *p, double y)
{
    static const struct {
        an_fate fate;
        const char *words;
    } rows[] = {{AN_FATE_DELIVERED, "arrived"},
                {AN_FATE_FILTERED, "stopped by a NAT or firewall"},
                {AN_FATE_LOST, "lost on the way"}};
    double x = 14;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *colour = fate_colour(rows[i].fate);
        g_autofree char *style = g_strdup_printf("stroke=\"%s\" stroke-width=\"1.6\"", colour);
        const stroke s = {x, y - 4, x + 26, y - 4};
        line(p, s.x1, s.y1, s.x2, s.y2, style);
        if (i == 0)
            head(p, &s, colour);
        else
            text(p, x + 22, y, "class=\"key\"", "✗");
        text(p, x + 36, y, "class=\"key\"", rows[i].words);
        x += 52 + (double)strlen(rows[i].words) * CHARACTER_WIDTH;
    }
    g_autofree char *span = an_scale_span_text(p->scale.per_step);
    g_autofree char *words = g_strdup_printf("%s; ⋮ idle time left out; thin: a bare ACK", span);
    char a[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(p->svg, "<path d=\"M14 %sv", put(a, y + 10));
    g_string_append_printf(p->svg, "%sm-3 0h6m-3 -42m-3 0h6\" stroke=\"" INK "\" fill=\"none\"/>\n",
                           put(a, p->scale.step));
    text(p, 26, y + 34, "class=\"key\"", words);
}

static const char style_sheet[] =
    "<style>text{font-family:Lato,'DejaVu Sans',sans-serif;font-size:10px}"
    ".lane{font-size:11px;font-weight:600;text-anchor:middle}"
    ".label{text-anchor:middle;paint-order:stroke;stroke:#FFFFFF;stroke-width:3px;stroke-linejoin:round}"
    ".note{text-anchor:end}.instant{text-anchor:end;fill:" MUTE "}"
    ".title{font-size:14px;font-weight:600}.subtitle{font-size:11px;fill:" MUTE "}.key{fill:" MUTE
    "}</style>\n";

static char *wrap(painter *p, double width, double height)
{
    GString *whole = g_string_new(NULL);
    g_string_append_printf(
        whole,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" fill=\"" INK "\" width=\"%.0f\" height=\"%.0f\" "
        "viewBox=\"0 0 %.0f %.0f\">\n%s<rect width=\"100%%\" height=\"100%%\" fill=\"#FFFFFF\"/>\n",
        width, height, width, height, style_sheet);
    g_string_append(whole, p->svg->str);
    g_string_append(whole, "</svg>\n");
    g_string_free(p->svg, TRUE);
    g_array_free(p->taken, TRUE);
    an_scale_clear(&p->scale);
    return g_string_free(whole, FALSE);
}

char *an_ladder_svg(const an_ladder *ladder, const char *title)
{
    painter p = {
        .svg = g_string_new(NULL),
        .ladder = ladder,
        .taken = g_array_new(FALSE, FALSE, sizeof(box)),
        .left = NOTES_LEFT + notes_width(ladder) + NOTES_RIGHT,
    };

    an_scale_init(&p.scale, ladder);
    paint_title(&p, title);
    paint_notes(&p);
    for (size_t i = 0; i < ladder->n_lanes; i++)
        paint_lane(&p, i);
    for (guint i = 0; i < p.scale.folds->len; i++)
        paint_fold(&p, &g_array_index(p.scale.folds, an_fold, i));
    for (size_t i = 0; i < ladder->n_arrows; i++)
        paint_arrow(&p, &ladder->arrows[i]);
    for (size_t i = 0; i < ladder->n_arrows; i++)
        paint_label(&p, &ladder->arrows[i]); /* above all lines, whose crossings they cover */
    double foot = HEAD_HEIGHT + 28 + p.scale.height + 24;
    paint_legend(&p, foot);
    double width = lane_x(&p, ladder->n_lanes - 1) + RIGHT_MARGIN;
    return wrap(&p, MAX(width, 620), foot + FOOT_HEIGHT);
}
