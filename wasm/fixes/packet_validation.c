/*
 * What must not reach usrsctp: packets that upstream 0.9.5.0 handles wrongly. Each rule names the function and what
 * happens there; a rule goes when the pinned release no longer needs it.
 */
#include "link.h"

#define COMMON_HEADER_BYTES 12
#define CHUNK_HEADER_BYTES 4
#define PARAMETER_HEADER_BYTES 4
#define INIT 1
#define INIT_BYTES 20

static uint32_t read16(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

/*
 * sctp_output.c, sctp_are_there_new_addresses(): on an INIT for an association that exists, a parameter whose length
 * is 0 is looked at for ever: one packet, with nothing guessed but the ports, stops the whole host.
 */
static int has_endless_parameter(const uint8_t *chunk, uint32_t length)
{
	for (uint32_t at = INIT_BYTES; at + PARAMETER_HEADER_BYTES <= length;) {
		uint32_t bytes = read16(chunk + at + 2);

		if (bytes < PARAMETER_HEADER_BYTES) {
			return 1;
		}
		at += (bytes + 3) & ~3u;
	}
	return 0;
}

int link_admits(const uint8_t *packet, uint32_t length)
{
	const uint8_t *chunk = packet + COMMON_HEADER_BYTES;

	if (length < COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES) {
		return 0;
	}
	/* to the packet's end: that function doesn't stop at the chunk's */
	return chunk[0] != INIT || !has_endless_parameter(chunk, length - COMMON_HEADER_BYTES);
}
