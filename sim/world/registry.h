/* registry.h - what a node keeps between logins (the client's "registry"): a few named values.
 *
 * In a simulated world it lives in memory and outlives the node, not the run.  In a live world it is a
 * file of its own, replaced as a whole on each change. */
#ifndef SIM_WORLD_REGISTRY_H
#define SIM_WORLD_REGISTRY_H

#include "core/types.h"

#define SIM_REGISTRY_KEY_MAX 15        /* chosen: keys are short words */
#define SIM_REGISTRY_VALUE_MAX 65535   /* chosen: 2 KB of host cache is the largest today */

typedef struct sim_registry sim_registry;

/* `path` of the file, or NULL for memory only.  NULL and a sentence in *ret_error (g_free) if the file
 * exists but cannot be read or is damaged. */
sim_registry *sim_registry_new(const char *path, char **ret_error);
void sim_registry_free(sim_registry *registry);
/* As pl_port_ops keep and load.  PL_ERR_LIMIT for an overlong key or value, PL_ERR_DENIED if the file cannot
 * be written. */
int sim_registry_keep(sim_registry *registry, const char *key, const uint8_t *data, size_t len);
size_t sim_registry_load(const sim_registry *registry, const char *key, uint8_t *out, size_t max);

#endif
