/* In netinet/sctp_peeloff.c nothing is redirected beside what environment.h lists. */
#include "environment.h"
