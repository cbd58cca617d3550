/*
 * Shared keys (RFC 4895 6.1): sctp_setopt(), sctp_insert_sharedkey(). A key that is deactivated or in use can't be
 * replaced. Upstream then returns EBUSY and forgets the new key, whose memory is lost.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_auth.h>

int fixed_insert_sharedkey(struct sctp_keyhead *keys, sctp_sharedkey_t *key);

int fixed_insert_sharedkey(struct sctp_keyhead *keys, sctp_sharedkey_t *key)
{
	int error = sctp_insert_sharedkey(keys, key);

	if (error != 0) {
		sctp_free_sharedkey(key);
	}
	return error;
}
