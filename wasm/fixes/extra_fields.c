/* Allocates associations and paths with our extra fields. */
#include "fixes/extra_fields.h"

#include "link.h"

_Static_assert(sizeof(struct sctp_tcb) % _Alignof(struct association_extra) == 0, "notes are aligned");
_Static_assert(sizeof(struct sctp_nets) % _Alignof(struct path_extra) == 0, "notes are aligned");

/* Replaces SCTP_ZONE_GET() in sctp_aloc_assoc(). */
void *link_allocate_association(size_t bytes)
{
	return link_calloc(1, bytes + sizeof(struct association_extra));
}

/* Replaces SCTP_ZONE_GET() in sctp_add_remote_addr(). */
void *link_allocate_path(size_t bytes)
{
	return link_calloc(1, bytes + sizeof(struct path_extra));
}
