/* buddies.h - a user's buddy list: kept in the local registry only, encrypted and signed; and who of it is
 * online.
 *
 * As the talk tells it: the list is "digitally signed and encrypted, local to machine and not on a central
 * server".  So who logs in on another machine finds it empty.  It is loaded when the user is online, since
 * only then is the password known to be right; it is written anew at every change.  A stored list that is
 * refused is never written over: the user discards it, or leaves it alone.
 *
 * Presence comes by the index: each buddy is looked up in turn, once the user is online and then every
 * buddies.check. How a name is looked up is the owner's business. */
#ifndef PL_SESSION_BUDDIES_H
#define PL_SESSION_BUDDIES_H

#include "core/context.h"
#include "core/crypto/credential.h"

#define PL_BUDDIES_MAX 1500 /* chosen: of the longest names, what a registry's value of 64 KB holds */

/* Why a stored list is not used. */
#define PL_BUDDIES_REFUSALS(X)                                                                               \
    X(PL_BUDDIES_OK, "none")                                                                                 \
    X(PL_BUDDIES_TRUNCATED, "truncated")     /* shorter than it says */                                      \
    X(PL_BUDDIES_OVERSIZED, "oversized")     /* longer than it says, or more buddies than may be */          \
    X(PL_BUDDIES_MALFORMED, "malformed")     /* no list, or of a version that is not known */                \
    X(PL_BUDDIES_TAMPERED, "tampered")       /* changed since it was signed */                               \
    X(PL_BUDDIES_OTHER_USER, "other-user")   /* whole, but somebody else's */                                \
    X(PL_BUDDIES_PASSWORD, "wrong-password") /* whole and ours, but sealed under another password */         \
    X(PL_BUDDIES_ROLLED_BACK, "rolled-back") /* whole and ours, but there were newer ones */                 \
    X(PL_BUDDIES_MISSING, "missing")         /* there was a list, and it is gone */
typedef enum pl_buddies_refusal {
#define X(id, name) id,
    PL_BUDDIES_REFUSALS(X)
#undef X
} pl_buddies_refusal;
/* Its static name, e.g. "tampered". */
const char *pl_buddies_refusal_name(pl_buddies_refusal refusal);

typedef enum pl_buddy_state { PL_BUDDY_REQUESTED = 1, PL_BUDDY_AUTHORISED } pl_buddy_state;
typedef enum pl_buddy_presence { PL_BUDDY_UNKNOWN, PL_BUDDY_ONLINE, PL_BUDDY_OFFLINE } pl_buddy_presence;

/* "unknown", "online", "offline". */
const char *pl_buddy_presence_name(pl_buddy_presence presence);

typedef struct pl_buddy {
    char name[PL_NAME_MAX + 1];
    pl_buddy_state state;       /* kept */
    uint32_t seen;              /* kept: Unix seconds when last known to be online; 0 = never */
    pl_buddy_presence presence; /* of this session */
} pl_buddy;

typedef struct pl_buddies pl_buddies;

/* Begins to look a name up: pl_buddies_found tells the end of it, later, never inside.  False: nobody can be
 * asked. */
typedef bool (*pl_buddies_look_up_fn)(void *owner, const char *name, pl_time now);

typedef struct pl_buddies_options {
    pl_context *context;
    pl_buddies_look_up_fn look_up;
    void *owner;
} pl_buddies_options;

pl_buddies *pl_buddies_new(const pl_buddies_options *options);
/* Wipes everything; writes nothing. */
void pl_buddies_free(pl_buddies *buddies);

/* The user is online: loads his list (buddy:loaded or buddy:refused; nothing if he never had one here), and
 * begins to look his buddies up. */
void pl_buddies_open(pl_buddies *buddies, const char *name, const char *password, pl_time now);
/* He is no longer: writes what was seen of buddies, and wipes.  A no-op if nobody is online. */
void pl_buddies_close(pl_buddies *buddies);

/* Adds a buddy, his request sent.  PL_ERR_UNEXPECTED if nobody is online, if the stored list was refused, if
 * he is in it already, or is the user himself; PL_ERR_MALFORMED for a bad name, PL_ERR_LIMIT beyond
 * buddies.entries_max, or what the registry says: the list is then as before. */
int pl_buddies_add(pl_buddies *buddies, const char *name, pl_time now);
/* Removes one; as above, and PL_ERR_UNKNOWN if he is not there. */
int pl_buddies_remove(pl_buddies *buddies, const char *name);
/* He has authorised us; errors as of pl_buddies_remove. */
int pl_buddies_authorise(pl_buddies *buddies, const char *name);
/* Throws a stored list away that was refused, and begins an empty one.  PL_ERR_UNEXPECTED if none was
 * refused. */
int pl_buddies_discard(pl_buddies *buddies);

/* The end of a look-up: is he online, and how many seconds ago was he last known to be (-1 = nobody knows)?
 * A presence of UNKNOWN says that the look-up failed, and changes nothing. */
void pl_buddies_found(pl_buddies *buddies, const char *name, pl_buddy_presence presence, int64_t age,
                      pl_time now);

/* Why the stored list is not used; OK if it is, or there was none. */
pl_buddies_refusal pl_buddies_refused(const pl_buddies *buddies);
/* The list, in the order of names; borrowed until it changes. */
size_t pl_buddies_count(const pl_buddies *buddies);
const pl_buddy *pl_buddies_at(const pl_buddies *buddies, size_t index);
/* NULL if he is not in it. */
const pl_buddy *pl_buddies_find(const pl_buddies *buddies, const char *name);

#endif
