#include "sim/ns3/host.hh"

#include "sim/ns3/engine.hh"

#include <algorithm>
#include <ns3/icmpv4-l4-protocol.h>
#include <ns3/icmpv4.h>
#include <ns3/object-vector.h>
#include <ns3/socket.h>
#include <ns3/traffic-control-layer.h>

namespace partyline
{

using namespace ns3;

namespace
{

/* The identifier of our echo requests (chosen: a host has one sender of them). */
constexpr uint16_t ECHO_IDENTIFIER = 1;
/* An Ethernet frame less the headers (chosen: as in the light engine). */
constexpr size_t ECHO_MAX = 1472;
constexpr size_t UDP_PAYLOAD_MAX = WIRE_MAX - NET_IP_HEADER_BYTES - NET_UDP_HEADER_BYTES;

void
OnDatagram(Host *host, pl_id id, Ptr<Packet> packet, Ipv4Header header, uint16_t port, Ptr<Ipv4Interface>)
{
    Waiting waiting;
    waiting.host = host;
    waiting.life = host->life;
    waiting.input.kind = PL_INPUT_DATAGRAM;
    waiting.input.id = id;
    waiting.input.from = pl_addr{header.GetSource().Get(), port};
    waiting.bytes.resize(packet->GetSize());
    packet->CopyData(waiting.bytes.data(), packet->GetSize());
    host->engine->Post(std::move(waiting));
}

void
PostIcmp(Host *host, pl_id id, const net_packet &packet)
{
    Waiting waiting;
    waiting.host = host;
    waiting.life = host->life;
    waiting.input.kind = PL_INPUT_ICMP;
    waiting.input.id = id;
    waiting.input.from = pl_addr{packet.source.ip, 0};
    waiting.input.icmp = pl_icmp{packet.icmp_type, packet.icmp_code, packet.quote.protocol,
                                 packet.quote.source, packet.quote.destination};
    host->engine->Post(std::move(waiting));
}

void
OnUdpIcmp(Host *host, pl_id id, Ipv4Address, uint8_t, uint8_t, uint8_t, uint32_t)
{
    if (host->arriving)
        PostIcmp(host, id, *host->arriving);
}

} // namespace

Host::Host(sim_engine *owner, sim_host index, const sim_host_options &options)
    : engine(owner),
      number(index),
      ip(options.ip),
      profile(options.profile),
      input(options.input),
      inputContext(options.input_ctx)
{
    BuildStack();
    SetAddress();
}

void
Host::BuildStack()
{
    node = CreateObject<Node>();
    ipv4 = CreateObject<Ipv4L3Protocol>();
    udp = CreateObject<UdpL4Protocol>();
    tcp = CreateObject<TcpL4Protocol>();
    routing = CreateObject<LeafRouting>();
    node->AggregateObject(ipv4);
    node->AggregateObject(CreateObject<Icmpv4L4Protocol>());
    ipv4->SetRoutingProtocol(routing);
    node->AggregateObject(CreateObject<TrafficControlLayer>());
    node->AggregateObject(udp);
    node->AggregateObject(tcp);
    /* Each protocol made its own way down to the same IP; one does for both. */
    udp->SetDownTarget(tcp->GetDownTarget());
    device = CreateObject<CloudDevice>(this);
    node->AddDevice(device);
    ipv4->AddInterface(device);
}

void
Host::SetAddress()
{
    while (ipv4->GetNAddresses(CLOUD_INTERFACE) > 0)
        ipv4->RemoveAddress(CLOUD_INTERFACE, 0);
    ipv4->AddAddress(CLOUD_INTERFACE, Ipv4InterfaceAddress(Address(), Ipv4Mask::GetOnes()));
    ipv4->SetUp(CLOUD_INTERFACE);
    routing->SetHost(Address(), device);
}

/* Streams that the node closed long ago, and those not yet accepted, are in ns-3's list only. */
void
Host::Down()
{
    ObjectVectorValue sockets;
    up = false;
    life++;
    tcp->GetAttribute("SocketList", sockets);
    for (auto entry = sockets.Begin(); entry != sockets.End(); ++entry) {
        Ptr<StreamSocket> socket = DynamicCast<StreamSocket>(entry->second);
        if (socket)
            socket->Vanish();
    }
    slots.ForEach([this](Slot &slot) {
        if (slot.kind == SlotKind::UDP)
            udp->DeAllocate(slot.endpoint);
        else if (slot.endpoint)
            tcp->DeAllocate(slot.endpoint);
    });
    slots.Clear();
    dormant.clear();
    lingering.clear();
}

void
Host::Up(uint32_t address)
{
    ip = address;
    up = true;
    SetAddress();
}

void
Host::Deliver(const net_packet &packet, pl_time)
{
    if (!up)
        return;
    if (packet.destination.ip == ip && DeliverEcho(packet))
        return;
    const size_t len = WireEncode(packet, engine->incoming.data());
    if (len == 0)
        return;
    if (packet.protocol == PL_PROTOCOL_TCP && !dormant.empty() && packet.destination.ip == ip)
        Awaken(packet.destination.port);
    arriving = packet.protocol == PL_PROTOCOL_ICMP ? &packet : nullptr;
    device->Receive(engine->incoming.data(), len);
    arriving = nullptr;
}

/* What concerns our own echo requests: ns-3 drops replies, and has no socket for errors about them. */
bool
Host::DeliverEcho(const net_packet &packet)
{
    if (packet.protocol != PL_PROTOCOL_ICMP)
        return false;
    if (packet.quote.protocol == PL_PROTOCOL_ICMP) {
        if (packet.quote.source.ip == ip && packet.quote.source.port == ECHO_IDENTIFIER)
            PostIcmp(this, 0, packet);
        return true;
    }
    if (packet.icmp_type != Icmpv4Header::ICMPV4_ECHO_REPLY || packet.quote.protocol)
        return false;
    if (packet.destination.port != ECHO_IDENTIFIER)
        return true;
    Waiting waiting;
    waiting.host = this;
    waiting.life = life;
    waiting.input.kind = PL_INPUT_ECHO;
    waiting.input.from = pl_addr{packet.source.ip, 0};
    waiting.input.echo_sequence = static_cast<uint16_t>(packet.sequence);
    engine->Post(std::move(waiting));
    return true;
}

/* Endpoints, not sockets: ns-3 3.37 never frees a closed UDP socket, 1 KB each. */
int
Host::UdpBind(uint16_t port, pl_id *ret_socket)
{
    if (!up)
        return PL_ERR_GONE;
    Ipv4EndPoint *endpoint = port ? udp->Allocate(nullptr, Address(), port) : udp->Allocate(Address());
    if (!endpoint)
        return PL_ERR_IN_USE;
    const pl_id id = slots.Add(SlotKind::UDP);
    if (!id) {
        udp->DeAllocate(endpoint);
        return PL_ERR_LIMIT;
    }
    slots.Find(id)->endpoint = endpoint;
    endpoint->SetRxCallback(MakeBoundCallback(&OnDatagram, this, id));
    endpoint->SetIcmpCallback(MakeBoundCallback(&OnUdpIcmp, this, id));
    *ret_socket = id;
    return 0;
}

int
Host::UdpSend(pl_id id, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len)
{
    const Slot *slot = slots.Find(id);
    if (!slot || slot->kind != SlotKind::UDP)
        return PL_ERR_GONE;
    if (!to.ip || !to.port)
        return PL_ERR_DENIED;
    if (len > UDP_PAYLOAD_MAX)
        return PL_ERR_OVERSIZED;
    Ptr<Packet> packet = Create<Packet>(data, static_cast<uint32_t>(len));
    if (ttl) {
        SocketIpTtlTag tag;
        tag.SetTtl(ttl);
        packet->AddPacketTag(tag);
    }
    udp->Send(packet, Address(), Ipv4Address(to.ip), slot->endpoint->GetLocalPort(), to.port,
              routing->GetRoute());
    return 0;
}

/* A listener is its endpoint alone until somebody knocks: most never hear a knock, and a socket of ns-3 is
 * several KB. */
int
Host::TcpListen(uint16_t port, pl_id *ret_listener)
{
    if (!up)
        return PL_ERR_GONE;
    Ipv4EndPoint *endpoint = port ? tcp->Allocate(nullptr, Address(), port, Ipv4Address::GetAny(), 0)
                                  : tcp->Allocate(Address());
    if (!endpoint)
        return PL_ERR_IN_USE;
    const pl_id id = slots.Add(SlotKind::LISTENER);
    if (!id) {
        tcp->DeAllocate(endpoint);
        return PL_ERR_LIMIT;
    }
    slots.Find(id)->endpoint = endpoint;
    dormant.push_back(id);
    *ret_listener = id;
    return 0;
}

void
Host::Awaken(uint16_t port)
{
    for (auto entry = dormant.begin(); entry != dormant.end(); ++entry) {
        const pl_id id = *entry;
        Slot *slot = slots.Find(id);
        if (slot->endpoint->GetLocalPort() != port)
            continue;
        Ptr<StreamSocket> socket = StreamSocket::New(this);
        socket->StartListen(id, slot->endpoint);
        slot->socket = socket;
        slot->endpoint = nullptr;
        dormant.erase(entry);
        return;
    }
}

int
Host::TcpOpen(uint16_t localPort, pl_addr to, pl_id *ret_stream)
{
    if (!up)
        return PL_ERR_GONE;
    if (!to.ip || !to.port)
        return PL_ERR_DENIED;
    const pl_id id = slots.Add(SlotKind::STREAM);
    if (!id)
        return PL_ERR_LIMIT;
    Ptr<StreamSocket> socket = StreamSocket::New(this);
    slots.Find(id)->socket = socket;
    if (!socket->StartOpen(id, localPort, to)) {
        socket->Vanish();
        slots.Remove(id);
        return PL_ERR_IN_USE;
    }
    *ret_stream = id;
    return 0;
}

Ptr<StreamSocket>
Host::Stream(pl_id id)
{
    const Slot *slot = slots.Find(id);
    return slot && slot->kind == SlotKind::STREAM ? slot->socket : nullptr;
}

bool
Host::IsListening(pl_id id)
{
    const Slot *slot = slots.Find(id);
    return slot && slot->kind == SlotKind::LISTENER;
}

void
Host::Forget(pl_id id)
{
    Slot *slot = slots.Find(id);
    if (!slot)
        return;
    if (slot->socket)
        engine->Bury(slot->socket);
    slots.Remove(id);
}

void
Host::Close(pl_id id)
{
    Slot *slot = slots.Find(id);
    if (!slot)
        return;
    if (slot->endpoint) {
        if (slot->kind == SlotKind::UDP)
            udp->DeAllocate(slot->endpoint);
        else
            tcp->DeAllocate(slot->endpoint);
        dormant.erase(std::remove(dormant.begin(), dormant.end(), id), dormant.end());
        slots.Remove(id);
        return;
    }
    Ptr<StreamSocket> socket = slot->socket;
    Forget(id);
    socket->Release();
}

uint16_t
Host::LocalPort(pl_id id)
{
    const Slot *slot = slots.Find(id);
    if (!slot)
        return 0;
    return slot->endpoint ? slot->endpoint->GetLocalPort() : slot->socket->LocalPort();
}

int
Host::Echo(uint32_t to, uint16_t sequence, size_t len)
{
    if (!up)
        return PL_ERR_GONE;
    if (!to)
        return PL_ERR_DENIED;
    if (len > ECHO_MAX)
        return PL_ERR_OVERSIZED;
    Ptr<Packet> packet = Create<Packet>();
    Icmpv4Echo echo;
    Icmpv4Header header;
    echo.SetIdentifier(ECHO_IDENTIFIER);
    echo.SetSequenceNumber(sequence);
    echo.SetData(Create<Packet>(static_cast<uint32_t>(len)));
    header.SetType(Icmpv4Header::ICMPV4_ECHO);
    header.SetCode(0);
    packet->AddHeader(echo);
    packet->AddHeader(header);
    ipv4->Send(packet, Address(), Ipv4Address(to), PL_PROTOCOL_ICMP, routing->GetRoute());
    return 0;
}

} // namespace partyline
