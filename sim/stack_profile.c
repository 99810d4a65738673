/* stack_profile.c - how the TCP of a host of each era behaves, as one table. */
#include "sim/engine.h"

#include <glib.h>
#include <string.h>

static const sim_stack_profile profiles[] = {
    {
        .name = "linux",
        .syn_rto = PL_SECOND,               /* spec: RFC 6298 §2.1, what Linux does */
        .syn_tries = 7,                     /* chosen: Linux's default tcp_syn_retries 6, 1 + 2 + … + 64 = 127 s */
        .min_rto = 200 * PL_MILLISECOND,    /* chosen: Linux's TCP_RTO_MIN */
        .max_rto = 120 * PL_SECOND,         /* chosen: Linux's TCP_RTO_MAX */
        .data_tries = 15,                   /* chosen: Linux's default tcp_retries2, about a quarter of an hour */
        .delayed_ack = 40 * PL_MILLISECOND, /* chosen: Linux's TCP_DELACK_MIN */
        .mss = 1460,                        /* spec: RFC 9293 §3.7.1, 1500 − 40; we send no timestamps */
        .initial_window = 10,               /* spec: RFC 6928 §2 */
        .send_buffer = 131072,              /* chosen: does not bound an access link of these years */
        .receive_buffer = 65535,            /* spec: RFC 9293 §3.1, the largest window without scaling */
        .time_wait = 60 * PL_SECOND,        /* chosen: Linux's TCP_TIMEWAIT_LEN */
    },
    {
        .name = "xp-2003",
        .syn_rto = 3 * PL_SECOND,            /* spec: RFC 1122 §4.2.3.1, what Windows XP did */
        .syn_tries = 3,                      /* chosen: Windows' default of 2 retries, 3 + 6 + 12 = 21 s */
        .min_rto = PL_SECOND,                /* chosen: RFC 6298 §2.4; XP is reported between 0.3 and 1 s */
        .max_rto = 60 * PL_SECOND,           /* spec: RFC 6298 §2.5; five tries from 1 s never reach it */
        .data_tries = 5,                     /* chosen: Windows' default TcpMaxDataRetransmissions */
        .delayed_ack = 200 * PL_MILLISECOND, /* chosen: Windows' default TcpDelAckTicks 2 */
        .mss = 1460,                         /* spec: RFC 9293 §3.7.1, 1500 − 40, timestamps off */
        .initial_window = 2,                 /* spec: RFC 2581 §3.1 */
        .send_buffer = 8192,                 /* chosen: Windows' DefaultSendWindow */
        .receive_buffer = 17520,             /* chosen: Windows' TcpWindowSize, 12 × 1460 */
        .time_wait = 240 * PL_SECOND,        /* spec: RFC 9293 §3.4.2, 2 MSL, MSL 2 minutes */
    },
};

static const char *const names[] = {"linux", "xp-2003", NULL};

const sim_stack_profile *sim_stack_profile_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(profiles); i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

const char *const *sim_stack_profile_names(void)
{
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(profiles) + 1);
    return names;
}
