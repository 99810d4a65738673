/* ladder_private.h - what events.jsonl says about one login: the packets of the peer step by step, and its
 * notes. Private to analysis. */
#ifndef AN_LADDER_PRIVATE_H
#define AN_LADDER_PRIVATE_H

#include <glib.h>
#include <jansson.h>

#include "analysis/ladder/ladder_scale.h"

typedef enum an_step_kind { AN_STEP_SENT, AN_STEP_TRANSLATED, AN_STEP_ENDED, AN_STEP_DELIVERED } an_step_kind;

typedef struct an_step {
    an_step_kind kind;
    pl_time at_time;
    char *box; /* TRANSLATED, ENDED; NULL: none */
    char *at;  /* DELIVERED: the host */
} an_step;

typedef struct an_packet {
    int64_t serial;
    char *from;    /* NULL: a box made it */
    char *last_ip; /* where it was going when last seen */
    char *label;   /* "SYN", "data 300 B" */
    char *tooltip;
    bool quiet;
    GArray *steps; /* of an_step, in time */
} an_packet;

/* Of a box: before the peer, before the other, or neither's. */
typedef enum an_side { AN_SIDE_NONE, AN_SIDE_PEER, AN_SIDE_OTHER } an_side;

typedef struct an_sightings {
    char *peer, *other; /* `other` may be NULL */
    char *outcome;
    pl_time start, end;
    GPtrArray *packets;     /* of an_packet, by first sighting */
    GHashTable *by_serial;  /* &serial → an_packet; looked up only */
    GHashTable *own_boxes;  /* names → an_side */
    GHashTable *host_of_ip; /* "1.2.3.4" → host */
    GArray *notes;          /* of an_note */
} an_sightings;

/* NULL and a sentence (see an_ladder_read). */
an_sightings *an_sightings_read(const char *path, const an_ladder_options *options, char **ret_error);
void an_sightings_free(an_sightings *seen);

/* What a line of events.jsonl is called beside the peer's lifeline (g_free); it has an "event". */
char *an_ladder_note_text(const json_t *object);

#endif
