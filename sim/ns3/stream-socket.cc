#include "sim/ns3/stream-socket.hh"

#include "sim/ns3/engine.hh"

#include <algorithm>
#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-end-point.h>
#include <ns3/rtt-estimator.h>
#include <ns3/simulator.h>
#include <ns3/tcp-congestion-ops.h>
#include <ns3/tcp-prr-recovery.h>
#include <ns3/tcp-rx-buffer.h>
#include <ns3/tcp-tx-buffer.h>

/* The life of the socket: making, opening, writing, closing.  What arrives is in stream-arrival.cc, what
 * the node is told in stream-tell.cc. */

namespace partyline
{

using namespace ns3;

namespace
{

/* How long a closed stream waits for the peer's FIN (chosen: as Linux's tcp_fin_timeout). */
constexpr int64_t FIN_WAIT_2_SECONDS = 60;
/* A lone segment in two is acknowledged at once (spec, RFC 1122 §4.2.3.2). */
constexpr uint32_t SEGMENTS_PER_ACK = 2;

} // namespace

StreamSocket::StreamSocket()
{
    m_txBuffer->SetRWndCallback(MakeCallback(&StreamSocket::SendableWindow, this));
    DropTraces();
}

StreamSocket::StreamSocket(const StreamSocket &listener)
    : TcpSocketBase(listener),
      m_host(listener.m_host),
      m_listener(listener.m_id),
      m_forked(true)
{
    m_txBuffer->SetRWndCallback(MakeCallback(&StreamSocket::SendableWindow, this));
    DropTraces();
    SetShimCallbacks();
}

StreamSocket::~StreamSocket()
{
    m_finWait2Event.Cancel();
}

Ptr<StreamSocket>
StreamSocket::New(Host *host)
{
    Ptr<StreamSocket> socket = CreateObject<StreamSocket>();
    const sim_stack_profile &profile = *host->profile;
    socket->m_host = host;
    socket->SetNode(host->node);
    socket->SetTcp(host->tcp);
    /* Before the first sample the RTO is that of the SYN (spec, RFC 6298 §2.1). */
    socket->SetRtt(CreateObjectWithAttributes<RttMeanDeviation>("InitialEstimation",
                                                                TimeValue(NanoSeconds(profile.syn_rto))));
    socket->SetCongestionControlAlgorithm(CreateObject<TcpNewReno>());
    socket->SetRecoveryAlgorithm(CreateObject<TcpPrrRecovery>());
    socket->Configure(profile);
    socket->SetShimCallbacks();
    return socket;
}

void
StreamSocket::Configure(const sim_stack_profile &profile)
{
    m_sackEnabled = true; /* without it NewReno needs minutes where others need seconds */
    m_timestampEnabled = false;
    m_winScalingEnabled = false;
    m_noDelay = true;
    SetSegSize(profile.mss);
    SetInitialCwnd(profile.initial_window);
    SetSndBufSize(profile.send_buffer);
    SetRcvBufSize(profile.receive_buffer);
    SetConnTimeout(NanoSeconds(profile.syn_rto));
    SetSynRetries(profile.syn_tries);
    SetDataRetries(profile.data_tries ? profile.data_tries - 1 : 0);
    SetMinRto(NanoSeconds(profile.min_rto));
    SetDelAckTimeout(NanoSeconds(profile.delayed_ack));
    SetDelAckMaxCount(SEGMENTS_PER_ACK);
    SetPersistTimeout(NanoSeconds(profile.syn_rto));
    m_msl = static_cast<double>(profile.time_wait) / 2e9;
}

/* ns-3 forwards ten trace sources of a connection's state to the socket's own, for listeners that we do not
 * have, and pays 280 bytes for each.  A copy of the state forwards nothing. */
void
StreamSocket::DropTraces()
{
    const Ptr<TcpRxBuffer> arrived = m_tcb->m_rxBuffer;
    m_tcb = CopyObject(m_tcb);
    m_tcb->m_rxBuffer = arrived;
}

/* A callback is 250 bytes, so that all sockets share one of each kind. */
void
StreamSocket::SetShimCallbacks()
{
    static const auto none = MakeNullCallback<void, Ptr<Socket>>();
    static const auto openFailed = MakeCallback(&StreamSocket::OnOpenFailed);
    static const auto errorClose = MakeCallback(&StreamSocket::OnErrorClose);
    static const auto arrival = MakeCallback(&StreamSocket::OnArrival);
    static const auto room = MakeCallback(&StreamSocket::OnRoom);
    SetConnectCallback(none, openFailed);
    SetCloseCallbacks(none, errorClose);
    SetRecvCallback(arrival);
    SetSendCallback(room);
}

/* A port may be shared by a listener and by streams to different peers: hole punching needs that. */
bool
StreamSocket::BindLocal(uint16_t localPort, pl_addr peer)
{
    const Ipv4Address address = m_host->Address();
    if (localPort == 0)
        m_endPoint = m_tcp->Allocate(address);
    else
        m_endPoint = m_tcp->Allocate(nullptr, address, localPort,
                                     peer.ip ? Ipv4Address(peer.ip) : Ipv4Address::GetAny(), peer.port);
    if (!m_endPoint)
        return false;
    m_tcp->AddSocket(this);
    return SetupCallback() == 0;
}

void
StreamSocket::StartListen(pl_id id, Ipv4EndPoint *endpoint)
{
    m_endPoint = endpoint;
    m_tcp->AddSocket(this);
    SetupCallback();
    m_id = id;
    Listen();
}

bool
StreamSocket::StartOpen(pl_id id, uint16_t localPort, pl_addr to)
{
    if (!BindLocal(localPort, to))
        return false;
    m_id = id;
    m_icmpCallback = MakeCallback(&StreamSocket::OnIcmp, this);
    return Connect(InetSocketAddress(Ipv4Address(to.ip), to.port)) == 0;
}

uint16_t
StreamSocket::LocalPort() const
{
    return m_endPoint ? m_endPoint->GetLocalPort() : 0;
}

Ptr<TcpSocketBase>
StreamSocket::Fork()
{
    return CopyObject<StreamSocket>(this);
}

int
StreamSocket::Write(const uint8_t *data, size_t len)
{
    const TcpStates_t state = m_state;
    if (m_ended || m_finishing || (state != SYN_SENT && state != ESTABLISHED && state != CLOSE_WAIT))
        return PL_ERR_GONE;
    const size_t room = std::min<size_t>(len, m_txBuffer->Available());
    if (room > 0)
        m_txBuffer->Add(Create<Packet>(data, static_cast<uint32_t>(room)));
    m_wantsRoom = room < len;
    /* At once, as a stack without Nagle: two writes of one instant are two segments, as on the other engines. */
    if (room > 0 && state != SYN_SENT)
        SendPendingData(m_connected);
    return static_cast<int>(room);
}

void
StreamSocket::Finish()
{
    m_finishing = true;
    FinishIfDrained();
}

/* FIN goes out alone, as soon as all data was sent once.  ns-3's own way (Close or ShutdownSend with data
 * in the buffer) forgets the FIN in one case and puts it on the data in another, where the peer's FIN_WAIT
 * states misread its sequence number. */
void
StreamSocket::FinishIfDrained()
{
    const TcpStates_t state = m_state;
    if (!m_finishing || (state != ESTABLISHED && state != CLOSE_WAIT))
        return;
    if (m_txBuffer->SizeFromSequence(m_tcb->m_nextTxSequence) == 0)
        DoClose();
}

void
StreamSocket::Release()
{
    m_id = 0;
    m_tales = 0;
    m_held.clear();
    m_held.shrink_to_fit();
    if (m_state == SYN_SENT || m_state == LISTEN) {
        Vanish();
        return;
    }
    Pull();
    AnnounceWindow();
    Finish();
    /* A bare pointer, or a cancelled event would still keep the socket for its minute. */
    if (m_state == FIN_WAIT_2)
        m_finWait2Event =
            Simulator::Schedule(Seconds(FIN_WAIT_2_SECONDS), &StreamSocket::LeaveFinWait2, this);
    Linger();
}

void
StreamSocket::LeaveFinWait2()
{
    const Ptr<StreamSocket> self(this);
    if (m_state == FIN_WAIT_2)
        Vanish();
}

/* Once the node has done with the stream, TIME_WAIT needs no socket.  Called outside ns-3's frames. */
void
StreamSocket::Linger()
{
    if (m_state != TIME_WAIT || m_id || !m_endPoint)
        return;
    const LastAck lastAck{m_tcb->m_nextTxSequence, m_tcb->m_rxBuffer->NextRxSequence(),
                          AdvertisedWindowSize()};
    TimeWait::Begin(m_host, m_endPoint, lastAck, Simulator::GetDelayLeft(m_timewaitEvent));
    m_endPoint = nullptr;
    m_tcp->RemoveSocket(this);
    Vanish();
}

void
StreamSocket::Abort()
{
    m_id = 0;
    m_tales = 0;
    m_ended = true;
    /* A SYN that was not answered needs no RST (spec, RFC 9293 §3.10.5). */
    if (m_state != SYN_SENT && m_state != TIME_WAIT && m_state != CLOSED)
        TcpSocketBase::SendEmptyPacket(TcpHeader::RST);
    Vanish();
}

void
StreamSocket::Vanish()
{
    m_id = 0;
    m_ended = true;
    m_tales = 0;
    m_icmpCallback.Nullify();
    m_host->engine->Bury(this);
    CancelAllTimers();
    DeallocateEndPoint();
    m_state = CLOSED;
}

/* The first tries are ns-3's; from the second FIN on the pace slows down, and it ends. */
void
StreamSocket::SendEmptyPacket(uint8_t flags)
{
    const bool fin = flags & TcpHeader::FIN;
    if (fin && m_finTries >= m_host->profile->data_tries) {
        const Ptr<StreamSocket> self(this);
        End(PL_CAUSE_TIMEOUT);
        if (!m_id)
            Vanish();
        return;
    }
    const bool again = fin && m_finTries > 0;
    if (fin)
        m_finTries++;
    TcpSocketBase::SendEmptyPacket(flags);
    if (again && m_retxEvent.IsRunning())
        Repeat(m_rto.Get() * static_cast<int64_t>(int64_t{1} << std::min<int>(m_finTries - 1, 16)), flags);
    else if ((flags & TcpHeader::SYN) && m_retxEvent.IsRunning() && m_rto.Get() > MaxRto())
        Repeat(m_rto.Get(), flags);
}

void
StreamSocket::Repeat(Time wait, uint8_t flags)
{
    m_retxEvent.Cancel();
    m_retxEvent = Simulator::Schedule(std::min(wait, MaxRto()), &StreamSocket::SendEmptyPacket, this, flags);
}

Time
StreamSocket::MaxRto() const
{
    return NanoSeconds(m_host->profile->max_rto);
}

void
StreamSocket::ReTxTimeout()
{
    const Ptr<StreamSocket> self(this);
    if (m_state >= ESTABLISHED && m_txBuffer->Size() > 0 && UnAckDataCount() == 0) {
        KeepProbing(); /* nothing in flight was lost: the window is too small */
        return;
    }
    const Time wanted = std::min(m_rto.Get() + m_rto.Get(), MaxRto());
    const bool data = m_txBuffer->Size() > 0 && m_state >= ESTABLISHED;
    m_inTimeout = true;
    TcpSocketBase::ReTxTimeout();
    m_inTimeout = false;
    /* Avoiding silly windows must not stop what was sent before and fitted then. */
    if (m_state >= ESTABLISHED && m_endPoint && UnAckDataCount() > 0 && m_txBuffer->Size() > 0 &&
        !m_retxEvent.IsRunning())
        DoRetransmit();
    if (data && m_rto.Get() != wanted && m_retxEvent.IsRunning()) {
        m_rto = wanted;
        m_retxEvent.Cancel();
        m_retxEvent = Simulator::Schedule(wanted, &StreamSocket::ReTxTimeout, this);
    }
    FinishIfDrained();
}

/* The peer's window as the send buffer sees it.  A full one is given as closed: at equality the buffer
 * would offer a segment of no bytes. */
uint32_t
StreamSocket::SendableWindow() const
{
    const uint32_t window = m_rWnd;
    return UnAckDataCount() < window ? window : 0;
}

void
StreamSocket::PersistTimeout()
{
    if (m_txBuffer->SizeFromSequence(m_tcb->m_nextTxSequence) > 0)
        TcpSocketBase::PersistTimeout();
}

} // namespace partyline
