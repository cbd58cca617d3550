/*
 * How associations are spread over the hash table of paths. For each of some server ports, prints how many of 20,000
 * clients share the fullest of 16,384 buckets: clients of one address with different ports, clients of different IPv4
 * addresses with the same port, and clients of different IPv6 addresses with the same port.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <usrsctp.h>

#define CLIENTS 20000
#define FIRST_PORT 32768 /* of the ports that Linux assigns to clients */
#define PLACES 16384

void link_seed_hash_of_path(const uint32_t *words);
uint32_t link_hash_of_path(uint16_t local_port, uint16_t remote_port, const struct sockaddr *address);

struct client {
	uint16_t port;
	union sctp_sockstore address;
};

static struct client by_port(uint32_t number)
{
	struct client client = {.port = (uint16_t)(FIRST_PORT + number)};

	client.address.sin.sin_family = AF_INET;
	client.address.sin.sin_addr.s_addr = htonl(0x0a000001);
	return client;
}

static struct client by_ipv4(uint32_t number)
{
	struct client client = {.port = 3868};

	client.address.sin.sin_family = AF_INET;
	client.address.sin.sin_addr.s_addr = htonl(0x0a000000 + number);
	return client;
}

static struct client by_ipv6(uint32_t number)
{
	struct client client = {.port = 3868};

	client.address.sin6.sin6_family = AF_INET6;
	number = htonl(number);
	memcpy(&client.address.sin6.sin6_addr.s6_addr[12], &number, sizeof(number));
	return client;
}

static uint32_t fullest(uint16_t server, struct client (*client_of)(uint32_t number))
{
	static uint32_t counts[PLACES];
	uint32_t most = 0;

	memset(counts, 0, sizeof(counts));
	for (uint32_t number = 0; number < CLIENTS; number++) {
		struct client client = client_of(number);
		uint32_t hash = link_hash_of_path(htons(server), htons(client.port), &client.address.sa);
		uint32_t count = ++counts[hash % PLACES];

		most = count > most ? count : most;
	}
	return most;
}

int main(void)
{
	const uint16_t servers[] = {2905, 3868, 5001, 36412, 38412}; /* M3UA, Diameter, ours in tests, S1AP, NGAP */
	const uint32_t digits_of_pi[] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344,
	                                 0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89};

	link_seed_hash_of_path(digits_of_pi);
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		printf("%u %u %u %u\n", servers[i], fullest(servers[i], by_port), fullest(servers[i], by_ipv4),
		       fullest(servers[i], by_ipv6));
	}
	return 0;
}
