/* time-wait.hh - what is left of a stream in TIME_WAIT: an endpoint, which keeps the pair of ports taken, and
 * the numbers of the last ACK, to say it again.  A socket of ns-3 is ten times as large, and there may be
 * many for minutes. */
#ifndef SIM_NS3_TIME_WAIT_HH
#define SIM_NS3_TIME_WAIT_HH

#include <list>
#include <ns3/event-id.h>
#include <ns3/ipv4-end-point.h>
#include <ns3/nstime.h>
#include <ns3/sequence-number.h>

namespace partyline {

struct Host;

/* How a stream acknowledges what the peer repeats. */
struct LastAck {
    ns3::SequenceNumber32 sequence;
    ns3::SequenceNumber32 ack;
    uint16_t window;
};

class TimeWait
{
  public:
    TimeWait(Host *host, ns3::Ipv4EndPoint *endpoint, const LastAck &lastAck);
    /* Gives the pair of ports free.  Must not happen while ns-3 hands a packet to the endpoint. */
    ~TimeWait();
    TimeWait(const TimeWait &) = delete;
    TimeWait &operator=(const TimeWait &) = delete;

    /* Adds one to its host's list, from which it goes when the time is over.  The endpoint becomes its
     * own. */
    static void Begin(Host *host, ns3::Ipv4EndPoint *endpoint, const LastAck &lastAck, ns3::Time left);

  private:
    void Arrive(ns3::Ptr<ns3::Packet> packet, ns3::Ipv4Header header, uint16_t port,
                ns3::Ptr<ns3::Ipv4Interface> interface);
    void Acknowledge();
    void LeaveIn(ns3::Time left);
    void Leave();

    Host *m_host;
    ns3::Ipv4EndPoint *m_endPoint;
    LastAck m_lastAck;
    ns3::EventId m_leave;
    std::list<TimeWait>::iterator m_self;
};

} // namespace partyline

#endif
