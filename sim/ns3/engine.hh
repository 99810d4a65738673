/* engine.hh - the engine behind sim/engine.h's table: clock and queue are ns-3's Simulator.
 *
 * Inputs never reach a node from inside ns-3's own frames (a node may close the very socket that is
 * calling): they queue here and are handed out when ns-3 has returned, in the same event if that event
 * is a packet's arrival, else in one of their own. */
#ifndef SIM_NS3_ENGINE_HH
#define SIM_NS3_ENGINE_HH

#include "sim/ns3/host.hh"
#include "sim/ns3/stream-socket.hh"
#include "sim/ns3/wire.hh"

#include <array>
#include <deque>
#include <memory>
#include <vector>

namespace partyline {

/* One input that waits for its node: either everything that a stream has to say, or the one given. */
struct Waiting {
    Host *host{nullptr};
    uint32_t life{0};
    ns3::Ptr<StreamSocket> stream;
    pl_input input{};
    std::vector<uint8_t> bytes;
};

} // namespace partyline

struct sim_engine {
    sim_engine(const sim_engine_options &options, const sim_network_face &networkFace);
    ~sim_engine();

    pl_time Now() const;
    void Run(pl_time until);
    void Deliver(partyline::Host &host, const net_packet &packet);
    /* A packet from a host's stack. */
    void SendToNetwork(const partyline::Host &host, ns3::Ptr<const ns3::Packet> packet);
    /* Queues an input or a stream's inputs. */
    void Post(partyline::Waiting &&waiting);
    /* Lets go of a socket in an event of its own: ns-3 schedules bare pointers to it. */
    void Bury(ns3::Ptr<ns3::TcpSocketBase> socket);

    sim_network_face face;
    std::vector<std::unique_ptr<partyline::Host>> hosts;
    uint64_t packets{0};
    uint64_t fences{0};
    std::array<uint8_t, partyline::WIRE_MAX> outgoing;
    std::array<uint8_t, partyline::WIRE_MAX> incoming;

  private:
    void Drain();
    void ScheduleDrain();
    void HandOut(partyline::Waiting &waiting);
    void AtFence();

    std::deque<partyline::Waiting> m_waiting;
    bool m_drainScheduled{false};
    bool m_delivering{false};
    pl_time m_until{0};
};

#endif
