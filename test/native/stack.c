/*
 * The C side alone, compiled natively and driven by lines on standard input: calls, and packets that a peer sends. The
 * host has the addresses 10.0.0.1 and 10.0.1.1, and others that `address` adds. It receives the packets that it sends
 * to itself. Its clock advances by `time` only. `stack SEED` uses other random numbers.
 *
 *   socket one-to-one|one-to-many   bind H PORT   listen H   accept H   connect H ADDRESS PORT   peeloff H ID
 *   send H STREAM FLAGS BYTES   recv H   shutdown H HOW   close H   setopt H LEVEL NAME HEX
 *   prepare H OUTBOUND INBOUND RESETS   packet SOURCE DESTINATION HEX   time MS   finish
 *   address A INTERFACE   bindx H PORT A A   connectx H PORT A A   ids H
 *   say H ID STREAM FLAGS PPID BYTES SEED OFFSET RETRANSMITS   hear H   hear_one H ID
 *
 * H is the handle of a socket. Each line is answered with the packets that were sent, `out SOURCE DESTINATION HEX`, and
 * with `= RESULT`; a negative result is -errno. The answer to recv is `= BYTES FLAGS STREAM HEX`, with at most 64
 * bytes. `ids` lists the associations, `id ID`. `say` sends the bytes of a pattern from OFFSET on. `hear` receives
 * everything that is unread, and prints each part of a message as `heard ID IS-END STREAM FLAGS SSN PPID HEX`.
 * `hear_one` leaves messages of other associations unread, unless these have ended. `finish` ends the stack, and prints
 * the bytes that are still allocated.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulated_host.h"

#define SHOWN 64
#define MAX_WORDS 10

static uint8_t buffer[MAX_BYTES];

/* --- commands ------------------------------------------------------------------------------------------------- */

static int do_socket(char **words)
{
	return bridge_socket(AF_INET, strcmp(words[0], "one-to-many") == 0 ? SOCK_SEQPACKET : SOCK_STREAM, IPPROTO_SCTP);
}

static struct sockaddr_in endpoint(const char *address, const char *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	inet_pton(AF_INET, address, &sin.sin_addr);
	return sin;
}

static int do_bind(char **words)
{
	struct sockaddr_in sin = endpoint("0.0.0.0", words[1]);

	return bridge_bind(atoi(words[0]), (struct sockaddr *)&sin, sizeof(sin));
}

static int do_listen(char **words)
{
	return bridge_listen(atoi(words[0]), 16);
}

static int do_accept(char **words)
{
	return bridge_accept(atoi(words[0]), NULL, NULL);
}

static int do_connect(char **words)
{
	struct sockaddr_in sin = endpoint(words[1], words[2]);

	return bridge_connect(atoi(words[0]), (struct sockaddr *)&sin, sizeof(sin));
}

static int do_peeloff(char **words)
{
	return bridge_peeloff(atoi(words[0]), (uint32_t)strtoul(words[1], NULL, 10));
}

static int do_send(char **words)
{
	struct sctp_sndinfo info = {.snd_sid = (uint16_t)atoi(words[1]), .snd_flags = (uint16_t)atoi(words[2])};
	uint32_t bytes = (uint32_t)atoi(words[3]);

	memset(buffer, 0, sizeof(buffer));
	return bridge_sendv(atoi(words[0]), buffer, bytes < MAX_BYTES ? bytes : MAX_BYTES, NULL, 0, &info, sizeof(info),
	                    SCTP_SENDV_SNDINFO, 0);
}

static int do_recv(char **words)
{
	struct sctp_rcvinfo info = {0};
	struct sockaddr_storage from;
	socklen_t from_length = sizeof(from), info_length = sizeof(info);
	unsigned int type = 0;
	int flags = 0, length = bridge_recvv(atoi(words[0]), buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length,
	                                     &info, &info_length, &type, &flags);

	host_deliver();
	printf("= %d %d %u ", length, flags, info.rcv_sid);
	print_hex(buffer, length < 0 ? 0 : length < SHOWN ? (uint32_t)length : SHOWN);
	return 0;
}

