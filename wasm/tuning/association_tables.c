/*
 * Hash tables of associations and sockets that grow with what is in them, so that finding an association takes as long
 * among 100,000 as among a few. Upstream's tables have fixed sizes. It finds an association for a new peer by the ports
 * alone, and so it walks all associations of peers that use the same port.
 *
 * Here each path of each association is in one table, by the ports and the peer's address. This file has the functions
 * that find an association by an address, and doubles upstream's tables by tag, by association id and by local port.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "fixes/extra_fields.h"
#include "link.h"
#include "tuning/hash_table.h"
#include "tuning/tuning.h"

#define FIRST_BUCKETS 1024
#define FIRST_PATH_BUCKETS 8
#define MAX_PORT_BUCKETS 16384 /* for 65,535 ports */
#define MAX_CHAIN 4            /* associations of a socket in one list by id */

/* --- upstream's tables ---------------------------------------------------------------------------------------- */

static int has_one_association;

/* Replaces SCTP_HASH_INIT. */
void *link_hash_init(uint32_t buckets, u_long *mark)
{
	return sctp_hashinit_flags(has_one_association ? 1 : (int)max(buckets, FIRST_BUCKETS), M_PCB, mark, HASH_NOWAIT);
}

/*
 * The hash of a local port, before it is reduced to the size of the table. Upstream uses the lowest bits of the port in
 * network byte order. Here all bits count.
 */
uint32_t link_hash_of_ports(uint32_t ports)
{
	return ports * 0x9e3779b1u >> 16;
}

/*
 * A one-to-one socket, accepted or not, has one association, so one bucket is enough for each of its tables. Upstream
 * gives it 256 and 32 buckets. That is more than a kilobyte to initialize and free with each association, an eighth of
 * what an idle association takes.
 */
int link_inpcb_alloc(struct socket *so, uint32_t vrf_id)
{
	struct sctp_inpcb *inp;
	int error;

	if (SCTP_BASE_INFO(ipi_count_ep) > SCTP_BASE_INFO(hashmark) &&
	    SCTP_BASE_INFO(hashmark) < MAX_PORT_BUCKETS - 1) {
		DOUBLE(SCTP_BASE_INFO(sctp_ephash), SCTP_BASE_INFO(hashmark), inp, sctp_hash,
		       link_hash_of_ports(inp->sctp_lport));
	}
	has_one_association = so->so_type == SOCK_STREAM;
	error = sctp_inpcb_alloc(so, vrf_id);
	has_one_association = 0;
	return error;
}

static int is_longer_than(const struct sctpasochead *list, int most)
{
	struct sctp_tcb *one;
	int length = 0;

	LIST_FOREACH(one, list, sctp_tcbasocidhash) {
		if (++length > most) {
			return 1;
		}
	}
	return 0;
}

/* The tables by tag and by id have been given an association. */
static void grow_tables(const struct sctp_tcb *added)
{
	struct sctp_inpcb *inp = added->sctp_ep;
	struct sctp_tcb *one;

	if (SCTP_BASE_INFO(ipi_count_asoc) > SCTP_BASE_INFO(hashasocmark) + 1) {
		DOUBLE(SCTP_BASE_INFO(sctp_asochash), SCTP_BASE_INFO(hashasocmark), one, sctp_asocs, link_hash_of_tag(one->asoc.my_vtag));
	}
	if (SCTP_BASE_INFO(ipi_count_asoc) > inp->hashasocidmark + 1 &&
	    is_longer_than(&inp->sctp_asocidhash[SCTP_PCBHASH_ASOC(added->asoc.assoc_id, inp->hashasocidmark)], MAX_CHAIN)) {
		DOUBLE(inp->sctp_asocidhash, inp->hashasocidmark, one, sctp_tcbasocidhash, link_hash_of_tag(one->asoc.assoc_id));
	}
}

/* --- paths by ports and address ------------------------------------------------------------------------------- */

static struct path_list *paths;
static u_long path_mark;
static uint32_t path_count;

/* A peer chooses its address and port, and must not know which ones share a bucket. */
static uint32_t secret[SCTP_NUMBER_OF_SECRETS];

void link_seed_hash_of_path(const uint32_t *words)
{
	memcpy(secret, words, sizeof(secret));
}

static struct sctp_nets *net_of(struct path_extra *path)
{
	return (struct sctp_nets *)(uintptr_t)path - 1;
}

