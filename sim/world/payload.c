#include "sim/world/payload.h"

#include "core/port.h"
#include "core/wire/message.h"

static const char *message_name(uint8_t code)
{
    for (size_t i = 0; i < pl_message_count(); i++) {
        const pl_message_row *row = pl_message_row_of((pl_message_id)i);
        if (row->carrier == PL_CARRIER_DATAGRAM && row->code == code)
            return row->name;
    }
    return NULL;
}

/* STUN (RFC 8489 §5): two zero bits, the method Binding, and the class in bits 4 and 8. */
static const char *stun_name(const uint8_t *payload)
{
    if (payload[0] == 0x00 && payload[1] == 0x01)
        return "STUN request";
    if (payload[0] == 0x01 && payload[1] == 0x01)
        return "STUN answer";
    return payload[0] == 0x01 && payload[1] == 0x11 ? "STUN error" : NULL;
}

const char *sim_payload_name(const net_packet *packet)
{
    const uint8_t *payload = packet->payload;
    if (packet->protocol != PL_PROTOCOL_UDP || packet->payload_len < 4)
        return NULL;
    if (payload[0] == 'P' && payload[1] == 'L')
        return message_name(payload[3]);
    return packet->payload_len >= 20 ? stun_name(payload) : NULL;
}
