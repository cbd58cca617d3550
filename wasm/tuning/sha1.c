/*
 * SHA-1 (RFC 3174) for the HMACs of AUTH chunks (RFC 4895). Replaces netinet/sctp_sha1.c, in a fifth of the time.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_sha1.h>

#include "link.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-vectorize") /* vectorized, the two words of a step depend on each other: twice the time */
#endif

#define ROUNDS 80
#define LENGTH_AT 56 /* the offset of the length in bits in the last block */

static inline uint32_t rotated(uint32_t word, int bits)
{
	return word << bits | word >> (32 - bits);
}

/* RFC 3174 §5: f(t; b, c, d) */
#define CHOICE(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define PARITY(b, c, d) ((b) ^ (c) ^ (d))
#define MAJORITY(b, c, d) (((b) & (c)) | ((d) & ((b) | (c))))

/* One step of §6.1 (d). Instead of moving five words, the next step gets them in another order. */
#define STEP(f, k, a, b, c, d, e, word) \
	do { \
		(e) += rotated((a), 5) + f((b), (c), (d)) + (k) + (word); \
		(b) = rotated((b), 30); \
	} while (0)

#define TWENTY_STEPS(f, k, first) \
	for (int t = (first); t < (first) + 20; t += 5) { \
		STEP(f, k, a, b, c, d, e, words[t]); \
		STEP(f, k, e, a, b, c, d, words[t + 1]); \
		STEP(f, k, d, e, a, b, c, words[t + 2]); \
		STEP(f, k, c, d, e, a, b, words[t + 3]); \
		STEP(f, k, b, c, d, e, a, words[t + 4]); \
	}

static void take_block(struct sctp_sha1_context *ctx, const unsigned char *block)
{
	uint32_t a = ctx->H0, b = ctx->H1, c = ctx->H2, d = ctx->H3, e = ctx->H4, words[ROUNDS];

	memcpy(words, block, sizeof(ctx->sha_block));
	for (int t = 0; t < 16; t++) {
		words[t] = ntohl(words[t]);
	}
	for (int t = 16; t < ROUNDS; t++) {
		words[t] = rotated(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1);
	}
	TWENTY_STEPS(CHOICE, 0x5a827999, 0)
	TWENTY_STEPS(PARITY, 0x6ed9eba1, 20)
	TWENTY_STEPS(MAJORITY, 0x8f1bbcdc, 40)
	TWENTY_STEPS(PARITY, 0xca62c1d6, 60)
	ctx->H0 += a;
	ctx->H1 += b;
	ctx->H2 += c;
	ctx->H3 += d;
	ctx->H4 += e;
}

void sctp_sha1_init(struct sctp_sha1_context *ctx)
{
	ctx->H0 = 0x67452301;
	ctx->H1 = 0xefcdab89;
	ctx->H2 = 0x98badcfe;
	ctx->H3 = 0x10325476;
	ctx->H4 = 0xc3d2e1f0;
	ctx->how_many_in_block = 0;
	ctx->running_total = 0;
}

void sctp_sha1_update(struct sctp_sha1_context *ctx, const unsigned char *bytes, unsigned int length)
{
	unsigned int used = (unsigned int)ctx->how_many_in_block;

	ctx->running_total += length;
	if (used > 0 && used + length >= sizeof(ctx->sha_block)) {
		unsigned int rest = (unsigned int)sizeof(ctx->sha_block) - used;

		memcpy(ctx->sha_block + used, bytes, rest);
		take_block(ctx, (const unsigned char *)ctx->sha_block);
		bytes += rest;
		length -= rest;
		used = 0;
	}
	for (; length >= sizeof(ctx->sha_block); bytes += sizeof(ctx->sha_block), length -= sizeof(ctx->sha_block)) {
		take_block(ctx, bytes);
	}
	memcpy(ctx->sha_block + used, bytes, length);
	ctx->how_many_in_block = (int)(used + length);
}

/* Pads as §4 says: one bit, zeros, and the number of bits. Inputs have less than 2^32 bits here. */
void sctp_sha1_final(unsigned char *digest, struct sctp_sha1_context *ctx)
{
	uint32_t bits = htonl(ctx->running_total * 8);
	int used = ctx->how_many_in_block;
	uint32_t words[5];

	ctx->sha_block[used++] = '\x80';
	if (used > LENGTH_AT) {
		memset(ctx->sha_block + used, 0, sizeof(ctx->sha_block) - (size_t)used);
		take_block(ctx, (const unsigned char *)ctx->sha_block);
		used = 0;
	}
	memset(ctx->sha_block + used, 0, sizeof(ctx->sha_block) - (size_t)used);
	memcpy(ctx->sha_block + sizeof(ctx->sha_block) - sizeof(bits), &bits, sizeof(bits));
	take_block(ctx, (const unsigned char *)ctx->sha_block);
	words[0] = htonl(ctx->H0);
	words[1] = htonl(ctx->H1);
	words[2] = htonl(ctx->H2);
	words[3] = htonl(ctx->H3);
	words[4] = htonl(ctx->H4);
	memcpy(digest, words, sizeof(words));
}
