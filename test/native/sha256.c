/*
 * SHA-256. Prints the digests of 0 to 300 bytes, hashed in two parts. Byte n is 7 n + 1.
 */
#include <stdio.h>

#include "os/sha256.h"

#define MAX_LENGTH 300

int main(void)
{
	uint8_t bytes[MAX_LENGTH], digest[SHA256_BYTES];

	for (unsigned int i = 0; i < MAX_LENGTH; i++) {
		bytes[i] = (uint8_t)(7 * i + 1);
	}
	for (unsigned int length = 0; length <= MAX_LENGTH; length++) {
		struct sha256 hash;
		unsigned int first = length * 5 / 7;

		sha256_init(&hash);
		sha256_update(&hash, bytes, first);
		sha256_update(&hash, bytes + first, length - first);
		sha256_final(digest, &hash);
		for (unsigned int i = 0; i < sizeof(digest); i++) {
			printf("%02x", digest[i]);
		}
		putchar('\n');
	}
	return 0;
}
