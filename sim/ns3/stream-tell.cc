#include "sim/ns3/engine.hh"

#include <algorithm>
#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-end-point.h>
#include <ns3/tcp-rx-buffer.h>

/* What the node is told of a stream, in the order in which it makes sense to it: open, data, FIN, room,
 * end.  All of it outside ns-3's frames. */

namespace partyline
{

using namespace ns3;

void
StreamSocket::Mark(Tale tale)
{
    if (!m_id)
        return;
    m_tales |= tale;
    if (m_posted)
        return;
    m_posted = true;
    Waiting waiting;
    waiting.host = m_host;
    waiting.life = m_host->life;
    waiting.stream = this;
    m_host->engine->Post(std::move(waiting));
}

void
StreamSocket::End(pl_cause cause)
{
    if (m_ended)
        return;
    m_ended = true;
    m_cause = cause;
    Mark(TALE_CLOSED);
}

bool
StreamSocket::AllRead() const
{
    return m_held.empty() && m_tcb->m_rxBuffer->Available() == 0;
}

/* Hands over one input; false if the stream's id ended meanwhile. */
bool
StreamSocket::Tell(pl_input_kind kind, pl_time now)
{
    pl_input input{};
    input.kind = kind;
    input.id = m_id;
    m_host->input(m_host->inputContext, &input, now);
    return m_id != 0;
}

bool
StreamSocket::TellOpen(pl_time now)
{
    if (!m_forked)
        return Tell(PL_INPUT_OPENED, now);
    pl_input input{};
    input.kind = PL_INPUT_ACCEPTED;
    input.id = m_id;
    input.listener = m_listener;
    if (m_endPoint)
        input.from = pl_addr{m_endPoint->GetPeerAddress().Get(), m_endPoint->GetPeerPort()};
    m_host->input(m_host->inputContext, &input, now);
    return m_id != 0;
}

bool
StreamSocket::TellData(pl_time now)
{
    while (!m_held.empty() && !m_blocked) {
        pl_input input{};
        /* Moved out: the node may close the stream, or ask for more, while it reads. */
        std::vector<uint8_t> data = std::move(m_held);
        m_held.clear();
        input.kind = PL_INPUT_DATA;
        input.id = m_id;
        input.data = data.data();
        input.len = data.size();
        m_blocked = true; /* until we know: tcp_more from inside lifts it */
        const size_t taken = std::min(m_host->input(m_host->inputContext, &input, now), data.size());
        if (!m_id)
            return false;
        if (taken < data.size()) {
            m_held.insert(m_held.begin(), data.begin() + static_cast<std::ptrdiff_t>(taken), data.end());
            if (!m_blocked) /* asked for more while it read */
                Mark(TALE_DATA);
            return true;
        }
        m_blocked = false;
        Pull();
        AnnounceWindow();
    }
    return true;
}

void
StreamSocket::TellClosed(pl_time now)
{
    const pl_id id = m_id;
    const Ptr<StreamSocket> self(this);
    m_id = 0;
    m_tales = 0;
    m_host->Forget(id);
    if (m_state != CLOSED && m_state != TIME_WAIT)
        Vanish();
    pl_input input{};
    input.kind = PL_INPUT_CLOSED;
    input.id = id;
    input.cause = m_cause;
    Linger();
    m_host->input(m_host->inputContext, &input, now);
}

void
StreamSocket::HandOut(pl_time now)
{
    const uint8_t tales = m_tales;
    m_posted = false;
    m_tales = 0;
    if (!m_id)
        return;
    const bool ended = m_ended || (tales & TALE_CLOSED);
    if (ended && m_cause != PL_CAUSE_FIN) {
        TellClosed(now);
        return;
    }
    if ((tales & TALE_OPEN) && !TellOpen(now))
        return;
    if (!TellData(now))
        return;
    if (m_peerFinished && !m_finTold && AllRead()) {
        m_finTold = true;
        if (!Tell(PL_INPUT_FIN, now))
            return;
    }
    if ((tales & TALE_WRITABLE) && m_wantsRoom && !m_ended) {
        m_wantsRoom = false;
        if (!Tell(PL_INPUT_WRITABLE, now))
            return;
    }
    if (m_ended && m_finTold)
        TellClosed(now);
}

void
StreamSocket::More()
{
    m_blocked = false;
    Pull();
    AnnounceWindow();
    if (!m_held.empty() || (m_peerFinished && !m_finTold))
        Mark(TALE_DATA);
}

/* ns-3 does not tell the peer that reading has opened the window again.  Said when it has opened by two
 * segments or half the buffer (spec, RFC 1122 §4.2.3.3: the receiver's half of avoiding silly windows). */
void
StreamSocket::AnnounceWindow()
{
    const TcpStates_t state = m_state;
    if (state != ESTABLISHED && state != FIN_WAIT_1 && state != FIN_WAIT_2)
        return;
    const uint32_t open = static_cast<uint32_t>(m_tcb->m_rxBuffer->MaxRxSequence() -
                                                m_tcb->m_rxBuffer->NextRxSequence());
    const uint32_t enough = std::min(2 * GetSegSize(), GetRcvBufSize() / 2);
    const uint32_t told = m_advWnd;
    if (!m_tcb->m_rxBuffer->GotFin() && open >= told + enough)
        SendEmptyPacket(TcpHeader::ACK);
}

} // namespace partyline
