/* parents.h - what a node does without its supernode: it goes to a spare.
 *
 * The spares are parents.spares entries of its host cache, drawn anew each time.  An online client whose supernode is
 * lost (its stream ended, it was silent, it said that it leaves) asks them by UDP, all in one wave, and attaches to the
 * first that answers, with the credential that it has: no login server is asked.  Whose UDP did not get through to a
 * supernode before begins with TCP, on the kind of port that did.  What follows is the login's own ladder
 * (login_internal.h), climbed once.
 *
 * A supernode may also tell its client to move to another one (MOVE).  The client asks that one by UDP first, if it can,
 * and stays where it is until it has an answer; then it leaves and goes there, with spares behind it should that fail.
 * It obeys at most once in parents.move_least.
 *
 *   online ─lost─▶ udp to spares ─▶ tcp … ─▶ attach and advertise, in one flight ─▶ online: handed over
 *                       └── no spare, no valid credential, or nobody takes it ──▶ logged out; the re-login policy */
#ifndef PL_SESSION_PARENTS_H
#define PL_SESSION_PARENTS_H

#include "core/session/login_internal.h"

/* We were online, and the supernode is lost; its channel is dropped already.  `cause` is static. */
void pl_parents_lost(pl_login *login, pl_addr lost, const char *cause, pl_time now);
/* We are online, and our supernode tells us to move. */
void pl_parents_move(pl_login *login, pl_addr target, pl_time now);
/* Is a target asked? */
bool pl_parents_is_asking(const pl_login *login);
/* While it is: 0, or PL_ERR_UNEXPECTED if the answer is none of its. */
int pl_parents_answered(pl_login *login, pl_addr from, const pl_message *answer, pl_time now);
/* Whoever was asked to take us is so no more. */
void pl_parents_forget_move(pl_login *login);
/* Chooses whom a hand-over asks.  The effort's entries are set. */
void pl_parents_choose(pl_login *login, pl_time now);
/* A hand-over ended well; the effort is still there. */
void pl_parents_found(pl_login *login, pl_time now);

#endif
