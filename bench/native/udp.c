/*
 * usrsctp as programs usually use it: with its own threads, over UDP on 127.0.0.1, with a process for each end.
 *
 *   udp server bulk|roundtrip PORT BYTES MS
 *   udp client bulk|roundtrip PORT BYTES MS
 *
 * PORT is the server's UDP port; the client's is the next one. Both warm up for MS / 2, then measure for MS. In `bulk`
 * both print the result, in `roundtrip` only the client.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include <usrsctp.h>

#include "measure.h"

#define SCTP_PORT 5001
#define MOST_TRIPS 1000000

static char buffer[262144];

static struct socket *open_socket(void)
{
	struct socket *so = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
	int on = 1;

	if (so == NULL || usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof(on)) < 0) {
		fail("usrsctp_socket");
	}
	return so;
}

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(SCTP_PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static struct socket *served(void)
{
	struct sockaddr_in address = loopback();
	struct socket *listener = open_socket(), *so;

	if (usrsctp_bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || usrsctp_listen(listener, 1) < 0) {
		fail("usrsctp_listen");
	}
	printf("ready\n");
	fflush(stdout);
	so = usrsctp_accept(listener, NULL, NULL);
	if (so == NULL) {
		fail("usrsctp_accept");
	}
	return so;
}

static struct socket *connected(int port)
{
	struct sockaddr_in address = loopback();
	struct sctp_udpencaps encaps = {.sue_address.ss_family = AF_INET, .sue_port = htons((uint16_t)port)};
	struct socket *so = open_socket();

	if (usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps)) < 0 ||
	    usrsctp_connect(so, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fail("usrsctp_connect");
	}
	return so;
}

static size_t sent(struct socket *so, size_t bytes)
{
	ssize_t length = usrsctp_sendv(so, buffer, bytes, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0);

	if (length <= 0) {
		fail("usrsctp_sendv");
	}
	return (size_t)length;
}

static size_t received(struct socket *so)
{
	struct sctp_rcvinfo info;
	struct sockaddr_storage from;
	socklen_t from_length = sizeof(from), info_length = sizeof(info);
	unsigned int type;
	int flags = 0;
	ssize_t length = usrsctp_recvv(so, buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length, &info, &info_length, &type, &flags);

	if (length <= 0) {
		fail("usrsctp_recvv");
	}
	return (size_t)length;
}

static void bulk(struct socket *so, size_t bytes, double ms, int is_server)
{
	double start = now_ms() + ms / 2, begun = 0, cpu = 0, now;
	size_t count = 0;

	do {
		count += is_server ? received(so) : sent(so, bytes);
		now = now_ms();
		if (begun == 0 && now >= start) {
			begun = now;
			cpu = cpu_ms();
			count = 0;
		}
	} while (begun == 0 || now < begun + ms);
	print_rate((double)count, now - begun, cpu_ms() - cpu);
	for (;;) { /* until bench/child.mjs kills this process: the other end may still be measuring */
		if (is_server) received(so);
		else sent(so, bytes);
	}
}

static void trips(struct socket *so, size_t bytes, double ms)
{
	double start = now_ms() + ms / 2, now = 0, cpu = 0, *times = malloc(MOST_TRIPS * sizeof(*times));
	size_t count = 0;

	while (now < start + ms && count < MOST_TRIPS) {
		double before = now_ms();

		sent(so, bytes);
		received(so);
		now = now_ms();
		if (before >= start) {
			cpu = count == 0 ? cpu_ms() : cpu;
			times[count++] = now - before;
		}
	}
	print_percentiles(times, count, cpu_ms() - cpu);
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	int is_server = argc == 6 && strcmp(argv[1], "server") == 0, port = argc == 6 ? atoi(argv[3]) : 0;
	size_t bytes = argc == 6 ? strtoul(argv[4], NULL, 10) : 0;
	struct socket *so;

	if (argc != 6) {
		fprintf(stderr, "udp server|client bulk|roundtrip PORT BYTES MS\n");
		return 2;
	}
	usrsctp_init((uint16_t)(is_server ? port : port + 1), NULL, NULL);
	usrsctp_sysctl_set_sctp_blackhole(2);
	usrsctp_sysctl_set_sctp_no_csum_on_loopback(0); /* by default it leaves out checksums on loopback */
	so = is_server ? served() : connected(port);
	if (strcmp(argv[2], "bulk") == 0) {
		bulk(so, bytes, strtod(argv[5], NULL), is_server);
	} else if (is_server) {
		for (;;) {
			sent(so, received(so));
		}
	}
	trips(so, bytes, strtod(argv[5], NULL));
}
