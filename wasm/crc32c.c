/*
 * CRC32c (RFC 9260 appendix A) by slicing-by-16: stands in for netinet/sctp_crc32.c, whose slicing-by-8 took 46 % of
 * the time of a bulk transfer. The tables are made at start; in the binary they would cost 16 KB.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_crc32.h>

#include "link.h"

#define POLYNOMIAL 0x82f63b78u /* of CRC32c, reflected */
#define SLICES 16

static uint32_t table[SLICES][256];

static void make_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++) {
			crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
		}
		table[0][byte] = crc;
	}
	for (uint32_t byte = 0; byte < 256; byte++) {
		for (int slice = 1; slice < SLICES; slice++) {
			uint32_t crc = table[slice - 1][byte];

			table[slice][byte] = (crc >> 8) ^ table[0][crc & 0xff];
		}
	}
}

/* Four bytes, of which the first is `slice` places before the end of the 16. */
static inline uint32_t slice_of(uint32_t word, int slice)
{
	return table[slice][word & 0xff] ^ table[slice - 1][(word >> 8) & 0xff] ^ table[slice - 2][(word >> 16) & 0xff] ^
	       table[slice - 3][word >> 24];
}

uint32_t calculate_crc32c(uint32_t crc, const unsigned char *buffer, unsigned int length)
{
	if (table[0][1] == 0) {
		make_tables();
	}
	for (; length >= SLICES; buffer += SLICES, length -= SLICES) {
		uint32_t words[4];

		memcpy(words, buffer, sizeof(words)); /* little-endian, as WebAssembly is */
		crc = slice_of(words[0] ^ crc, 15) ^ slice_of(words[1], 11) ^ slice_of(words[2], 7) ^ slice_of(words[3], 3);
	}
	for (; length > 0; buffer++, length--) {
		crc = (crc >> 8) ^ table[0][(crc ^ *buffer) & 0xff];
	}
	return crc;
}

uint32_t sctp_finalize_crc32c(uint32_t crc)
{
	return ~crc;
}

uint32_t sctp_calculate_cksum(struct mbuf *packet, uint32_t offset)
{
	uint32_t crc = 0xffffffff;

	for (; packet != NULL; packet = packet->m_next) {
		uint32_t length = (uint32_t)packet->m_len;

		if (offset < length) {
			crc = calculate_crc32c(crc, (const unsigned char *)packet->m_data + offset, length - offset);
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
 * For a packet on its way out, after IP and UDP headers of `offset` bytes: 0, as RFC 9653 has it, where it would protect
 * against nothing. It took 33 % of the time of a bulk transfer in memory. AF_CONN, which has no headers, knows no transport.
 */
uint32_t link_checksum(struct mbuf *packet, uint32_t offset)
{
	if (!link_has_integrity || offset == 0) {
		return sctp_calculate_cksum(packet, offset);
	}
	SCTP_STAT_INCR(sctps_sendhwcrc); /* "offloaded"; the caller counts it as computed */
	SCTP_STAT_DECR(sctps_sendswcrc);
	return 0;
}
