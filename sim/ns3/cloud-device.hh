/* cloud-device.hh - a host's one network device, and the routing of a leaf.
 *
 * The device is the seam: what the node's IP sends leaves as a net_packet through the network face;
 * what the network delivers enters as an IP packet through the receive callback.  It has no queue, no
 * channel and no ARP.  Links, NATs and firewalls are the network's. */
#ifndef SIM_NS3_CLOUD_DEVICE_HH
#define SIM_NS3_CLOUD_DEVICE_HH

#include <ns3/ipv4-route.h>
#include <ns3/ipv4-routing-protocol.h>
#include <ns3/net-device.h>
#include <ns3/node.h>

namespace partyline {

struct Host;

class CloudDevice : public ns3::NetDevice
{
  public:
    explicit CloudDevice(Host *host);

    /* Hands the bytes of one IPv4 packet to the node's stack, which acts on it before this returns. */
    void Receive(const uint8_t *bytes, size_t len);

    void SetIfIndex(const uint32_t index) override;
    uint32_t GetIfIndex() const override;
    ns3::Ptr<ns3::Channel> GetChannel() const override;
    void SetAddress(ns3::Address address) override;
    ns3::Address GetAddress() const override;
    bool SetMtu(const uint16_t mtu) override;
    uint16_t GetMtu() const override;
    bool IsLinkUp() const override;
    void AddLinkChangeCallback(ns3::Callback<void> callback) override;
    bool IsBroadcast() const override;
    ns3::Address GetBroadcast() const override;
    bool IsMulticast() const override;
    ns3::Address GetMulticast(ns3::Ipv4Address group) const override;
    ns3::Address GetMulticast(ns3::Ipv6Address address) const override;
    bool IsBridge() const override;
    bool IsPointToPoint() const override;
    bool Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address &to, uint16_t protocol) override;
    bool SendFrom(ns3::Ptr<ns3::Packet> packet, const ns3::Address &from, const ns3::Address &to,
                  uint16_t protocol) override;
    ns3::Ptr<ns3::Node> GetNode() const override;
    void SetNode(ns3::Ptr<ns3::Node> node) override;
    bool NeedsArp() const override;
    void SetReceiveCallback(ReceiveCallback callback) override;
    void SetPromiscReceiveCallback(PromiscReceiveCallback callback) override;
    bool SupportsSendFrom() const override;

  protected:
    void DoDispose() override;

  private:
    Host *m_host;
    ns3::Ptr<ns3::Node> m_node;
    ReceiveCallback m_receive;
    uint32_t m_index{0};
};

/* Everything goes out through the one device; what is for the host's address is for the host. */
class LeafRouting : public ns3::Ipv4RoutingProtocol
{
  public:
    /* Sets the address and the one route that all packets of the host share. */
    void SetHost(ns3::Ipv4Address address, ns3::Ptr<ns3::NetDevice> device);
    ns3::Ptr<ns3::Ipv4Route> GetRoute() const;

    ns3::Ptr<ns3::Ipv4Route> RouteOutput(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &header,
                                         ns3::Ptr<ns3::NetDevice> device,
                                         ns3::Socket::SocketErrno &error) override;
    bool RouteInput(ns3::Ptr<const ns3::Packet> packet, const ns3::Ipv4Header &header,
                    ns3::Ptr<const ns3::NetDevice> device, UnicastForwardCallback unicast,
                    MulticastForwardCallback multicast, LocalDeliverCallback local,
                    ErrorCallback error) override;
    void NotifyInterfaceUp(uint32_t interface) override;
    void NotifyInterfaceDown(uint32_t interface) override;
    void NotifyAddAddress(uint32_t interface, ns3::Ipv4InterfaceAddress address) override;
    void NotifyRemoveAddress(uint32_t interface, ns3::Ipv4InterfaceAddress address) override;
    void SetIpv4(ns3::Ptr<ns3::Ipv4> ipv4) override;
    void PrintRoutingTable(ns3::Ptr<ns3::OutputStreamWrapper> stream, ns3::Time::Unit unit) const override;

  protected:
    void DoDispose() override;

  private:
    ns3::Ipv4Address m_address;
    ns3::Ptr<ns3::Ipv4Route> m_route;
};

/* The interface number of the cloud device in its node; 0 is the loopback. */
constexpr uint32_t CLOUD_INTERFACE = 1;

} // namespace partyline

#endif
