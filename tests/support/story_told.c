#include <inttypes.h>
#include <string.h>

#include "tests/support/story.h"

/* What has happened in a story: running on, and asking. */

void story_run(story *s, pl_time until)
{
    s->ops->run(s->engine, until);
}

pl_time story_run_to(story_host *host, pl_event_id event, pl_time limit)
{
    story *s = host->story;
    size_t before = story_count(host, event);
    s->awaited_host = host;
    s->awaited_event = event;
    s->ops->run(s->engine, limit);
    s->awaited_host = NULL;
    return story_count(host, event) > before ? story_nth(host, event, before)->at : PL_NEVER;
}

void story_settle(story *s)
{
    story_run(s, 10 * PL_SECOND);
    for (size_t i = 0; i < s->n_supernodes; i++)
        g_assert_true(pl_node_is_ready(s->supernode[i]->node));
}

size_t story_count(const story_host *host, pl_event_id event)
{
    size_t count = 0;
    for (guint i = 0; i < host->records->len; i++)
        count += g_array_index(host->records, story_record, i).event.id == event;
    return count;
}

const story_record *story_nth(const story_host *host, pl_event_id event, size_t n)
{
    for (guint i = 0; i < host->records->len; i++) {
        const story_record *record = &g_array_index(host->records, story_record, i);
        if (record->event.id == event && n-- == 0)
            return record;
    }
    return NULL;
}

const story_record *story_last(const story_host *host, pl_event_id event)
{
    size_t count = story_count(host, event);
    return count ? story_nth(host, event, count - 1) : NULL;
}

size_t story_refusals(const story_host *host, const char *error, const char *what)
{
    size_t count = 0;
    for (guint i = 0; i < host->records->len; i++) {
        const pl_event *event = &g_array_index(host->records, story_record, i).event;
        count += event->id == PL_EVENT_REFUSED_INPUT && strcmp(event->value[0].text, error) == 0 &&
                 strcmp(event->value[1].text, what) == 0;
    }
    return count;
}

static void tell_value(GString *text, char kind, pl_event_value value)
{
    uint32_t ip = value.addr.ip;
    switch (kind) {
    case 's':
        g_string_append_printf(text, " %s", value.text);
        break;
    case 'a':
        g_string_append_printf(text, " %u.%u.%u.%u:%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255,
                               value.addr.port);
        break;
    case 't':
        g_string_append_printf(text, " %" PRId64 "ms", value.number / PL_MILLISECOND);
        break;
    default:
        g_string_append_printf(text, " %" PRId64, value.number);
    }
}

char *story_told(const story_host *host, pl_time since)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < host->records->len; i++) {
        const story_record *record = &g_array_index(host->records, story_record, i);
        if (record->at < since)
            continue;
        const pl_event_row *row = pl_event_row_of(record->event.id);
        g_string_append_printf(text, "%" PRId64 " %s", (record->at - since) / PL_MILLISECOND, row->name);
        size_t column = 0;
        for (const char *at = row->columns; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
            tell_value(text, *at, record->event.value[column++]);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

pl_addr story_address(const story_host *host)
{
    return (pl_addr){host->outside, STORY_PORT};
}

pl_id story_open(story_host *stranger, pl_addr to)
{
    pl_id stream = 0;
    g_assert_cmpint(stranger->story->ops->tcp_open(stranger->story->engine, stranger->stack.host, 0, to, &stream),
                    ==, 0);
    return stream;
}

void story_write(story_host *stranger, pl_id stream, const void *data, size_t len)
{
    stranger->story->ops->tcp_write(stranger->story->engine, stranger->stack.host, stream, data, len);
}

void story_throw(story_host *stranger, pl_id socket, pl_addr to, const void *data, size_t len)
{
    stranger->story->ops->udp_send(stranger->story->engine, stranger->stack.host, socket, to, 0, data, len);
}

const story_heard *story_ended(const story_host *stranger, pl_id stream)
{
    for (guint i = stranger->heard->len; i-- > 0;) {
        const story_heard *heard = &g_array_index(stranger->heard, story_heard, i);
        if (heard->id == stream && (heard->kind == PL_INPUT_CLOSED || heard->kind == PL_INPUT_FIN))
            return heard;
    }
    return NULL;
}
