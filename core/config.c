#include "core/config.h"

#include <string.h>

static const pl_config_row rows[] = {
#define X(field, key, unit, value, least, greatest, source, help)                                            \
    {key, unit, value, least, greatest, source, help, offsetof(pl_config, field)},
    PL_CONFIG(X)
#undef X
};

void pl_config_init(pl_config *config)
{
    *config = (pl_config){
#define X(field, key, unit, value, least, greatest, source, help) .field = value,
        PL_CONFIG(X)
#undef X
    };
}

size_t pl_config_rows(const pl_config_row **ret_rows)
{
    *ret_rows = rows;
    return sizeof rows / sizeof rows[0];
}

int pl_config_set(pl_config *config, const char *key, int64_t value)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].key, key) != 0)
            continue;
        if (value < rows[i].least || value > rows[i].greatest)
            return PL_ERR_LIMIT;
        memcpy((char *)config + rows[i].offset, &value, sizeof value);
        return 0;
    }
    return PL_ERR_UNKNOWN;
}
