#include "sim/stack_port.h"

#define OPS(ctx) (((const sim_stack_port *)(ctx))->ops)
#define ENGINE(ctx) ((const sim_stack_port *)(ctx))->engine, ((const sim_stack_port *)(ctx))->host

int sim_stack_port_udp_bind(void *ctx, uint16_t port, pl_id *ret_socket)
{
    return OPS(ctx)->udp_bind(ENGINE(ctx), port, ret_socket);
}

int sim_stack_port_udp_send(void *ctx, pl_id socket, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len)
{
    return OPS(ctx)->udp_send(ENGINE(ctx), socket, to, ttl, data, len);
}

int sim_stack_port_tcp_listen(void *ctx, uint16_t port, pl_id *ret_listener)
{
    return OPS(ctx)->tcp_listen(ENGINE(ctx), port, ret_listener);
}

int sim_stack_port_tcp_open(void *ctx, uint16_t local_port, pl_addr to, pl_id *ret_stream)
{
    return OPS(ctx)->tcp_open(ENGINE(ctx), local_port, to, ret_stream);
}

int sim_stack_port_tcp_write(void *ctx, pl_id stream, const uint8_t *data, size_t len)
{
    return OPS(ctx)->tcp_write(ENGINE(ctx), stream, data, len);
}

void sim_stack_port_tcp_more(void *ctx, pl_id stream)
{
    OPS(ctx)->tcp_more(ENGINE(ctx), stream);
}

void sim_stack_port_tcp_shutdown(void *ctx, pl_id stream)
{
    OPS(ctx)->tcp_shutdown(ENGINE(ctx), stream);
}

void sim_stack_port_close(void *ctx, pl_id id)
{
    OPS(ctx)->close(ENGINE(ctx), id);
}

void sim_stack_port_tcp_abort(void *ctx, pl_id stream)
{
    OPS(ctx)->tcp_abort(ENGINE(ctx), stream);
}

uint16_t sim_stack_port_local_port(void *ctx, pl_id id)
{
    return OPS(ctx)->local_port(ENGINE(ctx), id);
}

int sim_stack_port_icmp_echo(void *ctx, uint32_t to, uint16_t sequence, size_t len)
{
    return OPS(ctx)->icmp_echo(ENGINE(ctx), to, sequence, len);
}
