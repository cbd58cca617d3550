/*
 * How the ports of associations are spread over the buckets of usrsctp's hash tables. For each of some server ports,
 * prints how many of 20,000 clients share the fullest of 1,024 buckets: first in the table of a one-to-many socket,
 * which hashes the client's port, then in that of all one-to-one sockets, which hashes both ports combined by OR.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>

#define CLIENTS 20000
#define FIRST_PORT 32768 /* of the ports that Linux assigns to clients */
#define PLACES 1024

uint32_t link_hash_of_ports(uint32_t ports);

static uint32_t fullest(uint32_t server)
{
	uint32_t counts[PLACES] = {0}, most = 0;

	for (uint16_t port = FIRST_PORT; port < FIRST_PORT + CLIENTS; port++) {
		uint32_t count = ++counts[link_hash_of_ports(server | htons(port)) % PLACES];

		most = count > most ? count : most;
	}
	return most;
}

int main(void)
{
	const uint16_t servers[] = {2905, 3868, 5001, 36412, 38412}; /* M3UA, Diameter, ours in tests, S1AP, NGAP */

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		printf("%u %u %u\n", servers[i], fullest(0), fullest(htons(servers[i])));
	}
	return 0;
}
