/*
 * How many associations there may be: in all, and of those that peers set up, from each address. IPv6 addresses count
 * by their first 64 bits, because a host may use all addresses of such a network.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

#include "fixes/extra_fields.h"
#include "link.h"
#include "tuning/hash_table.h"
#include "tuning/tuning.h"

#define FIRST_BUCKETS 64

/* Where peers have set up associations from. */
struct peer_address {
	LIST_ENTRY(peer_address) in_table;
	uint64_t address;
	uint32_t associations;
};
LIST_HEAD(peer_address_list, peer_address);

/* Replaces SCTP_MAX_NUM_OF_ASOC, which is 40,000. An association beyond it is refused by sctp_aloc_assoc(). */
uint32_t link_most_associations = 100000;

static uint32_t most_per_address = UINT32_MAX;
static struct peer_address_list *sources;
static u_long source_mark;
static uint32_t source_count;
static uint64_t secret; /* so that nobody can choose addresses that share a hash */

EXPORT void link_limit_associations(uint32_t most, uint32_t per_address)
{
	link_most_associations = most;
	most_per_address = per_address;
}

EXPORT uint32_t link_association_count(void)
{
	return SCTP_BASE_INFO(ipi_count_asoc);
}

uint64_t link_source_address(const struct sockaddr *peer)
{
	uint64_t address = 0;

	if (peer->sa_family == AF_INET) {
		memcpy(&address, &((const struct sockaddr_in *)peer)->sin_addr, sizeof(struct in_addr));
	} else {
		memcpy(&address, &((const struct sockaddr_in6 *)peer)->sin6_addr, sizeof(address));
	}
	return address;
}

uint32_t link_hash_of_source(uint64_t address)
{
	while (secret == 0) {
		read_random(&secret, sizeof(secret));
	}
	return (uint32_t)(((address ^ secret) * 0x9e3779b97f4a7c15u) >> 32);
}

static struct peer_address *find(uint64_t address)
{
	struct peer_address *source;

	if (sources == NULL) {
		return NULL;
	}
	LIST_FOREACH(source, &sources[link_hash_of_source(address) & source_mark], in_table) {
		if (source->address == address) {
			return source;
		}
	}
	return NULL;
}

static struct peer_address *add(uint64_t address)
{
	struct peer_address *source = link_malloc(sizeof(*source)), *one;

	if (sources == NULL) {
		sources = sctp_hashinit_flags(FIRST_BUCKETS, M_PCB, &source_mark, HASH_NOWAIT);
	}
	if (source_count++ > source_mark) {
		DOUBLE(sources, source_mark, one, in_table, link_hash_of_source(one->address));
	}
	*source = (struct peer_address){.address = address};
	LIST_INSERT_HEAD(&sources[link_hash_of_source(address) & source_mark], source, in_table);
	return source;
}

static int is_counted(const struct sockaddr *peer)
{
	return most_per_address < link_most_associations && peer->sa_family != AF_CONN;
}

int link_may_accept(const struct sockaddr *peer)
{
	const struct peer_address *source = is_counted(peer) ? find(link_source_address(peer)) : NULL;

	return source == NULL || source->associations < most_per_address;
}

struct sctp_tcb *link_accepted(struct sctp_tcb *stcb, const struct sockaddr *peer)
{
	if (stcb != NULL && is_counted(peer)) {
		struct peer_address *source = find(link_source_address(peer));

		source = source != NULL ? source : add(link_source_address(peer));
		source->associations++;
		extra_of(stcb)->source = source;
	}
	return stcb;
}

void limits_association_freed(const struct sctp_tcb *stcb)
{
	struct peer_address *source = extra_of(stcb)->source;

	if (source == NULL || --source->associations > 0) {
		return;
	}
	LIST_REMOVE(source, in_table);
	link_free(source);
	if (--source_count == 0) {
		SCTP_HASH_FREE(sources, source_mark);
		sources = NULL;
	}
}
