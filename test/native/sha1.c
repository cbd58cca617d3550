/*
 * SHA-1 as usrsctp calls it. Prints the digests of 0 to 300 bytes, hashed in two parts. Byte n is 7 n + 1.
 */
#include <stdio.h>

#include <netinet/sctp_sha1.h>

#define MAX_LENGTH 300

int main(void)
{
	unsigned char bytes[MAX_LENGTH], digest[20];

	for (unsigned int i = 0; i < MAX_LENGTH; i++) {
		bytes[i] = (unsigned char)(7 * i + 1);
	}
	for (unsigned int length = 0; length <= MAX_LENGTH; length++) {
		struct sctp_sha1_context context;
		unsigned int first = length * 5 / 7;

		sctp_sha1_init(&context);
		sctp_sha1_update(&context, bytes, first);
		sctp_sha1_update(&context, bytes + first, length - first);
		sctp_sha1_final(digest, &context);
		for (unsigned int i = 0; i < sizeof(digest); i++) {
			printf("%02x", digest[i]);
		}
		putchar('\n');
	}
	return 0;
}
