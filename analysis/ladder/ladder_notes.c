/* What an event is called in a picture: one phrase an event, for people. */
#include <string.h>

#include "analysis/ladder/ladder_private.h"
#include "core/event.h"

/* "{column}" stands for the value of that column; a span is shown in s or ms. */
static const struct {
    pl_event_id id;
    const char *phrase;
} phrases[] = {
    {PL_EVENT_PORT_UNAVAILABLE, "{transport} port {port} is taken"},
    {PL_EVENT_REFUSED_INPUT, "refuses a {message}: {error}"},
    {PL_EVENT_CACHE_REFRESHED, "host cache refreshed: {entries} entries"},
    {PL_EVENT_LOGIN_STARTED, "{login} log-in starts"},
    {PL_EVENT_LOGIN_ATTEMPT, "attempt {number}"},
    {PL_EVENT_LOGIN_RUNG, "tries {rung}, {entries} to ask"},
    {PL_EVENT_LOGIN_WAVE, "wave {number}: asks {entries}"},
    {PL_EVENT_LOGIN_ANSWERED, "answer from {from}"},
    {PL_EVENT_LOGIN_OPENED, "open by {rung} to {to}"},
    {PL_EVENT_LOGIN_ATTACHED, "attached to {to}"},
    {PL_EVENT_LOGIN_SERVER_KNOWN, "told of login server {address}"},
    {PL_EVENT_LOGIN_SERVER_OPENED, "login server open by {rung}"},
    {PL_EVENT_LOGIN_CREDENTIAL, "credential granted"},
    {PL_EVENT_LOGIN_PAUSE, "pauses: {cause}"},
    {PL_EVENT_LOGGED_IN, "logged in after {time}"},
    {PL_EVENT_LOGIN_FAILED, "log-in failed after {time}: {cause}"},
    {PL_EVENT_LOGGED_OUT, "logged out: {cause}"},
    {PL_EVENT_ICMP_PING, "pings {to} with {size} bytes"},
    {PL_EVENT_ICMP_ECHO, "echo of {from} after {time}"},
    {PL_EVENT_ICMP_VERDICT, "pings say {verdict}: {answered} of {sent} answered"},
    {PL_EVENT_BUDDY_LOADED, "buddy list read: {count}"},
    {PL_EVENT_BUDDY_REFUSED, "buddy list refused: {error}"},
    {PL_EVENT_BUDDY_ADDED, "buddy added: {count} now"},
    {PL_EVENT_BUDDY_REMOVED, "buddy removed: {count} now"},
    {PL_EVENT_BUDDY_ONLINE, "buddy {buddy} is online"},
    {PL_EVENT_BUDDY_OFFLINE, "buddy {buddy} is offline, seen {age_s} s ago"},
    {PL_EVENT_BUDDY_CHECKED, "buddy {buddy} was looked up: {presence}"},
    {PL_EVENT_LOGIN_WAITING, "will log in again in {wait} ({policy})"},
    {PL_EVENT_DISCOVERY_STARTED, "asks {server} what NAT this is"},
    {PL_EVENT_DISCOVERED, "NAT: UDP {udp}, mapping {mapping}, filtering {filtering}"},
    {PL_EVENT_NAT_DOUBTED, "asks again what NAT this is: {trigger}"},
    {PL_EVENT_NAT_LIFETIME, "a mapping lived for {lived}"},
    {PL_EVENT_PARTNER_LINKED, "linked to supernode {partner}"},
    {PL_EVENT_PARTNER_LOST, "supernode link lost: {cause}"},
    {PL_EVENT_CLIENT_ATTACHED, "client {from} attached"},
    {PL_EVENT_CLIENT_ONLINE, "client {from} online"},
    {PL_EVENT_NAT_DOUBTED, "doubts what it knows of its box: {trigger}"},
    {PL_EVENT_NAT_LIFETIME, "a silent binding lives {lived}"},
    {PL_EVENT_CLIENT_GONE, "client gone: {cause}"},
    {PL_EVENT_SUPERNODE_REFUSED, "refuses {from}: {cause}"},
    {PL_EVENT_SUPERNODE_READY, "ready as supernode"},
    {PL_EVENT_PARENT_LOST, "lost its supernode {parent}: {cause}"},
    {PL_EVENT_HANDED_OVER, "at its new supernode {to} after {time}"},
    {PL_EVENT_SHUT_OFF, "shuts itself off at a load of {load} %, with {clients} clients"},
    {PL_EVENT_BACK, "serves again after {time}"},
    {PL_EVENT_ELIGIBLE, "could be a supernode"},
    {PL_EVENT_PROMOTING, "asks its child {child} to be a supernode, having {clients} clients"},
    {PL_EVENT_PROMOTED, "a supernode from now on, as {address}"},
    {PL_EVENT_DEMOTED, "a supernode no more, after {time}: {cause}"},
    {PL_EVENT_PATH_STARTED, "{role} of a session, as {profile}"},
    {PL_EVENT_PATH_GATHERED, "{candidates} candidates; seen as {udp}"},
    {PL_EVENT_PATH_STAGE, "tries {method} over {transport}"},
    {PL_EVENT_PATH_OPENED, "path open: {class} via {via}, after {time}"},
    {PL_EVENT_PATH_FAILED, "no path after {time}: {cause}"},
    {PL_EVENT_PATH_LOST, "path lost: {cause}"},
    {PL_EVENT_PATH_ECHO, "echo: {received} of {sent} came back"},
    {PL_EVENT_RELAY_ALLOCATED, "relays {relayed} for {client}"},
    {PL_EVENT_RELAY_ENDED, "relays for {client} no more: {cause}"},
    {PL_EVENT_SIGNAL_VISITED, "visitor {from}"},
    {PL_EVENT_SIGNAL_REFUSED, "refuses the visitor {from}: {cause}"},
    {PL_EVENT_MESH_JOINED, "knows {member}, {members} in all"},
    {PL_EVENT_MESH_SUSPECTED, "{member} is silent"},
    {PL_EVENT_MESH_LOST, "{member} is gone, {members} left"},
    {PL_EVENT_INDEX_PUBLISHED, "publishes a user {state} in slot {slot}"},
    {PL_EVENT_INDEX_STORED, "keeps an entry of slot {slot}"},
    {PL_EVENT_INDEX_REFUSED, "refuses an entry from {from}: {cause}"},
    {PL_EVENT_INDEX_REPAIRED, "hands {entries} entries to {member}"},
    {PL_EVENT_SEARCH_STARTED, "searches, by policy {policy}"},
    {PL_EVENT_SEARCH_ROUND, "round {round}: asks {asked}"},
    {PL_EVENT_SEARCH_ENDED, "{outcome}: {reason}, after {time}"},
    {PL_EVENT_SERVER_GRANTED, "credential for {from}"},
    {PL_EVENT_SERVER_REFUSED, "refuses {from}: {cause}"},
};

