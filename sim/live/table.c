#include "sim/live/live.h"

#include <sys/epoll.h>
#include <unistd.h>

/* An id is a generation above an index (chosen: a million ids; each index is used 4 096 times before an id
 * comes again). */
#define INDEX_BITS 20
#define INDEX_MASK ((1u << INDEX_BITS) - 1)
#define GENERATION_MASK 0xfffu

static uint16_t *generation(sim_engine *engine, guint index)
{
    return &g_array_index(engine->generations, uint16_t, index);
}

static guint take_index(sim_engine *engine)
{
    if (!g_queue_is_empty(&engine->free_indexes))
        return GPOINTER_TO_UINT(g_queue_pop_head(&engine->free_indexes));
    const uint16_t first = 1;
    g_ptr_array_add(engine->sockets, NULL);
    g_array_append_val(engine->generations, first);
    return engine->sockets->len - 1;
}

live_socket *live_table_add(sim_engine *engine, sim_host host, live_kind kind, int fd)
{
    struct epoll_event event = {.events = 0};
    if (g_queue_is_empty(&engine->free_indexes) && engine->sockets->len >= INDEX_MASK) {
        close(fd);
        return NULL;
    }
    const guint index = take_index(engine);
    const pl_id id = (pl_id)(*generation(engine, index)) << INDEX_BITS | (index + 1);
    event.data.u32 = id;
    if (epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        g_queue_push_tail(&engine->free_indexes, GUINT_TO_POINTER(index));
        close(fd);
        return NULL;
    }
    live_socket *socket = g_new0(live_socket, 1);
    socket->kind = kind;
    socket->host = host;
    socket->id = id;
    socket->fd = fd;
    engine->sockets->pdata[index] = socket;
    return socket;
}

live_socket *live_table_any(sim_engine *engine, pl_id id)
{
    const guint index = (id & INDEX_MASK) - 1;
    if (index >= engine->sockets->len)
        return NULL;
    live_socket *socket = engine->sockets->pdata[index];
    return socket && socket->id == id ? socket : NULL;
}

live_socket *live_table_find(sim_engine *engine, sim_host host, pl_id id, live_kind kind)
{
    live_socket *socket = live_table_any(engine, id);
    if (!socket || socket->host != host || socket->kind != kind || (socket->state & LIVE_RELEASED))
        return NULL;
    return socket;
}

void live_table_remove(sim_engine *engine, live_socket *socket)
{
    const guint index = (socket->id & INDEX_MASK) - 1;
    close(socket->fd); /* leaves the epoll set with it */
    if (socket->in)
        g_byte_array_unref(socket->in);
    if (socket->out)
        g_byte_array_unref(socket->out);
    g_free(socket);
    engine->sockets->pdata[index] = NULL;
    *generation(engine, index) = (uint16_t)((*generation(engine, index) + 1) & GENERATION_MASK);
    g_queue_push_tail(&engine->free_indexes, GUINT_TO_POINTER(index));
}

void live_table_watch(sim_engine *engine, live_socket *socket, uint32_t events)
{
    if (socket->watched == events)
        return;
    struct epoll_event event = {.events = events, .data = {.u32 = socket->id}};
    socket->watched = events;
    epoll_ctl(engine->epoll, EPOLL_CTL_MOD, socket->fd, &event);
}
