#include "core/types.h"

const char *pl_error_text(int error)
{
    switch (error) {
#define X(name, value, text)                                                                                 \
    case value:                                                                                              \
        return text;
        PL_ERRORS(X)
#undef X
    default:
        return "no error";
    }
}

const char *pl_error_name(int error)
{
    static const char *const names[] = {"again",     "in-use",     "denied",   "gone",    "limit",
                                        "short",     "malformed",  "oversized", "unexpected", "forged",
                                        "replayed",  "expired",    "unknown",  "password"};
    return error < 0 && error >= -(int)(sizeof names / sizeof names[0]) ? names[-error - 1] : "none";
}
