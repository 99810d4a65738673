/* schema_crowd.h - rows of the schema about crowds: who comes and goes, who searches for whom, and when a run has
 * said enough.  Private to schema.c, whose ROW and BOX they use. */
#ifndef SIM_SCHEMA_CROWD_H
#define SIM_SCHEMA_CROWD_H

/* Peers and supernodes come and go by the same words. */
#define CHURN_ROWS(section)                                                                                   \
    ROW(section, "session", SIM_KIND_LAW, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_churn, session,             \
        "how long one stays: 35min · exp(mean=35min) · pareto(shape=1.5, scale=10min) · weibull(shape=0.5, "  \
        "scale=20min) · lognormal(median=35min, sigma=1.2) · trace(FILE), a span a line"),                    \
        ROW(section, "gap", SIM_KIND_LAW, SIM_OPTIONAL, NULL, 0, 0, "exp(mean=20min)", sim_raw_churn, gap,    \
            "how long until one is back, or somebody else in the same place; as session"),                    \
        BOX(section, "classes", SIM_KIND_ITEMS,                                                               \
            "instead of session: several kinds of staying, e.g. CH-06 and CH-07"),                            \
        ROW(section, "leave", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, "soft", sim_raw_churn, leave,          \
            "soft: with a log-out; hard: without a word; or the share of departures that are hard, e.g. 30%"), \
        ROW(section, "start", SIM_KIND_WORD, SIM_OPTIONAL, "stationary|all|none", 0, 0, "stationary",         \
            sim_raw_churn, start,                                                                             \
            "who is there at the start; stationary: whoever would be after a long time, with what is left "   \
            "of his session"),                                                                                \
        ROW(section, "settle", SIM_KIND_ARRIVAL, SIM_OPTIONAL, NULL, 0, 0, "within 5min after 30s",           \
            sim_raw_churn, settle,                                                                            \
            "peers: when those who are there at the start log in, so that they do not all come at once"),     \
        ROW(section ".classes[]", "share", SIM_KIND_SHARE, SIM_REQUIRED, NULL, 0, 0, NULL, sim_raw_class,     \
            share, "of those present at an instant"),                                                         \
        ROW(section ".classes[]", "session", SIM_KIND_LAW, SIM_REQUIRED, NULL, 0, 0, NULL, sim_raw_class,     \
            session, "how long they stay")

/* How often a list is looked through is the protocol's: buddies.check. */
#define BUDDY_ROWS(section)                                                                                   \
    ROW(section, "count", SIM_KIND_COUNT, SIM_REQUIRED, NULL, 0, 1500, NULL, sim_raw_buddies, count,          \
        "other peers that each has in its list, drawn by lot when it logs in for the first time; looked up "  \
        "at each log-in and every buddies.check (protocol)")

#define SEARCH_ROWS(section)                                                                                  \
    ROW(section, "rate", SIM_KIND_FREQUENCY, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_searches, rate,          \
        "how often each peer searches while it is logged in, e.g. 1/h; without it once, at arrive"),          \
        ROW(section, "arrive", SIM_KIND_ARRIVAL, SIM_OPTIONAL, NULL, 0, 0, "at 180s within 60s",              \
            sim_raw_searches, arrive, "when each peer searches once; with a rate, only its start counts"),    \
        ROW(section, "policy", SIM_KIND_NAME, SIM_OPTIONAL, "slot|rounds|size|login-server", 0, 0, "slot",   \
            sim_raw_searches, policy,                                                                         \
            "when a search that found nobody ends: the slot was asked, so many rounds, the size of the "      \
            "network, or the login server has the last word (BS-28)"),                                        \
        BOX(section, "of", SIM_KIND_BLOCK, "for whom, in shares that make 100%; without it, those present"),  \
        ROW(section, "popularity", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, "zipf(1.0)", sim_raw_searches,    \
            popularity, "who among them: zipf(EXPONENT), or uniform"),                                        \
        ROW(section, "whom", SIM_KIND_TEXT, SIM_OPTIONAL, NULL, 0, 0, NULL, sim_raw_searches, whom,           \
            "only users of this group of peers; without it everybody else"),                                  \
        ROW(section, "left_least", SIM_KIND_TIME, SIM_OPTIONAL, NULL, 0, 3650 * 24 * PL_HOUR, "0s",           \
            sim_raw_searches, left_least, "of: left means users who are gone for at least so long"),          \
        ROW(section, "left_most", SIM_KIND_TIME, SIM_OPTIONAL, NULL, 0, 3650 * 24 * PL_HOUR, "72h",           \
            sim_raw_searches, left_most, "… and for at most so long (BS-22); who is gone for longer is absent"), \
        ROW(section ".of", "present", SIM_KIND_SHARE, SIM_OPTIONAL, NULL, 0, 0, "0%", sim_raw_of, share[0],   \
            "users who are online at the instant of the question"),                                           \
        ROW(section ".of", "left", SIM_KIND_SHARE, SIM_OPTIONAL, NULL, 0, 0, "0%", sim_raw_of, share[1],      \
            "users who were online, and are not any more"),                                                   \
        ROW(section ".of", "absent", SIM_KIND_SHARE, SIM_OPTIONAL, NULL, 0, 0, "0%", sim_raw_of, share[2],    \
            "users who have an account, and have not been online within left_most"),                          \
        ROW(section ".of", "never", SIM_KIND_SHARE, SIM_OPTIONAL, NULL, 0, 0, "0%", sim_raw_of, share[3],     \
            "names that nobody ever had")

#endif
