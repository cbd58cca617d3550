/* Nothing is redirected in netinet/sctp_sysctl.c but what environment.h lists. */
#include "environment.h"
