/* wire.hh - net_packet ⇄ the bytes of an IPv4 packet, as ns-3 makes and takes them.
 *
 * Pure functions.  Checksums are left zero: ns-3 neither fills nor checks them by default. */
#ifndef SIM_NS3_WIRE_HH
#define SIM_NS3_WIRE_HH

extern "C" {
#include "core/port.h"
#include "sim/net/packet.h"
}

namespace partyline {

/* The largest IPv4 packet (spec, RFC 791 §3.1: a 16-bit total length). */
constexpr size_t WIRE_MAX = 65535;

/* Writes the packet to `out` (WIRE_MAX bytes); returns its length, 0 if it cannot be one IPv4 packet.
 * The ACK flag of a RST is left out: ns-3 3.37 ignores a RST+ACK in SYN_SENT and answers it elsewhere. */
size_t WireEncode(const net_packet &packet, uint8_t *out);

/* Reads an IPv4 packet; the payload points into `bytes`.  False if it is none that the network knows. */
bool WireDecode(const uint8_t *bytes, size_t len, net_packet *ret_packet);

} // namespace partyline

#endif
