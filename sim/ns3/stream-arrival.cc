#include "sim/ns3/engine.hh"

#include <algorithm>
#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-end-point.h>
#include <ns3/rtt-estimator.h>
#include <ns3/simulator.h>
#include <ns3/tcp-rx-buffer.h>
#include <ns3/tcp-tx-buffer.h>

/* What arrives at a stream: segments, ICMP errors, ns-3's callbacks; and what follows from it. */

namespace partyline
{

using namespace ns3;

namespace
{

/* ICMP type 3 and its codes that refuse rather than fail to reach (spec, RFC 792; RFC 1812 §5.2.7.1). */
constexpr uint8_t ICMP_UNREACHABLE = 3;
constexpr uint8_t CODE_PORT = 3;
constexpr uint8_t CODE_FRAGMENTATION = 4;
constexpr uint8_t CODE_NETWORK_PROHIBITED = 9;
constexpr uint8_t CODE_HOST_PROHIBITED = 10;
constexpr uint8_t CODE_PROHIBITED = 13;

const auto NO_ICMP = MakeNullCallback<void, Ipv4Address, uint8_t, uint8_t, uint8_t, uint32_t>();

bool
IsPlainAck(const TcpHeader &header)
{
    return (header.GetFlags() & ~(TcpHeader::PSH | TcpHeader::URG)) == TcpHeader::ACK;
}

} // namespace

void
StreamSocket::CompleteFork(Ptr<Packet> packet, const TcpHeader &header, const Address &from,
                           const Address &to)
{
    TcpSocketBase::CompleteFork(packet, header, from, to);
    if (!m_endPoint) /* the same SYN twice in one instant */
        m_tcp->RemoveSocket(this);
}

void
StreamSocket::DoForwardUp(Ptr<Packet> packet, const Address &from, const Address &to)
{
    const Ptr<StreamSocket> self(this);
    const TcpStates_t before = m_state;
    TcpHeader header;
    packet->PeekHeader(header);
    const bool finUnacked = header.GetAckNumber() <= m_tcb->m_highTxMark;
    const uint8_t flags = header.GetFlags();
    if (before == TIME_WAIT)
        AnswerInTimeWait(header);
    else if (before == LISTEN && (flags & TcpHeader::ACK))
        ResetStranger(header, from, to);
    else if (before >= ESTABLISHED && (flags & TcpHeader::SYN) && !(flags & TcpHeader::RST))
        SendEmptyPacket(TcpHeader::ACK); /* spec, RFC 9293 §3.10.7.4 */
    else if ((before == LAST_ACK || before == CLOSING) && IsPlainAck(header) && finUnacked)
        AckOnly(packet, header);
    else
        TcpSocketBase::DoForwardUp(packet, from, to);
    Watch(before, (flags & TcpHeader::RST) != 0);
}

void
StreamSocket::AckOnly(Ptr<Packet> packet, const TcpHeader &header)
{
    TcpHeader removed;
    packet->RemoveHeader(removed);
    EstimateRtt(header);
    UpdateWindowSize(header);
    ReceivedAck(packet, header);
}

/* A repeated FIN is acknowledged again; a new SYN ends TIME_WAIT, and its repetition finds the listener
 * (ns-3's sequence numbers all start at 0, so old and new cannot be told apart otherwise). */
void
StreamSocket::AnswerInTimeWait(const TcpHeader &header)
{
    if (header.GetFlags() & TcpHeader::FIN)
        SendEmptyPacket(TcpHeader::ACK);
    else if (header.GetFlags() & TcpHeader::SYN && !(header.GetFlags() & TcpHeader::ACK))
        Vanish();
}

/* An ACK at a listener is of a connection that this host has forgotten (spec, RFC 9293 §3.10.7.2). */
void
StreamSocket::ResetStranger(const TcpHeader &header, const Address &from, const Address &to)
{
    TcpHeader reset;
    reset.SetFlags(TcpHeader::RST);
    reset.SetSequenceNumber(header.GetAckNumber());
    reset.SetSourcePort(header.GetDestinationPort());
    reset.SetDestinationPort(header.GetSourcePort());
    m_tcp->SendPacket(Create<Packet>(), reset, to, from);
}

/* Behind data ns-3 starts no timer for a FIN that is sent in CLOSE_WAIT. */
void
StreamSocket::NewAck(const SequenceNumber32 &ack, bool resetRto)
{
    TcpSocketBase::NewAck(ack, resetRto);
    if (m_state == LAST_ACK && m_txBuffer->Size() == 0 && !m_retxEvent.IsRunning() &&
        ack <= m_tcb->m_highTxMark)
        m_retxEvent = Simulator::Schedule(m_rto, &StreamSocket::SendEmptyPacket, this,
                                          static_cast<uint8_t>(TcpHeader::FIN | TcpHeader::ACK));
}

void
StreamSocket::Watch(TcpStates_t before, bool reset)
{
    const TcpStates_t after = m_state;
    if (after == CLOSED) {
        m_host->engine->Bury(this);
        if (!m_opened)
            End(PL_CAUSE_REFUSED);
        else if ((before == LAST_ACK || before == CLOSING) && (!reset || m_txBuffer->Size() == 0))
            End(PL_CAUSE_FIN);
        else
            End(PL_CAUSE_RESET);
        return;
    }
    if (after == LISTEN || after == SYN_SENT || after == SYN_RCVD)
        return;
    if (!m_opened)
        WatchOpen();
    if (after == TIME_WAIT && before != TIME_WAIT && !m_id)
        Simulator::ScheduleNow(&StreamSocket::Linger, Ptr<StreamSocket>(this));
    if (m_ended)
        return;
    if (after == CLOSE_WAIT || after == CLOSING || after == LAST_ACK || after == TIME_WAIT)
        WatchEnd();
    if (after == FIN_WAIT_2 && before != FIN_WAIT_2 && !m_id)
        Release();
    FinishIfDrained();
    KeepProbing();
}

/* After a repeated SYN there is no sample (spec, RFC 6298 §3) and data begins with an RTO of 3 s (§5.7).  ns-3
 * measures from the first SYN: with one of 3 s lost, an RTO of 9 s that later samples hardly lower. */
void
StreamSocket::ForgetSynRto()
{
    if (m_synCount + 1 >= m_synRetries)
        return;
    m_rto = std::min(Time(Seconds(3)), MaxRto());
    m_rtt->Reset();
    m_history.clear();
}

void
StreamSocket::WatchOpen()
{
    m_opened = true;
    m_icmpCallback.Nullify();
    if (m_endPoint) /* an open stream ignores ICMP, so that it need not keep the way to it */
        m_endPoint->SetIcmpCallback(NO_ICMP);
    ForgetSynRto();
    m_delAckCount = 0; /* ns-3 would not delay its first ACK, whatever the profile says */
    if (!m_forked) {
        Mark(TALE_OPEN);
        return;
    }
    if (m_host->IsListening(m_listener))
        m_id = m_host->slots.Add(SlotKind::STREAM);
    if (!m_id) { /* the listener was closed meanwhile */
        Abort();
        return;
    }
    m_host->slots.Find(m_id)->socket = this;
    Mark(TALE_OPEN);
    if (m_tcb->m_rxBuffer->Available() > 0)
        Pull();
}

void
StreamSocket::WatchEnd()
{
    if (!m_peerFinished) {
        m_peerFinished = true;
        Mark(TALE_DATA);
    }
    if (m_state == TIME_WAIT)
        End(PL_CAUSE_FIN);
    /* A FIN that came before the data it follows takes ns-3 from FIN_WAIT_2 back to CLOSE_WAIT. */
}

/* Unsent data, nothing in flight and no timer: only a probe can find out that the window opened. */
void
StreamSocket::KeepProbing()
{
    const bool idle = UnAckDataCount() == 0 && !m_retxEvent.IsRunning() && !m_persistEvent.IsRunning();
    if (!m_persistEvent.IsRunning())
        m_persistTimeout = NanoSeconds(m_host->profile->syn_rto);
    if ((m_state == ESTABLISHED || m_state == CLOSE_WAIT) && idle &&
        m_txBuffer->SizeFromSequence(m_tcb->m_nextTxSequence) > 0)
        m_persistEvent = Simulator::Schedule(m_persistTimeout, &StreamSocket::PersistTimeout, this);
}

void
StreamSocket::OnIcmp(Ipv4Address, uint8_t, uint8_t type, uint8_t code, uint32_t)
{
    if (m_state != SYN_SENT || type != ICMP_UNREACHABLE || code == CODE_FRAGMENTATION)
        return;
    const bool refused = code == CODE_PORT || code == CODE_NETWORK_PROHIBITED ||
                         code == CODE_HOST_PROHIBITED || code == CODE_PROHIBITED;
    End(refused ? PL_CAUSE_REFUSED : PL_CAUSE_UNREACHABLE);
}

void
StreamSocket::OnOpenFailed(Ptr<Socket> socket)
{
    Ptr<StreamSocket> stream = DynamicCast<StreamSocket>(socket);
    stream->m_host->engine->Bury(stream);
    stream->End(PL_CAUSE_TIMEOUT);
}

/* ns-3 gave up on data (and would go on accepting more), or reset the connection itself. */
void
StreamSocket::OnErrorClose(Ptr<Socket> socket)
{
    Ptr<StreamSocket> stream = DynamicCast<StreamSocket>(socket);
    stream->m_host->engine->Bury(stream);
    if (stream->m_inTimeout)
        stream->End(PL_CAUSE_TIMEOUT);
    else
        stream->End(stream->m_opened ? PL_CAUSE_RESET : PL_CAUSE_REFUSED);
}

void
StreamSocket::OnRoom(Ptr<Socket> socket, uint32_t)
{
    StreamSocket *stream = static_cast<StreamSocket *>(PeekPointer(socket));
    /* One segment at least (chosen: less would wake the node for crumbs). */
    const uint32_t enough = std::min(stream->GetSegSize(), stream->GetSndBufSize());
    if (stream->m_wantsRoom && stream->m_txBuffer->Available() >= enough)
        stream->Mark(TALE_WRITABLE);
}

void
StreamSocket::OnArrival(Ptr<Socket> socket)
{
    StreamSocket *stream = static_cast<StreamSocket *>(PeekPointer(socket));
    stream->Pull();
}

/* Takes from ns-3's buffer what the node may have now.  What stays there closes the window. */
void
StreamSocket::Pull()
{
    const bool wanted = m_id != 0 && (!m_ended || m_cause == PL_CAUSE_FIN);
    if (wanted && (m_blocked || m_held.size() >= GetRcvBufSize()))
        return;
    if (!wanted && m_forked && !m_opened)
        return;
    while (m_tcb->m_rxBuffer->Available() > 0) {
        Ptr<Packet> packet = m_tcb->m_rxBuffer->Extract(m_tcb->m_rxBuffer->Available());
        if (!packet || packet->GetSize() == 0)
            break;
        if (!wanted)
            continue;
        const size_t old = m_held.size();
        m_held.resize(old + packet->GetSize());
        packet->CopyData(m_held.data() + old, packet->GetSize());
    }
    if (wanted && !m_held.empty())
        Mark(TALE_DATA);
}

} // namespace partyline
