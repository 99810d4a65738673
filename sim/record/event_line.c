#include "sim/record/event_line.h"

#include <glib.h>
#include <string.h>

static void put_address(sim_file *file, pl_addr address)
{
    if (address.ip == 0 && address.port == 0) {
        sim_file_text(file, "null");
        return;
    }
    sim_file_write(file, "\"", 1);
    for (int shift = 24; shift >= 0; shift -= 8) {
        sim_file_integer(file, address.ip >> shift & 0xFF);
        sim_file_write(file, shift ? "." : ":", 1);
    }
    sim_file_integer(file, address.port);
    sim_file_write(file, "\"", 1);
}

static void start_line(sim_file *file, const char *host, const char *event, pl_time now)
{
    sim_file_text(file, "{\"t\":");
    sim_file_integer(file, now);
    sim_file_text(file, ",\"host\":");
    sim_file_json(file, host);
    sim_file_text(file, ",\"event\":");
    sim_file_json(file, event);
}

static void put_value(sim_file *file, char kind, pl_event_value value)
{
    if (kind == 's')
        sim_file_json(file, value.text);
    else if (kind == 'a')
        put_address(file, value.addr);
    else
        sim_file_integer(file, value.number);
}

void sim_event_line(sim_file *file, const char *host, const pl_event *event, pl_time now)
{
    const pl_event_row *row = pl_event_row_of(event->id);
    const char *column = row->columns; /* "s:rung i:entries" */

    start_line(file, host, row->name, now);
    for (size_t i = 0; *column; i++) {
        size_t len = strcspn(column, " ");
        g_assert(i < PL_EVENT_COLUMNS && len > 2 && column[1] == ':');
        sim_file_text(file, ",\"");
        sim_file_write(file, column + 2, len - 2);
        sim_file_text(file, "\":");
        put_value(file, column[0], event->value[i]);
        column += len;
        column += strspn(column, " ");
    }
    sim_file_text(file, "}\n");
}

static const char *step_name(net_step step)
{
    switch (step) {
    case NET_STEP_SENT:
        return "sent";
    case NET_STEP_TRANSLATED:
        return "translated";
    case NET_STEP_DROPPED:
        return "dropped";
    case NET_STEP_REJECTED:
        return "rejected";
    case NET_STEP_DELIVERED:
        return "delivered";
    }
    g_assert_not_reached();
}

static void text_member(sim_file *file, const char *key, const char *text)
{
    if (!text)
        return;
    sim_file_text(file, key);
    sim_file_json(file, text);
}

/* tcpdump's letters: S F R P and '.' for ACK. */
static void put_flags(sim_file *file, uint8_t flags)
{
    static const struct {
        uint8_t bit;
        char letter;
    } letters[] = {
        {NET_TCP_SYN, 'S'}, {NET_TCP_FIN, 'F'}, {NET_TCP_RST, 'R'}, {NET_TCP_PSH, 'P'}, {NET_TCP_ACK, '.'}};
    char text[G_N_ELEMENTS(letters) + 1] = "";
    size_t n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
        if (flags & letters[i].bit)
            text[n++] = letters[i].letter;
    text_member(file, ",\"flags\":", text);
}

static void put_transport(sim_file *file, const net_packet *packet)
{
    switch (packet->protocol) {
    case PL_PROTOCOL_UDP:
        sim_file_text(file, ",\"protocol\":\"udp\"");
        break;
    case PL_PROTOCOL_TCP:
        sim_file_text(file, ",\"protocol\":\"tcp\"");
        put_flags(file, packet->tcp_flags);
        break;
    default:
        sim_file_text(file, ",\"protocol\":\"icmp\",\"type\":");
        sim_file_integer(file, packet->icmp_type);
        sim_file_text(file, ",\"code\":");
        sim_file_integer(file, packet->icmp_code);
        break;
    }
}

void sim_packet_line(sim_file *file, const sim_packet_facts *facts, const char *what, pl_time now)
{
    const net_sighting *sighting = facts->sighting;
    const net_packet *packet = sighting->packet;

    start_line(file, facts->from, "net:packet", now);
    text_member(file, ",\"step\":", step_name(sighting->step));
    sim_file_text(file, ",\"serial\":");
    sim_file_integer(file, (int64_t)packet->serial);
    put_transport(file, packet);
    sim_file_text(file, ",\"source\":");
    put_address(file, packet->source);
    sim_file_text(file, ",\"destination\":");
    put_address(file, packet->destination);
    sim_file_text(file, ",\"bytes\":");
    sim_file_integer(file, net_packet_bytes(packet));
    sim_file_text(file, ",\"payload\":");
    sim_file_integer(file, packet->payload_len);
    text_member(file, ",\"what\":", what);
    text_member(file, ",\"at\":", facts->at);
    text_member(file, ",\"box\":", sighting->box);
    text_member(file, ",\"owner\":", facts->box_owner);
    if (sighting->drop != NET_DROP_NONE)
        text_member(file, ",\"cause\":", net_drop_name(sighting->drop));
    sim_file_text(file, "}\n");
}
