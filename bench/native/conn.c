/* Upstream's network in memory: AF_CONN. Packets are as large as IPv4 packets with an MTU of 1,500. */
#include <stdlib.h>
#include <string.h>

#include <usrsctp.h>

#include "measure.h"
#include "network.h"

struct queue {
	size_t bytes, capacity;
	char *packets; /* a length before each */
};

static struct queue sent, arriving;
static char host; /* its pointer is the host's address */
static double ticked_ms;

static int output(void *address, void *packet, size_t length, uint8_t tos, uint8_t set_df)
{
	(void)address, (void)tos, (void)set_df;
	if (sent.bytes + sizeof(length) + length > sent.capacity) {
		sent.capacity = 2 * sent.capacity + 65536;
		sent.packets = realloc(sent.packets, sent.capacity);
	}
	memcpy(sent.packets + sent.bytes, &length, sizeof(length));
	memcpy(sent.packets + sent.bytes + sizeof(length), packet, length);
	sent.bytes += sizeof(length) + length;
	return 0;
}

void network_start(void)
{
	usrsctp_init_nothreads(0, output, NULL);
	usrsctp_register_address(&host);
	ticked_ms = now_ms();
}

struct sockaddr *network_address(int port, socklen_t *length)
{
	static struct sockaddr_conn address;

	address = (struct sockaddr_conn){.sconn_family = AF_CONN, .sconn_port = htons((uint16_t)port), .sconn_addr = &host};
	*length = sizeof(address);
	return (struct sockaddr *)&address;
}

int network_deliver(void)
{
	int packets = 0;

	while (sent.bytes > 0) {
		struct queue empty = arriving;

		arriving = sent;
		sent = empty;
		sent.bytes = 0;
		for (size_t at = 0, length; at < arriving.bytes; at += length, packets++) {
			memcpy(&length, arriving.packets + at, sizeof(length));
			at += sizeof(length);
			usrsctp_conninput(&host, arriving.packets + at, length, 0);
		}
	}
	return packets;
}

void network_tick(void)
{
	double elapsed = now_ms() - ticked_ms;

	if (elapsed >= 1) {
		ticked_ms += (uint32_t)elapsed;
		usrsctp_handle_timers((uint32_t)elapsed);
	}
}
