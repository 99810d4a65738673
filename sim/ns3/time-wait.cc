#include "sim/ns3/time-wait.hh"

#include "sim/ns3/host.hh"

#include <ns3/simulator.h>
#include <ns3/tcp-header.h>

namespace partyline
{

using namespace ns3;

TimeWait::TimeWait(Host *host, Ipv4EndPoint *endpoint, const LastAck &lastAck)
    : m_host(host),
      m_endPoint(endpoint),
      m_lastAck(lastAck)
{
    m_endPoint->SetRxCallback(MakeCallback(&TimeWait::Arrive, this));
    m_endPoint->SetIcmpCallback(MakeNullCallback<void, Ipv4Address, uint8_t, uint8_t, uint8_t, uint32_t>());
    m_endPoint->SetDestroyCallback(MakeNullCallback<void>());
}

TimeWait::~TimeWait()
{
    m_leave.Cancel();
    m_host->tcp->DeAllocate(m_endPoint);
}

void
TimeWait::Begin(Host *host, Ipv4EndPoint *endpoint, const LastAck &lastAck, Time left)
{
    TimeWait &added = host->lingering.emplace_back(host, endpoint, lastAck);
    added.m_self = std::prev(host->lingering.end());
    added.LeaveIn(left);
}

/* Repeated data and a repeated FIN are acknowledged again; a new SYN ends TIME_WAIT, and its repetition finds
 * the listener (ns-3's sequence numbers all start at 0, so old and new cannot be told apart otherwise). */
void
TimeWait::Arrive(Ptr<Packet> packet, Ipv4Header, uint16_t, Ptr<Ipv4Interface>)
{
    TcpHeader arrived;
    const uint32_t headerBytes = packet->PeekHeader(arrived);
    const uint8_t flags = arrived.GetFlags();
    if ((flags & TcpHeader::SYN) && !(flags & (TcpHeader::ACK | TcpHeader::FIN)))
        LeaveIn(Time(0)); /* not here: the endpoint is still at work */
    if ((flags & TcpHeader::FIN) || packet->GetSize() > headerBytes)
        Acknowledge();
}

void
TimeWait::Acknowledge()
{
    TcpHeader answer;
    answer.SetFlags(TcpHeader::ACK);
    answer.SetSequenceNumber(m_lastAck.sequence);
    answer.SetAckNumber(m_lastAck.ack);
    answer.SetWindowSize(m_lastAck.window);
    answer.SetSourcePort(m_endPoint->GetLocalPort());
    answer.SetDestinationPort(m_endPoint->GetPeerPort());
    m_host->tcp->SendPacket(Create<Packet>(), answer, m_endPoint->GetLocalAddress(),
                            m_endPoint->GetPeerAddress());
}

void
TimeWait::LeaveIn(Time left)
{
    m_leave.Cancel();
    m_leave = Simulator::Schedule(left, &TimeWait::Leave, this);
}

void
TimeWait::Leave()
{
    m_host->lingering.erase(m_self);
}

} // namespace partyline
