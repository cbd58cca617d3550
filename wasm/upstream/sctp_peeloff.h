/* Nothing is redirected in netinet/sctp_peeloff.c but what environment.h lists. */
#include "environment.h"
