#include "analysis/metrics.h"

#include <glib.h>
#include <string.h>

/* The causes of core/session/login.h and grant.h, and what the world calls a log-in that had not ended. */
static const char *const login_causes[] = {"refused",           "timeout",
                                           "no-answer",         "supernode-not-proven",
                                           "supernode-refused", "supernode-full",
                                           "supernode-lost",    "no-server-known",
                                           "no-network",        "cancelled",         "unknown-user",
                                           "wrong-password",    "server-not-proven",
                                           "bad-credential",    "server-refused",
                                           "server-no-answer",  "server-unreachable",
                                           "unfinished",        NULL};
/* The causes of sim/net/drop.h. */
static const char *const drop_causes[] = {"queue",        "loss",        "no-route",   "host-down", "ttl",
                                          "firewall-out", "firewall-in", "no-mapping", "filtered",  "expired",
                                          "exhausted",    "hairpin",     "link-down",  "clash",
                                          "isolated",     "parted",      "fragment",   "too-big",   NULL};
/* A method of core/nat/path/path.h and a transport; or none. */
static const char *const path_classes[] = {
    "direct-udp",    "direct-tcp",    "reversed-udp", "reversed-tcp", "punched-udp", "punched-tcp", "predicted-udp",
    "predicted-tcp", "sprayed-udp",   "sprayed-tcp",  "relayed-udp",  "relayed-tcp", "failed",      NULL};

/* The same, each method over either transport, and all that are neither relayed nor failed. */
static const char *const path_shares[] = {
    "direct-udp",  "direct-tcp",  "reversed-udp",  "reversed-tcp",  "punched-udp", "punched-tcp", "predicted-udp", "predicted-tcp",
    "sprayed-udp", "sprayed-tcp", "relayed-udp",   "relayed-tcp",   "failed",      "direct",      "reversed",      "punched",
    "predicted",   "sprayed",     "relayed",       "unrelayed",     NULL};
static const char *const punchables[] = {"udp", "tcp", NULL};

/* pl_search_outcome_name (core/session/search.h), and what the world calls a search that did not end. */
static const char *const search_outcomes[] = {"found", "not-found", "gave-up", "unfinished", NULL};
/* Of sim/world/crowd/gauges.c. */
static const char *const children_parts[] = {"median", "p95", "most", NULL};

/* SIM_CAUSES of sim/world/crowd/ledger.h. */
static const char *const load_parts[] = {"keep-alive", "index",     "search", "mesh",
                                         "login",      "discovery", "other",  "foretold", NULL};

static const char *const survivors[] = {"client", "supernode", NULL};

static const char *const truths[] = {"present", "left", "absent", "never", NULL};
static const char *const search_policies[] = {"slot", "rounds", "size", "login-server", NULL};
/* second: a search for the same user, at the same supernode, found him within search.cache_lifetime (BS-27). */
static const char *const agains[] = {"first", "second", NULL};
static const char *const ways[] = {"udp", "tcp-only", NULL};
static const char *const logins[] = {"first", "later", NULL};
static const char *const transports[] = {"any", "udp", "tcp", NULL};
static const char *const traversals[] = {"e1", "e2", "ours", NULL};
static const char *const vias[] = {"public", "lan", "hairpin", "none", NULL};
/* Those of core/nat/discovery/keeper.h, and the acts that sim/world/refresh tells of. */
static const char *const policies[] = {"login",         "timer",           "address",            "keep-alive", "failure",
                                       "address-timer", "address-failure", "address-keep-alive", "all",        NULL};
