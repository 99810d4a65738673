/* light_world.h - two hosts of the light engine on a wire, with the hands of the conformance suite. */
#ifndef TESTS_SUPPORT_LIGHT_WORLD_H
#define TESTS_SUPPORT_LIGHT_WORLD_H

#include "tests/support/conformance_tests.h"
#include "tests/support/wire_face.h"

typedef struct light_world_options {
    const sim_stack_profile *profile;
    wire_options wire;
} light_world_options;

/* A maker of such worlds; `options` is borrowed and stays. */
conformance_maker light_world_maker(const light_world_options *options);
/* A world, of a maker that stays. */
wire *light_world_wire(const conformance_world *world);

#endif