static uint16_t port_of(const struct sockaddr *address)
{
	switch (address->sa_family) {
	case AF_INET:
		return ((const struct sockaddr_in *)address)->sin_port;
	case AF_INET6:
		return ((const struct sockaddr_in6 *)address)->sin6_port;
	default:
		return ((const struct sockaddr_conn *)address)->sconn_port;
	}
}

/* NH, a universal hash (RFC 4418 5.2.2), of the ports and the address. */
uint32_t link_hash_of_path(uint16_t local_port, uint16_t remote_port, const struct sockaddr *address)
{
	uint32_t words[6] = {(uint32_t)local_port << 16 | remote_port, address->sa_family};
	uint64_t sum = 0;

	if (address->sa_family == AF_INET) {
		words[2] = ((const struct sockaddr_in *)address)->sin_addr.s_addr;
	} else if (address->sa_family == AF_INET6) {
		memcpy(&words[2], &((const struct sockaddr_in6 *)address)->sin6_addr, sizeof(struct in6_addr));
	} else {
		words[2] = (uint32_t)(uintptr_t)((const struct sockaddr_conn *)address)->sconn_addr;
	}
	for (size_t i = 0; i < 6; i += 2) {
		sum += (uint64_t)(words[i] + secret[i]) * (words[i + 1] + secret[i + 1]);
	}
	return (uint32_t)(sum * 0x9e3779b97f4a7c15u >> 32);
}

static struct path_list *list_of(uint16_t local_port, uint16_t remote_port, const struct sockaddr *address)
{
	return &paths[link_hash_of_path(local_port, remote_port, address) & path_mark];
}

static uint32_t hash_of(struct path_extra *path)
{
	return link_hash_of_path(path->owner->sctp_ep->sctp_lport, path->owner->rport, &net_of(path)->ro._l_addr.sa);
}

void tables_path_added(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct path_extra *path = path_extra_of(net);

	if (paths == NULL) {
		link_seed_hash_of_path(stcb->sctp_ep->sctp_ep.secret_key[0]);
		paths = sctp_hashinit_flags(FIRST_PATH_BUCKETS, M_PCB, &path_mark, HASH_NOWAIT);
	}
	if (path_count++ > path_mark) {
		struct path_extra *one;

		DOUBLE(paths, path_mark, one, in_table, hash_of(one));
	}
	path->owner = stcb;
	path->ports = (uint32_t)ntohs(stcb->sctp_ep->sctp_lport) << 16 | ntohs(stcb->rport);
	share_path(&net->ro._l_addr.sa, path->ports, 1);
	LIST_INSERT_HEAD(&paths[hash_of(path) & path_mark], path, in_table);
	LIST_INSERT_HEAD(&extra_of(stcb)->paths, path, of_owner);
	if (TAILQ_EMPTY(&stcb->asoc.nets)) {
		grow_tables(stcb);
	}
}

static void remove_from_table(struct path_extra *path)
{
	LIST_REMOVE(path, in_table);
	LIST_REMOVE(path, of_owner);
	path->owner = NULL;
	share_path(&net_of(path)->ro._l_addr.sa, path->ports, 0);
	if (--path_count == 0) {
		SCTP_HASH_FREE(paths, path_mark);
		paths = NULL;
	}
}

/* Replaces SCTP_ZONE_FREE() for paths. */
void link_free_path(struct sctp_nets *net)
{
	if (path_extra_of(net)->owner != NULL) {
		remove_from_table(path_extra_of(net));
	}
	link_free(net);
}

void tables_association_freed(const struct sctp_tcb *stcb)
{
	struct path_extra *path;

	while ((path = LIST_FIRST(&extra_of(stcb)->paths)) != NULL) {
		remove_from_table(path);
	}
}

/* --- finding an association ----------------------------------------------------------------------------------- */

int fixed_is_addr_pending(struct sctp_tcb *stcb, struct sctp_ifa *ifa); /* fixes/readded_addresses.c */

/* Addresses whose addition the peer hasn't acknowledged yet count, as with upstream. */
static int is_allowed(struct sctp_tcb *stcb, struct sctp_ifa *ifa)
{
	return !sctp_is_addr_restricted(stcb, ifa) || fixed_is_addr_pending(stcb, ifa);
}

