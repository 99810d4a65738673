/* schema_rows.c - the rows themselves. */
#include "sim/scenario/schema.h"

#include <glib.h>
#include <string.h>

#include "core/node.h"
#include "sim/engine.h"
#include "sim/scenario/config.h"
#include "sim/scenario/raw.h"

#define SINCE "0.1"

/* section, key, kind, need, words, low, high, default, struct, field, help */
#define ROW(section, key, kind, need, words, low, high, fallback, type, field, help)                         \
    {                                                                                                        \
        section, key, kind, need, words, low, high, fallback, offsetof(type, field), SINCE, help             \
    }
/* A container: its section's own code reads it. */
#define BOX(section, key, kind, help)                                                                        \
    {                                                                                                        \
        section, key, kind, SIM_OPTIONAL, NULL, 0, 0, NULL, SIM_NO_OFFSET, SINCE, help                       \
    }

/* What supernodes and login servers have in common. */
#define SERVER_ROWS(section, n, port_key)                                                                    \
    ROW(section, "count", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, SIM_COUNT_MAX, n, sim_raw_servers, count,       \
        "how many there are"),                                                                               \
        ROW(section, "link", SIM_KIND_NAME, SIM_REQUIRED, "@profiles", 0, 0, NULL, sim_raw_servers, link,    \
            "access link: a name in profiles"),                                                              \
        ROW(section, "firewall", SIM_KIND_NAME, SIM_OPTIONAL, "@firewalls", 0, 0, "none", sim_raw_servers,   \
            firewall, "the host's own firewall: `partyline list firewalls`"),                                \
        ROW(section, "stack", SIM_KIND_NAME, SIM_OPTIONAL, "@stacks", 0, 0, NULL, sim_raw_servers, stack,    \
            "TCP behaviour of these hosts; without it host_stack"),                                          \
        ROW(section, port_key, SIM_KIND_PORT, SIM_OPTIONAL, NULL, 1, 65535, "33033", sim_raw_servers, port,  \
            "UDP and TCP port that they listen on (BS-05, BS-12)"),                                          \
        ROW(section, "web_ports", SIM_KIND_PORTS, SIM_OPTIONAL, NULL, 1, 65535, "80, 443", sim_raw_servers,  \
            web_ports, "TCP ports that they listen on besides (BS-04), or none")

