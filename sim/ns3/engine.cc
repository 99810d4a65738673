#include "sim/ns3/engine.hh"

#include "sim/ns3/scheduler.hh"

#include <algorithm>
#include <ns3/event-impl.h>
#include <ns3/object-factory.h>
#include <ns3/packet.h>
#include <ns3/simulator.h>

using namespace partyline;
using namespace ns3;

namespace
{

/* A function of the world's, as an ns-3 event. */
class WorldEvent : public EventImpl
{
  public:
    WorldEvent(sim_event_fn function, void *context, void *argument)
        : m_function(function),
          m_context(context),
          m_argument(argument)
    {
    }

  protected:
    void Notify() override
    {
        m_function(m_context, m_argument, Simulator::Now().GetTimeStep());
    }

  private:
    sim_event_fn m_function;
    void *m_context;
    void *m_argument;
};

void
Release(Ptr<TcpSocketBase>)
{
}

} // namespace

sim_engine::sim_engine(const sim_engine_options &options, const sim_network_face &networkFace)
    : face(networkFace)
{
    ObjectFactory factory;
    factory.SetTypeId(FenceScheduler::GetTypeId());
    Simulator::SetScheduler(factory);
    hosts.reserve(options.hosts_expected);
}

sim_engine::~sim_engine()
{
    for (auto &host : hosts) {
        host->slots.Clear();
        host->lingering.clear();
    }
    m_waiting.clear();
    Simulator::Destroy();
}

pl_time
sim_engine::Now() const
{
    return Simulator::Now().GetTimeStep();
}

void
sim_engine::AtFence()
{
    fences++;
    if (Now() == m_until)
        Simulator::Stop();
}

void
sim_engine::Run(pl_time until)
{
    if (until <= Now())
        return;
    if (until == PL_NEVER) { /* no instant: run until nothing is left, the clock stays at the last event */
        Simulator::Run();
        return;
    }
    m_until = until;
    FenceScheduler::Current()->FenceNext();
    Simulator::Schedule(TimeStep(static_cast<uint64_t>(until - Now())), &sim_engine::AtFence, this);
    Simulator::Run();
}

void
sim_engine::Deliver(Host &host, const net_packet &packet)
{
    m_delivering = true;
    host.Deliver(packet, Now());
    m_delivering = false;
    Drain();
}

void
sim_engine::SendToNetwork(const Host &host, Ptr<const Packet> packet)
{
    net_packet out;
    if (!host.up || packet->GetSize() > outgoing.size())
        return;
    const uint32_t len = packet->CopyData(outgoing.data(), packet->GetSize());
    if (!WireDecode(outgoing.data(), len, &out))
        return;
    packets++;
    face.send(face.network, host.number, &out, Now());
}

void
sim_engine::Post(Waiting &&waiting)
{
    m_waiting.push_back(std::move(waiting));
    if (!m_delivering)
        ScheduleDrain();
}

void
sim_engine::ScheduleDrain()
{
    if (m_drainScheduled)
        return;
    m_drainScheduled = true;
    Simulator::ScheduleNow(&sim_engine::Drain, this);
}

/* Hands out what waits now; what comes meanwhile gets an event of its own. */
void
sim_engine::Drain()
{
    m_drainScheduled = false;
    for (size_t left = m_waiting.size(); left > 0 && !m_waiting.empty(); left--) {
        Waiting waiting = std::move(m_waiting.front());
        m_waiting.pop_front();
        HandOut(waiting);
    }
    if (!m_waiting.empty())
        ScheduleDrain();
}

void
sim_engine::HandOut(Waiting &waiting)
{
    Host &host = *waiting.host;
    if (!host.up || host.life != waiting.life)
        return;
    if (waiting.stream) {
        waiting.stream->HandOut(Now());
        return;
    }
    if (waiting.input.id && !host.slots.Find(waiting.input.id))
        return;
    waiting.input.data = waiting.bytes.data();
    waiting.input.len = waiting.bytes.size();
    host.input(host.inputContext, &waiting.input, Now());
}

void
sim_engine::Bury(Ptr<TcpSocketBase> socket)
{
    Simulator::ScheduleNow(&Release, socket);
}

