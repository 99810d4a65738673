#include "core/nat/discovery/discovery.h"

#include <glib.h>
#include <string.h>

#include "core/event.h"
#include "core/nat/discovery/verdict.h"
#include "core/nat/stun/transaction.h"

#define NONCE_MAX           40 /* chosen: room for other servers' nonces too; a longer one counts as none */
#define LOCAL_ADDRESSES_MAX 8  /* chosen: addresses of a host that are compared with the mapped one */

/* Two chains of tests, one socket each, run side by side; a chain has one test under way at most. */
typedef enum chain_id { CHAIN_MAPPING, CHAIN_FILTERING } chain_id;
#define CHAINS 2

typedef enum server_host { HOST_A1, HOST_A2 } server_host;

/* Whom a test asks, what for, and who alone may answer. */
typedef struct test_row {
    chain_id chain;
    server_host ask_host;
    uint16_t ask_port;
    uint32_t change;
    server_host answer_host;
    uint16_t answer_port;
} test_row;

#define PORT PL_STUN_CHANGE_PORT
#define BOTH (PL_STUN_CHANGE_IP | PL_STUN_CHANGE_PORT)
static const test_row rows[] = {
    [PL_NAT_MAPPING_1] = {CHAIN_MAPPING, HOST_A1, PL_STUN_PORT_1, 0, HOST_A1, PL_STUN_PORT_1},
    [PL_NAT_MAPPING_2] = {CHAIN_MAPPING, HOST_A2, PL_STUN_PORT_1, 0, HOST_A2, PL_STUN_PORT_1},
    [PL_NAT_MAPPING_3] = {CHAIN_MAPPING, HOST_A2, PL_STUN_PORT_2, 0, HOST_A2, PL_STUN_PORT_2},
    [PL_NAT_FILTERING_1] = {CHAIN_FILTERING, HOST_A1, PL_STUN_PORT_1, 0, HOST_A1, PL_STUN_PORT_1},
    [PL_NAT_FILTERING_2] = {CHAIN_FILTERING, HOST_A1, PL_STUN_PORT_1, BOTH, HOST_A2, PL_STUN_PORT_2},
    [PL_NAT_FILTERING_3] = {CHAIN_FILTERING, HOST_A1, PL_STUN_PORT_1, PORT, HOST_A1, PL_STUN_PORT_2},
    [PL_NAT_CONTROL] = {CHAIN_FILTERING, HOST_A1, PL_STUN_PORT_1, 0, HOST_A1, PL_STUN_PORT_1},
};
G_STATIC_ASSERT(G_N_ELEMENTS(rows) == PL_NAT_TESTS);

typedef struct test_chain {
    pl_discovery *discovery;
    pl_id socket;
    uint32_t partner_ip; /* A2 as the first answer on this chain named it, 0 if it named none */
    uint8_t nonce[NONCE_MAX];
    size_t nonce_len;
    pl_nat_test test; /* under way, PL_NAT_TEST_NONE when the chain is at its end */
    pl_stun_transaction request;
} test_chain;

struct pl_discovery {
    pl_context *context;
    uint32_t server_ip;
    pl_discovery_done_fn done;
    void *owner;
    pl_time started_at;
    test_chain chains[CHAINS];
    pl_nat_results results;
    uint32_t sent; /* requests */
};

static uint32_t ip_of(const test_chain *chain, server_host host)
{
    return host == HOST_A1 ? chain->discovery->server_ip : chain->partner_ip;
}

static pl_addr asked_of(const test_chain *chain)
{
    const test_row *row = &rows[chain->test];
    return (pl_addr){.ip = ip_of(chain, row->ask_host), .port = row->ask_port};
}

static pl_addr answerer_of(const test_chain *chain)
{
    const test_row *row = &rows[chain->test];
    return (pl_addr){.ip = ip_of(chain, row->answer_host), .port = row->answer_port};
}

/* --- verdicts --- */

/* Is the mapped address one of our own, with the socket's own port? */
static bool is_local(const pl_discovery *discovery, pl_addr mapped)
{
    const pl_port *port = &discovery->context->port;
    uint32_t addresses[LOCAL_ADDRESSES_MAX];
    size_t n = port->ops->local_addresses(port->ctx, addresses, LOCAL_ADDRESSES_MAX);
    if (port->ops->local_port(port->ctx, discovery->chains[CHAIN_MAPPING].socket) != mapped.port)
        return false;
    for (size_t i = 0; i < MIN(n, LOCAL_ADDRESSES_MAX); i++) {
        if (addresses[i] == mapped.ip)
            return true;
    }
    return false;
}

static pl_nat_report make_report(pl_discovery *discovery, pl_time now)
{
    discovery->results.same_partner =
        discovery->chains[CHAIN_MAPPING].partner_ip == discovery->chains[CHAIN_FILTERING].partner_ip;
    return (pl_nat_report){
        .udp = pl_nat_verdict_udp(&discovery->results),
        .mapping = pl_nat_verdict_mapping(&discovery->results),
        .filtering = pl_nat_verdict_filtering(&discovery->results),
        .mapped = discovery->results.test[PL_NAT_MAPPING_1].mapped,
        .found_at = pl_context_unix(discovery->context, now),
    };
}

