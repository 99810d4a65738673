/* memory.h - memory for tables and records by the hundred thousand.
 *
 * A large run touches some dozen records per packet, each in another page.  With pages of 4 KB the address
 * translation then costs more than the records do, so large pieces are aligned to huge pages and the
 * kernel is asked to use them; where it does not, nothing else changes.  Small pieces come from the heap. */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stddef.h>

/* chosen: the cache line of the processors of today; what is aligned to it straddles none. */
#define SIM_MEMORY_LINE 64u

/* Zeroed memory, aligned to a line; ends the program when there is none.  Free with sim_memory_free. */
void *sim_memory_new0(size_t bytes);
void sim_memory_free(void *memory);

/* Blocks that are taken one by one and freed all at once. */
typedef struct sim_blocks {
    struct sim_blocks_piece *pieces;
    char *next;   /* the rest of the newest piece … */
    size_t left;  /* … and its bytes */
    size_t total; /* bytes of all pieces */
} sim_blocks;

/* A block aligned to a line, its contents unset. */
void *sim_blocks_take(sim_blocks *blocks, size_t bytes);
void sim_blocks_clear(sim_blocks *blocks);

#endif
