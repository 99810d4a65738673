/* foretell.h - by which way two peers of a population come together, as chances: the oracle says what their
 * boxes permit, formula and measurement how often a guessed port is hit.  Pure functions. */
#ifndef AN_FORETELL_H
#define AN_FORETELL_H

#include "analysis/matrix/oracle.h"
#include "analysis/population/groups.h"
#include "analysis/results.h"

/* Two peers, by their groups and their numbers among all peers (from 1). */
typedef struct an_meeting_of {
    const an_kind *caller, *callee;
    int64_t caller_number, callee_number;
    an_transport transport; /* that the session may use */
    const an_era *era;
} an_meeting_of;

/* Chances of every class; they add up to 1.  Also whether some end lets strangers in: a way that needs no
 * help of the other. */
void an_foretell(const an_meeting_of *meeting, const an_odds *odds, double ret_chances[AN_PATH_CLASSES],
                 bool *ret_lets_strangers_in);
/* 1 − Π (1 − sockets / (64512 − k)) over k < probes: of probes at different random ports one meets an open socket.
 * With repetition it would be 1 − (1 − sockets/64512)^probes, 0.07 % less at 256 and 1024. */
double an_foretell_spray(double sockets, double probes);
/* The number of a class, AN_PATH_CLASSES if there is none: direct-udp, direct-tcp, … failed. */
unsigned an_foretell_class(const char *name);

bool an_kind_is_nated(const an_kind *kind);
/* What NA-01 and NA-02 counted of a NAT: one outside port for all destinations; for TCP also no answer to a
 * SYN that nobody asked for. */
bool an_kind_is_punchable(const an_kind *kind, an_transport transport);

#endif
