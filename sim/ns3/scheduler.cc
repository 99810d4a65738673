#include "sim/ns3/scheduler.hh"

#include <ns3/event-id.h>

namespace partyline
{

NS_OBJECT_ENSURE_REGISTERED(FenceScheduler);

namespace
{
FenceScheduler *g_current = nullptr;
/* Below ns3::EventId::UID::VALID, so before every scheduled event of the instant. */
constexpr uint32_t FENCE_UID = ns3::EventId::UID::RESERVED;
} // namespace

ns3::TypeId
FenceScheduler::GetTypeId()
{
    static ns3::TypeId tid = ns3::TypeId("partyline::FenceScheduler")
                                 .SetParent<ns3::PriorityQueueScheduler>()
                                 .AddConstructor<FenceScheduler>();
    return tid;
}

FenceScheduler::FenceScheduler()
{
    g_current = this;
}

FenceScheduler::~FenceScheduler()
{
    if (g_current == this)
        g_current = nullptr;
}

FenceScheduler *
FenceScheduler::Current()
{
    return g_current;
}

void
FenceScheduler::FenceNext()
{
    m_fenceNext = true;
}

uint64_t
FenceScheduler::Pending() const
{
    return m_pending;
}

void
FenceScheduler::Insert(const ns3::Scheduler::Event &event)
{
    ns3::Scheduler::Event inserted = event;
    if (m_fenceNext)
        inserted.key.m_uid = FENCE_UID;
    m_fenceNext = false;
    m_pending++;
    PriorityQueueScheduler::Insert(inserted);
}

ns3::Scheduler::Event
FenceScheduler::RemoveNext()
{
    m_pending--;
    return PriorityQueueScheduler::RemoveNext();
}

void
FenceScheduler::Remove(const ns3::Scheduler::Event &event)
{
    m_pending--;
    PriorityQueueScheduler::Remove(event);
}

} // namespace partyline
