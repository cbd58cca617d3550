/*
 * What libFuzzer calls. An input is a sequence of operations on a host that talks to itself: packets are delivered,
 * dropped or changed, others are injected, calls are made, time passes. After each input the associations are aborted,
 * and the host must have freed what they had allocated.
 *
 *   FUZZ_LISTENING    there is a listening socket only. The fuzzer injects the packets of its peer.
 *   FUZZ_ASSOCIATION  a client connects, over two IPv4 or two IPv6 paths
 *   FUZZ_CONN         a client connects over AF_CONN
 *
 * The first five bytes of an input are options of the two ends. Each operation is one byte, with one byte of argument.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "network.h"

#define MAX_PACKET 2048
#define MAX_OPERATIONS 96
#define SETTLE_MS 3600000.0 /* longer than any timer */

/* Of usrsctp's internal headers, and without a name in usrsctp.h. */
#define CMT_ON_OFF 0x1200
#define PLUGGABLE_CC 0x1202
#define INTERLEAVING_SUPPORTED 0x1206
#define MAX_SOCKETS 16

void read_random(void *buffer, size_t size);

static double now_ms = 1000;
static const uint8_t *input, *input_end;
static int sockets[2], accepted[MAX_SOCKETS], accepted_count, is_gone;
static uint8_t packet_buffer[sizeof(struct link_packet) + MAX_PACKET + 4];

/* --- the input ------------------------------------------------------------------------------------------------ */

static uint8_t next_byte(void)
{
	return input < input_end ? *input++ : 0;
}

/* Copies up to `max` bytes of the input. */
static uint32_t next_bytes(uint8_t *to, uint32_t max)
{
	uint32_t left = (uint32_t)(input_end - input), count = max < left ? max : left;

	memcpy(to, input, count);
	input += count;
	return count;
}

/* Injects a packet: the chunks are in the input. */
static void inject(uint8_t argument)
{
	struct link_packet *header = (struct link_packet *)packet_buffer;
	uint8_t *packet = (uint8_t *)(header + 1);
	enum end sender = argument & 1;
	uint32_t length = next_byte() * 4u;

	memset(packet_buffer, 0, sizeof(packet_buffer));
	set_header(header, sender, 1 + (argument >> 1 & 1));
	set_ports(packet, sender);
	header->traffic_class = argument >> 6 & 3;
	length = 12 + next_bytes(packet + 12, length);
	header->length = live_complete(sender, argument >> 2 & 3, packet, length, MAX_PACKET);
	live_observe(sender, packet, argument >> 4 & 1 ? header->length : 0); /* as if the peer had sent it */
	receive(header);
}

/* Delivers the next packet of the outbox with some bytes changed. */
static void mutate(uint8_t argument)
{
	struct link_packet *packet = take_packet();

	if (packet == NULL) {
		return;
	}
	uint8_t *bytes = (uint8_t *)(packet + 1);
	uint32_t crc = 0;

	for (int changes = 1 + (argument & 7); changes > 0 && packet->length > 12; changes--) {
		uint32_t at = 12 + next_byte() * (argument & 8 ? 4u : 1u) % (packet->length - 12);

		bytes[at] = next_byte();
	}
	if (argument & 0x10 && packet->length > 16) {
		packet->length -= next_byte() % (packet->length - 15);
	}
	memcpy(bytes + 8, &crc, sizeof(crc));
	crc = usrsctp_crc32c(bytes, packet->length);
	memcpy(bytes + 8, &crc, sizeof(crc));
	receive(packet);
	if (argument & 0x20) {
		receive(packet);
	}
	free(packet);
}

/* --- calls ---------------------------------------------------------------------------------------------------- */

/* The socket of an end's association. */
static int socket_of_end(enum end end)
{
	return end == SERVER && accepted_count > 0 ? accepted[accepted_count - 1] : sockets[end];
}

