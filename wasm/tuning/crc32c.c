/*
 * CRC32c (RFC 9260 appendix A). Replaces netinet/sctp_crc32.c, whose slicing-by-8 took 46 % of the time of a bulk
 * transfer. The tables are computed with the first checksum.
 *
 * WebAssembly's SIMD has no carry-less multiplication, but it looks 16 half bytes up in a table of 16 bytes at once.
 * The CRC is the sum of what each byte contributes, and that depends on the byte and on how many bytes follow it. A
 * block is a number of vectors of 16 bytes. All bytes of a vector are looked up as if they were in its last lane, so
 * they share tables. That leaves a sum for each lane, four bytes long, which moves on to the end of the block as if it
 * were a part of the message. This takes half the time of slicing-by-16.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_crc32.h>

#include "link.h"

#define POLYNOMIAL 0x82f63b78u /* of CRC32c, reflected */
#define LANES 16
#define MOST_VECTORS 32 /* 96 would take 5 % less time for a packet of 1,500 bytes, and 12 KB of tables */

/* What a byte contributes to the CRC if no bytes, or one to three, follow it. */
static uint32_t table[4][256];

static uint32_t after_byte(uint32_t crc)
{
	return (crc >> 8) ^ table[0][crc & 0xff];
}

static uint32_t after_word(uint32_t crc)
{
	return table[3][crc & 0xff] ^ table[2][(crc >> 8) & 0xff] ^ table[1][(crc >> 16) & 0xff] ^ table[0][crc >> 24];
}

static void make_table(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++) {
			crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
		}
		table[0][byte] = crc;
	}
	for (uint32_t byte = 0; byte < 256; byte++) {
		for (int following = 1; following < 4; following++) {
			table[following][byte] = after_byte(table[following - 1][byte]);
		}
	}
}

#ifdef __wasm_simd128__
#include <wasm_simd128.h>

/*
 * What a half byte contributes to each byte of the CRC, by how many vectors follow. In `low` the half byte is the lower one
 * of its byte, in `high` the upper one. A vector is indexed by the half byte.
 */
static struct {
	v128_t low[4], high[4];
} lookup[MOST_VECTORS];

static void fill_lookup(v128_t *vectors, int half_byte, uint32_t crc)
{
	for (int byte = 0; byte < 4; byte++) {
		((unsigned char *)&vectors[byte])[half_byte] = (unsigned char)(crc >> (8 * byte));
	}
}

static void make_lookup(void)
{
	for (int half_byte = 0; half_byte < LANES; half_byte++) {
		uint32_t low = table[0][half_byte], high = table[0][half_byte << 4];

		for (int following = 0; following < MOST_VECTORS; following++) {
			fill_lookup(lookup[following].low, half_byte, low);
			fill_lookup(lookup[following].high, half_byte, high);
			for (int word = 0; word < LANES / 4; word++) {
				low = after_word(low);
				high = after_word(high);
			}
		}
	}
}

/* Moves lanes to higher numbers, with zeros before them. */
#define MOVED(vector, by)                                                                                              \
	wasm_i8x16_shuffle(wasm_i64x2_const(0, 0), vector, 16 - (by), 17 - (by), 18 - (by), 19 - (by), 20 - (by),          \
	                   21 - (by), 22 - (by), 23 - (by), 24 - (by), 25 - (by), 26 - (by), 27 - (by), 28 - (by),         \
	                   29 - (by), 30 - (by), 31 - (by))
/* The last lanes of a vector as the first ones of a word. */
#define LAST_LANES(vector, count) ((uint32_t)wasm_u32x4_extract_lane(vector, 3) >> (8 * (4 - (count))))

/*
 * Byte k of the sum of lane j is byte j + k of a message of 19 bytes. The last four bytes of that are a part of the CRC
 * already; the CRC of the first 15 is added. A zero before them, which makes four words of them, changes nothing.
 */
