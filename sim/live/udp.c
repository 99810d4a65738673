#include "sim/live/live.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

int live_udp_bind(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_socket)
{
    int fd = -1;
    const int on = 1;
    const int result = live_bound(engine, host, LIVE_UDP, port, &fd);
    if (result < 0)
        return result;
    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    live_socket *socket = live_table_add(engine, host, LIVE_UDP, fd);
    if (!socket)
        return PL_ERR_LIMIT;
    live_table_watch(engine, socket, EPOLLIN);
    *ret_socket = socket->id;
    return 0;
}

static ssize_t send_datagram(int fd, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len)
{
    struct sockaddr_in address = live_sockaddr(to);
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct msghdr message = {
        .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &part, .msg_iovlen = 1};
    if (ttl) {
        const int value = ttl;
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = IPPROTO_IP;
        header->cmsg_type = IP_TTL;
        header->cmsg_len = CMSG_LEN(sizeof value);
        memcpy(CMSG_DATA(header), &value, sizeof value);
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

int live_udp_send(sim_engine *engine, sim_host host, pl_id id, pl_addr to, uint8_t ttl, const uint8_t *data,
                  size_t len)
{
    live_socket *socket = live_table_find(engine, host, id, LIVE_UDP);
    if (!socket)
        return PL_ERR_GONE;
    if (!to.ip || !to.port)
        return PL_ERR_DENIED;
    if (send_datagram(socket->fd, to, ttl, data, len) >= 0)
        return 0;
    /* The kernel may report an earlier ICMP error here instead of sending: then once more. */
    if (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH || errno == EHOSTDOWN)
        if (send_datagram(socket->fd, to, ttl, data, len) >= 0)
            return 0;
    if (errno == EAGAIN || errno == ENOBUFS)
        return PL_ERR_AGAIN;
    return errno == EMSGSIZE ? PL_ERR_OVERSIZED : 0; /* all else is loss, and loss is silent */
}

static void receive(sim_engine *engine, pl_id id)
{
    for (int turn = 0; turn < LIVE_TURN; turn++) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        live_socket *socket = live_table_any(engine, id);
        if (!socket || engine->stopping)
            return;
        const ssize_t len = recvfrom(socket->fd, engine->buffer, sizeof engine->buffer, 0,
                                     (struct sockaddr *)&from, &from_len);
        if (len < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (len < 0)
            continue; /* an ICMP error, told through the error queue */
        const pl_input input = {.kind = PL_INPUT_DATAGRAM,
                                .id = id,
                                .from = live_addr(&from),
                                .data = engine->buffer,
                                .len = (size_t)len};
        live_input(engine, socket->host, &input);
    }
}

static const struct sock_extended_err *icmp_error(struct msghdr *message)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        const void *data = CMSG_DATA(header);
        const struct sock_extended_err *error = data;
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR &&
            error->ee_origin == SO_EE_ORIGIN_ICMP)
            return error;
    }
    return NULL;
}

/* The error queue: what ICMP said about a datagram of ours, and where that datagram went. */
static bool take_error(sim_engine *engine, live_socket *socket)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t own_len = sizeof own;
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    struct iovec part = {.iov_base = engine->buffer, .iov_len = sizeof engine->buffer};
    struct msghdr message = {.msg_name = &to,
                             .msg_namelen = sizeof to,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    if (recvmsg(socket->fd, &message, MSG_ERRQUEUE) < 0)
        return false;
    const struct sock_extended_err *error = icmp_error(&message);
    if (!error)
        return true;
    getsockname(socket->fd, (struct sockaddr *)&own, &own_len);
    const struct sockaddr_in *offender = (const void *)SO_EE_OFFENDER(error);
    const pl_input input = {.kind = PL_INPUT_ICMP,
                            .id = socket->id,
                            .from = {.ip = live_addr(offender).ip},
                            .icmp = {.type = error->ee_type,
                                     .code = error->ee_code,
                                     .protocol = PL_PROTOCOL_UDP,
                                     .source = live_addr(&own),
                                     .destination = live_addr(&to)}};
    live_input(engine, socket->host, &input);
    return true;
}

void live_udp_ready(sim_engine *engine, live_socket *socket, uint32_t events)
{
    const pl_id id = socket->id;
    if (events & EPOLLERR)
        for (int turn = 0; turn < LIVE_TURN && !engine->stopping; turn++) {
            socket = live_table_any(engine, id);
            if (!socket || !take_error(engine, socket))
                break;
        }
    if (events & (EPOLLIN | EPOLLERR))
        receive(engine, id);
}
