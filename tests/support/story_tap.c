#include "tests/support/story_tap.h"

#include <string.h>

static story_flow *flow_of(story_tap *tap, const net_packet *packet)
{
    for (guint i = 0; i < tap->flows->len; i++) {
        story_flow *flow = g_ptr_array_index(tap->flows, i);
        if (flow->protocol == packet->protocol && pl_addr_equal(flow->source, packet->source) &&
            pl_addr_equal(flow->destination, packet->destination))
            return flow;
    }
    story_flow *flow = g_new0(story_flow, 1);
    *flow = (story_flow){
        .protocol = packet->protocol, .source = packet->source, .destination = packet->destination};
    flow->next = packet->sequence + (packet->tcp_flags & NET_TCP_SYN ? 1 : 0);
    flow->bytes = g_byte_array_new();
    g_ptr_array_add(tap->flows, flow);
    return flow;
}

static void observe(void *ctx, const net_sighting *sighting, pl_time now)
{
    story_tap *tap = ctx;
    const net_packet *packet = sighting->packet;
    (void)now;
    if (sighting->step != NET_STEP_SENT)
        return;
    tap->packets++;
    story_flow *flow = flow_of(tap, packet);
    if (packet->payload_len == 0 || (packet->protocol == PL_PROTOCOL_TCP && packet->sequence != flow->next))
        return; /* a retransmission */
    flow->next += packet->payload_len;
    g_byte_array_append(flow->bytes, packet->payload, packet->payload_len);
}

story_tap *story_tap_new(story *s)
{
    story_tap *tap = g_new0(story_tap, 1);
    tap->s = s;
    tap->flows = g_ptr_array_new();
    net_set_observer(s->network, observe, tap);
    return tap;
}

void story_tap_free(story_tap *tap)
{
    net_set_observer(tap->s->network, NULL, NULL);
    for (guint i = 0; i < tap->flows->len; i++) {
        story_flow *flow = g_ptr_array_index(tap->flows, i);
        g_byte_array_unref(flow->bytes);
        g_free(flow);
    }
    g_ptr_array_unref(tap->flows);
    g_free(tap);
}

const story_flow *story_tap_find(const story_tap *tap, uint8_t protocol, uint32_t from, uint32_t to,
                                 size_t skip)
{
    for (guint i = 0; i < tap->flows->len; i++) {
        const story_flow *flow = g_ptr_array_index(tap->flows, i);
        if (flow->protocol == protocol && flow->source.ip == from && flow->destination.ip == to &&
            skip-- == 0)
            return flow;
    }
    return NULL;
}

/* A needle as it is and reversed; its own. */
static void add_needle(GPtrArray *needles, const void *data, size_t len)
{
    GByteArray *plain = g_byte_array_new(), *reversed = g_byte_array_new();
    g_byte_array_append(plain, data, (guint)len);
    for (size_t i = len; i-- > 0;)
        g_byte_array_append(reversed, (const uint8_t *)data + i, 1);
    g_ptr_array_add(needles, plain);
    g_ptr_array_add(needles, reversed);
}

static void add_utf16(GPtrArray *needles, const char *text, size_t len)
{
    uint8_t wide[256] = {0};
    g_assert_cmpuint(2 * len + 1, <=, sizeof wide);
    for (size_t i = 0; i < len; i++)
        wide[2 * i + 1] = (uint8_t)text[i];
    add_needle(needles, wide + 1, 2 * len - 1); /* inside both byte orders */
}

static void add_hex(GPtrArray *needles, const char *text)
{
    GString *lower = g_string_new(NULL), *upper = g_string_new(NULL);
    for (; *text; text++) {
        g_string_append_printf(lower, "%02x", (unsigned char)*text);
        g_string_append_printf(upper, "%02X", (unsigned char)*text);
    }
    add_needle(needles, lower->str, lower->len);
    add_needle(needles, upper->str, upper->len);
    g_string_free(lower, TRUE);
    g_string_free(upper, TRUE);
}

/* In base64 a text has three shapes by its place; the digits that share bits with neighbours are left out. */
static void add_base64(GPtrArray *needles, const char *text, size_t len)
{
    for (size_t shift = 0; shift < 3; shift++) {
        uint8_t bytes[128] = {0};
        g_assert_cmpuint(shift + len, <=, sizeof bytes);
        memcpy(bytes + shift, text, len);
        g_autofree char *digits = g_base64_encode(bytes, shift + len);
        size_t first = (shift * 8 + 5) / 6, end = (shift + len) * 8 / 6;
        add_needle(needles, digits + first, end - first);
    }
}

static bool holds(const GByteArray *bytes, const GPtrArray *needles)
{
    for (guint i = 0; i < needles->len; i++) {
        const GByteArray *needle = g_ptr_array_index((GPtrArray *)(uintptr_t)needles, i);
        if (bytes->len && memmem(bytes->data, bytes->len, needle->data, needle->len))
            return true;
    }
    return false;
}

size_t story_tap_search(const story_tap *tap, const char *text)
{
    size_t len = strlen(text), found = 0;
    GPtrArray *needles = g_ptr_array_new();
    g_autofree char *upper = g_ascii_strup(text, -1), *lower = g_ascii_strdown(text, -1);
    add_needle(needles, text, len);
    add_needle(needles, upper, len);
    add_needle(needles, lower, len);
    add_utf16(needles, text, len);
    add_hex(needles, text);
    add_base64(needles, text, len);
    for (guint i = 0; i < tap->flows->len; i++)
        found += holds(((const story_flow *)g_ptr_array_index(tap->flows, i))->bytes, needles);
    for (guint i = 0; i < needles->len; i++)
        g_byte_array_unref(g_ptr_array_index(needles, i));
    g_ptr_array_unref(needles);
    return found;
}
