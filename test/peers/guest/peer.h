/* A program over kernel SCTP that a test controls: see peer.c. */
#ifndef PEER_H
#define PEER_H

#include <netinet/in.h>
#include <netinet/sctp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_BYTES (4 * 1024 * 1024)

struct peer {
	/* One-to-many, IPv4. */
	int socket;
	/* The association that came up last; commands apply to it. */
	sctp_assoc_t association;
	/* Whether messages are sent back. */
	bool echo;
	/* When sent messages are abandoned: SCTP_PR_SCTP_TTL or SCTP_PR_SCTP_RTX, and its value. */
	uint16_t policy;
	uint32_t policy_value;
};

/* Reads one message or notification from the socket and prints it. */
void read_event(struct peer *peer);

/* Subscribes to every notification that the tests use. */
void subscribe(struct peer *peer);

/* Executes one line and prints `done …` or `failed …`. */
void run_command(struct peer *peer, char *line);

#endif
