/* event_line.h - one event, or one step of a packet, as a line of events.jsonl.  Private to the record. */
#ifndef SIM_RECORD_EVENT_LINE_H
#define SIM_RECORD_EVENT_LINE_H

#include "sim/record/file.h"
#include "sim/record/recorder.h"

/* {"t":5000000000,"host":"peer-1","event":"login:rung","rung":"udp","entries":7}; addresses are
 * "a.b.c.d:port", spans ns, an absent text or address null. */
void sim_event_line(sim_file *file, const char *host, const pl_event *event, pl_time now);
/* {"t":…,"host":…,"event":"net:packet","step":"dropped","serial":7,"protocol":"udp",…}.  Keys that do not
 * apply are left out; `what` may be NULL. */
void sim_packet_line(sim_file *file, const sim_packet_facts *facts, const char *what, pl_time now);

#endif
