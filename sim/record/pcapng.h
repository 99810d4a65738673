/* pcapng.h - packets as a pcapng file (draft-ietf-opsawg-pcapng) that Wireshark and tshark read.
 *
 * One section, one interface a chosen peer, raw IPv4 (LINKTYPE_RAW, 101), nanosecond time stamps of virtual
 * time on the run's epoch, and on every packet a comment with what the simulator knows.  Headers are built
 * from net_packet with right lengths and checksums.  capture.c decides what goes in. */
#ifndef SIM_RECORD_PCAPNG_H
#define SIM_RECORD_PCAPNG_H

#include "sim/net/packet.h"
#include "sim/record/file.h"

/* Direction as the interface sees it; values are those of epb_flags. */
typedef enum sim_pcapng_direction { SIM_PCAPNG_IN = 1, SIM_PCAPNG_OUT = 2 } sim_pcapng_direction;

typedef struct sim_pcapng_record {
    uint32_t interface;
    sim_pcapng_direction direction;
    uint64_t unix_ns;    /* nanoseconds since 1970 */
    const uint8_t *data; /* from the IP header on */
    size_t len;
    const char *comment; /* UTF-8, NULL = none */
} sim_pcapng_record;

/* Writes the section header and one interface block a name. */
void sim_pcapng_start(sim_file *file, const char *const *interfaces, size_t n_interfaces);
void sim_pcapng_write(sim_file *file, const sim_pcapng_record *record);

/* Room that sim_pcapng_frame needs at most: IPv4 cannot be longer. */
#define SIM_PCAPNG_FRAME_MAX 65535
/* Builds the bytes on the wire of `packet` (IPv4 header first) into `out`, which has SIM_PCAPNG_FRAME_MAX
 * bytes; returns how many.  A payload that would not fit into an IPv4 packet is cut; an absent one (payload
 * NULL, payload_len > 0) is zeros. */
size_t sim_pcapng_frame(const net_packet *packet, uint8_t *out);

#endif
