#include "sim/ns3/slots.hh"

#include "sim/ns3/stream-socket.hh"

namespace partyline
{
namespace
{

/* An id is a generation above an index (chosen: a million ids a host, each slot reused 4 095 times before
 * an id comes again; the free slots queue, so that this takes longest). */
constexpr unsigned INDEX_BITS = 20;
constexpr uint32_t INDEX_MASK = (1u << INDEX_BITS) - 1;
constexpr uint16_t GENERATION_MASK = 0xfff;
constexpr uint32_t NONE = UINT32_MAX;

} // namespace

SlotTable::SlotTable()
    : m_firstFree(NONE),
      m_lastFree(NONE)
{
}

SlotTable::~SlotTable() = default;

pl_id
SlotTable::Add(SlotKind kind)
{
    uint32_t index = m_firstFree;
    if (index == NONE) {
        index = static_cast<uint32_t>(m_slots.size());
        if (index >= INDEX_MASK)
            return 0;
        m_slots.emplace_back();
    } else {
        m_firstFree = m_slots[index].nextFree;
        if (m_firstFree == NONE)
            m_lastFree = NONE;
    }
    Slot &slot = m_slots[index];
    slot.kind = kind;
    return static_cast<uint32_t>(slot.generation) << INDEX_BITS | (index + 1);
}

Slot *
SlotTable::Find(pl_id id)
{
    const uint32_t index = (id & INDEX_MASK) - 1;
    if (index >= m_slots.size())
        return nullptr;
    Slot &slot = m_slots[index];
    if (slot.kind == SlotKind::FREE || slot.generation != id >> INDEX_BITS)
        return nullptr;
    return &slot;
}

void
SlotTable::PutFree(uint32_t index)
{
    Slot &slot = m_slots[index];
    slot.kind = SlotKind::FREE;
    slot.endpoint = nullptr;
    slot.socket = nullptr;
    slot.generation = (slot.generation + 1) & GENERATION_MASK;
    slot.nextFree = NONE;
    if (m_lastFree == NONE)
        m_firstFree = index;
    else
        m_slots[m_lastFree].nextFree = index;
    m_lastFree = index;
}

void
SlotTable::Remove(pl_id id)
{
    if (Find(id))
        PutFree((id & INDEX_MASK) - 1);
}

void
SlotTable::Clear()
{
    for (uint32_t index = 0; index < m_slots.size(); index++)
        if (m_slots[index].kind != SlotKind::FREE)
            PutFree(index);
}

} // namespace partyline
