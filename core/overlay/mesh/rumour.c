#include "core/overlay/mesh/mesh_internal.h"

#include <string.h>

/* Each is said so often that it reaches everybody with a large margin: twice the logarithm of the size, and
 * more. */
static uint32_t times_to_say(const pl_mesh *mesh)
{
    return 2 * (uint32_t)g_bit_storage((gulong)pl_mesh_size(mesh)) + 4;
}

void pl_mesh_say(pl_mesh *mesh, pl_rumour_kind kind, pl_addr about)
{
    size_t place = 0;
    while (place < mesh->n_rumours && !pl_addr_equal(mesh->rumours[place].rumour.about, about))
        place++;
    if (place == mesh->n_rumours && mesh->n_rumours < PL_MESH_RUMOURS_MAX)
        mesh->n_rumours++;
    else if (place == mesh->n_rumours)
        place--;
    memmove(mesh->rumours + 1, mesh->rumours, place * sizeof mesh->rumours[0]);
    mesh->rumours[0] = (pl_mesh_rumour){{kind, about}, times_to_say(mesh)};
}

void pl_mesh_add_rumours(pl_mesh *mesh, pl_message *message)
{
    size_t kept = 0;
    for (size_t i = 0; i < mesh->n_rumours; i++) {
        pl_mesh_rumour *rumour = &mesh->rumours[i];
        if (message->n_rumours < PL_MESSAGE_RUMOURS_MAX) {
            message->rumours[message->n_rumours++] = rumour->rumour;
            rumour->left--;
        }
        if (rumour->left > 0)
            mesh->rumours[kept++] = *rumour;
    }
    mesh->n_rumours = kept;
}

/* Only what would change our view is worth a look. */
void pl_mesh_take_rumours(pl_mesh *mesh, const pl_message *message, pl_time now)
{
    for (size_t i = 0; i < message->n_rumours; i++) {
        const pl_rumour *rumour = &message->rumours[i];
        bool is_member = pl_view_find(&mesh->view, rumour->about) != NULL;
        if (is_member == (rumour->kind == PL_RUMOUR_LOST))
            pl_mesh_heard_of(mesh, rumour->about, now);
    }
}