/* --- which test follows --- */

/* II is asked even where nothing is translated: its answer is the partner's sign of life. */
static pl_nat_test next_of_mapping(const pl_discovery *discovery, pl_nat_test test)
{
    const pl_nat_results *results = &discovery->results;
    bool partner = discovery->chains[CHAIN_MAPPING].partner_ip != 0;
    if (test == PL_NAT_MAPPING_1)
        return pl_nat_answered(results, test) && partner ? PL_NAT_MAPPING_2 : PL_NAT_TEST_NONE;
    bool more = test == PL_NAT_MAPPING_2 && pl_nat_verdict_needs_mapping_3(results);
    return more ? PL_NAT_MAPPING_3 : PL_NAT_TEST_NONE;
}

static pl_nat_test next_of_filtering(const pl_discovery *discovery, pl_nat_test test)
{
    const test_chain *chain = &discovery->chains[CHAIN_FILTERING];
    bool silent = discovery->results.test[test].outcome == PL_NAT_SILENT;
    if (test == PL_NAT_FILTERING_1) {
        bool able = pl_nat_answered(&discovery->results, test) && chain->partner_ip && chain->nonce_len;
        return able ? PL_NAT_FILTERING_2 : PL_NAT_TEST_NONE;
    }
    if (test == PL_NAT_FILTERING_2)
        return silent ? PL_NAT_FILTERING_3 : PL_NAT_TEST_NONE;
    return test == PL_NAT_FILTERING_3 && silent ? PL_NAT_CONTROL : PL_NAT_TEST_NONE;
}

static pl_nat_test next_test(const pl_discovery *discovery, pl_nat_test test)
{
    return rows[test].chain == CHAIN_MAPPING ? next_of_mapping(discovery, test)
                                             : next_of_filtering(discovery, test);
}

/* --- one test: a request, repeated until answered or given up --- */

static void transmit(void *machine, int64_t nth, pl_time now)
{
    (void)nth, (void)now;
    test_chain *chain = machine;
    const pl_port *port = &chain->discovery->context->port;
    uint32_t change = rows[chain->test].change;
    uint8_t bytes[PL_STUN_FULL_BYTES + NONCE_MAX];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin(&writer, PL_STUN_REQUEST, PL_STUN_MAGIC, chain->request.id);
    if (change) {
        pl_stun_add_change(&writer, change);
        pl_stun_add(&writer, PL_STUN_NONCE, chain->nonce, chain->nonce_len);
    }
    pl_stun_add_padding(&writer);
    g_assert(!writer.failed);
    /* A send that the host refuses is as good as lost: the next try may pass. */
    (void)port->ops->udp_send(port->ctx, chain->socket, asked_of(chain), 0, bytes, writer.len);
    chain->discovery->sent++;
}

static void start_test(test_chain *chain, pl_nat_test test, pl_time now)
{
    chain->test = test;
    pl_stun_transaction_start(&chain->request, now);
}

/* Tells the owner, who may free us: nothing may follow. */
static void finish(pl_discovery *discovery, pl_time now)
{
    pl_nat_report report = make_report(discovery, now);
    pl_trace(&discovery->context->port, PL_EVENT_DISCOVERED, pl_text(pl_nat_udp_name(report.udp)),
             pl_text(pl_nat_mapping_name(report.mapping)), pl_text(pl_nat_filtering_name(report.filtering)),
             pl_endpoint(report.mapped), pl_number(now - discovery->started_at));
    discovery->done(discovery->owner, &report, now);
}

/* Notes how the test under way ended and goes on; the last of both chains ends the discovery. */
static void end_test(test_chain *chain, pl_nat_result ended, pl_time now)
{
    pl_discovery *discovery = chain->discovery;
    pl_nat_test test = chain->test;
    discovery->results.test[test] = ended;
    if (test == PL_NAT_MAPPING_1 && ended.outcome == PL_NAT_ANSWERED)
        discovery->results.local = is_local(discovery, ended.mapped);
    pl_stun_transaction_stop(&chain->request);
    chain->test = PL_NAT_TEST_NONE;
    pl_nat_test next = next_test(discovery, test);
    if (next != PL_NAT_TEST_NONE)
        start_test(chain, next, now);
    else if (discovery->chains[0].test == PL_NAT_TEST_NONE && discovery->chains[1].test == PL_NAT_TEST_NONE)
        finish(discovery, now);
}

static void on_silence(void *machine, pl_time now)
{
    end_test(machine, (pl_nat_result){.outcome = PL_NAT_SILENT}, now);
}

/* --- answers --- */

