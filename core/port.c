#include "core/port.h"

const char *pl_cause_name(pl_cause cause)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        PL_CAUSES(X)
#undef X
    };
    return names[cause];
}