namespace
{

/* ns-3 has one simulator a process, so there is one engine at a time. */
sim_engine *g_engine = nullptr;

Host &
HostOf(sim_engine *engine, sim_host host)
{
    return *engine->hosts.at(host);
}

sim_engine *
Create(const sim_engine_options *options, const sim_network_face *face)
{
    if (g_engine)
        return nullptr;
    g_engine = new sim_engine(*options, *face);
    return g_engine;
}

void
Destroy(sim_engine *engine)
{
    delete engine;
    g_engine = nullptr;
}

pl_time
NowOf(const sim_engine *engine)
{
    return engine->Now();
}

void
At(sim_engine *engine, pl_time when, sim_event_fn function, void *context, void *argument)
{
    const pl_time delay = std::max<pl_time>(when - engine->Now(), 0);
    Simulator::Schedule(TimeStep(static_cast<uint64_t>(delay)),
                        Ptr<EventImpl>(new WorldEvent(function, context, argument), false));
}

void
RunUntil(sim_engine *engine, pl_time until)
{
    engine->Run(until);
}

void
Stop(sim_engine *)
{
    Simulator::Stop();
}

void
HostAdd(sim_engine *engine, sim_host host, const sim_host_options *options)
{
    if (host == engine->hosts.size())
        engine->hosts.push_back(std::make_unique<Host>(engine, host, *options));
}

void
HostDown(sim_engine *engine, sim_host host)
{
    if (HostOf(engine, host).up)
        HostOf(engine, host).Down();
}

void
HostUp(sim_engine *engine, sim_host host, uint32_t ip)
{
    HostDown(engine, host);
    HostOf(engine, host).Up(ip);
}

void
DeliverTo(sim_engine *engine, sim_host host, const net_packet *packet, pl_time)
{
    engine->Deliver(HostOf(engine, host), *packet);
}

int
UdpBind(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_socket)
{
    return HostOf(engine, host).UdpBind(port, ret_socket);
}

int
UdpSend(sim_engine *engine, sim_host host, pl_id socket, pl_addr to, uint8_t ttl, const uint8_t *data,
        size_t len)
{
    return HostOf(engine, host).UdpSend(socket, to, ttl, data, len);
}

int
TcpListen(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_listener)
{
    return HostOf(engine, host).TcpListen(port, ret_listener);
}

int
TcpOpen(sim_engine *engine, sim_host host, uint16_t localPort, pl_addr to, pl_id *ret_stream)
{
    return HostOf(engine, host).TcpOpen(localPort, to, ret_stream);
}

int
TcpWrite(sim_engine *engine, sim_host host, pl_id stream, const uint8_t *data, size_t len)
{
    Ptr<StreamSocket> socket = HostOf(engine, host).Stream(stream);
    return socket ? socket->Write(data, len) : PL_ERR_GONE;
}

void
TcpMore(sim_engine *engine, sim_host host, pl_id stream)
{
    Ptr<StreamSocket> socket = HostOf(engine, host).Stream(stream);
    if (socket)
        socket->More();
}

void
TcpShutdown(sim_engine *engine, sim_host host, pl_id stream)
{
    Ptr<StreamSocket> socket = HostOf(engine, host).Stream(stream);
    if (socket)
        socket->Finish();
}

void
TcpAbort(sim_engine *engine, sim_host host, pl_id stream)
{
    Ptr<StreamSocket> socket = HostOf(engine, host).Stream(stream);
    if (!socket)
        return;
    HostOf(engine, host).Forget(stream);
    socket->Abort();
}

void
Close(sim_engine *engine, sim_host host, pl_id id)
{
    HostOf(engine, host).Close(id);
}

uint16_t
LocalPort(sim_engine *engine, sim_host host, pl_id id)
{
    return HostOf(engine, host).LocalPort(id);
}

int
IcmpEcho(sim_engine *engine, sim_host host, uint32_t to, uint16_t sequence, size_t len)
{
    return HostOf(engine, host).Echo(to, sequence, len);
}

void
Stats(const sim_engine *engine, sim_engine_stats *ret_stats)
{
    ret_stats->events = Simulator::GetEventCount() - engine->fences;
    ret_stats->pending = FenceScheduler::Current()->Pending();
    ret_stats->packets = engine->packets;
}

/* By name: C++17 has no designated initialisers, and what is not named stays NULL. */
sim_engine_ops
Table()
{
    sim_engine_ops ops{};
    ops.name = "ns3";
    ops.bytes = sizeof(sim_engine_ops);
    ops.capabilities = SIM_ENGINE_VIRTUAL_TIME | SIM_ENGINE_TTL | SIM_ENGINE_ECHO | SIM_ENGINE_ICMP |
                       SIM_ENGINE_NETWORK;
    ops.create = Create;
    ops.destroy = Destroy;
    ops.now = NowOf;
    ops.at = At;
    ops.run = RunUntil;
    ops.stop = Stop;
    ops.host_add = HostAdd;
    ops.host_down = HostDown;
    ops.host_up = HostUp;
    ops.deliver = DeliverTo;
    ops.udp_bind = UdpBind;
    ops.udp_send = UdpSend;
    ops.tcp_listen = TcpListen;
    ops.tcp_open = TcpOpen;
    ops.tcp_write = TcpWrite;
    ops.tcp_more = TcpMore;
    ops.tcp_shutdown = TcpShutdown;
    ops.tcp_abort = TcpAbort;
    ops.close = Close;
    ops.local_port = LocalPort;
    ops.icmp_echo = IcmpEcho;
    ops.stats = Stats;
    return ops;
}

const sim_engine_ops g_ops = Table();

} // namespace

extern "C" __attribute__((visibility("default"))) const sim_engine_ops *
partyline_engine_1()
{
    return &g_ops;
}
