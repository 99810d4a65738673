/* stream-socket.hh - ns-3's TCP socket with its gaps closed, and the bookkeeping of one stream.
 *
 * A subclass, because what is wrong or missing in 3.37 lies behind protected members.  What it mends:
 *   - a partial ACK in LAST_ACK or CLOSING ended the connection with data still in flight;
 *   - a lost FIN was sent again for ever, at one pace; in LAST_ACK behind data never;
 *   - TIME_WAIT did not answer the peer's repeated FIN, and swallowed a new SYN;
 *   - a zero window with nothing to send made the persist timer follow a null pointer;
 *   - a window that reopened below one segment, or whose update was lost, stopped the sender for good;
 *   - a peer's window filled to the last byte during loss recovery made it send an empty segment, again
 *     through a null pointer;
 *   - a lost segment was not repeated into a window smaller than a full one;
 *   - a repeated SYN+ACK was not acknowledged, so a lost last ACK of the handshake left one side unopened;
 *   - a listener ignored segments of connections that it does not know, instead of resetting them;
 *   - reading did not announce a reopened window;
 *   - written data left one nanosecond late, and two writes of one instant as one segment;
 *   - the first data segment was acknowledged at once whatever the profile says;
 *   - a repeated SYN was measured from its first transmission, and data then waited 9 s and more;
 *   - retransmission timeouts were capped at 60 s whatever the profile says;
 *   - FIN_WAIT_2 after a close lasted for ever;
 *   - a socket could not be aborted, nor forgotten. */
#ifndef SIM_NS3_STREAM_SOCKET_HH
#define SIM_NS3_STREAM_SOCKET_HH

#include "sim/ns3/host.hh"

#include <ns3/tcp-header.h>
#include <ns3/tcp-socket-base.h>
#include <vector>

namespace partyline {

class StreamSocket : public ns3::TcpSocketBase {
  public:
    StreamSocket();
    StreamSocket(const StreamSocket &listener);
    ~StreamSocket() override;

    /* A socket of the host with its profile, not yet bound. */
    static ns3::Ptr<StreamSocket> New(Host *host);

    /* Starts to open.  False if the port is in use. */
    bool StartOpen(pl_id id, uint16_t localPort, pl_addr to);
    /* Starts to listen at an endpoint, which becomes the socket's. */
    void StartListen(pl_id id, ns3::Ipv4EndPoint *endpoint);
    uint16_t LocalPort() const;

    int Write(const uint8_t *data, size_t len);
    void More();
    void Finish();
    /* The node wants no more of it: what is queued and FIN still go out. */
    void Release();
    /* RST and away. */
    void Abort();
    /* Away without a word. */
    void Vanish();

    /* Tells the node what has happened; called outside ns-3's frames. */
    void HandOut(pl_time now);

  protected:
    ns3::Ptr<ns3::TcpSocketBase> Fork() override;
    void CompleteFork(ns3::Ptr<ns3::Packet> packet, const ns3::TcpHeader &header, const ns3::Address &from,
                      const ns3::Address &to) override;
    void DoForwardUp(ns3::Ptr<ns3::Packet> packet, const ns3::Address &from,
                     const ns3::Address &to) override;
    void SendEmptyPacket(uint8_t flags) override;
    void NewAck(const ns3::SequenceNumber32 &ack, bool resetRto) override;
    void ReTxTimeout() override;
    void PersistTimeout() override;

  private:
    /* What a stream has to tell, as bits. */
    enum Tale : uint8_t {
        TALE_OPEN = 1,
        TALE_DATA = 2, /* and FIN, once all data is read */
        TALE_WRITABLE = 4,
        TALE_CLOSED = 8
    };

    void Configure(const sim_stack_profile &profile);
    void DropTraces();
    void SetShimCallbacks();
    bool BindLocal(uint16_t localPort, pl_addr peer);

    static void OnRoom(ns3::Ptr<ns3::Socket> socket, uint32_t room);
    static void OnArrival(ns3::Ptr<ns3::Socket> socket);
    static void OnOpenFailed(ns3::Ptr<ns3::Socket> socket);
    static void OnErrorClose(ns3::Ptr<ns3::Socket> socket);
    void OnIcmp(ns3::Ipv4Address from, uint8_t ttl, uint8_t type, uint8_t code, uint32_t info);

    void AckOnly(ns3::Ptr<ns3::Packet> packet, const ns3::TcpHeader &header);
    void AnswerInTimeWait(const ns3::TcpHeader &header);
    void ResetStranger(const ns3::TcpHeader &header, const ns3::Address &from, const ns3::Address &to);
    void Watch(TcpStates_t before, bool reset);
    void WatchOpen();
    void ForgetSynRto();
    void WatchEnd();
    void End(pl_cause cause);
    void Mark(Tale tale);
    void FinishIfDrained();
    void KeepProbing();
    uint32_t SendableWindow() const;
    void Repeat(ns3::Time wait, uint8_t flags);
    void LeaveFinWait2();
    void Linger();
    void Pull();
    void AnnounceWindow();

    bool Tell(pl_input_kind kind, pl_time now);
    bool TellData(pl_time now);
    bool TellOpen(pl_time now);
    void TellClosed(pl_time now);
    bool AllRead() const;
    ns3::Time MaxRto() const;

    Host *m_host{nullptr};
    pl_id m_id{0};          /* 0: the node knows nothing of it, or no more */
    pl_id m_listener{0};    /* of an accepted stream */
    std::vector<uint8_t> m_held; /* read from ns-3, not yet consumed by the node */
    ns3::EventId m_finWait2Event; /* ends FIN_WAIT_2 after a close */
    pl_cause m_cause{PL_CAUSE_FIN};
    uint8_t m_tales{0};
    uint8_t m_finTries{0};
    bool m_forked{false};
    bool m_opened{false};
    bool m_posted{false};
    bool m_ended{false};
    bool m_blocked{false};  /* the node consumed less than it was given */
    bool m_wantsRoom{false};
    bool m_finishing{false};
    bool m_peerFinished{false};
    bool m_finTold{false};
    bool m_inTimeout{false};
};

} // namespace partyline

#endif
