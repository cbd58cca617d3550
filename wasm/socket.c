/*
 * What the bridge needs of a socket and usrsctp.h doesn't give.
 */
#include <netinet/sctp_os.h>

#include "link.h"

int link_take_error(void *so)
{
	struct socket *socket = so;
	int error = socket->so_error;

	socket->so_error = 0;
	return error;
}

int link_send_room(void *so)
{
	struct socket *socket = so;

	return socket->so_snd.sb_cc < socket->so_snd.sb_hiwat ? (int)(socket->so_snd.sb_hiwat - socket->so_snd.sb_cc) : 0;
}
