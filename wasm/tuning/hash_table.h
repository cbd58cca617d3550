/* Tables of lists that double when they are full. */
#ifndef HASH_TABLE_H
#define HASH_TABLE_H

#include <netinet/sctp_os.h>

/*
 * The hash of a verification tag in upstream's table, instead of its low bits, which are the same in all tags of a stack
 * that has a share of the tags. Upstream uses the same macro for ids of associations.
 */
#include <netinet/sctp_pcb.h>
static inline uint32_t link_hash_of_tag(uint32_t tag)
{
	return tag ^ tag >> 16;
}
#undef SCTP_PCBHASH_ASOC
#define SCTP_PCBHASH_ASOC(tag, mask) (link_hash_of_tag(tag) & (mask))

/* Doubles a table of lists. `key` is the hash of `one`, an element. */
#define DOUBLE(table, mark, one, links, key)                                                                           \
	do {                                                                                                               \
		u_long old_mark = (mark);                                                                                      \
		__typeof__(table) old = (table);                                                                               \
		(table) = sctp_hashinit_flags((int)(2 * (old_mark + 1)), M_PCB, &(mark), HASH_NOWAIT);                         \
		for (u_long bucket = 0; bucket <= old_mark; bucket++) {                                                        \
			while ((one = LIST_FIRST(&old[bucket])) != NULL) {                                                         \
				LIST_REMOVE(one, links);                                                                               \
				LIST_INSERT_HEAD(&(table)[(key) & (mark)], one, links);                                                \
			}                                                                                                          \
		}                                                                                                              \
		SCTP_HASH_FREE(old, old_mark);                                                                                 \
	} while (0)

#endif
