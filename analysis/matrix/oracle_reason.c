/* One sentence a cell: why this way. */
#include "analysis/matrix/oracle_private.h"

static bool is_one_port(const an_front *front)
{
    return front->mapping == AN_ENDPOINT_INDEPENDENT;
}

/* Who lets strangers in, in words that fit both roles. */
static char *open_reason(const char *role, const an_front *front, const an_answer *answer)
{
    if (answer->where == AN_ON_LAN)
        return g_strdup("both are on one local network, and nothing stands between them");
    if (!front->translated)
        return g_strdup_printf("nothing stands before the %s", role);
    return g_strdup_printf("the %s's filter lets anyone use its mapping%s", role,
                           answer->where == AN_BY_HAIRPIN ? ", and the box turns packets round" : "");
}

static char *punch_reason(const an_weighed *weighed, const an_answer *answer)
{
    if (answer->where == AN_ON_LAN)
        return g_strdup("both are on one local network, and each firewall opens for the other");
    if (answer->where == AN_BY_HAIRPIN)
        return g_strdup("the box that both share turns packets round, and each opens it for the other");
    if (is_one_port(&weighed->caller) && is_one_port(&weighed->callee))
        return g_strdup("both show everyone one port, so each opens its own box for the other");
    return g_strdup_printf("the %s's filter asks for the address only, so a port that nobody knew gets in",
                           is_one_port(&weighed->caller) ? "caller" : "callee");
}

static char *guess_reason(const an_weighed *weighed, const char *what)
{
    if (!is_one_port(&weighed->caller) && !is_one_port(&weighed->callee))
        return g_strdup_printf("both show each destination another port: %s", what);
    return g_strdup_printf("the %s shows each destination another port: %s",
                           is_one_port(&weighed->caller) ? "callee" : "caller", what);
}

/* One of them goes by steps where both move: it is the one that is asked. */
static char *predict_reason(const an_weighed *weighed)
{
    const an_front *caller = &weighed->caller, *callee = &weighed->callee;
    if (!is_one_port(caller) && !is_one_port(callee) && caller->foretold != callee->foretold)
        return g_strdup_printf("the %s's next port can be told, and lets in all ports of the other's address",
                               caller->foretold ? "caller" : "callee");
    return guess_reason(weighed, "the last one and a step");
}

/* What keeps an end from the transport, or NULL. */
static const char *muzzle_of(const an_front *front, an_transport transport)
{
    if (front->out == AN_REACH_ALL)
        return NULL;
    if (transport == AN_UDP)
        return "UDP does not leave";
    return front->out == AN_REACH_WEB ? "only TCP to ports 80 and 443 leaves" : "no TCP leaves";
}

static char *era_reason(const an_question *question, const an_answer *answer)
{
    g_autofree char *ways = an_ways_text(answer->possible, " ");
    const an_era *era = question->era;
    if (era->open_ends_only)
        return g_strdup_printf(
            "%s is possible, but a client of %s relays whatever stands behind a box or a firewall", ways,
            era->name);
    return g_strdup_printf("%s is possible, but a client of %s does not do it", ways, era->name);
}

static char *relay_reason(const an_question *question, const an_weighed *weighed, const an_answer *answer)
{
    const char *caller = muzzle_of(&weighed->caller, question->transport),
               *callee = muzzle_of(&weighed->callee, question->transport);
    if (weighed->caller.answers_early && question->crossing == AN_APART && !weighed->shared)
        return g_strdup("the callee sends first, and the caller's box keeps or answers what comes before the "
                        "caller has sent");
    if (answer->possible && question->era)
        return era_reason(question, answer);
    if (caller)
        return g_strdup_printf("%s the caller", caller);
    if (callee)
        return g_strdup_printf("%s the callee", callee);
    if (weighed->shared)
        return g_strdup(
            "the box that both share does not turn packets round, and there is no network between them");
    if (question->transport == AN_TCP && (!is_one_port(&weighed->caller) != !is_one_port(&weighed->callee)))
        return guess_reason(weighed, "TCP cannot try many");
    return guess_reason(weighed, "nobody can tell which");
}

char *an_oracle_reason(const an_question *question, const an_weighed *weighed, const an_answer *answer)
{
    switch (answer->first) {
    case AN_WAY_DIRECT:
        return open_reason("callee", &weighed->callee, answer);
    case AN_WAY_REVERSED:
        return open_reason("caller", &weighed->caller, answer);
    case AN_WAY_PUNCHED:
        return punch_reason(weighed, answer);
    case AN_WAY_PREDICTED:
        return predict_reason(weighed);
    case AN_WAY_SPRAYED:
        return guess_reason(weighed, "it is random, and only many tries can hit it");
    case AN_WAY_RELAYED:
        return relay_reason(question, weighed, answer);
    case AN_WAY_FAILED:
        return g_strdup("an end reaches no relay");
    }
    g_assert_not_reached();
}
