#include <arpa/inet.h>
#include <string.h>

#include "live.h"

#define HEADER 12 /* of a packet: ports, verification tag, checksum */
#define MAX_COOKIE 2048

static struct {
	uint32_t tag;           /* in the packets that it sends */
	uint32_t tsn;           /* the next one */
	uint32_t request;       /* the next number of a re-configuration request */
	uint32_t serial;        /* the next number of an ASCONF */
	uint8_t cookie[MAX_COOKIE];
	uint32_t cookie_length; /* of the state cookie that it has sent */
} ends[2];

enum {
	DATA = 0, INIT = 1, INIT_ACK = 2, SACK = 3, HEARTBEAT_ACK = 5, SHUTDOWN = 7, COOKIE_ECHO = 10, ECNE = 12, CWR = 13,
	NR_SACK = 0x10, I_DATA = 0x40, ASCONF_ACK = 0x80, RE_CONFIG = 0x82, FORWARD_TSN = 0xc0, ASCONF = 0xc1,
	I_FORWARD_TSN = 0xc2
};

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return ntohl(value);
}

static void put32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)(at[0] << 8 | at[1]);
}

void live_reset(void)
{
	memset(ends, 0, sizeof(ends));
}

/* --- what the ends send --------------------------------------------------------------------------------------- */

static void observe_init(enum end sender, const uint8_t *chunk, uint32_t length)
{
	ends[!sender].tag = get32(chunk + 4);
	ends[sender].tsn = ends[sender].request = ends[sender].serial = get32(chunk + 16);
	for (uint32_t at = 20; at + 4 <= length;) {
		uint32_t bytes = get16(chunk + at + 2);

		if (bytes < 4 || bytes > length - at) {
			return;
		}
		if (get16(chunk + at) == 7 && bytes - 4 <= MAX_COOKIE) {
			ends[sender].cookie_length = bytes - 4;
			memcpy(ends[sender].cookie, chunk + at + 4, bytes - 4);
		}
		at += (bytes + 3) & ~3u;
	}
}

static void observe_chunk(enum end sender, const uint8_t *chunk, uint32_t length)
{
	switch (chunk[0]) {
	case INIT:
	case INIT_ACK:
		if (length >= 20) {
			observe_init(sender, chunk, length);
		}
		break;
	case DATA:
	case I_DATA:
		if (length >= 16 && (int32_t)(get32(chunk + 4) - ends[sender].tsn) >= 0) {
			ends[sender].tsn = get32(chunk + 4) + 1;
		}
		break;
	case ASCONF:
		if (length >= 8) {
			ends[sender].serial = get32(chunk + 4) + 1;
		}
		break;
	case RE_CONFIG:
		if (length >= 12 && get16(chunk + 4) != 16) {
			ends[sender].request = get32(chunk + 8) + 1;
		}
	}
}

void live_observe(enum end sender, const uint8_t *packet, uint32_t length)
{
	for (uint32_t at = HEADER; at + 4 <= length;) {
		uint32_t bytes = get16(packet + at + 2);

		if (bytes < 4 || bytes > length - at) {
			return;
		}
		observe_chunk(sender, packet + at, bytes);
		at += (bytes + 3) & ~3u;
	}
}

/* --- what is injected ----------------------------------------------------------------------------------------- */

/* A number of the input counts from this one, if it is small. So an input can still have any other number. */
static void count_from(uint8_t *at, uint32_t live)
{
	int32_t value = (int32_t)get32(at);

	if (value >= -0x10000 && value <= 0x10000) {
		put32(at, live + (uint32_t)value);
	}
}

static void complete_chunk(enum end sender, uint8_t *chunk, uint32_t length)
{
	switch (length < 8 ? -1 : chunk[0]) {
	case DATA:
	case I_DATA:
		count_from(chunk + 4, ends[sender].tsn);
		break;
	case FORWARD_TSN:
	case I_FORWARD_TSN:
	case CWR:
		count_from(chunk + 4, ends[sender].tsn - 1);
		break;
	case SACK:
	case NR_SACK:
	case SHUTDOWN:
	case ECNE:
		count_from(chunk + 4, ends[!sender].tsn - 1);
		break;
	case ASCONF:
		count_from(chunk + 4, ends[sender].serial);
		break;
	case ASCONF_ACK:
		count_from(chunk + 4, ends[!sender].serial - 1);
		break;
	case RE_CONFIG:
		for (uint32_t at = 4; at + 8 <= length;) {
			uint32_t bytes = get16(chunk + at + 2);

			count_from(chunk + at + 4, get16(chunk + at) == 16 ? ends[!sender].request - 1 : ends[sender].request);
			if (get16(chunk + at) == 13 && at + 16 <= length) {
				count_from(chunk + at + 8, ends[!sender].request - 1);
				count_from(chunk + at + 12, ends[sender].tsn - 1);
			}
			if (bytes < 4) {
				return;
			}
			at += (bytes + 3) & ~3u;
		}
	}
}

/* Puts the cookie that the receiver has sent into a COOKIE ECHO, and the chunks that follow after it. */
static uint32_t insert_cookie(enum end receiver, uint8_t *packet, uint32_t at, uint32_t length, uint32_t capacity)
{
	uint32_t bytes = (get16(packet + at + 2) + 3) & ~3u, cookie = ends[receiver].cookie_length;
	uint32_t padded = 4 + ((cookie + 3) & ~3u);

	if (cookie == 0 || bytes > 12 || bytes > length - at || length - bytes + padded > capacity) {
		return length;
	}
	memmove(packet + at + padded, packet + at + bytes, length - at - bytes);
	memset(packet + at + 4, 0, padded - 4);
	memcpy(packet + at + 4, ends[receiver].cookie, cookie);
	packet[at + 2] = (uint8_t)((4 + cookie) >> 8);
	packet[at + 3] = (uint8_t)(4 + cookie);
	return length - bytes + padded;
}

static uint32_t tag_value(enum end sender, enum tag tag)
{
	switch (tag) {
	case TAG_RIGHT: return ends[sender].tag;
	case TAG_REFLECTED: return ends[!sender].tag;
	case TAG_WRONG: return 0x12345678;
	default: return 0;
	}
}

uint32_t live_complete(enum end sender, enum tag tag, uint8_t *packet, uint32_t length, uint32_t capacity)
{
	uint32_t crc;

	for (uint32_t at = HEADER; at + 4 <= length;) {
		uint32_t bytes;

		if (packet[at] == COOKIE_ECHO) {
			length = insert_cookie(!sender, packet, at, length, capacity);
		}
		bytes = get16(packet + at + 2);
		if (bytes < 4 || bytes > length - at) {
			break;
		}
		complete_chunk(sender, packet + at, bytes);
		at += (bytes + 3) & ~3u;
	}
	put32(packet + 4, tag_value(sender, tag));
	memset(packet + 8, 0, 4);
	crc = usrsctp_crc32c(packet, length);
	memcpy(packet + 8, &crc, sizeof(crc));
	return length;
}
