/* pair_kinds.h - the ends of the reference tables, and one letter for what two of them come to. */
#ifndef TESTS_SUPPORT_PAIR_KINDS_H
#define TESTS_SUPPORT_PAIR_KINDS_H

#include "tests/support/pair.h"

typedef struct pair_kind {
    const char *name;
    pair_place place;
} pair_kind;

/* In the order of the tables: pub, EIM/EIF, EIM/ADF, EIM/APDF, sym-seq, sym-rnd, dbl (a home behind a carrier), noudp
 * (UDP is blocked), web (TCP to 80 and 443 alone). */
#define PAIR_KINDS 9
extern const pair_kind pair_kinds[PAIR_KINDS];

/* D direct, R reversed, H punched, P predicted, B sprayed, - relayed, x failed, ! the ends do not agree. */
char pair_letter(const pair *p);
/* Asserts that both ends hear what the other says, and that neither refused anything. */
void pair_expect_words_pass(pair *p);

#endif
