/* host.hh - one host: an ns-3 node with a mini stack (IPv4, ICMP, UDP, TCP; no ARP, no IPv6, no queue
 * disc) behind one cloud device, and the ids that its node was given. */
#ifndef SIM_NS3_HOST_HH
#define SIM_NS3_HOST_HH

extern "C" {
#include "sim/engine.h"
}

#include "sim/ns3/cloud-device.hh"
#include "sim/ns3/slots.hh"
#include "sim/ns3/time-wait.hh"

#include <ns3/ipv4-l3-protocol.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/udp-l4-protocol.h>

namespace partyline {

struct Host {
    Host(sim_engine *engine, sim_host number, const sim_host_options &options);

    /* The host vanishes without a word, or comes back with an empty stack. */
    void Down();
    void Up(uint32_t address);
    /* A packet from the network. */
    void Deliver(const net_packet &packet, pl_time now);

    int UdpBind(uint16_t port, pl_id *ret_socket);
    int UdpSend(pl_id id, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len);
    int TcpListen(uint16_t port, pl_id *ret_listener);
    int TcpOpen(uint16_t localPort, pl_addr to, pl_id *ret_stream);
    void Close(pl_id id);
    uint16_t LocalPort(pl_id id);
    int Echo(uint32_t to, uint16_t sequence, size_t len);
    /* The stream of an id; null if the id is old or something else. */
    ns3::Ptr<StreamSocket> Stream(pl_id id);
    bool IsListening(pl_id id);
    /* Ends an id and gives up its socket when ns-3 has surely finished with it. */
    void Forget(pl_id id);

    ns3::Ipv4Address Address() const
    {
        return ns3::Ipv4Address(ip);
    }

    sim_engine *engine;
    sim_host number;
    uint32_t ip;
    const sim_stack_profile *profile;
    sim_input_fn input;
    void *inputContext;
    bool up{true};
    uint32_t life{0}; /* counts the times it went down, so that nothing of an earlier life arrives */
    ns3::Ptr<ns3::Node> node;
    ns3::Ptr<CloudDevice> device;
    ns3::Ptr<LeafRouting> routing;
    ns3::Ptr<ns3::Ipv4L3Protocol> ipv4;
    ns3::Ptr<ns3::UdpL4Protocol> udp;
    ns3::Ptr<ns3::TcpL4Protocol> tcp;
    SlotTable slots;
    std::vector<pl_id> dormant; /* listeners at which nobody has knocked yet */
    std::list<TimeWait> lingering; /* streams of which only TIME_WAIT is left */
    /* The ICMP error that is going up the stack: ns-3's callback does not tell what it quotes. */
    const net_packet *arriving{nullptr};

  private:
    bool DeliverEcho(const net_packet &packet);
    void BuildStack();
    /* Gives the dormant listener of a port, if there is one, its socket. */
    void Awaken(uint16_t port);
    void SetAddress();
};

} // namespace partyline

#endif
