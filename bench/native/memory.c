/*
 * usrsctp in memory: two ends on one host, in one thread. The only system calls read the clock.
 *
 *   memory bulk|roundtrip|setups|burst|idle BYTES MS
 *   memory one-to-many|one-to-one BYTES N        a server with N associations
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
#define AT_ONCE 512
#define WARM_UP 3000
#define ECHOES 20000
#define FIRST_PORT 10000 /* of the clients */

struct pair {
	struct socket *client, *server;
};

static struct socket *listener;
static char message[65536], buffer[262144];

static struct socket *open_socket(int style)
{
	socklen_t length;
	int on = 1, family = network_address(0, &length)->sa_family;
	struct socket *so = usrsctp_socket(family, style, IPPROTO_SCTP, NULL, NULL, 0, NULL);
	struct sctp_paddrparams path = {.spp_flags = SPP_PMTUD_DISABLE, .spp_pathmtu = 1480};

	if (so == NULL || usrsctp_set_non_blocking(so, 1) < 0) {
		fail("usrsctp_socket");
	}
	usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof(on));
	if (style == SOCK_SEQPACKET) {
		usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof(on));
	}
	if (family == AF_CONN) { /* it has no interface with an MTU */
		path.spp_address.ss_family = AF_CONN;
		if (usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path)) < 0) {
			fail("SCTP_PEER_ADDR_PARAMS");
		}
	}
	return so;
}

static void listen_socket(int style)
{
	socklen_t length;
	struct sockaddr *address;

	listener = open_socket(style);
	address = network_address(PORT, &length);
	if (usrsctp_bind(listener, address, length) < 0 || usrsctp_listen(listener, 2 * AT_ONCE) < 0) {
		fail("usrsctp_listen");
	}
}

/* From this port; 0: from any. */
static struct socket *connecting_from(int port)
{
	struct socket *so = open_socket(SOCK_STREAM);
	socklen_t length;
	struct sockaddr *address = network_address(port, &length);

	if (port != 0 && usrsctp_bind(so, address, length) < 0) {
		fail("usrsctp_bind");
	}
	address = network_address(PORT, &length);
	if (usrsctp_connect(so, address, length) < 0 && errno != EINPROGRESS) {
		fail("usrsctp_connect");
	}
	return so;
}

static struct socket *connecting(void)
{
	return connecting_from(0);
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

/* Which association it came from is stored in *id, unless that is NULL. */
static size_t received_from(struct socket *so, sctp_assoc_t *id)
{
	struct sctp_rcvinfo info = {0};
	struct sockaddr_storage from;
	socklen_t from_length = sizeof(from), info_length = sizeof(info);
	unsigned int type;
	int flags = 0;
	ssize_t length = usrsctp_recvv(so, buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length, &info, &info_length, &type, &flags);

	if (id != NULL) {
		*id = info.rcv_assoc_id;
	}
	return length > 0 ? (size_t)length : 0;
}

static size_t received(struct socket *so)
{
	return received_from(so, NULL);
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

/* --- many associations ---------------------------------------------------------------------------------------- */

static struct pair *pairs;

/* The server of a one-to-many socket. The associations of a one-to-one socket are in `pairs`, from `first` on. */
static void answer(int style, int first, int count)
{
	struct sctp_sndinfo info = {0};
	size_t length;

	for (int i = first; style == SOCK_STREAM && i < first + count; i++) {
		sent(pairs[i].server, received(pairs[i].server));
	}
	while (style == SOCK_SEQPACKET && (length = received_from(listener, &info.snd_assoc_id)) > 0) {
		usrsctp_sendv(listener, message, length, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0);
	}
}

static void connect_many(int style, int count)
{
	for (int done = 0; done < count; done += AT_ONCE) {
		int batch = count - done < AT_ONCE ? count - done : AT_ONCE;

		for (int i = done; i < done + batch; i++) {
			pairs[i].client = connecting_from(FIRST_PORT + i);
		}
		network_deliver();
		for (int i = done; style == SOCK_STREAM && i < done + batch; i++) {
			pairs[i].server = accepted();
		}
		network_tick();
	}
}

static void echo_many(int style, size_t bytes, int count)
{
	for (int done = 0; done < count; done += AT_ONCE) {
		int batch = count - done < AT_ONCE ? count - done : AT_ONCE;

		for (int i = done; i < done + batch; i++) {
			sent(pairs[i].client, bytes);
		}
		network_deliver();
		answer(style, done, batch);
		network_deliver();
		for (int i = done; i < done + batch; i++) {
			if (received(pairs[i].client) != bytes) {
				fail("no answer");
			}
		}
		network_tick();
	}
}

static void close_many(int style, int count)
{
	for (int i = 0; i < count; i++) {
		usrsctp_close(pairs[i].client);
		network_deliver();
		if (style == SOCK_STREAM) {
			usrsctp_close(pairs[i].server);
			network_deliver();
		}
	}
}

static void many(int style, size_t bytes, int count)
{
	int most = count > AT_ONCE ? count : AT_ONCE, rounds = (ECHOES + count - 1) / count;
	double start, set_up_us;

	pairs = calloc((size_t)most, sizeof(*pairs));
	for (int done = 0; done < WARM_UP; done += AT_ONCE) {
		connect_many(style, AT_ONCE);
		echo_many(style, bytes, AT_ONCE);
		close_many(style, AT_ONCE);
	}
	start = cpu_ms();
	connect_many(style, count);
	set_up_us = (cpu_ms() - start) * 1e3 / count;
	echo_many(style, bytes, count);
	start = cpu_ms();
	for (int round = 0; round < rounds; round++) {
		echo_many(style, bytes, count);
	}
	printf("{\"setUpUs\":%.2f,\"echoUs\":%.2f}\n", set_up_us, (cpu_ms() - start) * 1e3 / rounds / count);
}

int main(int argc, char **argv)
{
	const char *what = argc == 4 ? argv[1] : "";
	size_t bytes = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	double ms = argc == 4 ? strtod(argv[3], NULL) : 0;
	int style = strcmp(what, "one-to-many") == 0 ? SOCK_SEQPACKET : SOCK_STREAM;

	network_start();
	usrsctp_sysctl_set_sctp_no_csum_on_loopback(0); /* by default upstream leaves out checksums on loopback */
	listen_socket(style);
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
	} else if (strcmp(what, "one-to-many") == 0 || strcmp(what, "one-to-one") == 0) {
		many(style, bytes, (int)ms);
	} else {
		fprintf(stderr, "memory bulk|roundtrip|setups|burst|idle BYTES MS, or one-to-many|one-to-one BYTES N\n");
		return 2;
	}
	fflush(stdout);
	_exit(0); /* without closing the sockets */
}
