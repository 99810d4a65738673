/* nat_alg.c - addresses in payloads, found and replaced. */
#include "sim/net/nat/nat_alg.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "core/port.h"

#define ADDRESS_BYTES 4u
#define PORT_BYTES    2u
#define TEXT_MAX      sizeof "255.255.255.255:65535"

static void put_address(uint8_t *at, uint32_t ip)
{
    for (uint32_t i = 0; i < ADDRESS_BYTES; i++)
        at[i] = (uint8_t)(ip >> (24 - 8 * i));
}

static void put_port(uint8_t *at, uint16_t port)
{
    at[0] = (uint8_t)(port >> 8);
    at[1] = (uint8_t)port;
}

static bool shows(const uint8_t *at, uint16_t port)
{
    return at[0] == (uint8_t)(port >> 8) && at[1] == (uint8_t)port;
}

static void rewrite_binary(uint8_t *bytes, uint32_t len, pl_addr from, pl_addr to)
{
    uint8_t wanted[ADDRESS_BYTES];
    put_address(wanted, from.ip);
    for (uint32_t i = 0; i + ADDRESS_BYTES <= len; i++) {
        if (memcmp(bytes + i, wanted, ADDRESS_BYTES) != 0)
            continue;
        put_address(bytes + i, to.ip);
        if (i >= PORT_BYTES && shows(bytes + i - PORT_BYTES, from.port))
            put_port(bytes + i - PORT_BYTES, to.port);
        else if (i + ADDRESS_BYTES + PORT_BYTES <= len && shows(bytes + i + ADDRESS_BYTES, from.port))
            put_port(bytes + i + ADDRESS_BYTES, to.port);
        i += ADDRESS_BYTES - 1;
    }
}

typedef enum port_shown { WITHOUT_PORT, WITH_PORT } port_shown;

static uint32_t spell(char text[TEXT_MAX], pl_addr address, port_shown port)
{
    int n = snprintf(text, TEXT_MAX, "%u.%u.%u.%u", address.ip >> 24, address.ip >> 16 & 0xff,
                     address.ip >> 8 & 0xff, address.ip & 0xff);
    if (port == WITH_PORT)
        n += snprintf(text + n, TEXT_MAX - (size_t)n, ":%u", address.port);
    return (uint32_t)n;
}

/* "10.0.0.1" is not in "110.0.0.10". */
static bool stands_alone(const uint8_t *bytes, uint32_t len, uint32_t at, uint32_t n)
{
    return (at == 0 || !g_ascii_isdigit((char)bytes[at - 1])) &&
           (at + n == len || !g_ascii_isdigit((char)bytes[at + n]));
}

static void rewrite_text(net_flight *flight, pl_addr from, pl_addr to, port_shown port)
{
    char old[TEXT_MAX], new[TEXT_MAX];
    const uint32_t n_old = spell(old, from, port), n_new = spell(new, to, port);
    net_packet *packet = &flight->packet;
    if (packet->protocol == PL_PROTOCOL_TCP && n_old != n_new)
        return;
    const uint32_t room = net_pool_room(flight);
    for (uint32_t i = 0; i + n_old <= packet->payload_len; i++) {
        if (memcmp(flight->bytes + i, old, n_old) != 0 ||
            !stands_alone(flight->bytes, packet->payload_len, i, n_old) ||
            packet->payload_len - n_old + n_new > room)
            continue;
        memmove(flight->bytes + i + n_new, flight->bytes + i + n_old, packet->payload_len - i - n_old);
        memcpy(flight->bytes + i, new, n_new);
        packet->payload_len += n_new - n_old;
        i += n_new - 1;
    }
}

void net_nat_alg_rewrite(net_flight *flight, pl_addr from, pl_addr to)
{
    rewrite_binary(flight->bytes, flight->packet.payload_len, from, to);
    rewrite_text(flight, from, to, WITH_PORT);
    rewrite_text(flight, from, to, WITHOUT_PORT);
}
