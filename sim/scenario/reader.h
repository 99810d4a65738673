/* reader.h - a strict subset of YAML, by libyaml's events, into a tree with positions.
 *
 * Refused: tabs, tags, merge keys (`<<`: the one way to inherit is `extends`), keys that are not plain
 * text, duplicate keys, a second document, aliases inside what they name, and whatever exceeds the
 * bounds below.  A syntax error ends the reading; the rest are collected. */
#ifndef SIM_READER_H
#define SIM_READER_H

#include "sim/scenario/tree.h"

/* Chosen: a hundred times the largest scenario that a person would write; they bound memory and work
 * before a single value is looked at. */
#define SIM_READER_BYTES_MAX ((size_t)1 << 20)
#define SIM_READER_NODES_MAX ((size_t)100000)
#define SIM_READER_DEPTH_MAX 32

/* Reads a source whose first `skip` bytes are not YAML ("run.seed=" of --set); NULL after a syntax
 * error, which is in diagnostics. */
const sim_tree *sim_reader_read(sim_tree_pool *pool, const sim_source *source, size_t skip,
                                sim_diagnostics *diagnostics);
/* Reads a file.  NULL when it cannot be read (the sentence is placed at `asked_at`, NULL: nowhere) or
 * after a syntax error. */
const sim_tree *sim_reader_read_file(sim_tree_pool *pool, const char *path, const sim_place *asked_at,
                                     sim_diagnostics *diagnostics);

#endif
