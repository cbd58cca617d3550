/*
 * The MAC of cookies as usrsctp calls it. Prints the signatures of 0 to 300 bytes, of which byte n is n. The key is 16
 * bytes that count up as well. The bytes are in three mbufs, after 4 bytes and before 20 bytes that aren't signed.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SCTP_SIMPLE_ALLOCATOR /* as in wasm/compile.sh */
#include <user_mbuf.h>

#define MAX_LENGTH 300
#define BEFORE 4
#define SIGNATURE 20

uint32_t link_cookie_mac(uint16_t, uint8_t *, uint32_t, struct mbuf *, uint32_t, uint8_t *, uint32_t);

int main(void)
{
	uint8_t bytes[BEFORE + MAX_LENGTH], key[32], after[SIGNATURE] = {0}, signature[SIGNATURE];

	memset(key, 0xff, sizeof(key));
	for (int i = 0; i < MAX_LENGTH; i++) {
		bytes[BEFORE + i] = (uint8_t)i;
	}
	for (int i = 0; i < 16; i++) {
		key[i] = (uint8_t)i;
	}
	for (int length = 0; length <= MAX_LENGTH; length++) {
		int first = length * 5 / 7;
		struct mbuf third = {.m_data = (caddr_t)after, .m_len = SIGNATURE};
		struct mbuf second = {.m_data = (caddr_t)bytes + BEFORE + first, .m_len = length - first, .m_next = &third};
		struct mbuf head = {.m_data = (caddr_t)bytes, .m_len = BEFORE + first, .m_next = &second};

		link_cookie_mac(0, key, sizeof(key), &head, BEFORE, signature, SIGNATURE);
		for (int i = 0; i < SIGNATURE; i++) {
			printf("%02x", signature[i]);
		}
		putchar('\n');
	}
	return 0;
}