static const char *const events[] = {"reboot", "readdress", "roam", "router", "firewall", NULL};
static const char *const reports[] = {"right", "wrong", NULL};
static const char *const ends[] = {"nated", "one-nated", "open", NULL};
static const char *const strangers[] = {"kept-out", "let-in", NULL};
#define SESSION_KEYS(family) {family, "ends", ends}, {family, "strangers", strangers}
static const an_label_key label_keys[] = {
    {"login.", "login", logins},        {"login.", "setup", NULL},  {"login.", "nat", NULL},
    {"login.", "firewall", NULL},       {"login.", "link", NULL},   {"path.", "caller", NULL},
    {"path.", "callee", NULL},          {"path.", "transport", transports},
    {"path.", "traversal", traversals}, {"path.", "via", vias},
    {"nat.", "policy", policies},       {"nat.", "setup", NULL},    {"nat.", "event", events},
    {"nat.", "traversal", traversals},  {"nat.", "report", reports},
    SESSION_KEYS("path.share."),        SESSION_KEYS("path.foretold."),
    SESSION_KEYS("path.surprise."),     SESSION_KEYS("path.punchable."),
    {"icmp.", "login", logins},         {"icmp.", "setup", NULL},   {"icmp.", "nat", NULL},
    {"icmp.", "firewall", NULL},        {"icmp.", "link", NULL},
    {"overlay.elected", "setup", NULL},
    {"search.", "truth", truths},       {"search.", "policy", search_policies},
    {"search.", "transport", ways},     {"search.", "again", agains},
    {"buddy.", "truth", truths},
};