static int do_shutdown(char **words)
{
	return bridge_shutdown(atoi(words[0]), atoi(words[1]));
}

static int do_close(char **words)
{
	return bridge_close(atoi(words[0]));
}

static int do_setopt(char **words)
{
	uint32_t length = from_hex(words[3], buffer, MAX_BYTES);

	return bridge_setsockopt(atoi(words[0]), atoi(words[1]), atoi(words[2]), buffer, length);
}

static int do_prepare(char **words)
{
	return bridge_prepare(atoi(words[0]), 1, (uint32_t)atoi(words[1]), (uint32_t)atoi(words[2]),
	                      (uint32_t)atoi(words[3]), 0);
}

static int do_packet(char **words)
{
	struct link_packet *packet = (struct link_packet *)buffer;

	memset(packet, 0, sizeof(*packet));
	packet->family = 4;
	inet_pton(AF_INET, words[0], packet->source);
	inet_pton(AF_INET, words[1], packet->destination);
	packet->length = from_hex(words[2], (uint8_t *)(packet + 1), MAX_BYTES - sizeof(*packet));
	host_receive(packet);
	return 0;
}

static int do_time(char **words)
{
	host_advance(atoi(words[0]));
	return 0;
}

static int do_finish(char **words)
{
	int error = bridge_finish();

	(void)words;
	return error < 0 ? error : (int)link_state()->memory_in_use;
}

static int do_address(char **words)
{
	uint8_t address[4];

	inet_pton(AF_INET, words[0], address);
	host_add_address(address, (uint32_t)atoi(words[1]));
	return 0;
}

static int do_bindx(char **words)
{
	struct sockaddr_in both[2] = {endpoint(words[2], words[1]), endpoint(words[3], words[1])};

	return bridge_bindx(atoi(words[0]), (struct sockaddr *)both, 2, SCTP_BINDX_ADD_ADDR);
}

static int do_connectx(char **words)
{
	struct sockaddr_in both[2] = {endpoint(words[2], words[1]), endpoint(words[3], words[1])};
	sctp_assoc_t id;

	return bridge_connectx(atoi(words[0]), (struct sockaddr *)both, 2, &id);
}

static int do_ids(char **words)
{
	struct sctp_assoc_ids *ids = (struct sctp_assoc_ids *)buffer;
	socklen_t length = sizeof(buffer);
	int error = bridge_getsockopt(atoi(words[0]), IPPROTO_SCTP, SCTP_GET_ASSOC_ID_LIST, ids, &length);

	for (uint32_t i = 0; error == 0 && i < ids->gaids_number_of_ids; i++) {
		printf("id %u\n", ids->gaids_assoc_id[i]);
	}
	return error;
}

/* The same pattern as in test/support/two-stacks.ts. */
static void make_pattern(uint32_t bytes, uint32_t seed)
{
	uint32_t state = seed * 2654435761u;

	for (uint32_t i = 0; i < bytes; i++) {
		state = state * 1664525u + 1013904223u;
		buffer[i] = (uint8_t)(state >> 24);
	}
}

static int do_say(char **words)
{
	uint32_t bytes = (uint32_t)atoi(words[5]), offset = (uint32_t)atoi(words[7]);
	int retransmits = atoi(words[8]);
	struct sctp_sendv_spa spa = {.sendv_flags = SCTP_SEND_SNDINFO_VALID};

	spa.sendv_sndinfo.snd_assoc_id = (sctp_assoc_t)strtoul(words[1], NULL, 10);
	spa.sendv_sndinfo.snd_sid = (uint16_t)atoi(words[2]);
	spa.sendv_sndinfo.snd_flags = (uint16_t)atoi(words[3]);
	spa.sendv_sndinfo.snd_ppid = htonl((uint32_t)strtoul(words[4], NULL, 10));
	if (retransmits >= 0) {
		spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
		spa.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
		spa.sendv_prinfo.pr_value = (uint32_t)retransmits;
	}
	if (bytes > MAX_BYTES || offset > bytes) {
		return -EMSGSIZE;
	}
	make_pattern(bytes, (uint32_t)strtoul(words[6], NULL, 10));
	return bridge_sendv(atoi(words[0]), buffer + offset, bytes - offset, NULL, 0, &spa, sizeof(spa), SCTP_SENDV_SPA, 0);
}

