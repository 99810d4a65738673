#include "analysis/population/sessions.h"

#include <string.h>

#include "analysis/csv.h"
#include "analysis/population/foretell.h"

/* The columns that are looked at. */
typedef enum column { CELL, CALLER, CALLEE, CALLER_KIND, CALLEE_KIND, TRANSPORT, PROFILE, CLASS, VIA, COLUMNS } column;
static const char *const column_names[COLUMNS] = {"cell",      "caller",  "callee", "caller_kind", "callee_kind",
                                                  "transport", "profile", "class",  "via"};

typedef struct reader {
    an_csv csv;
    size_t place[COLUMNS], n;
    const an_groups *groups;
    const an_interner *interner;
} reader;

static bool find_columns(reader *r, char **ret_error)
{
    r->n = r->csv.n;
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t i = 0;
        while (i < r->csv.n && strcmp(r->csv.field[i], column_names[c]) != 0)
            i++;
        r->place[c] = i;
        if (i < r->csv.n)
            continue;
        *ret_error = g_strdup_printf("'%s' has no column %s", r->csv.path, column_names[c]);
        return false;
    }
    return true;
}

static const char *field(const reader *r, column c)
{
    return r->csv.field[r->place[c]];
}

/* "peer-17" → 17; 0 if it is no peer. */
static int64_t number_of(const char *name)
{
    return g_str_has_prefix(name, "peer-") ? g_ascii_strtoll(name + strlen("peer-"), NULL, 10) : 0;
}

static bool parse_transport(const char *text, an_transport *ret_transport)
{
    for (int t = AN_UDP; t <= AN_ANY; t++) {
        if (strcmp(an_transport_name((an_transport)t), text) != 0)
            continue;
        *ret_transport = (an_transport)t;
        return true;
    }
    return false;
}

/* What is wrong with the row, or NULL. */
static const char *understand(const reader *r, an_meeting_of *meeting, an_session *session)
{
    meeting->caller = an_kinds_find(&r->groups->kinds, field(r, CALLER_KIND));
    meeting->callee = an_kinds_find(&r->groups->kinds, field(r, CALLEE_KIND));
    meeting->caller_number = number_of(field(r, CALLER));
    meeting->callee_number = number_of(field(r, CALLEE));
    meeting->era = an_era_find(field(r, PROFILE));
    session->class = an_foretell_class(field(r, CLASS));
    if (!meeting->caller || !meeting->callee)
        return "a group that groups.csv does not have";
    if (meeting->caller_number == 0 || meeting->callee_number == 0)
        return "an end that is no peer";
    if (!meeting->era)
        return "an unknown profile";
    if (!parse_transport(field(r, TRANSPORT), &meeting->transport))
        return "the transport is none of udp, tcp, any";
    return session->class < AN_PATH_CLASSES ? NULL : "an unknown class of path";
}

static const char *ends_of(const an_meeting_of *meeting)
{
    const int n = an_kind_is_nated(meeting->caller) + an_kind_is_nated(meeting->callee);
    return n == 2 ? "nated" : n == 1 ? "one-nated" : "open";
}

static void fill(const reader *r, const an_meeting_of *meeting, an_session *session)
{
    bool lets_in = false;
    an_foretell(meeting, &r->groups->odds, session->foretold, &lets_in);
    const char *via = *field(r, VIA) ? field(r, VIA) : "none";
    g_autofree char *labels = g_strdup_printf(
        "caller=%s,callee=%s,transport=%s,traversal=%s,via=%s,ends=%s,strangers=%s", field(r, CALLER_KIND),
        field(r, CALLEE_KIND), field(r, TRANSPORT), field(r, PROFILE), via, ends_of(meeting),
        lets_in ? "let-in" : "kept-out");
    session->caller = r->interner->text(r->interner->context, field(r, CALLER));
    session->callee = r->interner->text(r->interner->context, field(r, CALLEE));
    session->labels = r->interner->labels(r->interner->context, labels);
    session->is_nated = an_kind_is_nated(meeting->caller);
    session->is_punchable_udp = an_kind_is_punchable(meeting->caller, AN_UDP);
    session->is_punchable_tcp = an_kind_is_punchable(meeting->caller, AN_TCP);
}

