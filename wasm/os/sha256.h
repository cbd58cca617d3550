/* SHA-256 (RFC 6234): os/sha256.c. Upstream takes it from the kernel that it is built into. */
#ifndef SHA256_H
#define SHA256_H

#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_BLOCK_BYTES 64

struct sha256 {
	uint32_t state[SHA256_BYTES / 4];
	uint64_t total_bytes;
	uint8_t block[SHA256_BLOCK_BYTES]; /* bytes that don't fill a block yet */
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const uint8_t *bytes, uint32_t length);
void sha256_final(uint8_t *digest, struct sha256 *hash);

#endif
