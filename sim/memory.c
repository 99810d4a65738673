/* memory.c - pieces of memory, the large ones on huge pages. */
#include "sim/memory.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* spec: the huge page of x86-64, and of AArch64 with small pages of 4 KB. */
#define HUGE_PAGE ((size_t)2 << 20)

/* The head of a piece is a line of its own, so that the first block is aligned too. */
typedef struct sim_blocks_piece {
    struct sim_blocks_piece *next;
} sim_blocks_piece;

static size_t rounded(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

static void *take(size_t bytes)
{
    const bool large = bytes >= HUGE_PAGE;
    const size_t unit = large ? HUGE_PAGE : SIM_MEMORY_LINE;
    const size_t whole = rounded(bytes, unit);
    void *memory = whole >= bytes ? aligned_alloc(unit, whole) : NULL;
    if (!memory)
        g_error("there is no memory for %" G_GSIZE_FORMAT " bytes", bytes);
    if (large)
        (void)madvise(memory, whole, MADV_HUGEPAGE); /* a wish: without it the run is only slower */
    return memory;
}

void *sim_memory_new0(size_t bytes)
{
    void *memory = take(MAX(bytes, 1));
    memset(memory, 0, bytes);
    return memory;
}

void sim_memory_free(void *memory)
{
    free(memory);
}

/* Pieces double until they are huge pages, so that a small run holds little. */
static void add_piece(sim_blocks *blocks, size_t least)
{
    const size_t wanted = MIN(blocks->total, HUGE_PAGE);
    const size_t bytes = MAX(wanted, SIM_MEMORY_LINE + least);
    sim_blocks_piece *piece = take(bytes);
    piece->next = blocks->pieces;
    blocks->pieces = piece;
    blocks->next = (char *)piece + SIM_MEMORY_LINE;
    blocks->left = bytes - SIM_MEMORY_LINE;
    blocks->total += bytes;
}

void *sim_blocks_take(sim_blocks *blocks, size_t bytes)
{
    const size_t whole = rounded(bytes, SIM_MEMORY_LINE);
    if (blocks->left < whole)
        add_piece(blocks, whole);
    char *block = blocks->next;
    blocks->next += whole;
    blocks->left -= whole;
    return block;
}

void sim_blocks_clear(sim_blocks *blocks)
{
    while (blocks->pieces) {
        sim_blocks_piece *next = blocks->pieces->next;
        free(blocks->pieces);
        blocks->pieces = next;
    }
    *blocks = (sim_blocks){0};
}
