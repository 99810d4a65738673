#include "core/types.h"

const char *pl_error_name(int error)
{
    switch (error) {
#define X(id, value, name)                                                                                   \
    case value:                                                                                              \
        return name;
        PL_ERRORS(X)
#undef X
    default:
        return "none";
    }
}
