/* slots.hh - a host's ids: index and generation, so that an old id finds nothing. */
#ifndef SIM_NS3_SLOTS_HH
#define SIM_NS3_SLOTS_HH

extern "C" {
#include "core/types.h"
}

#include <ns3/ipv4-end-point.h>
#include <ns3/ptr.h>
#include <vector>

namespace partyline {

class StreamSocket;

enum class SlotKind : uint8_t { FREE, UDP, LISTENER, STREAM };

struct Slot {
    SlotKind kind{SlotKind::FREE};
    uint16_t generation{1};
    uint32_t nextFree{0};
    /* UDP, and listeners without a socket; owned by ns-3's demultiplexer */
    ns3::Ipv4EndPoint *endpoint{nullptr};
    ns3::Ptr<StreamSocket> socket;         /* LISTENER, STREAM */
};

class SlotTable
{
  public:
    SlotTable();
    ~SlotTable();

    /* A new id of that kind; 0 when a million are in use. */
    pl_id Add(SlotKind kind);
    /* The slot of a live id; nullptr if the id is old or was never given. */
    Slot *Find(pl_id id);
    /* Ends an id.  The slot's socket must have been taken out before. */
    void Remove(pl_id id);
    /* Ends every id. */
    void Clear();
    /* Calls visit(Slot &) for every live slot, in the order of their numbers. */
    template <typename Visit> void ForEach(Visit visit)
    {
        for (Slot &slot : m_slots)
            if (slot.kind != SlotKind::FREE)
                visit(slot);
    }

  private:
    void PutFree(uint32_t index);

    std::vector<Slot> m_slots;
    uint32_t m_firstFree;
    uint32_t m_lastFree;
};

} // namespace partyline

#endif
