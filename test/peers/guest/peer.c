/*
 * peer: a one-to-many SCTP socket of the kernel that a test controls with lines on standard input. Each command is
 * answered with `done` or `failed`; each message and notification is printed as a line. The program ends at the end of
 * its input; the kernel then shuts its associations down.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"

static char input[4096];
static size_t input_bytes;

static void run_lines(struct peer *peer)
{
	char *end;

	while ((end = memchr(input, '\n', input_bytes)) != NULL) {
		*end = '\0';
		run_command(peer, input);
		input_bytes -= (size_t)(end + 1 - input);
		memmove(input, end + 1, input_bytes);
	}
}

static bool read_input(struct peer *peer)
{
	ssize_t bytes = read(STDIN_FILENO, input + input_bytes, sizeof input - input_bytes);

	if (bytes <= 0)
		return false;
	input_bytes += (size_t)bytes;
	run_lines(peer);
	return true;
}

int main(void)
{
	struct peer peer = {.socket = socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP)};
	struct pollfd waits[] = {{STDIN_FILENO, POLLIN, 0}, {peer.socket, POLLIN, 0}};

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (peer.socket < 0) {
		perror("socket");
		return 1;
	}
	subscribe(&peer);
	setsockopt(peer.socket, IPPROTO_SCTP, SCTP_NODELAY, &(int){1}, sizeof(int));
	printf("ready\n");
	while (poll(waits, 2, -1) > 0 || errno == EINTR) {
		if (waits[1].revents != 0)
			read_event(&peer);
		if (waits[0].revents != 0 && !read_input(&peer))
			break;
	}
	return 0;
}