/* Is this address one of the association's local ones? */
static int has_local_address(struct sctp_tcb *stcb, struct sockaddr *local)
{
	struct sctp_laddr *one;

	if (stcb->sctp_ep->sctp_flags & SCTP_PCB_FLAGS_BOUNDALL) {
		struct sctp_ifa *ifa = sctp_find_ifa_by_addr(local, stcb->asoc.vrf_id, SCTP_ADDR_NOT_LOCKED);

		return ifa != NULL && sctp_is_address_in_scope(ifa, &stcb->asoc.scope, 0) && is_allowed(stcb, ifa);
	}
	LIST_FOREACH(one, &stcb->sctp_ep->sctp_addr_list, sctp_nxt_addr) {
		if ((one->ifa->localifa_flags & SCTP_BEING_DELETED) == 0 && is_allowed(stcb, one->ifa) &&
		    sctp_cmpaddr(&one->ifa->address.sa, local)) {
			return 1;
		}
	}
	return 0;
}

/*
 * Finds the association with the peer's address `remote`. It must belong to `inp`, or if that is NULL, to an accepted
 * or peeled-off socket (upstream's "TCP pool").
 */
static struct sctp_tcb *find(const struct sctp_inpcb *inp, uint16_t local_port, struct sockaddr *remote,
                             struct sockaddr *local, struct sctp_nets **net)
{
	struct path_extra *path;

	if (paths == NULL) {
		return NULL;
	}
	LIST_FOREACH(path, list_of(local_port, port_of(remote), remote), in_table) {
		struct sctp_tcb *stcb = path->owner;
		const struct sctp_inpcb *ep = stcb->sctp_ep;

		if (stcb->rport == port_of(remote) && ep->sctp_lport == local_port &&
		    sctp_cmpaddr(&net_of(path)->ro._l_addr.sa, remote) &&
		    (inp != NULL ? inp == ep : (ep->sctp_flags & SCTP_PCB_FLAGS_IN_TCPPOOL) != 0) &&
		    (ep->sctp_flags & SCTP_PCB_FLAGS_SOCKET_ALLGONE) == 0 &&
		    (stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0 &&
		    sctp_findnet(stcb, remote) == net_of(path) && /* not deleted */
		    (local == NULL || has_local_address(stcb, local))) {
			if (net != NULL) {
				*net = net_of(path);
			}
			return stcb;
		}
	}
	return NULL;
}

/*
 * A listening one-to-one socket stands for the sockets that were accepted from it. The association that is returned is
 * locked, as `locked` is before and after the call. Without `locked`, the caller's reference to *inp is released if an
 * association is found.
 */
struct sctp_tcb *sctp_findassociation_ep_addr(struct sctp_inpcb **inp, struct sockaddr *remote, struct sctp_nets **net,
                                              struct sockaddr *local, struct sctp_tcb *locked)
{
	const u_int one_to_one = SCTP_PCB_FLAGS_TCPTYPE | SCTP_PCB_FLAGS_IN_TCPPOOL;
	const struct sctp_inpcb *given = *inp;
	int stands_for_others =
		(given->sctp_flags & one_to_one) != 0 && given->sctp_socket != NULL && SCTP_IS_LISTENING(given);
	struct sctp_tcb *stcb;

	if (stands_for_others && local == NULL) {
		return NULL;
	}
	stcb = find(stands_for_others ? NULL : given, given->sctp_lport, remote, local, net);
	if (stcb == NULL) {
		return NULL;
	}
	if (locked == NULL) {
		SCTP_INP_DECR_REF(*inp);
	}
	*inp = stcb->sctp_ep;
	if (stcb != locked) {
		SCTP_TCB_LOCK(stcb);
	}
	return stcb;
}

/* Finds the association that a packet from `remote` to `local` belongs to, or else the socket. */
struct sctp_tcb *sctp_findassociation_addr_sa(struct sockaddr *remote, struct sockaddr *local,
                                              struct sctp_inpcb **inp, struct sctp_nets **net, int find_tcp_pool,
                                              uint32_t vrf_id)
{
	struct sctp_tcb *stcb = find_tcp_pool ? find(NULL, port_of(local), remote, local, net) : NULL;
	struct sctp_inpcb *found;

	if (stcb != NULL) {
		found = stcb->sctp_ep;
		SCTP_TCB_LOCK(stcb);
	} else {
		found = sctp_pcb_findep(local, 0, 0, vrf_id);
		stcb = found != NULL ? sctp_findassociation_ep_addr(&found, remote, net, local, NULL) : NULL;
	}
	if (inp != NULL) {
		*inp = found;
	}
	return stcb;
}
