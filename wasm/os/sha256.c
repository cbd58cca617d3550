/*
 * SHA-256 (RFC 6234) for the HMACs of AUTH chunks (RFC 4895 3.3). Upstream can use it, but has no implementation of its
 * own.
 */
#include <arpa/inet.h>
#include <string.h>

#include "sha256.h"

#define ROUNDS 64
#define LENGTH_AT 56 /* the offset of the length in bits in the last block */

/* RFC 6234 §5.1: the first 32 bits of the fractions of the cube roots of the first 64 primes */
static const uint32_t CONSTANTS[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotated(uint32_t word, int bits)
{
	return word >> bits | word << (32 - bits);
}

/* RFC 6234 §6.2, step 1 */
static void schedule(uint32_t words[ROUNDS], const uint8_t *block)
{
	memcpy(words, block, SHA256_BLOCK_BYTES);
	for (int t = 0; t < 16; t++) {
		words[t] = ntohl(words[t]);
	}
	for (int t = 16; t < ROUNDS; t++) {
		uint32_t early = words[t - 15], late = words[t - 2];

		words[t] = words[t - 16] + words[t - 7] + (rotated(early, 7) ^ rotated(early, 18) ^ early >> 3) +
		           (rotated(late, 17) ^ rotated(late, 19) ^ late >> 10);
	}
}

/* RFC 6234 §6.2, steps 2 to 4. Each round moves the eight words on by one; state[7] is h. */
static void take_block(struct sha256 *hash, const uint8_t *block)
{
	uint32_t words[ROUNDS], state[8];

	schedule(words, block);
	memcpy(state, hash->state, sizeof(state));
	for (int t = 0; t < ROUNDS; t++) {
		uint32_t a = state[0], b = state[1], c = state[2], e = state[4];
		uint32_t choice = state[6] ^ (e & (state[5] ^ state[6]));
		uint32_t majority = (a & b) | (c & (a | b));
		uint32_t first =
			state[7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + CONSTANTS[t] + words[t];
		uint32_t second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority;

		memmove(state + 1, state, sizeof(state) - sizeof(state[0]));
		state[4] += first;
		state[0] = first + second;
	}
	for (int i = 0; i < 8; i++) {
		hash->state[i] += state[i];
	}
}

void sha256_init(struct sha256 *hash)
{
	static const uint32_t start[8] = {
	    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(hash->state, start, sizeof(start));
	hash->total_bytes = 0;
}

void sha256_update(struct sha256 *hash, const uint8_t *bytes, uint32_t length)
{
	uint32_t used = hash->total_bytes % SHA256_BLOCK_BYTES;

	hash->total_bytes += length;
	if (used > 0 && used + length >= SHA256_BLOCK_BYTES) {
		uint32_t rest = SHA256_BLOCK_BYTES - used;

		memcpy(hash->block + used, bytes, rest);
		take_block(hash, hash->block);
		bytes += rest;
		length -= rest;
		used = 0;
	}
	for (; length >= SHA256_BLOCK_BYTES; bytes += SHA256_BLOCK_BYTES, length -= SHA256_BLOCK_BYTES) {
		take_block(hash, bytes);
	}
	memcpy(hash->block + used, bytes, length);
}

/* Pads as RFC 6234 §4.1 says: one bit, zeros, and the number of bits. */
void sha256_final(uint8_t *digest, struct sha256 *hash)
{
	uint32_t used = hash->total_bytes % SHA256_BLOCK_BYTES;
	uint32_t bits[2] = {htonl((uint32_t)(hash->total_bytes >> 29)), htonl((uint32_t)(hash->total_bytes << 3))};

	hash->block[used++] = 0x80;
	if (used > LENGTH_AT) {
		memset(hash->block + used, 0, SHA256_BLOCK_BYTES - used);
		take_block(hash, hash->block);
		used = 0;
	}
	memset(hash->block + used, 0, LENGTH_AT - used);
	memcpy(hash->block + LENGTH_AT, bits, sizeof(bits));
	take_block(hash, hash->block);
	for (int i = 0; i < 8; i++) {
		uint32_t word = htonl(hash->state[i]);

		memcpy(digest + 4 * i, &word, sizeof(word));
	}
}