static const an_metric table[] = {
    {"login.success", "1", AN_SHARE, AN_ABSENT_UNKNOWN, "share of log-ins that ended logged in", NULL},
    {"login.time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN, "from the log-in act to logged-in", NULL},
    {"login.failure_time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN, "from the log-in act to login-failed", NULL},
    {"login.failed", "count", AN_COUNT, AN_ABSENT_ZERO, "log-ins that failed, whatever the cause", NULL},
    {"login.failed.*", "count", AN_COUNT, AN_ABSENT_ZERO, "log-ins that failed for this cause", login_causes},
    {"login.bytes", "B", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "IP payload of one log-in, UDP and TCP, both directions", NULL},
    {"login.contacts", "count", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "distinct address:port to which the login machine sent a UDP datagram", NULL},
    {"login.contacts_tcp", "count", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "distinct address:port to which the login machine opened TCP", NULL},
    {"login.attempts", "count", AN_SPREAD, AN_ABSENT_UNKNOWN, "walks of the whole ladder that a log-in took",
     NULL},
    {"icmp.pings", "count", AN_SPREAD, AN_ABSENT_UNKNOWN, "echo requests of a log-in until it ended", NULL},
    {"icmp.echoes", "count", AN_SPREAD, AN_ABSENT_UNKNOWN, "those of them that were answered until then", NULL},
    {"icmp.size", "B", AN_SPREAD, AN_ABSENT_UNKNOWN, "payload of an echo request", NULL},
    {"icmp.to_bootstrap", "1", AN_SHARE, AN_ABSENT_UNKNOWN, "share of echo requests to the bootstrap list", NULL},
    {"icmp.before_udp", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of echo requests that left before the first datagram of the log-in", NULL},
    {"icmp.verdict_right", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of statements whether there is a network that are true", NULL},
    {"icmp.no_network_time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "from the log-in act to a true statement that there is no network", NULL},
    {"icmp.wrong_time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN, "likewise to a false one", NULL},
    {"icmp.network_time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN, "likewise to a statement that there is one", NULL},
    {"icmp.parent_rank", "count", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "rank by path latency of the supernode that a log-in ended with: of the bootstrap list, later of all", NULL},
    {"icmp.parent_rtt", "s", AN_SPREAD, AN_ABSENT_UNKNOWN, "round trip of the path to it, without access links",
     NULL},
    {"path.connected", "1", AN_SHARE, AN_ABSENT_UNKNOWN, "share of sessions that found a path", NULL},
    {"path.time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN, "from the connect act to an open path, at the caller", NULL},
    {"path.packets", "count", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "packets that the hosts of both ends sent, each until its path was open", NULL},
    {"path.class.*", "1", AN_SHARE, AN_ABSENT_UNKNOWN, "share of sessions whose path was found in this way",
     path_classes},
    {"path.alive", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of opened sessions whose echo came back: 99 % of its first phase, all of its last", NULL},
    {"nat.stale", "1", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "part of a peer's time for which its stored NAT report is wrong, in class or in address", NULL},
    {"nat.stale_class", "1", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "part of a peer's time for which the report is wrong of UDP, mapping or filtering", NULL},
    {"nat.stale_address", "1", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "part of a peer's time behind a box for which the report has an address that is not the box's", NULL},
    {"nat.detection", "s", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "from an act that makes a report wrong to the first right one; of those that come to that", NULL},
    {"nat.detected", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of such acts after which the report is right before the next act, or the end", NULL},
    {"nat.messages", "1/h", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "datagrams of discovery and keep-alives that a peer sends and receives, an hour", NULL},
    {"nat.wrong_open", "1", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "part of a peer's time in which it takes itself for a possible supernode, and is none", NULL},
    {"nat.ever_wrong_open", "1", AN_SHARE, AN_ABSENT_UNKNOWN, "share of peers that ever did", NULL},
    {"nat.missed_open", "1", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "part of a peer's time in which it could be a supernode, and does not know it", NULL},
    {"nat.setup_time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "as path.time, told apart by whether both ends' reports were right when the session began", NULL},
    {"nat.skipped", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of sessions of 2006 that were relayed without a punch that would not have been in vain", NULL},
    {"nat.in_vain", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of sessions of 2006 that tried a punch between boxes that do not allow it", NULL},
    {"path.share.*", "1", AN_BALANCE, AN_ABSENT_UNKNOWN,
     "path.class.* of `paths:`, with an interval that minds shared ends; unrelayed: all but relayed and failed",
     path_shares},
    {"path.foretold.*", "1", AN_BALANCE, AN_ABSENT_UNKNOWN,
     "mean chance of this way, by the rules of the boxes of both ends and the chances of `foretell:`", path_shares},
    {"path.surprise.*", "1", AN_BALANCE, AN_ABSENT_UNKNOWN, "path.share less path.foretold; judged by `within`",
     path_shares},
    {"path.punchable.*", "1", AN_BALANCE, AN_ABSENT_UNKNOWN,
     "share of sessions from behind a NAT whose NAT shows all destinations one port and, for TCP, "
     "answers no unsolicited SYN",
     punchables},
    {"search.found", "1", AN_SHARE, AN_ABSENT_UNKNOWN, "share of searches that found somebody", NULL},
    {"search.right", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of searches whose answer was true: who is online is found as such, who left as gone, nobody else", NULL},
    {"search.time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN, "from the question to the end of the search", NULL},
    {"search.asked", "count", AN_SPREAD, AN_ABSENT_UNKNOWN, "nodes asked by one search", NULL},
    {"search.rounds", "count", AN_SPREAD, AN_ABSENT_UNKNOWN, "rounds of one search", NULL},
    {"search.messages", "count", AN_SPREAD, AN_ABSENT_UNKNOWN, "messages that one search cost its client", NULL},
    {"search.outcome.*", "1", AN_SHARE, AN_ABSENT_UNKNOWN, "share of searches that ended in this way", search_outcomes},
    {"buddy.checks", "count", AN_COUNT, AN_ABSENT_ZERO, "buddies looked up (peers.buddies)", NULL},
    {"buddy.right", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of look-ups that told rightly whether the buddy is online; one that ends without an answer is none", NULL},
    {"buddy.time", "s", AN_SPREAD, AN_ABSENT_UNKNOWN, "from the question to the end of one look-up", NULL},
    {"buddy.messages", "count", AN_SPREAD, AN_ABSENT_UNKNOWN, "messages that one look-up cost its client", NULL},
    {"net.packets", "count", AN_TOTAL, AN_ABSENT_UNKNOWN, "packets that host stacks handed to the network",
     NULL},
    {"net.bytes", "B", AN_TOTAL, AN_ABSENT_UNKNOWN, "their length on the wire, from the IP header on", NULL},
    {"net.drops", "count", AN_TOTAL, AN_ABSENT_ZERO, "packets that ended before their host", NULL},
    {"net.drops.*", "count", AN_TOTAL, AN_ABSENT_ZERO, "packets that ended early for this cause",
     drop_causes},
    {"overlay.supernodes", "count", AN_GAUGE, AN_ABSENT_UNKNOWN, "supernodes that serve", NULL},
    {"overlay.users_online", "count", AN_GAUGE, AN_ABSENT_UNKNOWN, "users that supernodes hold as online",
     NULL},
    {"overlay.logged_in", "count", AN_GAUGE, AN_ABSENT_UNKNOWN, "users who are logged in", NULL},
    {"overlay.ratio", "count", AN_GAUGE, AN_ABSENT_UNKNOWN, "users who are logged in for each supernode that serves (PO-13)",
     NULL},
    {"overlay.online", "1", AN_GAUGE, AN_ABSENT_UNKNOWN,
     "share of those who want to be online that is: users in a session, and those who crashed and will be back", NULL},
    {"overlay.shut_off", "count", AN_GAUGE, AN_ABSENT_UNKNOWN, "supernodes that have shut themselves off (OU-13)", NULL},
    {"overlay.shut_offs", "count", AN_COUNT, AN_ABSENT_ZERO, "times that a supernode shut itself off", NULL},
    {"overlay.elected", "1", AN_SHARE, AN_ABSENT_UNKNOWN,
     "share of peers that were promoted to be supernodes in the run (supernodes.election)", NULL},
    {"overlay.promotions", "count", AN_COUNT, AN_ABSENT_ZERO, "times that a peer became a supernode", NULL},
    {"overlay.demotions", "count", AN_COUNT, AN_ABSENT_ZERO, "times that it became a client again", NULL},
    {"overlay.attempts", "count", AN_GAUGE, AN_ABSENT_UNKNOWN, "attempts of log-ins a minute, since the last sample",
     NULL},
    {"overlay.pressure", "count", AN_GAUGE, AN_ABSENT_UNKNOWN, "the same for each supernode that serves (OU-12)",
     NULL},
    {"overlay.children_*", "count", AN_GAUGE, AN_ABSENT_UNKNOWN, "clients attached to a supernode, over all that serve",
     children_parts},
    {"overlay.load", "bit/s", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "traffic of a supernode of the world while it serves, both ways, from the IP header on (run.sample)", NULL},
    {"overlay.load_*", "bit/s", AN_SPREAD, AN_ABSENT_UNKNOWN,
     "what its messages of this kind need on the wire, by their counts; foretold: the sum, but keep-alives by children",
     load_parts},
    {"overlay.load_accounted", "1", AN_SPREAD, AN_ABSENT_UNKNOWN, "overlay.load_foretold by overlay.load", NULL},
    {"overlay.children", "count", AN_SPREAD, AN_ABSENT_UNKNOWN, "clients attached to a supernode", NULL},
    {"survivors.load_*", "bit/s", AN_GAUGE, AN_ABSENT_UNKNOWN,
     "traffic of one that was there at the last sample and ever since, both ways, from the IP header on (run.contacts)",
     survivors},
    {"survivors.contacts_*", "count", AN_GAUGE, AN_ABSENT_UNKNOWN,
     "addresses that it sent datagrams to or heard from since the last sample, in the mean", survivors},
    {"survivors.connections_*", "count", AN_GAUGE, AN_ABSENT_UNKNOWN,
     "TCP connections that it opened or accepted since the last sample, in the mean", survivors},
    {"node.refused_inputs", "count", AN_TOTAL, AN_ABSENT_UNKNOWN,
     "malformed, unexpected or untimely inputs that nodes refused", NULL},
};

static const an_suffix suffixes[] = {
    {"mean", AN_MEAN, 0},     {"min", AN_MINIMUM, 0},   {"p5", AN_QUANTILE, 5},
    {"p10", AN_QUANTILE, 10}, {"p50", AN_QUANTILE, 50}, {"p90", AN_QUANTILE, 90},
    {"p95", AN_QUANTILE, 95}, {"p99", AN_QUANTILE, 99}, {"max", AN_MAXIMUM, 0},
};

size_t an_metric_table(const an_metric **ret_table)
{
    *ret_table = table;
    return G_N_ELEMENTS(table);
}

size_t an_suffix_table(const an_suffix **ret_table)
{
    *ret_table = suffixes;
    return G_N_ELEMENTS(suffixes);
}

size_t an_label_key_table(const an_label_key **ret_table)
{
    *ret_table = label_keys;
    return G_N_ELEMENTS(label_keys);
}

static bool row_matches(const an_metric *row, const char *name)
{
    size_t len = strlen(row->name) - 1;
    if (strcmp(row->name, name) == 0)
        return true;
    return row->parts && strncmp(row->name, name, len) == 0 && g_strv_contains(row->parts, name + len);
}

const an_metric *an_metric_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (row_matches(&table[i], name))
            return &table[i];
    return NULL;
}

/* Levenshtein's distance, cut off at long names. */
static size_t distance(const char *a, const char *b)
{
    size_t row[64];
    size_t n = strlen(b);
    if (n >= G_N_ELEMENTS(row))
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = MIN(replaced, MIN(row[j], row[j + 1]) + 1);
        }
    }
    return row[n];
}

/* chosen: up to this distance a name is near: three slips of the finger at most. */
#define NEAR_MAX 3

typedef struct nearest {
    const char *wrong;
    const char *best; /* interned */
    size_t distance;
} nearest;

static void offer(nearest *search, const char *name)
{
    size_t d = distance(search->wrong, name);
    if (d >= search->distance)
        return;
    search->distance = d;
    search->best = g_intern_string(name);
}

const char *an_metric_nearest(const char *name)
{
    nearest search = {.wrong = name, .distance = NEAR_MAX + 1};
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        const an_metric *row = &table[i];
        if (!row->parts)
            offer(&search, row->name);
        for (size_t p = 0; row->parts && row->parts[p]; p++) {
            g_autofree char *whole =
                g_strdup_printf("%.*s%s", (int)strlen(row->name) - 1, row->name, row->parts[p]);
            offer(&search, whole);
        }
    }
    return search.best;
}

const char *an_metric_nearest_word(const char *const *words, const char *wrong)
{
    nearest search = {.wrong = wrong, .distance = NEAR_MAX + 1};
    for (size_t i = 0; words[i]; i++)
        offer(&search, words[i]);
    return search.best;
}

static bool insert_label(an_labels *labels, const an_label *label)
{
    size_t at = labels->n;
    if (labels->n == AN_LABELS_MAX || !*label->key || !*label->value)
        return false;
    while (at > 0 && strcmp(labels->label[at - 1].key, label->key) > 0)
        at--;
    if (at > 0 && strcmp(labels->label[at - 1].key, label->key) == 0)
        return false;
    memmove(&labels->label[at + 1], &labels->label[at], (labels->n - at) * sizeof *label);
    labels->label[at] = *label;
    labels->n++;
    return true;
}

bool an_labels_parse(char *text, an_labels *ret_labels)
{
    an_labels labels = {0};
    while (*text) {
        size_t len = strcspn(text, ",;");
        char *next = text + len + (text[len] != '\0');
        bool more = text[len] != '\0';
        text[len] = '\0';
        char *equals = strchr(text, '=');
        if (!equals || (more && !*next))
            return false;
        *equals = '\0';
        const an_label label = {g_strstrip(text), g_strstrip(equals + 1)};
        if (!insert_label(&labels, &label))
            return false;
        text = next;
    }
    *ret_labels = labels;
    return true;
}

const char *an_labels_get(const an_labels *labels, const char *key)
{
    for (size_t i = 0; i < labels->n; i++)
        if (strcmp(labels->label[i].key, key) == 0)
            return labels->label[i].value;
    return NULL;
}

bool an_labels_include(const an_labels *labels, const an_labels *wanted)
{
    for (size_t i = 0; i < wanted->n; i++) {
        const char *value = an_labels_get(labels, wanted->label[i].key);
        if (!value || strcmp(value, wanted->label[i].value) != 0)
            return false;
    }
    return true;
}

char *an_selector_key(const char *name, const an_suffix *suffix, const an_labels *labels)
{
    GString *key = g_string_new(name);
    if (suffix)
        g_string_append_printf(key, ".%s", suffix->text);
    for (size_t i = 0; i < labels->n; i++)
        g_string_append_printf(key, "%s%s=%s", i ? "," : "{", labels->label[i].key, labels->label[i].value);
    if (labels->n)
        g_string_append_c(key, '}');
    return g_string_free(key, FALSE);
}