/* What a group of peers may say; beside peers.count it is the default of every entry of the mix. */
#define GROUP_ROWS(section)                                                                                   \
    ROW(section, "link", SIM_KIND_NAME, SIM_REQUIRED, "@profiles", 0, 0, NULL, sim_raw_group, link,           \
        "access link: a name in profiles"),                                                                   \
        ROW(section, "nat", SIM_KIND_NAT, SIM_OPTIONAL, NULL, 0, 0, "none", sim_raw_group, nat,               \
            "NAT box in front of each peer: NAME (`partyline list nats`) or NAME(knob=value, …) "           \
            "(`partyline list knobs`)"),                                                                      \
        ROW(section, "carrier", SIM_KIND_NAT, SIM_OPTIONAL, NULL, 0, 0, "none", sim_raw_group, carrier,       \
            "a carrier's NAT box above the home boxes, with 100.64.0.0/10 between them: as nat"),             \
        ROW(section, "isolated", SIM_KIND_WORD, SIM_OPTIONAL, "no|yes", 0, 0, "no", sim_raw_group, isolated,  \
            "whether the LAN keeps its hosts from reaching each other"),                                      \
        ROW(section, "proxy", SIM_KIND_WORD, SIM_OPTIONAL, "no|yes", 0, 0, "no", sim_raw_group, proxy,        \
            "whether the nodes are told of an HTTP proxy, which passes their firewall"),                      \
        ROW(section, "traversal", SIM_KIND_NAME, SIM_OPTIONAL, "ours|e1|e2", 0, 0, "ours", sim_raw_group,     \
            traversal, "which ways to a peer the nodes know: those of 2004 (e1), of 2006 (e2), or all"),      \
        ROW(section, "nat_refresh", SIM_KIND_NAME, SIM_OPTIONAL, "@nat-policies", 0, 0, "login",              \
            sim_raw_group, nat_refresh, "when the nodes find out their NAT anew: `partyline list policies`"), \
        ROW(section, "icmp", SIM_KIND_NAME, SIM_OPTIONAL,                                                     \
            "none|nearest|reachability|reachability-first|path-mtu|fixed-networks", 0, 0, "none",             \
            sim_raw_group, icmp, "what the nodes ping at a login, and for what (BS-18)"),                     \
        ROW(section, "relogin", SIM_KIND_NAME, SIM_OPTIONAL, "none|every|back-off", 0, 0, "none",             \
            sim_raw_group, relogin,                                                                           \
            "what the nodes do when they lost their supernode, or a login failed: nothing, log in after "     \
            "relogin.interval each time, or after pauses that grow (protocol: relogin.…)"),                   \
        ROW(section, "firewall", SIM_KIND_NAME, SIM_OPTIONAL, "@firewalls", 0, 0, "none", sim_raw_group,      \
            firewall, "firewall in front of each peer: `partyline list firewalls`"),                          \
        ROW(section, "stack", SIM_KIND_NAME, SIM_OPTIONAL, "@stacks", 0, 0, NULL, sim_raw_group, stack,       \
            "TCP behaviour of these hosts; without it host_stack"),                                           \
        ROW(section, "log_in", SIM_KIND_WORD, SIM_OPTIONAL, "no|yes", 0, 0, "yes", sim_raw_group, log_in,     \
            "whether the peers log in at all"),                                                               \
        ROW(section, "login", SIM_KIND_WORD, SIM_OPTIONAL, "first|later|both", 0, 0, "first", sim_raw_group,  \
            login,                                                                                            \
            "first: after installation, with an empty host cache; later: with a cache; both: a "              \
            "first login, a log-out, and a later login"),                                                     \
        ROW(section, "arrive", SIM_KIND_ARRIVAL, SIM_OPTIONAL, NULL, 0, 0, "at 0s", sim_raw_group, arrive,    \
            "when the peers act: at 10s · within 60s (each at a uniform draw) · exp(mean=30ms) (one after " \
            "the other); the last two may end in `after 10s`; diurnal(peak=20:00, swing=40%): within a day, "  \
            "and with churn, when they come back: the least rate is so much below the highest"),              \
        ROW(section, "again_after", SIM_KIND_TIME, SIM_OPTIONAL, NULL, 0, 86400 * PL_SECOND, "30s",           \
            sim_raw_group, again_after, "login: both: from the log-out to the later login; returns: likewise"), \
        ROW(section, "returns", SIM_KIND_WORD, SIM_OPTIONAL, "no|yes", 0, 0, "no", sim_raw_group, returns,    \
            "whether who loses the supernode logs in again, again_after later"),                              \
        ROW(section, "credentials", SIM_KIND_WORD, SIM_OPTIONAL, "right|wrong-password|unknown-user", 0, 0,   \
            "right", sim_raw_group, credentials, "what the peers tell the login server"),                     \
        ROW(section, "cache", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, 200, "200", sim_raw_group, cache,        \
            "login: later: entries in the host cache at the start, as far as there are supernodes (BS-03)"),  \
        ROW(section, "listen_port", SIM_KIND_PORT, SIM_OPTIONAL, "random", 1, 65535, "random",                \
            sim_raw_group, port, "UDP and TCP port of the peers, or random (BS-04)"),                         \
        ROW(section, "web_ports", SIM_KIND_PORTS, SIM_OPTIONAL, NULL, 1, 65535, "80, 443", sim_raw_group,     \
            web_ports, "TCP ports that they listen on besides (BS-04), or none")

/* How many share a box: not for kinds of a matrix, whose cells have boxes of their own. */
#define SHARED_ROWS(section)                                                                                 \
    ROW(section, "per_nat", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 1, 250, "1", sim_raw_group, per_nat,         \
        "hosts behind one home box, in one LAN"),                                                            \
        ROW(section, "per_carrier", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 1, 60000, "1", sim_raw_group,        \
            per_carrier, "homes behind one carrier's box (hosts, with nat: none)"),                          \
        ROW(section, "cpu", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, 1000000, "0", sim_raw_group, cpu,         \
            "MHz that each host has, for supernodes.election (BS-02)"),                                      \
        ROW(section, "memory", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, 1000000000, "0", sim_raw_group,        \
            memory, "MB that each host has, likewise"),                                                      \
        ROW(section, "bandwidth", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, 1000000000, "0", sim_raw_group,     \
            bandwidth, "kbit/s upwards that each host says it has, likewise; its link is another matter"),   \
        BOX(section, "churn", SIM_KIND_BLOCK, "the peers come and go; without it they stay"),                \
        BOX(section, "searches", SIM_KIND_BLOCK, "the peers search for users"),                              \
        BOX(section, "buddies", SIM_KIND_BLOCK, "the peers have buddies, whose presence they look up")

