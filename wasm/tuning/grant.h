/*
 * Room beyond what buffers begin with. A stack has 64 MB of it for all; grants.c says who gets how much.
 */
#ifndef GRANT_H
#define GRANT_H

#include <netinet/sctp_os.h>

/* What buffers begin with that follow the path: as usrsctp's. */
#define LINK_BASE_BYTES 262144

/* What a buffer, or the send buffer of one association, has been granted. It is all zero at first. */
struct grant {
	TAILQ_ENTRY(grant) next;
	uint32_t *size;       /* sb_hiwat of the buffer, which the grant is added to; NULL: see link_send_more() */
	const uint32_t *held; /* how many bytes are in the buffer */
	uint32_t bytes;
	double used_ms; /* when it was asked for more, or found to be enough */
};

/* Of a new grant, whose bytes are 0. */
void link_grant_for(struct grant *grant, uint32_t *size, const uint32_t *held);

/* Asks for so many bytes in all, and gets less where there aren't so many. The grant is in use. */
void link_grant(struct grant *grant, uint32_t bytes);

/* Keeps so many bytes, or more as long as there is so much in the buffer. */
void link_grant_keep(struct grant *grant, uint32_t bytes);

/* Gives up all, whatever is in the buffer: it gets another size, or ends. */
void link_grant_end(struct grant *grant);

/* Hands it all to another one, which has none. */
void link_grant_move(struct grant *from, struct grant *to);

/* If others wait for their share: gives back what is beyond its own, so many bytes at most. */
void link_grant_yield(struct grant *grant, uint32_t most_bytes);

#endif