static bool read_row(reader *r, GArray *sessions, char **ret_error)
{
    an_meeting_of meeting = {0};
    an_session session = {0};
    if (r->csv.n != r->n) {
        *ret_error = an_csv_complaint(&r->csv, "the number of fields is wrong");
        return false;
    }
    if (*field(r, CELL))
        return true;
    const char *wrong = understand(r, &meeting, &session);
    if (wrong) {
        *ret_error = an_csv_complaint(&r->csv, wrong);
        return false;
    }
    fill(r, &meeting, &session);
    if (!session.labels)
        *ret_error = an_csv_complaint(&r->csv, "a name that cannot be a label");
    else
        g_array_append_val(sessions, session);
    return session.labels != NULL;
}

bool an_sessions_read(const char *path, const an_groups *groups, const an_interner *interner,
                      an_replication *replication, char **ret_error)
{
    reader r = {.groups = groups, .interner = interner};
    if (!an_csv_open(&r.csv, path, ret_error))
        return false;
    GArray *sessions = g_array_new(FALSE, TRUE, sizeof(an_session));
    int more = an_csv_next(&r.csv, ret_error);
    bool good = more > 0 && find_columns(&r, ret_error);
    while (good && (more = an_csv_next(&r.csv, ret_error)) > 0)
        good = read_row(&r, sessions, ret_error);
    if (more == 0 && r.n == 0)
        *ret_error = g_strdup_printf("'%s' is empty", path);
    an_csv_close(&r.csv);
    replication->n_sessions = sessions->len;
    replication->sessions = (an_session *)(void *)g_array_free(sessions, FALSE);
    return good && more == 0;
}

/* --- values --- */

typedef enum family { SHARE, FORETOLD, SURPRISE, PUNCHABLE } family;

struct an_session_metric {
    family family;
    unsigned classes; /* a bit each; of PUNCHABLE none */
    bool is_tcp;      /* PUNCHABLE */
};

/* relayed-udp, relayed-tcp, failed: what is no path of the two ends' own. */
#define FIRST_RELAYED (2 * (unsigned)AN_WAY_RELAYED)

/* "punched-udp" is one class, "punched" two, "unrelayed" all below the relayed ones. */
static unsigned classes_of(const char *part)
{
    const unsigned class = an_foretell_class(part);
    if (class < AN_PATH_CLASSES)
        return 1u << class;
    if (strcmp(part, "unrelayed") == 0)
        return (1u << FIRST_RELAYED) - 1;
    for (unsigned way = 0; way < AN_WAY_FAILED; way++)
        if (strcmp(part, an_way_name((an_way)way)) == 0)
            return 3u << 2 * way;
    return 0;
}

an_session_metric *an_session_metric_new(const char *name)
{
    static const char *const families[] = {"path.share.", "path.foretold.", "path.surprise.", "path.punchable."};
    for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
        if (!g_str_has_prefix(name, families[i]))
            continue;
        const char *part = name + strlen(families[i]);
        an_session_metric *metric = g_new(an_session_metric, 1);
        *metric = (an_session_metric){(family)i, classes_of(part), strcmp(part, "tcp") == 0};
        return metric;
    }
    return NULL;
}

void an_session_metric_free(an_session_metric *metric)
{
    g_free(metric);
}

static double share_of(const an_session *session, unsigned classes)
{
    return classes >> session->class & 1;
}

static double foretold_of(const an_session *session, unsigned classes)
{
    double sum = 0;
    for (unsigned i = 0; i < AN_PATH_CLASSES; i++)
        if (classes >> i & 1)
            sum += session->foretold[i];
    return sum;
}

bool an_session_value(const an_session *session, const an_session_metric *metric, double *ret_value)
{
    switch (metric->family) {
    case SHARE:
        *ret_value = share_of(session, metric->classes);
        return true;
    case FORETOLD:
        *ret_value = foretold_of(session, metric->classes);
        return true;
    case SURPRISE:
        *ret_value = share_of(session, metric->classes) - foretold_of(session, metric->classes);
        return true;
    case PUNCHABLE:
        *ret_value = metric->is_tcp ? session->is_punchable_tcp : session->is_punchable_udp;
        return session->is_nated;
    }
    g_assert_not_reached();
}