/* What the first answer of a chain tells about the server: its partner, and the nonce for changes. */
static void learn(test_chain *chain, const pl_stun *stun)
{
    pl_addr other = stun->other;
    bool usable = pl_stun_has(stun, PL_STUN_OTHER_ADDRESS) && other.ip != 0 &&
                  other.ip != chain->discovery->server_ip && other.port == PL_STUN_PORT_2;
    chain->partner_ip = usable ? other.ip : 0;
    chain->nonce_len = 0;
    if (pl_stun_has(stun, PL_STUN_NONCE) && stun->nonce.len <= NONCE_MAX) {
        chain->nonce_len = stun->nonce.len;
        memcpy(chain->nonce, stun->nonce.data, stun->nonce.len);
    }
}

static int take_answer(test_chain *chain, const pl_stun *stun, pl_addr from, pl_time now)
{
    if (stun->kind == PL_STUN_SUCCESS && pl_addr_equal(from, answerer_of(chain))) {
        if (chain->test == PL_NAT_MAPPING_1 || chain->test == PL_NAT_FILTERING_1)
            learn(chain, stun);
        end_test(chain, (pl_nat_result){.outcome = PL_NAT_ANSWERED, .mapped = stun->xor_mapped}, now);
        return 0;
    }
    if (!pl_addr_equal(from, asked_of(chain)))
        return PL_ERR_UNEXPECTED;
    /* An error, or a server that ignores CHANGE-REQUEST: the test cannot be made here. */
    int error = stun->kind == PL_STUN_ERROR ? 0 : PL_ERR_UNEXPECTED;
    end_test(chain, (pl_nat_result){.outcome = PL_NAT_REFUSED}, now);
    return error;
}

static test_chain *chain_of(pl_discovery *discovery, pl_id socket)
{
    for (size_t i = 0; i < CHAINS; i++) {
        if (discovery->chains[i].socket == socket)
            return &discovery->chains[i];
    }
    return NULL;
}

int pl_discovery_input(pl_discovery *discovery, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                       pl_time now)
{
    test_chain *chain = chain_of(discovery, socket);
    if (!chain)
        return PL_ERR_GONE;
    pl_stun stun;
    int error = pl_stun_read(&stun, data, len);
    if (!error)
        error = pl_stun_transaction_check(&chain->request, &stun);
    return error ? error : take_answer(chain, &stun, from, now);
}

/* --- life --- */

static bool bind_sockets(pl_discovery *discovery)
{
    const pl_port *port = &discovery->context->port;
    for (size_t i = 0; i < CHAINS; i++) {
        if (port->ops->udp_bind(port->ctx, 0, &discovery->chains[i].socket) != 0)
            return false;
    }
    return true;
}

pl_discovery *pl_discovery_new(pl_context *context, uint32_t server_ip, pl_discovery_done_fn done,
                               void *owner, pl_time now)
{
    pl_discovery *discovery = g_new0(pl_discovery, 1);
    discovery->context = context;
    discovery->server_ip = server_ip;
    discovery->done = done;
    discovery->owner = owner;
    discovery->started_at = now;
    for (size_t i = 0; i < CHAINS; i++) {
        test_chain *chain = &discovery->chains[i];
        chain->discovery = discovery;
        pl_stun_transaction_init(&chain->request, context, transmit, on_silence, chain);
    }
    if (!bind_sockets(discovery)) {
        pl_discovery_free(discovery);
        return NULL;
    }
    pl_trace(&context->port, PL_EVENT_DISCOVERY_STARTED, pl_endpoint((pl_addr){server_ip, PL_STUN_PORT_1}));
    start_test(&discovery->chains[CHAIN_MAPPING], PL_NAT_MAPPING_1, now);
    start_test(&discovery->chains[CHAIN_FILTERING], PL_NAT_FILTERING_1, now);
    return discovery;
}

void pl_discovery_free(pl_discovery *discovery)
{
    if (!discovery)
        return;
    const pl_port *port = &discovery->context->port;
    for (size_t i = 0; i < CHAINS; i++) {
        pl_stun_transaction_stop(&discovery->chains[i].request);
        if (discovery->chains[i].socket)
            port->ops->close(port->ctx, discovery->chains[i].socket);
    }
    g_free(discovery);
}

uint32_t pl_discovery_sent(const pl_discovery *discovery)
{
    return discovery->sent;
}

uint32_t pl_discovery_partner(const pl_discovery *discovery)
{
    bool answered = pl_nat_answered(&discovery->results, PL_NAT_MAPPING_2) ||
                    pl_nat_answered(&discovery->results, PL_NAT_MAPPING_3);
    return answered ? discovery->chains[CHAIN_MAPPING].partner_ip : 0;
}

bool pl_discovery_owns(const pl_discovery *discovery, pl_id socket)
{
    const test_chain *chains = discovery->chains;
    return socket != 0 &&
           (socket == chains[CHAIN_MAPPING].socket || socket == chains[CHAIN_FILTERING].socket);
}
