/*
 * An echo server over usrsctp as programs usually use it: with its own threads, and a thread of the program that receives from a one-to-many
 * socket. (With two such threads, Debian's libusrsctp 0.9.5.0 corrupts its memory within seconds.)
 *
 *   echo PORT
 *
 * PORT is the UDP port. Prints `ready`, and runs until it is killed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include <usrsctp.h>

#include "measure.h"

#define SCTP_PORT 5001
#define MOST_BYTES 65536

static char buffer[MOST_BYTES];

static void serve(struct socket *so)
{

	for (;;) {
		struct sctp_rcvinfo info;
		struct sockaddr_storage from;
		socklen_t from_length = sizeof(from), info_length = sizeof(info);
		unsigned int type = 0;
		int flags = 0;
		ssize_t length = usrsctp_recvv(so, buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length, &info, &info_length, &type, &flags);
		struct sctp_sndinfo to = {0};

		if (length <= 0 || (flags & MSG_NOTIFICATION) != 0 || type != SCTP_RECVV_RCVINFO) {
			continue;
		}
		to.snd_sid = info.rcv_sid;
		to.snd_assoc_id = info.rcv_assoc_id;
		usrsctp_sendv(so, buffer, (size_t)length, NULL, 0, &to, sizeof(to), SCTP_SENDV_SNDINFO, 0); /* fails if the client has gone */
	}
}

int main(int argc, char **argv)
{
	int on = 1;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(SCTP_PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct socket *so;

	if (argc != 2) {
		fprintf(stderr, "echo PORT\n");
		return 2;
	}
	usrsctp_init((uint16_t)atoi(argv[1]), NULL, NULL);
	usrsctp_sysctl_set_sctp_blackhole(2);
	usrsctp_sysctl_set_sctp_no_csum_on_loopback(0); /* by default it leaves out checksums on loopback */
	so = usrsctp_socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP, NULL, NULL, 0, NULL);
	if (so == NULL || usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof(on)) < 0 ||
	    usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof(on)) < 0 ||
	    usrsctp_bind(so, (struct sockaddr *)&address, sizeof(address)) < 0 || usrsctp_listen(so, 1) < 0) {
		fail("usrsctp_listen");
	}
	printf("ready\n");
	fflush(stdout);
	serve(so);
	return 0;
}
