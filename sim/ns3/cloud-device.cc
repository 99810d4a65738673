#include "sim/ns3/cloud-device.hh"

#include "sim/ns3/engine.hh"
#include "sim/ns3/host.hh"
#include "sim/ns3/wire.hh"

#include <ns3/channel.h>
#include <ns3/ipv4-header.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/mac48-address.h>
#include <ns3/packet.h>

namespace partyline
{

using namespace ns3;

CloudDevice::CloudDevice(Host *host)
    : m_host(host)
{
}

void
CloudDevice::Receive(const uint8_t *bytes, size_t len)
{
    if (!m_receive.IsNull())
        m_receive(this, Create<Packet>(bytes, static_cast<uint32_t>(len)), Ipv4L3Protocol::PROT_NUMBER,
                  GetBroadcast());
}

bool
CloudDevice::Send(Ptr<Packet> packet, const Address &, uint16_t)
{
    m_host->engine->SendToNetwork(*m_host, packet);
    return true;
}

bool
CloudDevice::SendFrom(Ptr<Packet> packet, const Address &, const Address &to, uint16_t protocol)
{
    return Send(packet, to, protocol);
}

void
CloudDevice::DoDispose()
{
    m_node = nullptr;
    m_receive.Nullify();
    NetDevice::DoDispose();
}

void
CloudDevice::SetIfIndex(const uint32_t index)
{
    m_index = index;
}

uint32_t
CloudDevice::GetIfIndex() const
{
    return m_index;
}

Ptr<Channel>
CloudDevice::GetChannel() const
{
    return nullptr;
}

void
CloudDevice::SetAddress(Address)
{
}

Address
CloudDevice::GetAddress() const
{
    return Mac48Address();
}

bool
CloudDevice::SetMtu(const uint16_t)
{
    return false;
}

/* So large that ns-3 fragments nothing: the network between the hosts does, for both engines. */
uint16_t
CloudDevice::GetMtu() const
{
    return WIRE_MAX;
}

bool
CloudDevice::IsLinkUp() const
{
    return true;
}

void
CloudDevice::AddLinkChangeCallback(Callback<void>)
{
}

bool
CloudDevice::IsBroadcast() const
{
    return false;
}

Address
CloudDevice::GetBroadcast() const
{
    return Mac48Address::GetBroadcast();
}

bool
CloudDevice::IsMulticast() const
{
    return false;
}

Address
CloudDevice::GetMulticast(Ipv4Address) const
{
    return Mac48Address();
}

Address
CloudDevice::GetMulticast(Ipv6Address) const
{
    return Mac48Address();
}

bool
CloudDevice::IsBridge() const
{
    return false;
}

bool
CloudDevice::IsPointToPoint() const
{
    return true;
}

Ptr<Node>
CloudDevice::GetNode() const
{
    return m_node;
}

void
CloudDevice::SetNode(Ptr<Node> node)
{
    m_node = node;
}

bool
CloudDevice::NeedsArp() const
{
    return false;
}

void
CloudDevice::SetReceiveCallback(ReceiveCallback callback)
{
    m_receive = callback;
}

void
CloudDevice::SetPromiscReceiveCallback(PromiscReceiveCallback)
{
}

bool
CloudDevice::SupportsSendFrom() const
{
    return false;
}

void
LeafRouting::SetHost(Ipv4Address address, Ptr<NetDevice> device)
{
    m_address = address;
    m_route = Create<Ipv4Route>();
    m_route->SetSource(address);
    m_route->SetDestination(Ipv4Address::GetAny());
    m_route->SetGateway(Ipv4Address::GetAny());
    m_route->SetOutputDevice(device);
}

Ptr<Ipv4Route>
LeafRouting::GetRoute() const
{
    return m_route;
}

Ptr<Ipv4Route>
LeafRouting::RouteOutput(Ptr<Packet>, const Ipv4Header &, Ptr<NetDevice>, Socket::SocketErrno &error)
{
    error = Socket::ERROR_NOTERROR;
    return m_route;
}

bool
LeafRouting::RouteInput(Ptr<const Packet> packet, const Ipv4Header &header, Ptr<const NetDevice>,
                        UnicastForwardCallback, MulticastForwardCallback, LocalDeliverCallback local,
                        ErrorCallback)
{
    if (header.GetDestination() != m_address)
        return false;
    local(packet, header, CLOUD_INTERFACE);
    return true;
}

void
LeafRouting::NotifyInterfaceUp(uint32_t)
{
}

void
LeafRouting::NotifyInterfaceDown(uint32_t)
{
}

void
LeafRouting::NotifyAddAddress(uint32_t, Ipv4InterfaceAddress)
{
}

void
LeafRouting::NotifyRemoveAddress(uint32_t, Ipv4InterfaceAddress)
{
}

void
LeafRouting::SetIpv4(Ptr<Ipv4>)
{
}

void
LeafRouting::PrintRoutingTable(Ptr<OutputStreamWrapper>, Time::Unit) const
{
}

void
LeafRouting::DoDispose()
{
    m_route = nullptr;
    Ipv4RoutingProtocol::DoDispose();
}

} // namespace partyline