static uint32_t crc_of_sums(const v128_t *sum)
{
	v128_t message = wasm_v128_xor(wasm_v128_xor(MOVED(sum[0], 1), MOVED(sum[1], 2)),
	                               wasm_v128_xor(MOVED(sum[2], 3), MOVED(sum[3], 4)));
	uint32_t crc = LAST_LANES(sum[0], 1) ^ LAST_LANES(sum[1], 2) ^ LAST_LANES(sum[2], 3) ^ LAST_LANES(sum[3], 4);
	uint32_t first = after_word(wasm_u32x4_extract_lane(message, 0));
	uint32_t second = after_word(first ^ wasm_u32x4_extract_lane(message, 1));
	uint32_t third = after_word(second ^ wasm_u32x4_extract_lane(message, 2));

	return crc ^ after_word(third ^ wasm_u32x4_extract_lane(message, 3));
}

static uint32_t block(uint32_t crc, const unsigned char *buffer, unsigned int vectors)
{
	const v128_t zero = wasm_i64x2_const(0, 0), half_byte = wasm_u8x16_const_splat(0xf);
	v128_t before = wasm_u32x4_replace_lane(zero, 0, crc);
	v128_t sum[4] = {zero, zero, zero, zero};

	for (; vectors > 0; vectors--, buffer += LANES) {
		v128_t bytes = wasm_v128_xor(wasm_v128_load(buffer), before);
		v128_t low = wasm_v128_and(bytes, half_byte);
		v128_t high = wasm_v128_and(wasm_u64x2_shr(bytes, 4), half_byte); /* a shift of bytes is slow on x86 */

		for (int byte = 0; byte < 4; byte++) { /* unrolled */
			v128_t looked_up = wasm_v128_xor(wasm_i8x16_swizzle(lookup[vectors - 1].low[byte], low),
			                                 wasm_i8x16_swizzle(lookup[vectors - 1].high[byte], high));

			sum[byte] = wasm_v128_xor(sum[byte], looked_up);
		}
		before = zero;
	}
	return crc_of_sums(sum);
}

static uint32_t blocks(uint32_t crc, const unsigned char *buffer, unsigned int vectors)
{
	while (vectors > 0) {
		unsigned int count = vectors < MOST_VECTORS ? vectors : MOST_VECTORS;

		crc = block(crc, buffer, count);
		buffer += count * LANES;
		vectors -= count;
	}
	return crc;
}
#endif

uint32_t calculate_crc32c(uint32_t crc, const unsigned char *buffer, unsigned int length)
{
	if (table[0][1] == 0) {
		make_table();
#ifdef __wasm_simd128__
		make_lookup();
#endif
	}
#ifdef __wasm_simd128__
	crc = blocks(crc, buffer, length / LANES);
	buffer += length - length % LANES;
	length %= LANES;
#endif
	for (; length >= sizeof(crc); buffer += sizeof(crc), length -= sizeof(crc)) {
		uint32_t word;

		memcpy(&word, buffer, sizeof(word)); /* little-endian, as WebAssembly is */
		crc = after_word(crc ^ word);
	}
	for (; length > 0; buffer++, length--) {
		crc = after_byte(crc ^ *buffer);
	}
	return crc;
}

uint32_t sctp_finalize_crc32c(uint32_t crc)
{
	return ~crc;
}

uint32_t sctp_calculate_cksum(struct mbuf *packet, upstream_offset offset)
{
	uint32_t crc = 0xffffffff;

	for (; packet != NULL; packet = packet->m_next) {
		upstream_offset length = (upstream_offset)packet->m_len;

		if (offset < length) {
			const unsigned char *bytes = (const unsigned char *)packet->m_data + offset;

			crc = calculate_crc32c(crc, bytes, (unsigned int)(length - offset));
		}
		offset = offset < length ? 0 : offset - length;
	}
	return sctp_finalize_crc32c(crc);
}

int link_has_integrity;

EXPORT void link_integrity(int has)
{
	link_has_integrity = has;
}

/*
 * The checksum of a packet that is sent, after `offset` bytes of IP and UDP headers. It is 0, as in RFC 9653, if the
 * transport vouches for integrity. Computing it took 33 % of the time of a bulk transfer in memory. AF_CONN has no
 * headers (offset 0) and doesn't know its transport.
 */
uint32_t link_checksum(struct mbuf *packet, upstream_offset offset)
{
	if (!link_has_integrity || offset == 0) {
		return sctp_calculate_cksum(packet, offset);
	}
	SCTP_STAT_INCR(sctps_sendhwcrc); /* "offloaded"; the caller has counted it as computed */
	SCTP_STAT_DECR(sctps_sendswcrc);
	return 0;
}
