/* replay.h - a fuzz target run over kept inputs: files, and all files of folders, given as arguments. */
#ifndef TESTS_SUPPORT_REPLAY_H
#define TESTS_SUPPORT_REPLAY_H

#include <stddef.h>
#include <stdint.h>

typedef int (*replay_fn)(const uint8_t *data, size_t len);

/* Feeds every input to `target`; returns 0, or 1 if a path cannot be read or there was no input at all. */
int replay_run(int argc, char **argv, replay_fn target);

#endif
