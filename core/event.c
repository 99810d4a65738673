#include "core/event.h"

static const pl_event_row rows[] = {
#define X(id, name, columns) [id] = {name, columns},
    PL_EVENTS(X)
#undef X
};

const pl_event_row *pl_event_row_of(pl_event_id id)
{
    return &rows[id];
}
