/* For files that see usrsctp's internals. */
#ifndef ASSOCIATION_H
#define ASSOCIATION_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

/* The association, locked, or NULL: as SCTP_FIND_STCB of sctp_usrreq.c, a one-to-one socket has one, whatever the id. */
struct sctp_tcb *association_of(int handle, sctp_assoc_t id);

#endif
