/* exit.h - what the program's exit code says: the one list of them. */
#ifndef SIM_EXIT_H
#define SIM_EXIT_H

/* X(name, code, meaning); chosen: 77 is what test harnesses take for skipped, 130 is a shell's word for
 * SIGINT. */
#define SIM_EXITS(X)                                                                                         \
    X(SIM_EXIT_HELD, 0, "ran; all expectations held")                                                        \
    X(SIM_EXIT_FAILED, 1, "ran; an expectation failed (with --strict: or was inconclusive)")                 \
    X(SIM_EXIT_USAGE, 2, "usage or scenario error; nothing was run")                                         \
    X(SIM_EXIT_FAULT, 3, "the simulator is at fault, or the machine (a full disk)")                          \
    X(SIM_EXIT_BUDGET, 4, "ended early: time, memory or event budget reached")                               \
    X(SIM_EXIT_SKIPPED, 77, "skipped: the engine is not built on this machine")                              \
    X(SIM_EXIT_INTERRUPTED, 130, "interrupted; the results so far are marked so")

typedef enum sim_exit {
#define X(name, code, meaning) name = code,
    SIM_EXITS(X)
#undef X
} sim_exit;

#endif