static int hear(int handle)
{
	int count = 0;

	for (;;) {
		struct sctp_rcvinfo info = {0};
		struct sockaddr_storage from;
		socklen_t from_length = sizeof(from), info_length = sizeof(info);
		unsigned int type = 0;
		int flags = 0, length = bridge_recvv(handle, buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length,
		                                     &info, &info_length, &type, &flags);

		if (length <= 0) {
			return length == 0 || length == -EAGAIN ? count : length;
		}
		if ((flags & MSG_NOTIFICATION) == 0) {
			printf("heard %u %d %u %u %u %u ", info.rcv_assoc_id, (flags & MSG_EOR) != 0, info.rcv_sid, info.rcv_flags,
			       info.rcv_ssn, ntohl(info.rcv_ppid));
			print_hex(buffer, (uint32_t)length);
			count++;
		}
	}
}

static int do_hear(char **words)
{
	return hear(atoi(words[0]));
}

static int do_hear_one(char **words)
{
	static struct sctp_assoc_ids all[64];
	struct sctp_assoc_ids *ids = all;
	socklen_t length = sizeof(all);
	int error = bridge_getsockopt(atoi(words[0]), IPPROTO_SCTP, SCTP_GET_ASSOC_ID_LIST, ids, &length), count = 0;
	uint32_t others = 0;

	for (uint32_t i = 0; error == 0 && i < ids->gaids_number_of_ids; i++) {
		if (ids->gaids_assoc_id[i] != (sctp_assoc_t)strtoul(words[1], NULL, 10)) {
			ids->gaids_assoc_id[others++] = ids->gaids_assoc_id[i];
		}
	}
	if (error == 0 && bridge_set_aside(atoi(words[0]), ids->gaids_assoc_id, others)) {
		count = hear(atoi(words[0]));
	}
	link_put_back();
	return error < 0 ? error : count;
}

static const struct {
	const char *name;
	int words;
	int (*run)(char **words);
} commands[] = {
    {"socket", 1, do_socket},     {"bind", 2, do_bind},       {"listen", 1, do_listen}, {"accept", 1, do_accept},
    {"connect", 3, do_connect},   {"peeloff", 2, do_peeloff}, {"send", 4, do_send},     {"recv", 1, do_recv},
    {"shutdown", 2, do_shutdown}, {"close", 1, do_close},     {"setopt", 4, do_setopt}, {"prepare", 4, do_prepare},
    {"packet", 3, do_packet},     {"time", 1, do_time},       {"finish", 0, do_finish}, {"address", 2, do_address},
    {"bindx", 4, do_bindx},       {"connectx", 4, do_connectx}, {"ids", 1, do_ids},     {"say", 9, do_say},
    {"hear", 1, do_hear},         {"hear_one", 2, do_hear_one},
};

/* --- lines ---------------------------------------------------------------------------------------------------- */

static void run(char *line)
{
	char *words[MAX_WORDS] = {NULL};
	int count = 0, result;

	for (char *word = strtok(line, " \n"); word != NULL && count < MAX_WORDS; word = strtok(NULL, " \n")) {
		words[count++] = word;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (count == commands[i].words + 1 && strcmp(words[0], commands[i].name) == 0) {
			host_enter();
			result = commands[i].run(words + 1);
			if (commands[i].run != do_finish) {
				host_deliver();
				bridge_ready_taken();
			}
			if (commands[i].run != do_recv) {
				printf("= %d\n", result);
			}
			return;
		}
	}
	fprintf(stderr, "no such command: %s\n", count > 0 ? words[0] : "");
	exit(2);
}

int main(int argc, char **argv)
{
	static char line[3 * MAX_BYTES];

	host_start(argc > 1 ? strtoull(argv[1], NULL, 10) : 0);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		run(line);
		fflush(stdout);
	}
	return 0;
}