static void send_message(uint8_t argument)
{
	static const uint32_t sizes[] = {1, 100, 1400, 5000, 60000, 0, 1453, 300};
	static uint8_t message[60000];
	struct sctp_sendv_spa spa = {.sendv_flags = SCTP_SEND_SNDINFO_VALID};
	uint8_t flags = next_byte();
	int socket = socket_of_end(argument & 1);

	spa.sendv_sndinfo.snd_sid = argument >> 4;
	spa.sendv_sndinfo.snd_flags = (uint16_t)((flags & 1 ? SCTP_UNORDERED : 0) | (flags & 2 ? SCTP_EOR : 0) |
	                                         (flags & 4 ? SCTP_SACK_IMMEDIATELY : 0) | (flags & 8 ? SCTP_EOF : 0) |
	                                         ((flags & 0xf0) == 0xf0 ? SCTP_ABORT : 0));
	spa.sendv_sndinfo.snd_assoc_id = SCTP_CURRENT_ASSOC;
	if (flags & 0x30) {
		spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
		spa.sendv_prinfo.pr_policy = (flags >> 4 & 3) == 1   ? SCTP_PR_SCTP_TTL
		                             : (flags >> 4 & 3) == 2 ? SCTP_PR_SCTP_BUF
		                                                     : SCTP_PR_SCTP_RTX;
		spa.sendv_prinfo.pr_value = (flags >> 6) * 50u;
	}
	bridge_sendv(socket, message, sizes[argument >> 1 & 7], NULL, 0, &spa, sizeof(spa), SCTP_SENDV_SPA, 0);
}

static void read_all(int socket)
{
	static uint8_t buffer[65536];
	int length, count = 0;

	do {
		struct sctp_recvv_rn info;
		union sctp_sockstore from;
		socklen_t from_length = sizeof(from), info_length = sizeof(info);
		unsigned int type;
		int flags = 0;

		length = bridge_recvv(socket, buffer, sizeof(buffer), &from.sa, &from_length, &info, &info_length, &type, &flags);
	} while (length > 0 && ++count < 100);
}

static void accept_all(void)
{
	int socket;

	while (accepted_count < MAX_SOCKETS && (socket = bridge_accept(sockets[SERVER], NULL, NULL)) > 0) {
		accepted[accepted_count++] = socket;
	}
}

static int set(int socket, int name, const void *value, size_t length)
{
	return bridge_setsockopt(socket, IPPROTO_SCTP, name, value, (uint32_t)length);
}

static void set_value(int socket, int name, uint32_t value)
{
	struct sctp_assoc_value of_all = {.assoc_value = value};

	set(socket, name, &of_all, sizeof(of_all));
}

static void set_int(int socket, int name, int value)
{
	set(socket, name, &value, sizeof(value));
}

static void reset_streams(uint8_t argument)
{
	struct {
		struct sctp_reset_streams request;
		uint16_t streams[3];
	} reset = {.streams = {0, 1, 2}};
	int socket = socket_of_end(argument & 1);

	reset.request.srs_flags = (uint16_t)((argument & 2 ? SCTP_STREAM_RESET_INCOMING : 0) |
	                                     (argument & 4 ? SCTP_STREAM_RESET_OUTGOING : 0));
	reset.request.srs_number_streams = argument >> 3 & 3;
	if (argument & 0x40) {
		struct sctp_add_streams add = {.sas_instrms = argument & 2, .sas_outstrms = argument & 4};

		set(socket, SCTP_ADD_STREAMS, &add, sizeof(add));
	} else if (argument & 0x80) {
		struct sctp_assoc_value all = {0};

		set(socket, SCTP_RESET_ASSOC, &all, sizeof(all));
	} else {
		set(socket, SCTP_RESET_STREAMS, &reset.request,
		    sizeof(reset.request) + reset.request.srs_number_streams * sizeof(uint16_t));
	}
}

/* The client's address on the second path goes, or comes back. Existing associations learn of it. */
static void toggle_address(void)
{
	uint8_t bytes[16];
	uint32_t number = family == AF_INET ? 4 : 6;

	if (family == AF_CONN) {
		return;
	}
	address_bytes(bytes, family, 2, CLIENT + 1);
	if (is_gone) {
		link_add_address(bytes, number, 2, 1);
	} else {
		link_remove_address(bytes, number, 2);
	}
	is_gone = !is_gone;
}

