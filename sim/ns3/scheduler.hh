/* scheduler.hh - ns-3's PriorityQueue scheduler with a fence, so that "run until T" excludes T.
 *
 * ns-3's own Simulator::Stop(T) is an event like any other: events at T that were inserted before it
 * still run.  The fence is an event at T that sorts before every other one of that instant. */
#ifndef SIM_NS3_SCHEDULER_HH
#define SIM_NS3_SCHEDULER_HH

#include <cstdint>
#include <ns3/priority-queue-scheduler.h>

namespace partyline {

class FenceScheduler : public ns3::PriorityQueueScheduler
{
  public:
    static ns3::TypeId GetTypeId();
    FenceScheduler();
    ~FenceScheduler() override;

    void Insert(const ns3::Scheduler::Event &event) override;
    ns3::Scheduler::Event RemoveNext() override;
    void Remove(const ns3::Scheduler::Event &event) override;

    /* The next event inserted becomes a fence. */
    void FenceNext();
    uint64_t Pending() const;

    /* The scheduler of the running simulation: ns-3 builds it from a type and hands out no pointer.
     * One, like ns-3's own simulator. */
    static FenceScheduler *Current();

  private:
    bool m_fenceNext{false};
    uint64_t m_pending{0};
};

} // namespace partyline

#endif
