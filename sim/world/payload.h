/* payload.h - names what a payload is, for ladders, events and captures. */
#ifndef SIM_WORLD_PAYLOAD_H
#define SIM_WORLD_PAYLOAD_H

#include "sim/net/packet.h"

/* A short static name for a payload of our own datagrams or of STUN; NULL if it cannot tell. */
const char *sim_payload_name(const net_packet *packet);

#endif