static void change_addresses(uint8_t argument)
{
	enum end end = argument & 1;
	int socket = socket_of_end(end);
	union sctp_sockstore own = address(1 + (argument >> 1 & 1), end), peer = address(1 + (argument >> 1 & 1), !end);

	switch (argument >> 2 & 7) {
	case 0: bridge_bindx(socket, &own.sa, 1, SCTP_BINDX_REM_ADDR); break;
	case 1: bridge_bindx(socket, &own.sa, 1, SCTP_BINDX_ADD_ADDR); break;
	case 2: {
		struct sctp_setprim primary = {0};

		memcpy(&primary.ssp_addr, &peer, sizeof(peer));
		set(socket, SCTP_PRIMARY_ADDR, &primary, sizeof(primary));
		break;
	}
	case 3: {
		struct sctp_setpeerprim primary = {0};

		memcpy(&primary.sspp_addr, &own, sizeof(own));
		set(socket, SCTP_SET_PEER_PRIMARY_ADDR, &primary, sizeof(primary));
		break;
	}
	case 4: {
		struct sctp_paddrparams params = {.spp_flags = SPP_HB_DEMAND, .spp_hbinterval = 1000};

		if (argument & 0x20) {
			params.spp_flags = argument & 0x40 ? SPP_HB_DISABLE : SPP_PMTUD_DISABLE;
			params.spp_pathmtu = 600;
		}
		memcpy(&params.spp_address, &peer, sizeof(peer));
		set(socket, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
		break;
	}
	default: toggle_address();
	}
}

static void end_association(uint8_t argument)
{
	int socket = socket_of_end(argument & 1);

	switch (argument >> 1 & 3) {
	case 0: bridge_shutdown(socket, SHUT_WR); break;
	case 1: bridge_shutdown(socket, SHUT_RDWR); break;
	default:
		bridge_close(socket);
		if (socket != sockets[argument & 1]) {
			accepted_count--;
		} else {
			sockets[argument & 1] = -1;
		}
	}
}

static void read_options(uint8_t argument)
{
	static const int names[] = {SCTP_STATUS, SCTP_RTOINFO, SCTP_ASSOCINFO, SCTP_PEER_AUTH_CHUNKS, SCTP_LOCAL_AUTH_CHUNKS,
	                            SCTP_GET_ASSOC_ID_LIST, SCTP_DEFAULT_SNDINFO, SCTP_PR_STREAM_STATUS};
	uint8_t value[512] = {0};
	socklen_t length = sizeof(value);

	bridge_getsockopt(socket_of_end(argument & 1), IPPROTO_SCTP, names[argument >> 1 & 7], value, &length);
}

static void advance(uint8_t argument)
{
	static const double steps[] = {1, 10, 200, 1000, 3000, 15000, 60000, 0};

	link_enter(now_ms += steps[argument & 7]);
	link_timers();
	leave();
}

static void authenticate(uint8_t argument)
{
	struct {
		struct sctp_authkey key;
		uint8_t bytes[8];
	} key = {.key = {.sca_keynumber = argument >> 1 & 3, .sca_keylength = 8}};
	struct sctp_authkeyid id = {.scact_keynumber = argument >> 1 & 3};
	int socket = socket_of_end(argument & 1);

	switch (argument >> 3 & 3) {
	case 0: set(socket, SCTP_AUTH_KEY, &key, sizeof(key)); break;
	case 1: set(socket, SCTP_AUTH_ACTIVE_KEY, &id, sizeof(id)); break;
	case 2: set(socket, SCTP_AUTH_DEACTIVATE_KEY, &id, sizeof(id)); break;
	default: set(socket, SCTP_AUTH_DELETE_KEY, &id, sizeof(id));
	}
}

enum { OPERATIONS = 16 };

static void operate(void)
{
	uint8_t operation = next_byte() % OPERATIONS, argument = next_byte();

	switch (operation) {
	case 0:
	case 1: deliver(1 + argument % 32); break;
	case 2: drop(1 + argument % 8); break;
	case 3: advance(argument); break;
	case 4: send_message(argument); break;
	case 5: accept_all(); break;
	case 6: read_all(socket_of_end(argument & 1)); break;
	case 7: reset_streams(argument); break;
	case 8: change_addresses(argument); break;
	case 9: end_association(argument); break;
	case 10: mutate(argument); break;
	case 11: read_options(argument); break;
	case 12: authenticate(argument); break;
	default: inject(argument);
	}
	leave();
}

/* --- set-up and end ------------------------------------------------------------------------------------------- */

static void set_options(int socket, uint32_t bits)
{
	static const int extensions[] = {SCTP_ECN_SUPPORTED,      SCTP_PR_SUPPORTED,     SCTP_AUTH_SUPPORTED,
	                                 SCTP_ASCONF_SUPPORTED,   SCTP_RECONFIG_SUPPORTED, SCTP_NRSACK_SUPPORTED,
	                                 SCTP_PKTDROP_SUPPORTED};
	static const uint16_t events[] = {SCTP_ASSOC_CHANGE, SCTP_PEER_ADDR_CHANGE, SCTP_REMOTE_ERROR, SCTP_SEND_FAILED_EVENT,
	                                  SCTP_SHUTDOWN_EVENT, SCTP_ADAPTATION_INDICATION, SCTP_PARTIAL_DELIVERY_EVENT,
	                                  SCTP_AUTHENTICATION_EVENT, SCTP_STREAM_RESET_EVENT, SCTP_SENDER_DRY_EVENT,
	                                  SCTP_ASSOC_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT};
	struct linger linger = {.l_onoff = 1};
	struct sctp_initmsg init = {.sinit_num_ostreams = 16, .sinit_max_instreams = 16};

	bridge_setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	set(socket, SCTP_INITMSG, &init, sizeof(init));
	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
		set_value(socket, extensions[i], bits >> i & 1);
	}
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		struct sctp_event event = {.se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = events[i], .se_on = bits >> 7 & 1};

		set(socket, SCTP_EVENT, &event, sizeof(event));
	}
	set_value(socket, SCTP_ENABLE_STREAM_RESET, bits >> 8 & 7);
	set_int(socket, SCTP_FRAGMENT_INTERLEAVE, (int)(bits >> 11 & 3) % 3);
	set_value(socket, INTERLEAVING_SUPPORTED, bits >> 11 & 3 ? 1 : 0);
	set_int(socket, SCTP_EXPLICIT_EOR, bits >> 13 & 1);
	set_int(socket, SCTP_NODELAY, bits >> 14 & 1);
	set_int(socket, SCTP_AUTO_ASCONF, bits >> 15 & 1);
	set_value(socket, PLUGGABLE_CC, bits >> 16 & 3);
	set_value(socket, SCTP_PLUGGABLE_SS, (bits >> 18 & 7) % 6);
	set_value(socket, CMT_ON_OFF, bits >> 21 & 1);
	if (bits >> 22 & 1) {
		struct sctp_authchunk chunk = {.sauth_chunk = bits >> 23 & 1 ? 0xc1 : 0};

		set(socket, SCTP_AUTH_CHUNK, &chunk, sizeof(chunk));
	}
	if (bits >> 23 & 1) {
		int bytes = 4000;

		bridge_setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
		set_int(socket, SCTP_PARTIAL_DELIVERY_POINT, 1000);
	}
}

