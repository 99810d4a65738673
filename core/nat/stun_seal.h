/* stun_seal.h - the two sums over a STUN message: integrity and fingerprint; private to stun. */
#ifndef PL_NAT_STUN_SEAL_H
#define PL_NAT_STUN_SEAL_H

#include "core/nat/stun.h"

/* FINGERPRINT of the `len` bytes before it; the length field must count the fingerprint already. */
uint32_t pl_stun_seal_fingerprint(const uint8_t *data, size_t len);
/* MESSAGE-INTEGRITY of the `len` bytes before it, as if the message ended with it. */
void pl_stun_seal_integrity(uint8_t ret_sum[PL_STUN_INTEGRITY_BYTES], const uint8_t *data, size_t len,
                            const uint8_t *key, size_t key_len);

#endif
