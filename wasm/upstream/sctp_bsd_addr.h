/* In netinet/sctp_bsd_addr.c nothing is redirected beside what environment.h lists. */
#include "environment.h"