static int open_socket(enum end end, int type, uint32_t bits)
{
	uint8_t list[2 * sizeof(union sctp_sockstore)];
	int socket = bridge_socket(family, type, IPPROTO_SCTP), error;

	if (socket < 0) {
		fprintf(stderr, "no socket: %s\n", strerror(-socket));
		abort();
	}
	set_options(socket, bits);
	if (family == AF_CONN) {
		union sctp_sockstore own = address(1, end);

		error = bridge_bind(socket, &own.sa, sizeof(own.sconn));
	} else {
		error = bridge_bindx(socket, (struct sockaddr *)list, both_addresses(end, list), SCTP_BINDX_ADD_ADDR);
	}
	if (error < 0) {
		fprintf(stderr, "cannot bind: %s\n", strerror(-error));
		abort();
	}
	return socket;
}

static void connect_client(void)
{
	uint8_t list[2 * sizeof(union sctp_sockstore)];
	sctp_assoc_t id;

	if (family == AF_CONN) {
		union sctp_sockstore peer = address(1, SERVER);

		bridge_connect(sockets[CLIENT], &peer.sa, sizeof(peer.sconn));
	} else {
		bridge_connectx(sockets[CLIENT], (struct sockaddr *)list, both_addresses(SERVER, list), &id);
	}
	leave();
}