static const char *phrase_of(const char *event)
{
    for (size_t i = 0; i < G_N_ELEMENTS(phrases); i++)
        if (strcmp(pl_event_row_of(phrases[i].id)->name, event) == 0)
            return phrases[i].phrase;
    return NULL;
}

static bool is_span(const char *column)
{
    return strcmp(column, "time") == 0 || strcmp(column, "lived") == 0 || strcmp(column, "wait") == 0;
}

static void append_value(GString *text, const json_t *object, const char *column)
{
    const json_t *value = json_object_get(object, column);
    if (json_is_string(value)) {
        g_string_append(text, json_string_value(value));
    } else if (json_is_integer(value) && is_span(column)) {
        g_autofree char *span = an_scale_span_text(json_integer_value(value));
        g_string_append(text, span);
    } else if (json_is_integer(value)) {
        g_string_append_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else {
        g_string_append(text, "?");
    }
}

char *an_ladder_note_text(const json_t *object)
{
    const char *event = json_string_value(json_object_get(object, "event"));
    const char *phrase = phrase_of(event), *colon = strchr(event, ':');
    GString *text = g_string_new(NULL);

    if (!phrase) /* of a newer version: its name is all that is known */
        phrase = colon ? colon + 1 : event;
    for (const char *end; *phrase; phrase = end) {
        bool column = *phrase == '{' && strchr(phrase, '}');
        end = column ? strchr(phrase, '}') + 1 : phrase + 1;
        g_autofree char *name = column ? g_strndup(phrase + 1, (gsize)(end - phrase - 2)) : NULL;
        if (column)
            append_value(text, object, name);
        else
            g_string_append_c(text, *phrase);
    }
    return g_string_free(text, FALSE);
}