#define LINK_ROWS(section, need, fallback_delay, fallback_queue, fallback_loss)                              \
    ROW(section, "up", SIM_KIND_RATE, need, "unlimited", 0, 0, NULL, sim_raw_link, up,                       \
        "rate from the host to the network, IP bytes counted, or unlimited"),                                \
        ROW(section, "down", SIM_KIND_RATE, need, "unlimited", 0, 0, NULL, sim_raw_link, down,               \
            "rate from the network to the host, or unlimited"),                                              \
        ROW(section, "delay", SIM_KIND_DELAY, SIM_OPTIONAL, NULL, 0, 0, fallback_delay, sim_raw_link, delay, \
            "propagation each way; with ± a normal draw a packet, cut at 0"),                                \
        ROW(section, "queue", SIM_KIND_QUEUE, SIM_OPTIONAL, "unlimited", 0, 0, fallback_queue, sim_raw_link, \
            queue, "a packet that would wait longer, or behind more bytes, is dropped; or unlimited"),       \
        ROW(section, "loss", SIM_KIND_LOSS, SIM_OPTIONAL, "none", 0, 0, fallback_loss, sim_raw_link, loss,   \
            "each way: 0.2% · gilbert(p=1%, burst=4) (mean loss, mean burst in packets) · "                \
            "gilbert-elliott(p=1%, r=25%, good=0%, bad=100%) · none")

#include "sim/scenario/schema_crowd.h"

