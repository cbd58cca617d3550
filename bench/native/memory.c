/*
 * usrsctp in memory: two ends on one host, in one thread. The only system calls read the clock.
 *
 *   memory bulk|roundtrip|setups|burst|idle BYTES MS
 *
 * Prints the result as JSON. It warms up for MS / 2, then measures for MS; see bench/README.md.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <usrsctp.h>

#include "measure.h"
#include "network.h"

#define PORT 5001
#define BURST 100
#define IDLE_PAIRS 500
#define MOST_TRIPS 2000000

struct pair {
	struct socket *client, *server;
};

static struct socket *listener;
static char message[65536], buffer[262144];

static struct socket *open_socket(void)
{
	socklen_t length;
	int on = 1, family = network_address(0, &length)->sa_family;
	struct socket *so = usrsctp_socket(family, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
	struct sctp_paddrparams path = {.spp_flags = SPP_PMTUD_DISABLE, .spp_pathmtu = 1480};

	if (so == NULL || usrsctp_set_non_blocking(so, 1) < 0) {
		fail("usrsctp_socket");
	}
	usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof(on));
	if (family == AF_CONN) { /* it has no interface with an MTU */
		path.spp_address.ss_family = AF_CONN;
		if (usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path)) < 0) {
			fail("SCTP_PEER_ADDR_PARAMS");
		}
	}
	return so;
}

static void listen_socket(void)
{
	socklen_t length;
	struct sockaddr *address;

	listener = open_socket();
	address = network_address(PORT, &length);
	if (usrsctp_bind(listener, address, length) < 0 || usrsctp_listen(listener, 2 * BURST) < 0) {
		fail("usrsctp_listen");
	}
}

static struct socket *connecting(void)
{
	struct socket *so = open_socket();
	socklen_t length;
	struct sockaddr *address = network_address(PORT, &length);

	if (usrsctp_connect(so, address, length) < 0 && errno != EINPROGRESS) {
		fail("usrsctp_connect");
	}
	return so;
}

static struct socket *accepted(void)
{
	struct socket *so = usrsctp_accept(listener, NULL, NULL);

	if (so == NULL) {
		fail("usrsctp_accept");
	}
	usrsctp_set_non_blocking(so, 1);
	return so;
}

static struct pair connected(void)
{
	struct pair pair = {.client = connecting()};

	network_deliver();
	pair.server = accepted();
	return pair;
}

static void close_pair(struct pair pair)
{
	usrsctp_close(pair.client);
	network_deliver();
	usrsctp_close(pair.server);
	network_deliver();
}

static int sent(struct socket *so, size_t bytes)
{
	return usrsctp_sendv(so, message, bytes, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0) > 0;
}

static size_t received(struct socket *so)
{
	struct sctp_rcvinfo info;
	struct sockaddr_storage from;
	socklen_t from_length = sizeof(from), info_length = sizeof(info);
	unsigned int type;
	int flags = 0;
	ssize_t length = usrsctp_recvv(so, buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length, &info, &info_length, &type, &flags);

	return length > 0 ? (size_t)length : 0;
}

static void bulk(size_t bytes, double ms)
{
	struct pair pair = connected();
	double start = now_ms() + ms / 2, now, first = 0, cpu = 0;
	size_t count = 0, length;

	while ((now = now_ms()) < start + ms) {
		int progress = 0;

		if (first == 0 && now >= start) {
			first = now;
			cpu = cpu_ms();
			count = 0;
		}
		while (sent(pair.client, bytes)) {
			progress = 1;
		}
		network_deliver();
		while ((length = received(pair.server)) > 0) {
			count += length;
			progress = 1;
		}
		if (network_deliver() == 0 && !progress) {
			network_tick();
		}
	}
	print_rate((double)count, now - first, cpu_ms() - cpu);
}

static void roundtrip(size_t bytes, double ms)
{
	struct pair pair = connected();
	double start = now_ms() + ms / 2, now = 0, cpu = 0, *times = malloc(MOST_TRIPS * sizeof(*times));
	size_t count = 0;

	while (now < start + ms && count < MOST_TRIPS) {
		double before = now_ms();

		sent(pair.client, bytes);
		network_deliver();
		received(pair.server);
		sent(pair.server, bytes);
		network_deliver();
		if (received(pair.client) != bytes) {
			fail("no answer");
		}
		now = now_ms();
		if (before >= start) {
			cpu = count == 0 ? cpu_ms() : cpu;
			times[count++] = now - before;
		}
		network_tick();
	}
	print_percentiles(times, count, cpu_ms() - cpu);
}

static void setups(double ms)
{
	double start = now_ms() + ms / 2, now, cpu = 0;
	int count = 0;

	while ((now = now_ms()) < start + ms) {
		if (count == 0 && now >= start) {
			cpu = cpu_ms();
		}
		close_pair(connected());
		count += now >= start;
		network_tick();
	}
	printf("{\"perS\":%.1f,\"perCpuS\":%.1f}\n", count * 1e3 / (now - start), count * 1e3 / (cpu_ms() - cpu));
}

static double burst_once(void)
{
	struct pair pairs[BURST];
	double before = now_ms(), after;

	for (int i = 0; i < BURST; i++) {
		pairs[i].client = connecting();
	}
	network_deliver();
	for (int i = 0; i < BURST; i++) {
		pairs[i].server = accepted();
	}
	after = now_ms();
	for (int i = 0; i < BURST; i++) {
		close_pair(pairs[i]);
	}
	network_tick();
	return after - before;
}

static void burst(void)
{
	double best = burst_once();

	for (int i = 0; i < 4; i++) {
		double next = burst_once();

		best = next < best ? next : best;
	}
	printf("{\"ms\":%.2f}\n", best);
}

static void idle(void)
{
	size_t before;

	connected();
	before = mallinfo2().uordblks;
	for (int i = 0; i < IDLE_PAIRS; i++) {
		connected();
	}
	printf("{\"kb\":%.2f}\n", (double)(mallinfo2().uordblks - before) / 1e3 / IDLE_PAIRS);
}

int main(int argc, char **argv)
{
	const char *what = argc == 4 ? argv[1] : "";
	size_t bytes = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	double ms = argc == 4 ? strtod(argv[3], NULL) : 0;

	network_start();
	usrsctp_sysctl_set_sctp_no_csum_on_loopback(0); /* by default upstream leaves out checksums on loopback */
	listen_socket();
	if (strcmp(what, "bulk") == 0) {
		bulk(bytes, ms);
	} else if (strcmp(what, "roundtrip") == 0) {
		roundtrip(bytes, ms);
	} else if (strcmp(what, "setups") == 0) {
		setups(ms);
	} else if (strcmp(what, "burst") == 0) {
		burst();
	} else if (strcmp(what, "idle") == 0) {
		idle();
	} else {
		fprintf(stderr, "memory bulk|roundtrip|setups|burst|idle BYTES MS\n");
		return 2;
	}
	fflush(stdout);
	_exit(0); /* without closing the sockets */
}