static void close_all(void)
{
	accept_all();
	for (int i = 0; i < accepted_count; i++) {
		bridge_close(accepted[i]);
	}
	for (int i = 0; i < 2; i++) {
		if (sockets[i] >= 0) {
			bridge_close(sockets[i]);
		}
	}
	if (is_gone) {
		toggle_address();
	}
	for (int round = 0; round < 4; round++) {
		leave();
		drop(UINT32_MAX);
		link_enter(now_ms += SETTLE_MS / 4);
		link_timers();
	}
	leave();
	drop(UINT32_MAX);
}

/* Fails if an input has left memory behind. The first inputs may leave tables that grow once. */
static void check_memory(void)
{
	static uint32_t most;
	static unsigned long inputs;

	if (++inputs < 100 && link_state()->memory_in_use > most) {
		most = link_state()->memory_in_use;
	}
	if (inputs >= 100 && link_state()->memory_in_use > most + 4096) {
		fprintf(stderr, "leak: %u bytes are in use, %u were\n", link_state()->memory_in_use, most);
		abort();
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t bytes[16];

	(void)argc;
	(void)argv;
	link_state();
	link_enter(now_ms);
	bridge_init(0);
	bridge_register_address(CONN_ADDRESS);
	for (int path = 1; path <= 2; path++) {
		for (int host = 1; host <= 2; host++) {
			address_bytes(bytes, AF_INET, path, host);
			link_add_address(bytes, 4, (uint32_t)path, 0);
			address_bytes(bytes, AF_INET6, path, host);
			link_add_address(bytes, 6, (uint32_t)path, 0);
		}
	}
	return 0;
}

/* The same input must do the same each time: the random numbers begin anew, and those that are left over are used up. */
static void restart_random(void)
{
	uint8_t all[4096];

	read_random(all, sizeof(all));
	random_state = 1;
	live_reset();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t client_bits, server_bits;
	uint8_t kind;

	input = data;
	input_end = data + size;
	kind = next_byte();
	client_bits = next_byte() | (uint32_t)next_byte() << 8 | (uint32_t)(kind & 0xf0) << 12;
	server_bits = next_byte() | (uint32_t)next_byte() << 8 | (uint32_t)(kind & 0xf0) << 12;
#ifdef FUZZ_CONN
	family = AF_CONN;
#else
	family = kind & 1 ? AF_INET6 : AF_INET;
#endif
	restart_random();
	accepted_count = 0;
	sockets[CLIENT] = -1;
	link_enter(now_ms);
	sockets[SERVER] = open_socket(SERVER, kind & 2 ? SOCK_SEQPACKET : SOCK_STREAM, server_bits);
	bridge_listen(sockets[SERVER], 8);
#ifndef FUZZ_LISTENING
	sockets[CLIENT] = open_socket(CLIENT, kind & 4 ? SOCK_SEQPACKET : SOCK_STREAM, client_bits);
	connect_client();
	if (kind & 8) { /* begin with an association that is established */
		deliver(16);
		accept_all();
	}
#else
	(void)client_bits;
	(void)connect_client;
#endif
	for (int count = 0; count < MAX_OPERATIONS && input < input_end; count++) {
		operate();
	}
	close_all();
	check_memory();
	return 0;
}