static const sim_schema_row rows[] = {
    ROW("", "scenario", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_raw_top, scenario,
        "name of the scenario and of its folder of results: letters, digits, - and _"),
    ROW("", "about", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, "", sim_raw_top, about,
        "what it asks, for people; the first line is shown in lists"),
    ROW("", "format", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 1, 1000, "1", sim_raw_top, format,
        "version of this language"),
    BOX("", "extends", SIM_KIND_TEXTS,
        "file or list of files below this one, relative to it: maps merge deeply, lists replace, `key+:` "
        "appends to a list"),
    BOX("", "run", SIM_KIND_SECTION, "how the scenario is run"),
    BOX("", "tiers", SIM_KIND_SECTION, "overrides that --tier chooses"),
    BOX("", "cases", SIM_KIND_ITEMS, "named variants, each a point: $case is its name"),
    BOX("", "sweep", SIM_KIND_VARIABLES,
        "variables and their values: every combination is a point; $NAME is the value"),
    BOX("", "zip", SIM_KIND_VARIABLES, "variables whose lists are walked in step; all of one length"),
    {"", "skip_if", SIM_KIND_EXPRESSION, SIM_OPTIONAL, NULL, 0, 0, NULL, SIM_NO_OFFSET, SINCE,
     "points for which this holds are left out, e.g. N * share < 20 and case == public"},
    BOX("", "profiles", SIM_KIND_NAMED, "access links by name"),
    BOX("", "network", SIM_KIND_SECTION, "the network between access links"),
    ROW("", "host_stack", SIM_KIND_NAME, SIM_OPTIONAL, "@stacks", 0, 0, "xp-2003", sim_raw_top, host_stack,
        "TCP behaviour of every host that names none: SYN timer and tries, minimum RTO, delayed ACK"),
    BOX("", "supernodes", SIM_KIND_SECTION, "super nodes, all with public addresses"),
    BOX("", "login_servers", SIM_KIND_SECTION, "login servers"),
    BOX("", "peers", SIM_KIND_SECTION, "ordinary nodes"),
    BOX("", "proxies", SIM_KIND_BLOCK, "HTTP proxies; without it there is one if some group wants it"),
    BOX("", "matrix", SIM_KIND_BLOCK, "a pair of fresh hosts for every two kinds of end: NAT against NAT"),
    BOX("", "paths", SIM_KIND_ITEMS, "which peers connect to which"),
    BOX("", "foretell", SIM_KIND_BLOCK, "what no rule of a box tells of a path, for the metrics path.foretold"),
    BOX("", "protocol", SIM_KIND_TUNABLES, "constants of the protocol: `partyline list keys protocol`"),
    ROW("", "discovery", SIM_KIND_WORD, SIM_OPTIONAL, "off|on", 0, 0, "on", sim_raw_top, discovery,
        "whether peers find out their NAT and firewall beside the login"),
    BOX("", "timeline", SIM_KIND_ITEMS, "what happens to the world, and when"),
    BOX("", "capture", SIM_KIND_TEXTS, "hosts whose packets go to capture.pcapng: peer-1, supernode-3"),
    BOX("", "measure", SIM_KIND_TEXTS,
        "metrics to show at the end of a run (`partyline list metrics`), each with what was published if "
        "`beside` follows: login.time.p50 beside 3 to 7 s (BS-14)"),
    BOX("", "plots", SIM_KIND_ITEMS, "figures to draw"),
    BOX("", "compare", SIM_KIND_ITEMS, "pairs of points on the same random streams, and how they differ"),
    BOX("", "expect", SIM_KIND_EXPECTS,
        "what must hold: METRIC{LABELS} OP VALUE, which decides the exit code"),

    ROW("run", "engine", SIM_KIND_NAME, SIM_OPTIONAL, "light|ns3|live", 0, 0, "light", sim_raw_run, engine,
        "what carries time and host stacks: `partyline list engines`"),
    ROW("run", "duration", SIM_KIND_TIME, SIM_OPTIONAL, NULL, PL_MILLISECOND, 3650 * 24 * PL_HOUR, NULL,
        sim_raw_run, duration, "length of the run in virtual time; or give until"),
    ROW("run", "until", SIM_KIND_WORD, SIM_OPTIONAL, "all-logged-in|all-paths-done", 0, 0, NULL, sim_raw_run,
        until,
        "all-logged-in: the run ends when every peer that logs in is in or has failed; all-paths-done: when "
        "every "
        "path that was planned has failed, or its echo is over; needs limit"),
    ROW("run", "limit", SIM_KIND_TIME, SIM_OPTIONAL, NULL, PL_MILLISECOND, 3650 * 24 * PL_HOUR, NULL,
        sim_raw_run, limit, "until: the run ends at this instant in any case"),
    ROW("run", "warmup", SIM_KIND_TIME, SIM_OPTIONAL, "auto", 0, 3650 * 24 * PL_HOUR, "0s", sim_raw_run, warmup,
        "samples before this instant are not measured; auto: MSER-5 finds it in the sampled users online"),
    BOX("run", "precision", SIM_KIND_BLOCK,
        "more replications than that are run until a metric is known well enough"),
    ROW("run.precision", "metric", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_precision_config, metric,
        "which, as in expect: overlay.online at 2h after storm"),
    ROW("run.precision", "ci95", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_precision_config, width,
        "width of its 95 % interval at which it is enough, e.g. 2%, 300ms"),
    ROW("run.precision", "max", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 2, 10000, "40", sim_precision_config, most,
        "replications at most"),
    ROW("run", "seed", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, INT64_MAX, "1", sim_raw_run, seed,
        "seed of all draws; the same seed gives the same bytes"),
    ROW("run", "replications", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 1, 10000, "1", sim_raw_run, replications,
        "independent runs of each point; each draws the network anew"),
    ROW("run", "crypto", SIM_KIND_WORD, SIM_OPTIONAL, "real|sized", 0, 0, "real", sim_raw_run, crypto,
        "sized: messages of the right size on the right schedule, without the mathematics; for crowds"),
    ROW("run", "codec", SIM_KIND_WORD, SIM_OPTIONAL, "opus|sized", 0, 0, "opus", sim_raw_run, codec,
        "sized: frames of the right size without sound; for crowds"),
    ROW("run", "events", SIM_KIND_WORD, SIM_OPTIONAL, "auto|none|calls|protocol|packets", 0, 0, "auto",
        sim_raw_run, events,
        "what events.jsonl holds; auto: protocol for up to 1000 peers, calls above; "
        "ladder diagrams need packets"),
    ROW("run", "deterministic", SIM_KIND_WORD, SIM_OPTIONAL, "no|yes", 0, 0, "no", sim_raw_run, deterministic,
        "yes: expectations are judged exactly in every replication, not by intervals"),
    ROW("run", "sample", SIM_KIND_TIME, SIM_OPTIONAL, NULL, PL_MILLISECOND, 3650 * 24 * PL_HOUR, NULL,
        sim_raw_run, sample,
        "how often the state of the overlay goes to series.csv, e.g. 30s: what expectations with at, during "
        "and within look at; without it at the end only"),
    ROW("run", "contacts", SIM_KIND_WORD, SIM_OPTIONAL, "no|yes", 0, 0, "no", sim_raw_run, contacts,
        "yes: count for each machine with whom it has to do between two samples (survivors.*)"),
    ROW("run", "epoch", SIM_KIND_DATE, SIM_OPTIONAL, NULL, 0, 0, "2004-09-15", sim_raw_run, epoch,
        "calendar time at the start of the run, UTC; the talk's measurements are of September 2004"),

    BOX("tiers", "ci", SIM_KIND_OVERRIDES, "--tier ci: what the tests run, within minutes"),
    BOX("tiers", "full", SIM_KIND_OVERRIDES, "--tier full: what figures are made from"),

    ROW("cases[]", "name", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_raw_case, name,
        "letters, digits, - and _"),
    BOX("cases[]", "set", SIM_KIND_OVERRIDES, "what differs: keys of the file, dotted or nested"),

    LINK_ROWS("profiles.*", SIM_REQUIRED, "0ms", "unlimited", "none"),
    ROW("profiles.*", "reorder", SIM_KIND_WORD, SIM_OPTIONAL, "never|allowed", 0, 0, "never", sim_raw_link,
        reorder, "whether jitter may change the order of packets of one direction"),
    ROW("profiles.*", "about", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, "", sim_raw_link, about,
        "what the link stands for; shown by `list profiles`"),

    ROW("network", "latency", SIM_KIND_LATENCY, SIM_OPTIONAL, NULL, 0, 0, "constant(10ms)", sim_raw_top,
        latency,
        "one-way delay of the path between two hosts, beyond their access links: constant(10ms) · "
        "coordinates(scale=60ms, floor=5ms, noise=0.2) · regions(FILE) · matrix(FILE) · legs(peers=150ms, "
        "others=10ms)"),
    ROW("network", "private_destinations", SIM_KIND_WORD, SIM_OPTIONAL, "vanish|net-unreachable|unreachable",
        0, 0, "vanish", sim_raw_top, private_destinations,
        "what a packet to a private address that nobody has gets: nothing, or ICMP network or host "
        "unreachable"),

    SERVER_ROWS("supernodes", "7", "listen_port"),
    ROW("supernodes", "bootstrap", SIM_KIND_WORD, SIM_OPTIONAL, "no|yes", 0, 0, "yes", sim_raw_servers,
        bootstrap, "the first seven have the seven addresses that a fresh installation knows (BS-05)"),
    ROW("supernodes", "dedicated", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, SIM_COUNT_MAX, "0", sim_raw_servers,
        dedicated, "how many more there are that sleep until `do: add` of the timeline"),
    ROW("supernodes", "dedicated_capacity", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, 1000000, "0", sim_raw_servers,
        dedicated_capacity, "logins a second that each of these can do; 0: as supernode.capacity says (protocol)"),
    ROW("supernodes", "election", SIM_KIND_NAME, SIM_OPTIONAL, "none|by-need", 0, 0, "none", sim_raw_servers,
        election,
        "who becomes a supernode: none (roles are fixed), or by-need: peers that suffice are promoted by a "
        "supernode with too many children (protocol: election.…)"),
    BOX("supernodes", "churn", SIM_KIND_BLOCK,
        "the supernodes come and go, but for those of the bootstrap list; without it they stay"),
    CHURN_ROWS("supernodes.churn"),
    ROW("supernodes", "pairs", SIM_KIND_WORD, SIM_OPTIONAL, "no|yes", 0, 0, "yes", sim_raw_servers, pairs,
        "supernodes work in pairs for NAT discovery; without a partner filtering stays unknown"),

    SERVER_ROWS("login_servers", "1", "port"),

    ROW("peers", "count", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, SIM_COUNT_MAX, NULL, sim_raw_group, count,
        "how many there are; may be left out when every entry of the mix has a count"),
    ROW("peers", "name", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_group, name,
        "without a mix: name of the one group, for the timeline and the label `setup`; $case is a good one"),
    BOX("peers", "mix", SIM_KIND_ITEMS, "groups of peers; what an entry does not say is taken from peers"),
    GROUP_ROWS("peers"),
    SHARED_ROWS("peers"),
    CHURN_ROWS("peers.churn"),
    SEARCH_ROWS("peers.searches"),
    BUDDY_ROWS("peers.buddies"),

    ROW("peers.mix[]", "share", SIM_KIND_PART, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_group, share,
        "of peers.count; all entries give a share, and they make 100% (one may say rest), or all give a count"),
    ROW("peers.mix[]", "count", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, SIM_COUNT_MAX, NULL, sim_raw_group, count,
        "how many peers"),
    ROW("peers.mix[]", "name", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_group, name,
        "name of the group, for the timeline and labels; group-1, group-2, … without it"),
    GROUP_ROWS("peers.mix[]"),
    SHARED_ROWS("peers.mix[]"),
    CHURN_ROWS("peers.mix[].churn"),
    SEARCH_ROWS("peers.mix[].searches"),
    BUDDY_ROWS("peers.mix[].buddies"),

    ROW("proxies", "count", SIM_KIND_COUNT, SIM_OPTIONAL, NULL, 0, 250, "1", sim_raw_proxies, count,
        "how many there are; the peers are told of them in turn"),
    ROW("proxies", "link", SIM_KIND_NAME, SIM_OPTIONAL, "@profiles", 0, 0, NULL, sim_raw_proxies, link,
        "access link: a name in profiles; without it that of the supernodes"),
    ROW("proxies", "port", SIM_KIND_PORT, SIM_OPTIONAL, NULL, 1, 65535, "8080", sim_raw_proxies, port,
        "TCP port that they listen on"),

    BOX("matrix", "kinds", SIM_KIND_ITEMS,
        "the kinds of end; what an entry does not say is taken from peers, or is the default"),
    BOX("matrix", "product", SIM_KIND_VARIABLES,
        "more kinds: knobs of their NAT (`partyline list knobs`) with lists of values, of which every "
        "combination that a box can be is a kind, named by its values (mapping: [endpoint-independent, …], "
        "ports: [preserve, random] makes ei-pre, ei-ran, …); other keys as in kinds, the same for all"),
    BOX("matrix", "callers", SIM_KIND_TEXTS, "all, or a list of kinds"),
    BOX("matrix", "callees", SIM_KIND_TEXTS, "all, or a list of kinds"),
    BOX("matrix", "transports", SIM_KIND_TEXTS,
        "a list of any, udp, tcp: what a session may use for the ways that are not relayed; without it any"),
    ROW("matrix", "connect", SIM_KIND_ARRIVAL, SIM_OPTIONAL, NULL, 0, 0, "at 90s within 10s", sim_raw_matrix,
        connect, "when the callers connect, e.g. at 90s within 10s: after login and discovery"),
    ROW("matrix", "echo", SIM_KIND_ECHO, SIM_OPTIONAL, NULL, 0, 0, "none", sim_raw_matrix, echo,
        "test traffic on an open path, phase by phase: 10s at 10/s, 45s silence, 5s at 10/s; or none"),

    ROW("matrix.kinds[]", "name", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_raw_group, name,
        "name of the kind, for callers, callees, labels and tables"),
    GROUP_ROWS("matrix.kinds[]"),
    ROW("matrix.kinds[]", "share", SIM_KIND_WORD, SIM_OPTIONAL, "none|nat|carrier", 0, 0, "none",
        sim_raw_kind, share,
        "what the two ends of a cell of this kind with itself have in common: their home box, or their "
        "carrier's"),

    ROW("paths[]", "from", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_raw_paths, from,
        "group whose peers connect, or peers: all of them"),
    ROW("paths[]", "to", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_raw_paths, to,
        "group to whose peers they connect, or peers, or same"),
    ROW("paths[]", "at", SIM_KIND_TIME, SIM_OPTIONAL, NULL, 0, 3650 * 24 * PL_HOUR, NULL, sim_raw_paths, at,
        "when; or give arrive"),
    ROW("paths[]", "arrive", SIM_KIND_ARRIVAL, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_paths, arrive,
        "when each of them connects, as peers arrive"),
    ROW("paths[]", "rate", SIM_KIND_FREQUENCY, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_paths, rate,
        "how often each of them connects, e.g. 0.4/h, from `at` to the end; without it once"),
    ROW("paths[]", "transport", SIM_KIND_WORD, SIM_OPTIONAL, "any|udp|tcp", 0, 0, "any", sim_raw_paths,
        transport, "what a session may use for the ways that are not relayed"),
    ROW("paths[]", "pairing", SIM_KIND_WORD, SIM_OPTIONAL, "in-order|random", 0, 0, "in-order", sim_raw_paths,
        pairing,
        "in-order: the first with the first, the second with the second; in one group each with the next; "
        "random: whoever is drawn"),
    ROW("paths[]", "echo", SIM_KIND_ECHO, SIM_OPTIONAL, NULL, 0, 0, "none", sim_raw_paths, echo,
        "test traffic on an open path, phase by phase: 10s at 10/s, 45s silence, 5s at 10/s; or none"),

    ROW("foretell", "predicted_udp", SIM_KIND_SHARE, SIM_OPTIONAL, NULL, 0, 0, "100%", sim_raw_foretell,
        predicted_udp, "chance that a foretold UDP port is hit under the traffic of this scenario, measured apart"),
    ROW("foretell", "predicted_tcp", SIM_KIND_SHARE, SIM_OPTIONAL, NULL, 0, 0, "100%", sim_raw_foretell,
        predicted_tcp, "the same for TCP, where UDP has failed"),
    ROW("foretell", "predicted_both", SIM_KIND_SHARE, SIM_OPTIONAL, NULL, 0, 0, "100%", sim_raw_foretell,
        predicted_both, "the same for UDP where the ports of both ends are foretold"),

    ROW("timeline[]", "at", SIM_KIND_TIME, SIM_REQUIRED, NULL, 0, 3650 * 24 * PL_HOUR, NULL, sim_raw_act, at,
        "instant of virtual time"),
    ROW("timeline[]", "do", SIM_KIND_WORD, SIM_REQUIRED,
        "fail|restart|link|block|unblock|firewall|reboot|readdress|roam|router|kill|quit|add|partition|heal|slow|poison",
        0, 0, NULL, sim_raw_act, action,
        "fail: vanish; restart: come back; link: change the access link; block, unblock: "
        "ports; firewall: another preset; reboot: the NAT box in front forgets its mappings; readdress: it "
        "gets another "
        "outside address; roam: move to another LAN; router: the box becomes one of another kind, at the same address; kill, quit: those who are there go, without a word or with "
        "a log-out; add: dedicated supernodes wake up; partition: two sets of hosts do not reach each other; "
        "heal: all partitions end; slow: all that it sends and gets is late; poison: supernodes answer badly"),
    ROW("timeline[]", "name", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_act, name,
        "what expectations call it: … at 2h after NAME"),
    ROW("timeline[]", "within", SIM_KIND_TIME, SIM_OPTIONAL, NULL, PL_MILLISECOND, 3650 * 24 * PL_HOUR, NULL,
        sim_raw_act, within, "do: kill, quit, restart, add: each of them at a uniform draw after `at`"),
    ROW("timeline[]", "back", SIM_KIND_LAW, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_act, back,
        "do: kill, quit: each is back after such a span; as session under churn"),
    ROW("timeline[]", "from", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_act, from,
        "do: partition: the other side, as what; without it everybody else"),
    ROW("timeline[]", "by", SIM_KIND_TIME, SIM_OPTIONAL, NULL, PL_MILLISECOND, PL_HOUR, NULL, sim_raw_act, by,
        "do: slow: how late, each way"),
    ROW("timeline[]", "how", SIM_KIND_WORD, SIM_OPTIONAL, "lie|drop|stale", 0, 0, "lie", sim_raw_act, how,
        "do: poison: they begin anew and keep nothing, so that they deny everybody; do not answer; or keep what they "
        "have, and nothing new"),
    ROW("timeline[]", "what", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_raw_act, what,
        "supernodes · dedicated · supernode-1 · login-servers · login-server-1 · peers · peer-1 · all · the name of a "
        "group"),
    ROW("timeline[]", "nat", SIM_KIND_NAT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_act, nat,
        "do: roam: NAT box of the new place; without it one like that of the old; do: router: the new box"),
    ROW("timeline[]", "share", SIM_KIND_SHARE, SIM_OPTIONAL, NULL, 0, 0, "100%", sim_raw_act, share,
        "how many of them"),
    ROW("timeline[]", "pick", SIM_KIND_WORD, SIM_OPTIONAL, "random|busiest", 0, 0, "random", sim_raw_act, pick,
        "do: fail, kill, quit, restart: which of them; busiest: the supernodes with the most children at that instant"),
    ROW("timeline[]", "for", SIM_KIND_TIME, SIM_OPTIONAL, NULL, PL_MILLISECOND, 3650 * 24 * PL_HOUR, NULL,
        sim_raw_act, duration, "undone after this time; without it, it stays"),
    ROW("timeline[]", "profile", SIM_KIND_NAME, SIM_OPTIONAL, "@profiles", 0, 0, NULL, sim_raw_act, profile,
        "do: link: the profile to change to; or give single fields"),
    LINK_ROWS("timeline[]", SIM_OPTIONAL, NULL, NULL, NULL),
    ROW("timeline[]", "ports", SIM_KIND_PORTS, SIM_OPTIONAL, NULL, 1, 65535, NULL, sim_raw_act, ports,
        "do: block, unblock: remote ports, at most eight, e.g. [80, 443]"),
    ROW("timeline[]", "transport", SIM_KIND_WORD, SIM_OPTIONAL, "both|udp|tcp", 0, 0, "both", sim_raw_act,
        transport, "do: block, unblock: which ports"),
    ROW("timeline[]", "answer", SIM_KIND_WORD, SIM_OPTIONAL, "drop|refuse", 0, 0, "drop", sim_raw_act, answer,
        "do: block: what blocked packets get: nothing, or RST and ICMP"),
    ROW("timeline[]", "firewall", SIM_KIND_NAME, SIM_OPTIONAL, "@firewalls", 0, 0, NULL, sim_raw_act,
        firewall, "do: firewall: the preset"),

    ROW("plots[]", "kind", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_plot_config, kind,
        "kind of figure: `partyline list plots`"),
    ROW("plots[]", "peer", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_plot_config, peer,
        "ladder: the peer whose first login is drawn; without it, of each set-up the login whose time is the "
        "median"),

    ROW("compare[]", "metric", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_compare_config, metric,
        "which, as in expect: overlay.online at 2h after storm"),
    ROW("compare[]", "a", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_compare_config, a,
        "condition of the one point, or the name of its case"),
    ROW("compare[]", "b", SIM_KIND_TEXT, SIM_REQUIRED, NULL, 0, 0, NULL, sim_compare_config, b,
        "of the other, which must be like it in all else that is swept"),
    ROW("compare[]", "that", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_compare_config, that,
        "claim about the difference a − b: > 20%; it counts as an expectation"),

    ROW("expect[]", "that", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_expect, that,
        "the claim: METRIC{LABELS} OP VALUE, OP one of == != < <= > >=, and within for path.surprise.*: no further "
        "from 0 than VALUE"),
    ROW("expect[]", "never", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_expect, never,
        "instead of that: a metric that must stay without a single occurrence"),
    ROW("expect[]", "when", SIM_KIND_EXPRESSION, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_expect, when,
        "points to which it applies, e.g. case == public and N == 500; without it all"),
};

size_t sim_schema_rows(const sim_schema_row **ret_rows)
{
    *ret_rows = rows;
    return G_N_ELEMENTS(rows);
}
